import BOM
import Database
import Inventory
import Jobs

// DESIGN. A document may describe one library in several ways. Each description is a row of `library`, found by the digest of
// its facts; which library it is of, `LibraryIdentity` says. Where a library has several, one more row is made at the end
// that has the facts of all, and that is what the project shows; the components keep theirs.
//
// Descriptions wait in a batch until it is worth a transaction. Those that the organization has are found by a read; only the
// others go through the writer, which looks again under the organization's lock. In memory remain numbers: of each different
// description its digest, its id and its count, of each library its digest.

/// Turns components into library rows, each distinct description once.
struct LibraryStaging: ~Copyable {
    /// Libraries of a batch, and bytes of facts: whichever comes first ends it. About 20 ms of writing.
    private static let batchRows = 1000
    private static let batchBytes = 2 << 20
    /// Descriptions of one library that are put together, and bytes of their facts; others are their components' only.
    private static let mergedDescriptions = 100
    private static let mergedBytes = 4 << 20

    private let database: any Database
    private let scan: StagedScan
    private let referenceType: String
    private var writer = FactsWriter()
    private var effective = EffectiveLicenses()
    private var numbers: [LibraryDigest: Int32] = [:]
    private var identities: [LibraryDigest: Int32] = [:]
    private var waiting: [LibraryRow] = []
    private var waitingBytes = 0
    /// Licences that are surely in the database.
    private var licenseRows: LicenseRows
    /// The in-house rules of the organization as of the last batch.
    private var rules = InHouseMatcher([])

    /// For each description, in the order of first appearance: its row, 0 while it waits; its library; how often the
    /// document has it.
    private var rows: [Int64] = []
    private var libraries: [Int32] = []
    private var counts: [Int32] = []
    /// For each library, in the order of first appearance, the description that shows it.
    private var shown: [Int32] = []
    /// The descriptions of libraries that have several.
    private var several: [Int32: [Int32]] = [:]

    /// Libraries with more licences than are kept.
    private(set) var tooManyLicenses = 0
    /// Libraries with more descriptions than are put together.
    private(set) var tooManyDescriptions = 0

    init(database: any Database, scan: StagedScan, referenceType: String) {
        self.database = database
        self.scan = scan
        self.referenceType = referenceType
        licenseRows = LicenseRows(organization: scan.organization)
    }

