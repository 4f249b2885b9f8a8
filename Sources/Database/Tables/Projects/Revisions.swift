/// How often what a scope shows has changed: a report that was made before is found again while this stays.
package enum Revisions {
    /// Counts up the revisions of projects, of their products and of their organizations.
    package static func raise(of projects: Set<Int64>, on connection: any Connection) throws {
        guard !projects.isEmpty else { return }
        var organizations: Set<Int64> = []
        var products: Set<Int64> = []
        try Advisories.inSlices(projects.sorted(), as: Value.integer) { list in
            try connection.each("SELECT organization, product FROM project WHERE id IN \(list)") { row in
                organizations.insert(row.integer(0))
                products.insert(row.integer(1))
            }
        }
        // Organizations first and in order: imports lock their organization before anything else of it.
        for organization in organizations.sorted() {
            try connection.run("UPDATE organization SET revision = revision + 1 WHERE id = \(organization)")
        }
        try Advisories.inSlices(products.sorted(), as: Value.integer) { list in
            try connection.run("UPDATE product SET revision = revision + 1 WHERE id IN \(list)")
        }
        try Advisories.inSlices(projects.sorted(), as: Value.integer) { list in
            try connection.run("UPDATE project SET revision = revision + 1 WHERE id IN \(list)")
        }
    }

    /// Keeps every organization from changing until the transaction ends, so that what is found to show something still does so
    /// when its revision is raised.
    package static func lockAll(on connection: any Connection) throws {
        try connection.each("SELECT id FROM organization ORDER BY id \(connection.engine.locking)") { _ in }
    }
}
