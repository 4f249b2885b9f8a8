import BOM
import Database
import Inventory
import Jobs

// DESIGN. A document may describe one library in several ways. Each description is a row of `library`, found by the digest of
// its facts; `LibraryIdentity` determines the library that it describes. A library with several descriptions gets another row
// at the end, with the merged facts, which the project shows. The components keep their own descriptions.
//
// Descriptions are collected until a transaction is worthwhile. A read finds existing libraries of the organization. Only
// unknown descriptions go through the writer, which checks again under the organization's lock. Only numbers stay in memory:
// for each distinct description its digest, id and count, for each library its digest.

/// Turns components into library rows, one for each distinct description.
struct LibraryStaging: ~Copyable {
    /// The most libraries of a batch, and the most bytes of facts; either limit ends the batch. Each batch writes most pages of
    /// the indexes whose order differs from the document's. So in a small database half as many batches write half as much; in
    /// a large one, each library writes eleven pages. SQLite's other writers wait for a batch.
    private let batchRows: Int
    private static let batchBytes = 4 << 20
    /// The most descriptions of one library that are merged, and the most bytes of their facts; further ones belong
    /// only to their components.
    private static let mergedDescriptions = 100
    private static let mergedBytes = 4 << 20
    /// The number of libraries whose digests are looked up at once.
    private static let namedLibraries = 100

    private let database: any Database
    private let scan: StagedScan
    private let referenceType: String
    /// Whether the scan is already shown, so that no import writes it.
    private let isShown: Bool
    private var writer = FactsWriter()
    private var effective = EffectiveLicenses()
    private var numbers: [LibraryDigest: Int32] = [:]
    private var identities: [LibraryDigest: Int32] = [:]
    private var waiting: [LibraryRow] = []
    private var waitingBytes = 0
    /// Licences that are known to be in the database.
    private var licenseRows: LicenseRows
    /// The in-house rules of the organization at the last batch.
    private var rules = InHouseMatcher([])

    /// For each description, in the order of first appearance: its row (0 while it waits), its library, and its count
    /// in the document.
    private var rows: [Int64] = []
    private var libraries: [Int32] = []
    private var counts: [Int32] = []
    /// For each library, in the order of first appearance, the description that the project shows.
    private var shown: [Int32] = []
    /// The descriptions of libraries that have several.
    private var several: [Int32: [Int32]] = [:]
    /// Libraries for which the document has only a digest.
    private var unnamed: [Int32] = []
    /// Digests of libraries that the document names, for which other documents have nameless files.
    private var touched: [String] = []

    /// The number of libraries with more licences than are stored.
    private(set) var tooManyLicenses = 0
    /// The number of libraries with more descriptions than are merged.
    private(set) var tooManyDescriptions = 0
    /// The number of libraries whose group or name is longer than the limit.
    private(set) var shortened = 0
    /// The digests of files that stay nameless because documents disagree, with the documents' names; at most a
    /// thousand.
    private(set) var disputed: [(digest: String, names: [String])] = []
    /// The time when the digests were looked up; nil when the document names all its libraries.
    private(set) var moment: DigestNames.Moment?

    init(database: any Database, scan: StagedScan, referenceType: String, isShown: Bool = false) {
        self.isShown = isShown
        self.database = database
        self.scan = scan
        self.referenceType = referenceType
        licenseRows = LicenseRows(organization: scan.organization)
        batchRows = database.engine == .sqlite ? 1000 : 2000
    }

    /// Counts the component and returns the number of its description, starting at 0.
    mutating func add(_ component: Component) throws -> Int32 {
        writer.removeAll()
        ComponentFacts.write(component, to: &writer)
        let digest = LibraryRow.digest(of: writer)
        if let number = numbers[digest] {
            counts[Int(number)] += 1
            return number
        }
        let row = LibraryRow(digest: digest, body: writer.text, component: component)
        let number = Int32(rows.count)
        if let library = identities[row.name] {
            let first = shown[Int(library)]
            several[library, default: [first]].append(number)
            try append(row, of: library, count: 1)
        } else {
            let library = Int32(shown.count)
            identities[row.name] = library
            shown.append(number)
            if row.isShortened { shortened += 1 }
            if row.naming == .unnamed { unnamed.append(library) }
            try append(row, of: library, count: 1)
        }
        return number
    }

