// DESIGN. A deletion removes the project's row, and the decisions and statements about the project, at once. The rows of its
// scan, alerts, history, requests and events are many, and no query finds them without the project's row. So the scan is marked
// as abandoned, and the sweeper deletes the scan and these rows in short transactions (`AbandonedScan`). Pending uploads make
// the project again, with another number. Uploads into a deleted product fail, because the right to upload does not include the
// right to make a product.

/// Deletes products and projects.
package enum Deletion {
    /// Deletes the project of the scope.
    package static func project(_ writing: Writing) throws {
        let facts = try ScopeFacts.read(writing.scope, on: writing.connection)
        try forget([writing.scope.project], on: writing.connection)
        try SeverityDays.forget(
            project: writing.scope.project, of: writing.scope.product, on: writing.connection)
        try note(.init(writing.scope, facts), writing)
        // The revisions around it rise; its own is deleted with it.
        let around = Scope(kind: .product, organization: writing.scope.organization, product: writing.scope.product)
        try Revisions.raise(around, contentAt: writing.time, on: writing.connection)
    }

    /// Deletes a product with its projects.
    package static func product(_ writing: Writing) throws {
        let facts = try ScopeFacts.read(writing.scope, on: writing.connection)
        let projects = try writing.connection.all("SELECT id FROM project WHERE product = \(writing.scope.product)") {
            $0.integer(0)
        }
        try forget(projects, on: writing.connection)
        for table in [
            "product_tag", "assignment", "group_assignment", "attribute_value", "policy", "schedule", "decision",
        ] as [StaticString] {
            try writing.connection.run("DELETE FROM \(SQL(table)) WHERE product = \(writing.scope.product)")
        }
        try SeverityDays.forget(product: writing.scope.product, on: writing.connection)
        try Subscriptions.delete("product = \(writing.scope.product)", on: writing.connection)
        try writing.connection.run("DELETE FROM product WHERE id = \(writing.scope.product)")
        try note(.init(writing.scope, facts), writing)
        try Revisions.raise(
            Scope(kind: .organization, organization: writing.scope.organization), contentAt: writing.time,
            on: writing.connection)
    }

    /// The tables with rows of a project, except those of its scans and those that `AbandonedScan` takes later.
    private static let tables: [StaticString] = [
        "project_severity", "stale_project", "stale_naming", "project_tag", "place", "attribute_value", "policy",
        "external_issue", "schedule", "content_time", "notice_item",
    ]

    private static func forget(_ projects: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(projects, as: Value.integer) { list in
            for table in tables {
                try connection.run("DELETE FROM \(SQL(table)) WHERE project IN \(list)")
            }
            try Subscriptions.delete("project IN \(list)", on: connection)
            let shown = try connection.all("SELECT scan FROM project WHERE id IN \(list) AND scan > 0 ORDER BY id") {
                $0.integer(0)
            }
            try connection.run("UPDATE scan SET state = 'OBSOLETE' WHERE project IN \(list) AND state = 'CURRENT'")
            for scan in shown { try Exposures.withdraw(scan: scan, on: connection) }
            // Statements about only these projects stay on record, without a target.
            try connection.run("UPDATE vex_document SET state = 'REPLACED' WHERE project IN \(list)")
        }
        for project in projects {
            try Decisions.forget(project: project, on: connection)
            try connection.run("DELETE FROM project WHERE id = \(project)")
        }
    }

    private struct Gone {
        let place: Change.Place

        init(_ scope: Scope, _ facts: ScopeFacts?) {
            place = Change.Place(scope.kind.rawValue.uppercased(), id: scope.id, name: facts?.name ?? "")
        }
    }

    private static func note(_ gone: Gone, _ writing: Writing) throws {
        try Change(.configuration, .entity, .deleted, of: gone.place, before: [gone.place.name]).write(writing)
    }
}