    /// Counts the component in and returns the number of its description, counted from 0.
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
            try append(row, of: library, count: 1)
        }
        return number
    }

    private mutating func append(_ row: LibraryRow, of library: Int32, count: Int32) throws {
        numbers[row.digest] = Int32(rows.count)
        rows.append(0)
        libraries.append(library)
        counts.append(count)
        waitingBytes += row.body.utf8.count
        waiting.append(row)
        if waiting.count >= Self.batchRows || waitingBytes >= Self.batchBytes { try flush() }
    }

    /// Takes one listing of a description back; its library is none any more when it was the only one.
    mutating func withdraw(_ description: Int32) { counts[Int(description)] -= 1 }

    // MARK: What came of it

    /// How many libraries there are, those that were withdrawn among them.
    var count: Int { shown.count }

    /// The library of a description, counted from 0.
    func library(of description: Int32) -> Int { Int(libraries[Int(description)]) }

    /// The row of a description; 0 while it waits.
    func row(of description: Int32) -> Int64 { rows[Int(description)] }

    /// The row that shows a library.
    func row(showing library: Int) -> Int64 { rows[Int(shown[library])] }

    /// How often each library was listed; those with 0 are none of the project.
    func listings() -> [Int32] {
        var sums = [Int32](repeating: 0, count: shown.count)
        for (library, count) in zip(libraries, counts) { sums[Int(library)] += count }
        return sums
    }

    /// Writes what waits, and decides what shows each library. Nothing may be added afterwards.
    mutating func finish() throws {
        try flush()
        for (library, descriptions) in several.sorted(by: { $0.key < $1.key }) {
            // What was withdrawn describes what the document is about.
            let told = descriptions.filter { counts[Int($0)] > 0 }
            guard let first = told.first else { continue }
            shown[Int(library)] = told.count == 1 ? first : try merge(told, of: library)
        }
        several.removeAll()
        try flush()
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

    /// Writes what waits.
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
            waiting[place].append(to: &rows)
            keys.append(PackageKey.keys(of: waiting[place].component))
        }
        let batch = NewLibraries(
            scan: scan, rows: rows, digests: places.map { waiting[$0].digest.bytes }, keys: keys,
            licenses: places.map { waiting[$0].licenses }, licenseRows: licenseRows, referenceType: referenceType)
        let ids: [Int64]
        (ids, licenseRows) = try insert(batch, places)
        for (place, id) in zip(places, ids) { self.rows[first + place] = id }
    }

    /// Matches the libraries with the in-house rules, then inserts them; again when the rules changed in between.
    private mutating func insert(
        _ batch: NewLibraries, _ places: [Int]
    ) throws -> (ids: [Int64], licenses: LicenseRows) {
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

    /// The first in-house rule that fits each library, by its place in the batch.
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

/// A batch of libraries on its way through one transaction.
private final class NewLibraries: Sendable {
    private let scan: StagedScan
    private let rows: RowBuffer
    private let digests: [[UInt8]]
    private let keys: [[PackageKey]]
    private let licenses: [FoundLicenses]
    private let licenseRows: LicenseRows
    private let referenceType: String

    init(
        scan: StagedScan, rows: consuming RowBuffer, digests: [[UInt8]], keys: [[PackageKey]],
        licenses: [FoundLicenses], licenseRows: LicenseRows, referenceType: String
    ) {
        self.scan = scan
        self.rows = rows
        self.digests = digests
        self.keys = keys
        self.licenses = licenses
        self.licenseRows = licenseRows
        self.referenceType = referenceType
    }

    /// Inserts what is still missing; gives the ids of all, and what is known of licences then. Nil, and nothing inserted,
    /// when the organization's in-house rules are no longer these.
    ///
    /// - Parameter fitting: the rule that fits, by the place in the batch.
    func insert(
        fitting: [Int: InHouse.Rule], rules: [Int64], on connection: any Connection
    ) throws -> (ids: [Int64], licenses: LicenseRows)? {
        try scan.lockOrganization(on: connection)
        guard try scan.isOpen(on: connection) else { throw IntakeError.superseded }
        guard try InHouse.rules(scan.organization, on: connection).map(\.id) == rules else { return nil }
        var ids = [Int64](repeating: 0, count: digests.count)
        var count = 0
        try scan.libraries(with: digests, on: connection) { place, id in
            ids[place] = id
            count += 1
        }
        if count == digests.count { return (ids, licenseRows) }
        if count == 0 {
            let first = try scan.insert(libraries: rows, on: connection)
            for place in ids.indices { ids[place] = first + Int64(place) }
            return (ids, try complete(Array(ids.indices), ids: ids, fitting: fitting, on: connection))
        }
        // Another import of the organization was faster with some of them.
        var missing = RowBuffer(capacity: rows.byteCount)
        let places = ids.indices.filter { ids[$0] == 0 }
        let width = StagedScan.libraryCells
        for place in places {
            missing.beginRow()
            missing.append(cellsOf: rows, from: rows.start(of: place), count: width)
        }
        let first = try scan.insert(libraries: missing, on: connection)
        for (number, place) in places.enumerated() { ids[place] = first + Int64(number) }
        return (ids, try complete(places, ids: ids, fitting: fitting, on: connection))
    }

    /// Does for libraries that were just inserted, with numbers that count up, what their rows do not say themselves.
    private func complete(
        _ places: [Int], ids: [Int64], fitting: [Int: InHouse.Rule], on connection: any Connection
    ) throws -> LicenseRows {
        try match(places, ids: ids, on: connection)
        let known = try insertLicenses(of: places, ids: ids, on: connection)
        if let first = places.first, let last = places.last {
            let fitting = places.compactMap { place in
                fitting[place].map {
                    InHouse.Fitting(
                        uuid: rows.string(rows.start(of: place) + StagedScan.uuidColumn), rule: $0)
                }
            }
            try Curation.apply(to: ids[first]...ids[last], of: scan, fitting: fitting, on: connection)
        }
        return known
    }

    /// Finds the vulnerabilities of those that were inserted.
    private func match(_ places: [Int], ids: [Int64], on connection: any Connection) throws {
        let packages = places.flatMap { LibraryMatching.packages(of: ids[$0], keys[$0]) }
        try LibraryMatching.insert(packages, organization: scan.organization, on: connection)
    }

    private func insertLicenses(
        of places: [Int], ids: [Int64], on connection: any Connection
    ) throws -> LicenseRows {
        var known = licenseRows
        // Read under the organization's lock, as the order of preference is changed under it.
        let hasChoice = places.contains { licenses[$0].decision.hasChoice }
        let preferences = hasChoice ? try LicenseChoices.names(scan.organization, on: connection) : []
        let order = LicensePreferences(preferences)
        try known.insert(
            places.lazy.map { [licenses] place in
                let found = licenses[place]
                return (library: ids[place], licenses: preferences.isEmpty ? found.rows : found.rows(by: order))
            }, foundIn: referenceType, on: connection)
        let texts = places.flatMap { licenses[$0].texts }
        if !texts.isEmpty { try LicenseTexts.keep(texts, organization: scan.organization, on: connection) }
        return known
    }
}
