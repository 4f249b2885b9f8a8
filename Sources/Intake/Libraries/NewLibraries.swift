import BOM
import Database
import Inventory

/// A batch of libraries that one transaction writes.
final class NewLibraries: Sendable {
    /// The file of a description.
    struct File: Sendable {
        /// The SHA-1, or empty.
        let sha1: String
        let naming: DigestNames.Naming

        init(_ row: LibraryRow) {
            sha1 = row.sha1
            naming = row.naming
        }
    }

    struct Inserted: Sendable {
        /// One entry for each library of the batch.
        let ids: [Int64]
        /// The current knowledge about licences.
        var licenses: LicenseRows
        /// Digests of new libraries that others have as nameless files.
        var touched: [String] = []
    }

    /// The stated source of licences for libraries that a digest named.
    private static let digestType = "Digest"

    private let scan: StagedScan
    private let isShown: Bool
    private let files: [File]
    private let rows: RowBuffer
    private let digests: [[UInt8]]
    private let keys: [[PackageKey]]
    private let licenses: [FoundLicenses]
    private let licenseRows: LicenseRows
    private let referenceType: String

    init(
        scan: StagedScan, isShown: Bool, rows: consuming RowBuffer, digests: [[UInt8]], keys: [[PackageKey]],
        licenses: [FoundLicenses], files: [File], licenseRows: LicenseRows, referenceType: String
    ) {
        self.scan = scan
        self.isShown = isShown
        self.files = files
        self.rows = rows
        self.digests = digests
        self.keys = keys
        self.licenses = licenses
        self.licenseRows = licenseRows
        self.referenceType = referenceType
    }

    /// Inserts the libraries that are not in the database yet. Returns nil and inserts none if the organization's
    /// in-house rules have changed.
    ///
    /// - Parameter fitting: the matching rule, by the position in the batch.
    func insert(
        fitting: [Int: InHouse.Rule], rules: [Int64], on connection: any Connection
    ) throws -> Inserted? {
        try scan.lockOrganization(on: connection)
        guard try isShown || scan.isOpen(on: connection) else { throw IntakeError.superseded }
        guard try InHouse.rules(scan.organization, on: connection).map(\.id) == rules else { return nil }
        var ids = [Int64](repeating: 0, count: digests.count)
        var count = 0
        try scan.libraries(with: digests, on: connection) { place, id in
            ids[place] = id
            count += 1
        }
        if count == digests.count { return Inserted(ids: ids, licenses: licenseRows) }
        if count == 0 {
            let first = try scan.insert(libraries: rows, on: connection)
            for place in ids.indices { ids[place] = first + Int64(place) }
            return try complete(Array(ids.indices), ids: ids, fitting: fitting, on: connection)
        }
        // Another import of the organization has inserted some of them in the meantime.
        var missing = RowBuffer(capacity: rows.byteCount)
        let places = ids.indices.filter { ids[$0] == 0 }
        let width = StagedScan.libraryCells
        for place in places {
            missing.beginRow()
            missing.append(cellsOf: rows, from: rows.start(of: place), count: width)
        }
        let first = try scan.insert(libraries: missing, on: connection)
        for (number, place) in places.enumerated() { ids[place] = first + Int64(number) }
        return try complete(places, ids: ids, fitting: fitting, on: connection)
    }

    /// Completes newly inserted libraries, which have consecutive numbers, with facts that depend on other rows.
    private func complete(
        _ places: [Int], ids: [Int64], fitting: [Int: InHouse.Rule], on connection: any Connection
    ) throws -> Inserted {
        try match(places, ids: ids, on: connection)
        let known = try insertLicenses(of: places, ids: ids, on: connection)
        if let first = places.first, let last = places.last {
            let fitting = places.compactMap { place in
                fitting[place].map {
                    InHouse.Fitting(
                        uuid: rows.string(rows.start(of: place) + StagedScan.uuidColumn), rule: $0)
                }
            }
            try Curation.apply(
                to: ids[first]...ids[last], of: scan.id, organization: scan.organization, fitting: fitting,
                on: connection)
        }
        return Inserted(ids: ids, licenses: known, touched: try touch(places, on: connection))
    }

    /// Marks the projects with nameless files that new libraries have a name for; returns the digests of these files.
    private func touch(_ places: [Int], on connection: any Connection) throws -> [String] {
        guard try DigestNames.isAnythingUnnamed(on: connection) else { return [] }
        var digests: [String: String] = [:]
        for file in places.map({ files[$0] }) where file.naming == .named && file.sha1.utf8.count == 40 {
            digests[LibraryIdentity(digest: file.sha1).uuid] = file.sha1
        }
        let hit = try DigestNames.mark(
            showing: digests.keys.sorted(), organization: scan.organization, on: connection)
        return hit.compactMap { digests[$0] }.sorted()
    }

    /// Finds the vulnerabilities of the newly inserted libraries.
    private func match(_ places: [Int], ids: [Int64], on connection: any Connection) throws {
        let packages = places.flatMap { LibraryMatching.packages(of: ids[$0], keys[$0]) }
        try LibraryMatching.insert(packages, organization: scan.organization, on: connection)
    }

    private func insertLicenses(
        of places: [Int], ids: [Int64], on connection: any Connection
    ) throws -> LicenseRows {
        var known = licenseRows
        // Read under the organization's lock, which also protects changes of the order of preference.
        let hasChoice = places.contains { licenses[$0].decision.hasChoice }
        let preferences = hasChoice ? try LicenseChoices.names(scan.organization, on: connection) : []
        let order = LicensePreferences(preferences)
        for (type, isByDigest) in [(referenceType, false), (Self.digestType, true)] {
            let places = places.filter { (files[$0].naming == .byDigest) == isByDigest }
            try known.insert(
                places.lazy.map { [licenses] place in
                    let found = licenses[place]
                    return (library: ids[place], licenses: preferences.isEmpty ? found.rows : found.rows(by: order))
                }, foundIn: type, on: connection)
        }
        let texts = places.flatMap { licenses[$0].texts }
        if !texts.isEmpty { try LicenseTexts.keep(texts, organization: scan.organization, on: connection) }
        return known
    }
}