    /// Adds the library that a digest means, without counting a listing; returns the number of the description.
    mutating func add(named component: Component) throws -> Int32 {
        let row = row(named: component)
        if let number = numbers[row.digest] { return number }
        let number = Int32(rows.count)
        shown.append(number)
        try append(row, of: Int32(shown.count - 1), count: 0)
        return number
    }

    private mutating func row(named component: Component) -> LibraryRow {
        writer.removeAll()
        ComponentFacts.write(component, to: &writer)
        return LibraryRow(
            digest: LibraryRow.digest(of: writer, isNamedByDigest: true), body: writer.text, component: component,
            isNamedByDigest: true)
    }

    private mutating func append(_ row: LibraryRow, of library: Int32, count: Int32) throws {
        numbers[row.digest] = Int32(rows.count)
        rows.append(0)
        libraries.append(library)
        counts.append(count)
        waitingBytes += row.body.utf8.count
        waiting.append(row)
        if waiting.count >= batchRows || waitingBytes >= Self.batchBytes { try flush() }
    }

    /// Removes one listing of a description; a library without a listing is not counted any more.
    mutating func withdraw(_ description: Int32) { counts[Int(description)] -= 1 }

    // MARK: What came of it

    /// The number of libraries, including withdrawn ones.
    var count: Int { shown.count }

    /// The library of a description, counted from 0.
    func library(of description: Int32) -> Int { Int(libraries[Int(description)]) }

    /// The row of a description; 0 while it waits.
    func row(of description: Int32) -> Int64 { rows[Int(description)] }

    /// The row that shows a library.
    func row(showing library: Int) -> Int64 { rows[Int(shown[library])] }

    /// The number of listings of each library; a library with 0 does not belong to the project.
    func listings() -> [Int32] {
        var sums = [Int32](repeating: 0, count: shown.count)
        for (library, count) in zip(libraries, counts) { sums[Int(library)] += count }
        return sums
    }

    /// Writes waiting rows, and decides which row represents each library. Nothing may be added afterwards.
    mutating func finish() throws {
        try flush()
        try nameFiles()
        for (library, descriptions) in several.sorted(by: { $0.key < $1.key }) {
            // The withdrawn entry is the described component.
            let told = descriptions.filter { counts[Int($0)] > 0 }
            guard let first = told.first else { continue }
            shown[Int(library)] = told.count == 1 ? first : try merge(told, of: library)
        }
        several.removeAll()
        try flush()
    }

    /// Names libraries by their digests, as far as names are known.
    private mutating func nameFiles() throws {
        let database = database
        if !unnamed.isEmpty { moment = try database.read { try DigestNames.Moment.now(on: $0) } }
        for start in stride(from: 0, to: unnamed.count, by: Self.namedLibraries) {
            let libraries = unnamed[start..<min(start + Self.namedLibraries, unnamed.count)]
            let ids = libraries.map { rows[Int(several[$0]?.first ?? shown[Int($0)])] }
            let files = try DigestKnowledge.files(ids, organization: scan.organization, in: database)
            for (library, file) in zip(libraries, files) {
                switch file.answer {
                case .named(let component): try name(library, as: component)
                case .disputed(let names): dispute(file.digest, names)
                case nil: break
                }
            }
        }
        unnamed.removeAll()
        let (organization, digests) = (scan.organization, touched)
        guard !digests.isEmpty else { return }
        try DigestNames.catchUp(organization: organization, in: database)
        let known = try database.read { try DigestNames.known(digests, organization: organization, on: $0) }
        for digest in digests {
            if case .disputed(let names) = known[digest] { dispute(digest, names) }
        }
    }

    private mutating func dispute(_ digest: String, _ names: [String]) {
        if disputed.count < 1000, !disputed.contains(where: { $0.digest == digest }) {
            disputed.append((digest, names))
        }
    }

    private mutating func name(_ library: Int32, as component: Component) throws {
        let row = row(named: component)
        let own = several.removeValue(forKey: library) ?? [shown[Int(library)]]
        if let other = identities[row.name] {
            // The document also has the library under its name.
            for description in own { libraries[Int(description)] = other }
        } else {
            identities[row.name] = library
            shown[Int(library)] = Int32(rows.count)
            try append(row, of: library, count: 0)
        }
    }

