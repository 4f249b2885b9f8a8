package import BOM
package import Database
package import Jobs

// DESIGN. Parts come in any order and the document last. So everything that depends on the whole (positions of the
// ends of edges, depths, the root) is written at the end: entries, occurrences and edges wait in memory as small
// numbers. Libraries, files and claims are written to the database as they come. `docs/adr/008-intake-in-stages.md`
// says why.

/// Takes the parts of one document and stages them as the rows of one scan.
package final class ScanStaging: BOMReceiver {
    /// The rows of a transaction.
    static let chunk = 2000
    /// The most bytes of paths of a document's entries, and the most paths of one entry.
    static let locationBytes = 64 << 20
    static let locationsOfEntry = 100
    static let warningLimit = 100

    /// One listing of a component. Position 0 belongs to the root, so entries count from 1.
    struct Entry {
        /// The number of its description in `LibraryStaging`.
        var description: Int32
        /// Numbers in `references`; -1 without a parent.
        var reference: Int32
        var parent: Int32
        var scope: String
        /// The range of its paths in `paths`.
        var pathStart: UInt32 = 0
        var pathCount: UInt32 = 0
    }

    /// The meaning of a reference.
    static let nothing = Int32.min

    let database: any Database
    let scan: StagedScan
    private let lease: Lease
    private let hasRoom: @Sendable () -> Bool
    var libraries: LibraryStaging
    /// Whether the source is a bill of materials, which may have no components; other sources always list them.
    private(set) var takesStatements: Bool
    var entries: [Entry] = []
    var references = ReferenceTable()
    /// For each reference its position, or -1 minus the position of a file, or `nothing`.
    var targets: [Int32] = []
    private(set) var paths: [UInt8] = []
    private var droppedPaths = 0
    private var unreadableNames = 0
    private(set) var document: BOMDocument?
    private(set) var warnings: [String] = []
    private var moreWarnings = 0
    private(set) var fileCount = 0
    private(set) var serviceCount = 0
    private(set) var claimCount = 0
    private(set) var libraryClaims = LibraryClaims()
    private var dropsClaims = false
    private var files = RowBuffer(capacity: 1 << 12)
    private var fileLicenses = EffectiveLicenses()
    private var claims = RowBuffer(capacity: 1 << 12)
    /// The error that stopped the staging; nil if the document is at fault.
    private(set) var failure: (any Error)?

    /// - Parameter referenceType: the stated source of licences: `SBOM`, `License file`.
    package init(
        database: any Database, scan: StagedScan, lease: Lease, referenceType: String,
        hasRoom: @escaping @Sendable () -> Bool
    ) {
        self.hasRoom = hasRoom
        self.database = database
        self.scan = scan
        self.lease = lease
        takesStatements = referenceType == "SBOM"
        libraries = LibraryStaging(database: database, scan: scan, referenceType: referenceType)
    }

    // MARK: BOMReceiver

    package func component(_ component: Component) throws(BOMError) {
        try working { try add(component) }
    }

    package func file(_ file: SourceFile) throws(BOMError) {
        try working {
            try checkLease()
            let number = try number(of: file.ref)
            targets[number] = Int32(-1 - fileCount)
            let owner = file.component.isEmpty ? Self.nothing : targets[try self.number(of: file.component)]
            files.beginRow()
            files.append(scan.id)
            files.append(fileCount)
            files.append(owner >= 0 ? Int(owner) : -1)
            files.append(Self.lastPart(of: file.path))
            files.append(file.path)
            files.append(file.hashes.first { $0.algorithm == "SHA-1" }?.value ?? "")
            files.append(SourceFileFacts.encode(file))
            let licenses = fileLicenses.licenses(of: file)
            files.append(LicenseRows.names(licenses.rows))
            files.append(licenses.text)
            fileCount += 1
            if files.rowCount >= Self.chunk || files.byteCount > 2 << 20 { try flushFiles() }
        }
    }

    /// The reader's graph provides the edges at the end.
    package func dependency(_ dependency: Dependency) throws(BOMError) {}

    package func vulnerability(_ vulnerability: VulnerabilityClaim) throws(BOMError) {
        try working {
            try checkLease()
            claims.beginRow()
            claims.append(scan.id)
            claims.append(claimCount)
            claims.append(vulnerability.id)
            claims.append(VulnerabilityFacts.encode(vulnerability))
            let isKept = try libraryClaims.add(vulnerability, at: claimCount) { try number(of: $0) }
            claimCount += 1
            if !isKept, !dropsClaims {
                dropsClaims = true
                warning(
                    "not all vulnerabilities of the document count for alerts: a document may say of at most "
                        + "\(LibraryClaims.rowLimit) pairs of a name and a component that one has the other; the others are "
                        + "in its bills of materials only")
            }
            if claims.rowCount >= Self.chunk || claims.byteCount > 2 << 20 { try flushClaims() }
        }
    }

    package func warning(_ text: String) {
        if warnings.count < Self.warningLimit {
            warnings.append(String(text.prefix(500)))
        } else {
            moreWarnings += 1
        }
    }

    package func document(_ document: BOMDocument) throws(BOMError) { self.document = document }

    // MARK: Parts

    private func add(_ component: Component) throws {
        if entries.count & 63 == 0 {
            try checkLease()
            try checkRoom()
            lease.progress = entries.count
        }
        // The replacement for characters that no text in a database may contain, such as NUL.
        if component.name.unicodeScalars.contains("\u{FFFD}") { unreadableNames += 1 }
        let reference = try number(of: component.ref)
        let parent = try component.parent.map { try number(of: $0) }
        var entry = Entry(
            description: try libraries.add(component), reference: Int32(reference), parent: Int32(parent ?? -1),
            scope: component.scope)
        keepPaths(of: component, in: &entry)
        entries.append(entry)
        if component.kind == .service { serviceCount += 1 }
        targets[reference] = Int32(entries.count)
    }

    private func keepPaths(of component: Component, in entry: inout Entry) {
        let found = ComponentPaths.paths(of: component)
        guard !found.isEmpty else { return }
        entry.pathStart = UInt32(paths.count)
        for (index, path) in found.enumerated() {
            guard index < Self.locationsOfEntry, paths.count + path.utf8.count < Self.locationBytes else {
                droppedPaths += found.count - index
                break
            }
            if index > 0 { paths.append(UInt8(ascii: "\n")) }
            // Paths are stored one a line.
            for byte in path.utf8 { paths.append(byte == 10 || byte == 13 ? UInt8(ascii: " ") : byte) }
        }
        entry.pathCount = UInt32(paths.count) - entry.pathStart
    }

    private func number(of reference: String) throws(BOMError) -> Int {
        guard let number = references.number(for: reference) else {
            throw .tooLarge(what: "the document's references are too long", limit: 1 << 32)
        }
        while targets.count <= Int(number) { targets.append(Self.nothing) }
        return Int(number)
    }

    static func lastPart(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    // MARK: Writing

    /// Writes waiting rows, and warns of entries that were left out.
    func flush() throws {
        try libraries.finish()
        try flushFiles()
        try flushClaims()
        try keepLicenseTexts()
        if droppedPaths > 0 { warning("\(droppedPaths) locations of components were not kept: they are too many") }
        if unreadableNames > 0 {
            warning(
                "\(unreadableNames) components have a name with characters that cannot be read; U+FFFD stands for them")
            unreadableNames = 0
        }
        if libraries.tooManyLicenses > 0 {
            warning(
                "\(libraries.tooManyLicenses) components have more than \(LicenseRows.limit) licences; the others "
                    + "are in their expressions only")
        }
        if libraries.tooManyDescriptions > 0 {
            warning(
                "\(libraries.tooManyDescriptions) libraries are described in too many ways; what the first of them say is "
                    + "shown, the others are in their bill of materials only")
        }
        if libraries.shortened > 0 {
            warning(
                "\(libraries.shortened) libraries have a group or a name of more than \(LibraryRow.nameLimit) bytes; reports show "
                    + "the beginning, with a digest of all of it")
        }
        if let text = DigestKnowledge.warning(of: libraries.disputed) { warning(text) }
        if moreWarnings > 0 {
            warnings.append("\(moreWarnings) more warnings")
            moreWarnings = 0
        }
    }

    /// Stores the texts that the document declares for its own licences, in the form in which components refer to
    /// them.
    private func keepLicenseTexts() throws {
        let texts = (document?.extractedLicenses ?? []).compactMap { license in
            let digest = license.digest
            return digest.isEmpty ? nil : (digest: digest, body: license.text)
        }
        guard !texts.isEmpty else { return }
        try checkLease()
        let scan = scan
        try database.write { connection in
            guard try scan.isOpen(on: connection) else { throw IntakeError.superseded }
            try LicenseTexts.keep(texts, organization: scan.organization, on: connection)
        }
    }

    private func flushFiles() throws {
        var rows = RowBuffer(capacity: 1 << 12)
        swap(&rows, &files)
        try insert(
            rows, into: "source_file",
            ["scan", "position", "component", "name", "path", "sha1", "body", "licenses", "license_expression"])
    }

    private func flushClaims() throws {
        var rows = RowBuffer(capacity: 1 << 12)
        swap(&rows, &claims)
        try insert(rows, into: "vulnerability_claim", ["scan", "position", "name", "body"])
    }

    /// Inserts rows of this scan in a transaction of their own.
    func insert(_ rows: consuming RowBuffer, into table: StaticString, _ columns: [StaticString]) throws {
        guard rows.rowCount > 0 else { return }
        try checkLease()
        try checkRoom()
        let rows = Rows(rows)
        let scan = scan
        try database.write { connection in
            guard try scan.isOpen(on: connection) else { throw IntakeError.superseded }
            try connection.insert(rows.buffer, into: table, columns)
        }
    }

    /// Rows that the closure of a transaction may capture.
    private final class Rows: Sendable {
        let buffer: RowBuffer
        init(_ buffer: consuming RowBuffer) { self.buffer = buffer }
    }

    /// Throws when only the reserve of the disk is left.
    private func checkRoom() throws {
        if !hasRoom() { throw IntakeError.withoutRoom(after: entries.count + fileCount + claimCount) }
    }

    func checkLease() throws {
        if lease.stopReason != nil { throw WorkError.stopped }
    }

    /// Stores the cause of a failure that is not the document's; readers know only `BOMError`.
    private func working(_ body: () throws -> Void) throws(BOMError) {
        do {
            try body()
        } catch let error as BOMError {
            throw error
        } catch {
            failure = error
            throw .failed(what: "\(error)")
        }
    }
}
