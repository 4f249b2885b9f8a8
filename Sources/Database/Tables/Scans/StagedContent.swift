// The content at the destination of an import before the scan is shown.

extension StagedScan {
    /// A project before it shows the scan.
    package struct Content: Sendable {
        /// Equal while the project's content and all decisions about it stay the same.
        package struct Shown: Sendable, Equatable {
            /// The scan; 0 if the project shows none.
            package let scan: Int64
            /// The number of its changes.
            package let revision: Int64
        }

        package let shown: Shown
        package let token: String
        package let version: String
    }

    /// Nil for an unknown project.
    package func content(ofProject project: Int64, on connection: any Connection) throws -> Content? {
        try connection.first(
            """
            SELECT scan, revision, token, version FROM project WHERE id = \(project) AND organization = \(organization)
            """
        ) { row in
            Content(
                shown: .init(scan: row.integer(0), revision: row.integer(1)), token: row.string(2),
                version: row.string(3))
        }
    }

    /// Nil for an unknown product.
    package func token(ofProduct product: Int64, on connection: any Connection) throws -> String? {
        try connection.first("SELECT token FROM product WHERE id = \(product) AND organization = \(organization)") {
            $0.string(0)
        }
    }

    /// The number of libraries that a project shows.
    package func libraries(shownBy project: Int64, on connection: any Connection) throws -> Int {
        let count = try connection.integer(
            "SELECT s.libraries FROM project p JOIN scan s ON s.id = p.scan WHERE p.id = \(project)")
        return Int(count ?? 0)
    }

    /// Deletes the rows that were written for a project which is not made after all (`reserveProject`).
    package func forgetReserved(in database: any Database) throws {
        let scan = try database.read { connection in
            try connection.first(
                "SELECT \(AbandonedScan.columns) FROM scan s WHERE s.id = \(id) AND s.state = 'STAGING'"
            ) { AbandonedScan(row: $0) }
        }
        guard let scan else { return }
        try scan.forgetProject(in: database)
        try database.write { connection in
            _ = try connection.run("UPDATE scan SET project = 0 WHERE id = \(self.id) AND state = 'STAGING'")
        }
    }
}