    /// The number of a description with the facts of several.
    private mutating func merge(_ descriptions: [Int32], of library: Int32) throws -> Int32 {
        var merged: Component?
        var bytes = 0
        for (index, description) in descriptions.enumerated() {
            let id = rows[Int(description)]
            let body = try database.read { connection in
                try connection.first("SELECT body FROM library_facts WHERE library = \(id)") { $0.string(0) }
            }
            guard let body else { throw IntakeError.superseded }
            bytes += body.utf8.count
            if index == Self.mergedDescriptions || (index > 0 && bytes > Self.mergedBytes) {
                tooManyDescriptions += 1
                break
            }
            let component = try ComponentFacts.decode(body)
            if merged == nil { merged = component } else { merged?.complete(with: component) }
        }
        guard let merged else { return descriptions[0] }
        writer.removeAll()
        ComponentFacts.write(merged, to: &writer)
        let digest = LibraryRow.digest(of: writer)
        if let known = numbers[digest] { return known }
        let number = Int32(rows.count)
        try append(LibraryRow(digest: digest, body: writer.text, component: merged), of: library, count: 0)
        return number
    }

    // MARK: Writing

    /// Writes waiting rows.
    mutating func flush() throws {
        guard !waiting.isEmpty else { return }
        let first = rows.count - waiting.count
        let digests = waiting.map(\.digest.bytes)
        let scan = scan
        let known = try database.read { connection in
            var known: [Int: Int64] = [:]
            try scan.libraries(with: digests, on: connection) { known[$0] = $1 }
            return known
        }
        for (place, id) in known { rows[first + place] = id }
        if known.count < waiting.count { try insert(waiting.indices.filter { known[$0] == nil }, from: first) }
        waiting.removeAll(keepingCapacity: true)
        waitingBytes = 0
    }

    private mutating func insert(_ places: [Int], from first: Int) throws {
        var rows = RowBuffer(capacity: waitingBytes * 2)
        var keys: [[PackageKey]] = []
        keys.reserveCapacity(places.count)
        for place in places {
            let found = effective.licenses(of: waiting[place].component)
            if found.rows.count > LicenseRows.limit { tooManyLicenses += 1 }
            waiting[place].licenses = found
            let packages = waiting[place].packageKeys()
            waiting[place].append(to: &rows, lookup: Lookup(packages))
            keys.append((try? packages.get()) ?? [])
        }
        let batch = NewLibraries(
            scan: scan, isShown: isShown, rows: rows, digests: places.map { waiting[$0].digest.bytes }, keys: keys,
            licenses: places.map { waiting[$0].licenses }, files: places.map { NewLibraries.File(waiting[$0]) },
            licenseRows: licenseRows, referenceType: referenceType)
        let made = try insert(batch, places)
        licenseRows = made.licenses
        touched += made.touched.prefix(1000 - min(touched.count, 1000))
        for (place, id) in zip(places, made.ids) { self.rows[first + place] = id }
    }

    /// Matches the libraries with the in-house rules, then inserts them; repeats both when the rules changed in
    /// between.
    private mutating func insert(
        _ batch: NewLibraries, _ places: [Int]
    ) throws -> NewLibraries.Inserted {
        while true {
            let scan = scan
            let known = try database.read { try InHouse.rules(scan.organization, on: $0) }
            if known.map(\.id) != rules.rules { rules = InHouseMatcher(known) }
            let fitting = rules.isEmpty ? [:] : fitting(places)
            let ids = rules.rules
            let made = try database.write { connection in
                try batch.insert(fitting: fitting, rules: ids, on: connection)
            }
            if let made { return made }
        }
    }

    /// The first in-house rule that fits each library, by the library's position in the batch.
    private func fitting(_ places: [Int]) -> [Int: InHouse.Rule] {
        var found: [Int: InHouse.Rule] = [:]
        for (number, place) in places.enumerated() {
            let (row, coordinates) = (waiting[place], waiting[place].coordinates)
            found[number] = rules.rule(
                fitting: InHouse.Names(
                    group: coordinates.groupId, artifact: coordinates.artifactId, version: coordinates.version,
                    filename: row.fileName))
        }
        return found
    }
}
