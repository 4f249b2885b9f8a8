import Database

/// Queries for the facts of some libraries, in the order of these libraries. Each library is named by its project and
/// its position in the project.
struct AttributionQueries {
    /// Facts for an attribution beyond the row of the library.
    struct Origin {
        let scan: Int64
        /// The document's copyright statements, one a line.
        let copyright: String
        /// Whether it is a package of a Debian distribution.
        let isDebian: Bool

        /// - Parameter row: of the query `libraries`.
        init(_ row: borrowing RowBuffer) {
            scan = row.integer(15)
            copyright = row.string(16)
            isDebian = row.integer(17) == 1
        }
    }

    private let head: SQL

    /// - Parameter places: positions in the scope's projects; a few hundred at most.
    init(_ scope: Scope, places: [(project: Int64, position: Int64)]) {
        var head = scope.clause
        head.append(", wanted (rank, project, position) AS (VALUES ")
        for (rank, place) in places.enumerated() {
            head.append("\(literal: rank == 0 ? "" : ", ")(\(rank), \(place.project), \(place.position))")
        }
        head.append(")\n")
        self.head = head
    }

    /// CROSS JOIN makes SQLite keep this order: each position is looked up by its keys.
    private static let from: SQL = "FROM wanted w CROSS JOIN scope s CROSS JOIN occurrence o CROSS JOIN library l"
    private static let condition: SQL = """
        WHERE s.project = w.project AND o.scan = s.scan AND o.position = w.position AND l.id = o.library
        """

    /// The rank, then the cells of `AttributedLibrary`, of `Origin`, and of `AttributedDecision`.
    var libraries: SQL {
        head + """
            SELECT w.rank, s.project, o.position, s.product_name, s.project_name, l.filename, l.artifact, l.version, l.homepage,
                l.download_url, coalesce(n.text, ''), coalesce(n.reference, ''), l.key_id, l.author, l.license_expression,
                s.scan, l.copyright, CASE WHEN l.purl LIKE 'pkg:deb/%' THEN 1 ELSE 0 END, l.license_found, v.at,
                coalesce(nullif(a.name, ''), a.email, ''), coalesce(v.reference, '')
            \(Self.from)
            LEFT JOIN library_notice n ON n.organization = l.organization AND n.library_uuid = l.uuid
            LEFT JOIN license_override v ON v.organization = l.organization AND v.library_uuid = l.uuid
            LEFT JOIN account a ON a.id = v.account
            \(Self.condition) ORDER BY w.rank
            """
    }

    /// The rank, then the cells of `AttributedLibrary.License`, for the licences that bind. Works of art under share-alike
    /// terms have no source code.
    var licenses: SQL {
        head + """
            SELECT w.rank, n.name, CASE WHEN n.base <> '' THEN n.spdx ELSE '' END, n.url, n.base, n.exception,
                coalesce(t.digest, ''), CASE WHEN n.risk_score <> 67 THEN \(LicenseSQL.copyleft) END
            \(Self.from) CROSS JOIN library_license x CROSS JOIN license n
            LEFT JOIN library_text t ON t.organization = n.organization AND t.digest = x.text
            \(Self.condition) AND x.library = l.id AND x.chosen = 1 AND n.id = x.license
            ORDER BY w.rank, x.position
            """
    }

    /// The rank and the value of an attribute. The project's value comes after those of the organization and the
    /// product.
    func attributes(named name: String) -> SQL {
        head + """
            SELECT w.rank, y.value
            \(Self.from) CROSS JOIN attribute_value y CROSS JOIN attribute t
            \(Self.condition) AND y.organization = l.organization AND y.library_uuid = l.uuid AND t.id = y.attribute
                AND t.name = \(name) AND (y.product = 0 OR y.product = s.product) AND (y.project = 0 OR y.project = s.project)
            ORDER BY w.rank, y.product, y.project
            """
    }
}
