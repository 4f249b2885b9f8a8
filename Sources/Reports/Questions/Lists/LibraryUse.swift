package import Database

/// The facts about one library of an organization, and the projects that use it.
package struct LibraryUse: Sendable, Equatable {
    package struct Version: Sendable, Equatable {
        package let version: String
        package let uuid: String
        package let projects: Int64
    }

    package struct Project: Sendable, Equatable {
        let id: Int64
        package let name: String
        package let token: String
        package let product: String
        package let productToken: String
    }

    /// The most versions that are listed.
    package static let versionLimit = 200

    package let uuid: String
    package let name: String
    package let group: String
    package let version: String
    package let type: String
    package let purl: String
    package let description: String
    package let homepage: String
    package let licenses: [String]
    /// The licence expression in effect; empty where none is known.
    package let expression: String
    package let newest: String?
    private let artifact: String

    /// The library with this uuid; nil where no project of the scope uses it.
    package static func find(
        _ uuid: String, in scope: Scope, on connection: any Connection
    ) throws -> LibraryUse? {
        try connection.first(
            """
            SELECT l.filename, l.group_id, l.version, l.type, l.purl, l.description, l.homepage, l.licenses,
                l.license_expression, n.newest, l.artifact
            FROM library l LEFT JOIN newer_version n ON n.library = l.id
            WHERE l.organization = \(scope.organization) AND l.uuid = \(uuid) AND EXISTS (SELECT 1 FROM occurrence o
                JOIN scan c ON c.id = o.scan JOIN project p ON p.id = c.project AND p.scan = c.id
                WHERE o.library = l.id AND \(scope.condition))
            ORDER BY l.id DESC LIMIT 1
            """
        ) { row in
            LibraryUse(
                uuid: uuid, name: row.string(0), group: row.string(1), version: row.string(2), type: row.string(3),
                purl: row.string(4), description: row.string(5), homepage: row.string(6),
                licenses: row.string(7).split(separator: "\n").map(String.init), expression: row.string(8),
                newest: row.stringOrNil(9), artifact: row.string(10))
        }
    }

    /// The versions of the library that projects of the scope use; the version in the most projects comes first.
    package func versions(in scope: Scope, on connection: any Connection) throws -> [Version] {
        try connection.all(
            """
            SELECT l.version, l.uuid, count(DISTINCT p.id)
            FROM library l CROSS JOIN occurrence o CROSS JOIN scan c CROSS JOIN project p
            WHERE o.library = l.id AND c.id = o.scan AND p.id = c.project AND p.scan = c.id AND l.organization = \(scope.organization) AND l.artifact = \(artifact) AND l.group_id = \(group)
                AND l.type = \(type) AND \(scope.condition)
            GROUP BY l.version, l.uuid ORDER BY count(DISTINCT p.id) DESC, l.version, l.uuid LIMIT \(Self.versionLimit)
            """
        ) { Version(version: $0.string(0), uuid: $0.string(1), projects: $0.integer(2)) }
    }

    /// The projects of the scope that use this version.
    ///
    /// - Parameter cursor: the `next` of the previous page; empty for the first page.
    package func projects(
        in scope: Scope, after cursor: String, on connection: any Connection
    ) throws -> ListPage<Project> {
        let last = ListCursor.numbers(1, of: cursor)?[0] ?? 0
        return ListPage(
            try connection.all(
                """
                SELECT DISTINCT p.id, p.name, p.token, d.name, d.token FROM library l
                    CROSS JOIN occurrence o CROSS JOIN scan c CROSS JOIN project p
                    JOIN product d ON d.id = p.product
                WHERE l.organization = \(scope.organization) AND l.uuid = \(uuid) AND o.library = l.id
                    AND c.id = o.scan AND p.id = c.project AND p.scan = c.id AND p.id > \(last)
                    AND \(scope.condition)
                ORDER BY p.id LIMIT \(ListPage<Project>.limit)
                """
            ) { row in
                Project(
                    id: row.integer(0), name: row.string(1), token: row.string(2), product: row.string(3),
                    productToken: row.string(4))
            }
        ) { ListCursor.text($0.id) }
    }
}
