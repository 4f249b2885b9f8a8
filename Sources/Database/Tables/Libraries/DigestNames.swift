// DESIGN. Two sources give a name for a digest: imported lists, and documents of the same organization with a library's
// name and digest. The list takes precedence over documents, and documents that disagree give no name. A library that was
// named by its digest (`library.naming` 2) is not a source, because a wrong name would then never disappear.
//
// An index of all digests would cost each import a tenth of its time, and most organizations never search by digest.
// Instead, each look-up continues to fill `named_digest` where the last one stopped.

/// The names that are known for digests, and the projects that show libraries with these digests.
package enum DigestNames {
    /// The source of the name in a row of `library`.
    package enum Naming: Int64, Sendable {
        /// Its document.
        case named = 0
        /// None: its document has only a digest.
        case unnamed = 1
        /// The digest, which is all that its document has.
        case byDigest = 2
    }

    /// The library of a digest.
    package enum Knowledge: Sendable, Equatable {
        /// A list names it, with a package URL and licences.
        case listed(purl: String, licenses: [String])
        /// Documents of the organization name it; with the row of the facts.
        case described(library: Int64)
        /// Documents disagree; with some of their names.
        case disputed([String])
    }

    // MARK: Lists

    /// An entry of a list.
    package struct Entry: Sendable, Equatable {
        /// SHA-1 or SHA-256, in lower-case hexadecimal.
        package let digest: String
        package let purl: String
        package let licenses: [String]

        package init(digest: String, purl: String, licenses: [String]) {
            self.digest = digest
            self.purl = purl
            self.licenses = licenses
        }
    }

    /// Replaces the entries of the same digests. No two entries may have the same digest.
    package static func replace(_ entries: [Entry], on connection: any Connection) throws {
        if entries.isEmpty { return }
        try SQL.inSlices(entries.map(\.digest), as: Value.text) { list in
            try connection.run("DELETE FROM digest_name WHERE digest IN \(list)")
        }
        var rows = RowBuffer(capacity: entries.count * 160)
        for entry in entries {
            rows.beginRow()
            rows.append(entry.digest)
            rows.append(entry.purl)
            rows.append(entry.licenses.joined(separator: "\n"))
        }
        try connection.insert(rows, into: "digest_name", ["digest", "purl", "licenses"])
        _ = try connection.take(1, from: "digest list")
    }

    // MARK: Looking up

    /// Libraries whose digests are taken in one transaction.
    private static let page = 2000

    /// Adds the digests of libraries that were inserted since the last question. To be called before `known`.
    package static func catchUp(organization: Int64, in database: any Database) throws {
        func isBehind(on connection: any Connection) throws -> Bool {
            try connection.integer(
                """
                SELECT 1 FROM library l JOIN organization o ON o.id = l.organization
                WHERE l.organization = \(organization) AND l.id > o.digest_mark LIMIT 1
                """) != nil
        }
        while try database.read({ try isBehind(on: $0) }) {
            try database.write { try takeDigests(of: organization, on: $0) }
        }
    }

    private static func takeDigests(of organization: Int64, on connection: any Connection) throws {
        // Libraries are inserted under this lock, so no lower number appears later.
        let mark = try connection.integer(
            "SELECT digest_mark FROM organization WHERE id = \(organization) \(connection.engine.locking)")
        guard let mark else { return }
        var rows = RowBuffer(capacity: page * 64)
        var last = mark
        try connection.each(
            """
            SELECT id, sha1, naming FROM library WHERE organization = \(organization) AND id > \(mark)
            ORDER BY id LIMIT \(page)
            """
        ) { row in
            last = row.integer(0)
            guard row.integer(2) == Naming.named.rawValue, !row.string(1).isEmpty else { return }
            rows.beginRow()
            rows.append(organization)
            rows.append(row.string(1))
            rows.append(last)
        }
        if rows.rowCount > 0 {
            try connection.insert(rows, into: "named_digest", ["organization", "sha1", "library"])
        }
        try connection.run("UPDATE organization SET digest_mark = \(last) WHERE id = \(organization)")
    }

    /// The names of these digests; unknown digests are left out. Documents are searched only by SHA-1, and only as far as
    /// `catchUp` came.
    package static func known(
        _ digests: [String], organization: Int64, on connection: any Connection
    ) throws -> [String: Knowledge] {
        var known: [String: Knowledge] = [:]
        try SQL.inSlices(digests, of: 200, as: Value.text) { list in
            try connection.each("SELECT digest, purl, licenses FROM digest_name WHERE digest IN \(list)") { row in
                known[row.string(0)] = .listed(
                    purl: row.string(1), licenses: row.string(2).split(separator: "\n").map(String.init))
            }
        }
        let others = digests.filter { known[$0] == nil && $0.utf8.count == 40 }
        try SQL.inSlices(others, of: 200, as: Value.text) { list in
            var found: [String: Documents] = [:]
            try connection.each(
                """
                SELECT l.sha1, l.uuid, l.purl, l.filename, CASE WHEN l.license_found = '' THEN 0 ELSE 1 END, l.id
                FROM named_digest d JOIN library l ON l.id = d.library
                WHERE d.organization = \(organization) AND d.sha1 IN \(list) AND l.naming = 0 ORDER BY l.id
                """
            ) { row in
                found[row.string(0), default: Documents()].add(
                    uuid: row.string(1), purl: row.string(2), name: row.string(3), hasLicenses: row.boolean(4),
                    id: row.integer(5))
            }
            for (digest, documents) in found { known[digest] = documents.knowledge }
        }
        return known
    }

    /// The statements of documents about one digest. A package URL says more than a name.
    private struct Documents {
        private var isByPURL = false
        private var uuids: [String] = []
        private var names: [String] = []
        private var library: Int64 = 0
        private var hasLicenses = false

        mutating func add(uuid: String, purl: String, name: String, hasLicenses: Bool, id: Int64) {
            if purl.isEmpty, isByPURL { return }
            if !purl.isEmpty, !isByPURL { self = Documents() }
            isByPURL = !purl.isEmpty
            if !uuids.contains(uuid), uuids.count < 3 {
                uuids.append(uuid)
                names.append(purl.isEmpty ? name : purl)
            }
            // The first with a known licence, otherwise the first.
            if library == 0 || hasLicenses && !self.hasLicenses {
                library = id
                self.hasLicenses = hasLicenses
            }
        }

        var knowledge: Knowledge { uuids.count == 1 ? .described(library: library) : .disputed(names) }
    }

    /// The extent of the knowledge at a moment.
    package struct Moment: Sendable, Equatable {
        private let library: Int64
        private let list: Int64

        package static func now(on connection: any Connection) throws -> Moment {
            func next(_ name: String) throws -> Int64 {
                try connection.integer("SELECT next FROM sequence WHERE name = \(name)") ?? 1
            }
            return Moment(library: try next("library"), list: try next("digest list"))
        }

        /// Marks the project that shows a scan as stale if more may be known about its files now than when it was
        /// scanned.
        package func mark(
            ifOverFor scan: Int64, organization: Int64, on connection: any Connection
        ) throws {
            let isNewer = try connection.integer(
                """
                SELECT 1 FROM library WHERE organization = \(organization) AND id >= \(library) AND naming = 0
                    AND sha1 <> '' LIMIT 1
                """)
            if try isNewer != nil || Moment.now(on: connection).list != list {
                try DigestNames.mark("SELECT CAST(\(scan) AS BIGINT)", on: connection)
            }
        }
    }

    // MARK: Marks

    /// Whether any organization has a file without a name. The question is cheap.
    package static func isAnythingUnnamed(on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM library WHERE naming = 1 LIMIT 1") != nil
    }

    /// Marks the projects as stale that show libraries without names. Returns the uuids of these.
    ///
    /// - Parameters:
    ///   - uuids: the digests of libraries that are known only by digest.
    ///   - organization: nil for all.
    @discardableResult
    package static func mark(
        showing uuids: [String], organization: Int64?, on connection: any Connection
    ) throws -> Set<String> {
        var hit: Set<String> = []
        try SQL.inSlices(uuids, of: 200, as: Value.text) { list in
            let own: SQL = organization.map { "AND organization = \($0)" } ?? ""
            let unnamed = try connection.all(
                "SELECT id, uuid FROM library WHERE uuid IN \(list) AND naming = 1 \(own) ORDER BY id"
            ) { (id: $0.integer(0), uuid: $0.string(1)) }
            hit.formUnion(unnamed.map(\.uuid))
            try SQL.inSlices(unnamed.map(\.id), as: Value.integer) { ids in
                try mark(
                    """
                    SELECT o.scan FROM occurrence o WHERE o.library IN \(ids)
                    UNION SELECT c.scan FROM component c WHERE c.library <> 0 AND c.library IN \(ids)
                    """, on: connection)
            }
        }
        return hit
    }

    /// Marks the projects as stale that show the selected scans.
    private static func mark(_ scans: SQL, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO stale_naming (project, organization, mark)
            SELECT p.id, p.organization, 1 FROM scan s JOIN project p ON p.scan = s.id WHERE s.id IN (\(scans))
            ON CONFLICT (project) DO UPDATE SET mark = stale_naming.mark + 1
            """)
    }

    /// A project that shows libraries whose digests may have new names.
    package struct StaleProject: Sendable, Equatable {
        package let project: Int64
        package let organization: Int64
        package let scan: Int64
        fileprivate let mark: Int64
    }

    /// The organization's next stale project.
    package static func nextStale(organization: Int64, on connection: any Connection) throws -> StaleProject? {
        try connection.first(
            """
            SELECT s.project, s.organization, coalesce(p.scan, 0), s.mark FROM stale_naming s
            LEFT JOIN project p ON p.id = s.project WHERE s.organization = \(organization) ORDER BY s.project LIMIT 1
            """
        ) {
            StaleProject(
                project: $0.integer(0), organization: $0.integer(1), scan: $0.integer(2), mark: $0.integer(3))
        }
    }

    /// Removes the mark, unless the project became stale again.
    package static func settle(_ stale: StaleProject, on connection: any Connection) throws {
        try connection.run("DELETE FROM stale_naming WHERE project = \(stale.project) AND mark = \(stale.mark)")
    }
}
