package import Inventory

// DESIGN. A library in the form of the calls about single libraries, and the ways to find one. Searches go through
// occurrences: only libraries in projects that the scope shows are found, never those of another inventory.

/// A library in the form of calls.
package struct LibraryRecord: Sendable, Equatable {
    package let id: Int64
    package let uuid: String
    package let keyID: Int64
    /// The package's name.
    package let name: String
    package let version: String
    package let filename: String
    package let sha1: String
    /// Mend's word (`Java`) and constant (`MAVEN_ARTIFACT`) for the type.
    package let type: String
    package let typeConstant: String
    package let description: String
    package let homepage: String
    package let downloadURL: String
    package let purl: String
    /// Mend's coordinates (`MendCoordinates`).
    package let groupID: String
    package let artifactID: String
    package let coordinates: String
    /// The names of the effective licences.
    package let licenses: [String]
    package let matchType: String
    package let releaseDate: String
    /// Nil if no newer version is known.
    package let newer: NewerVersions?
    /// Whether a newer version is known; nil if no versions of the package are known.
    package let isOutdated: Bool?

    /// A library `l`, with its newer version `n`.
    static let source: SQL = "library l \(newer)"
    static let newer: SQL = "LEFT JOIN newer_version n ON n.library = l.id"

    /// The columns of `source` that `init(row:from:)` reads.
    package static let columns: SQL = """
        l.id, l.uuid, l.key_id, \(SQL(MendCoordinates.group)), l.artifact, l.version, l.filename, l.sha1, l.type, \
        l.type_constant, l.description, l.homepage, l.download_url, l.purl, l.licenses, l.match_type, l.release_date, \
        \(SQL(MendCoordinates.artifact)), \(SQL(MendCoordinates.all)), \(Releases.columns), \(SQL(Releases.isOutdated))
        """

    package init(row: borrowing RowBuffer, from cell: Int = 0) {
        id = row.integer(cell)
        uuid = row.string(cell + 1)
        keyID = row.integer(cell + 2)
        groupID = row.string(cell + 3)
        name = row.string(cell + 4)
        version = row.string(cell + 5)
        filename = row.string(cell + 6)
        sha1 = row.string(cell + 7)
        type = row.string(cell + 8)
        typeConstant = row.string(cell + 9)
        description = row.string(cell + 10)
        homepage = row.string(cell + 11)
        downloadURL = row.string(cell + 12)
        purl = row.string(cell + 13)
        licenses = row.string(cell + 14).split(separator: "\n").map(String.init)
        matchType = row.string(cell + 15)
        releaseDate = row.string(cell + 16)
        artifactID = row.string(cell + 17)
        coordinates = row.string(cell + 18)
        newer = row.isNull(cell + 19) ? nil : Releases.versions(in: row, at: cell + 19)
        isOutdated = row.isNull(cell + 25) ? nil : row.boolean(cell + 25)
    }
}

