package import Database

extension ProjectVital {
    /// The projects of a scope, in the order of their creation.
    package static func list(_ scope: Scope, on connection: any Connection) throws -> [ProjectVital] {
        try connection.all(
            """
            SELECT \(columns),
                CASE WHEN EXISTS (SELECT 1 FROM job j WHERE j.organization = p.organization AND j.project = p.id
                    AND j.kind = 'INTAKE' AND j.state IN ('PENDING', 'IN_PROGRESS')) THEN 1 ELSE 0 END
            FROM project p JOIN product d ON d.id = p.product WHERE \(scope.condition) ORDER BY p.id
            """, ProjectVital.init(row:))
    }
}