/// Looks for libraries.
package enum LibraryRecords {
    /// The condition that a library `l` is in a project of the scope.
    private static func isSeen(_ scope: Scope) -> SQL {
        """
        l.organization = \(scope.organization) AND EXISTS (SELECT 1 FROM occurrence o JOIN project p ON p.scan = o.scan
            WHERE o.library = l.id AND \(scope.condition))
        """
    }

    /// The condition that users may know of a library `l`: all libraries of the organization, or those in the products that
    /// they may see.
    static func isKnown(_ scope: Scope) -> SQL {
        guard let visible = scope.visibleProducts else { return "l.organization = \(scope.organization)" }
        return """
            l.organization = \(scope.organization) AND EXISTS (SELECT 1 FROM occurrence o JOIN project p ON p.scan = o.scan
                WHERE o.library = l.id AND p.product IN \(SQL.list(visible.map(Value.integer))))
            """
    }

    /// The values that wanted libraries must have; nil allows any value.
    package struct Search: Sendable {
        /// The name of the artifact or of the file.
        package let name: String
        package let version: String?
        package let group: String?
        package let typeConstants: [String]?

        package init(name: String, version: String?, group: String?, typeConstants: [String]?) {
            self.name = name
            self.version = version
            self.group = group
            self.typeConstants = typeConstants
        }
    }

    /// The libraries that match, at most `limit`.
    package static func found(
        by search: Search, limit: Int, in scope: Scope, on connection: any Connection
    ) throws -> [LibraryRecord] {
        var query: SQL = """
            SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source)
            WHERE \(isSeen(scope)) AND (l.artifact = \(search.name) OR l.filename = \(search.name))
            """
        if let version = search.version { query.append(" AND l.version = \(version)") }
        if let group = search.group {
            query.append(" AND (l.group_id = \(group) OR \(SQL(MendCoordinates.group)) = \(group))")
        }
        if let typeConstants = search.typeConstants {
            query.append(" AND l.type_constant IN \(SQL.list(typeConstants.map(Value.text)))")
        }
        query.append(" ORDER BY l.id LIMIT \(limit)")
        return try connection.all(query) { LibraryRecord(row: $0) }
    }

    /// Libraries whose names contain a text, regardless of case in ASCII.
    package static func containing(
        _ text: String, limit: Int, in scope: Scope, on connection: any Connection
    ) throws -> [LibraryRecord] {
        let pattern = SQLText.containing(SQLText.lowered(text))
        return try connection.all(
            """
            SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source) WHERE \(isSeen(scope))
                AND (lower(l.artifact) LIKE \(pattern) ESCAPE '!' OR lower(l.filename) LIKE \(pattern) ESCAPE '!')
            ORDER BY l.artifact, l.version, l.id LIMIT \(limit)
            """
        ) { LibraryRecord(row: $0) }
    }

    /// The libraries of a scope by their names, at most so many. Documents may describe a library differently: the list has it
    /// once, with the description of the last document that knows a licence.
    ///
    /// - Parameter id: the row of a library of the organization, after which the list begins; nil for the beginning.
    package static func list(
        _ scope: Scope, behind id: Int64? = nil, limit: Int, on connection: any Connection
    ) throws -> [LibraryRecord] {
        let isBehind: SQL =
            id.map { id in
                """
                AND (l.artifact, l.version, l.id) > (SELECT b.artifact, b.version, b.id FROM library b
                    WHERE b.id = \(id) AND b.organization = \(scope.organization))
                """
            } ?? ""
        return try connection.all(
            """
            SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source) WHERE \(isSeen(scope))
                AND NOT EXISTS (SELECT 1 FROM library k WHERE k.organization = l.organization AND k.uuid = l.uuid
                    AND (CASE k.licenses WHEN '' THEN 0 ELSE 1 END > CASE l.licenses WHEN '' THEN 0 ELSE 1 END
                        OR CASE k.licenses WHEN '' THEN 0 ELSE 1 END = CASE l.licenses WHEN '' THEN 0 ELSE 1 END
                            AND k.id > l.id)
                    AND EXISTS (SELECT 1 FROM occurrence o JOIN project p ON p.scan = o.scan
                        WHERE o.library = k.id AND \(scope.condition)))
                \(isBehind)
            ORDER BY l.artifact, l.version, l.id LIMIT \(limit)
            """
        ) { LibraryRecord(row: $0) }
    }

    /// Whether the organization has a library with this row.
    package static func isThere(_ id: Int64, in scope: Scope, on connection: any Connection) throws -> Bool {
        try connection.integer(
            "SELECT count(*) FROM library WHERE id = \(id) AND organization = \(scope.organization)") == 1
    }

    /// The library with a number that clients call `keyId`.
    package static func numbered(
        _ keyID: Int64, in scope: Scope, on connection: any Connection
    ) throws -> [LibraryRecord] {
        try connection.all(
            """
            SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source) WHERE \(isSeen(scope)) AND l.key_id = \(keyID)
            ORDER BY l.id LIMIT 1
            """
        ) { LibraryRecord(row: $0) }
    }

    /// Libraries by their rows, without those that the scope does not show.
    package static func rows(
        _ ids: Set<Int64>, in scope: Scope, on connection: any Connection
    ) throws -> [Int64: LibraryRecord] {
        var found: [Int64: LibraryRecord] = [:]
        try SQL.inSlices(ids.sorted(), as: Value.integer) { list in
            try connection.each(
                "SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source) WHERE l.id IN \(list) AND \(isSeen(scope))"
            ) { found[$0.integer(0)] = LibraryRecord(row: $0) }
        }
        return found
    }

    /// A library by its uuid, in its newest description.
    package static func find(
        uuid: String, in scope: Scope, on connection: any Connection
    ) throws -> LibraryRecord? {
        try connection.first(
            """
            SELECT \(LibraryRecord.columns) FROM \(LibraryRecord.source) WHERE l.uuid = \(uuid.lowercased()) AND \(isSeen(scope))
            ORDER BY l.id DESC LIMIT 1
            """
        ) { LibraryRecord(row: $0) }
    }

    /// A file that a document lists for a library.
    package struct SourceFile: Sendable, Equatable {
        package let name: String
        package let path: String
        package let sha1: String
    }

    /// The files of a library in one project, in the order of the document.
    package static func files(
        ofLibrary uuid: String, in scope: Scope, on connection: any Connection
    ) throws -> [SourceFile] {
        try connection.all(
            """
            SELECT f.name, f.path, f.sha1 FROM project p JOIN source_file f ON f.scan = p.scan
            JOIN component c ON c.scan = f.scan AND c.position = f.component
            JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence JOIN library l ON l.id = o.library
            WHERE \(scope.condition) AND l.uuid = \(uuid.lowercased()) ORDER BY p.id, f.position
            """
        ) { SourceFile(name: $0.string(0), path: $0.string(1), sha1: $0.string(2)) }
    }

    /// The number of occurrences with a licence.
    package struct LicenseCount: Sendable, Equatable {
        package let name: String
        /// The SPDX identifier; a reference for a licence that the SPDX list lacks.
        package let spdx: String
        package let count: Int64
    }

    /// The licences of the libraries in projects: `p`, `o`, `x`, `n`.
    private static let licensed: StaticSQL = """
        project p JOIN occurrence o ON o.scan = p.scan
        JOIN library_license x ON x.library = o.library JOIN license n ON n.id = x.license
        """

    /// The number of occurrences with each licence, in the order of names and identifiers.
    package static func licenseCounts(
        _ scope: Scope, on connection: any Connection
    ) throws -> [LicenseCount] {
        try connection.all(
            """
            SELECT n.name, n.spdx, count(*) FROM \(licensed)
            WHERE \(scope.condition) AND p.scan > 0 GROUP BY n.name, n.spdx ORDER BY n.name, n.spdx
            """
        ) { LicenseCount(name: $0.string(0), spdx: $0.string(1), count: $0.integer(2)) }
    }

    /// The number of occurrences with each licence of the SPDX list, over all its names, in the order of identifiers.
    ///
    /// References are left out, because they have a meaning only in their own document.
    package static func identifierCounts(
        _ scope: Scope, on connection: any Connection
    ) throws -> [(name: String, value: Int64)] {
        try connection.all(
            """
            SELECT y.spdx, count(*) FROM (SELECT DISTINCT o.scan, o.position, n.spdx FROM \(licensed)
                WHERE \(scope.condition) AND p.scan > 0 AND n.base <> '') y
            GROUP BY y.spdx ORDER BY y.spdx
            """
        ) { (name: $0.string(0), value: $0.integer(1)) }
    }
}
