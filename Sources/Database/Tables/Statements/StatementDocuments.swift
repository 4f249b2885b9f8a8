// DESIGN. A document is staged in short transactions that no query finds, and made current in one. A later edition of the
// same author's document replaces an earlier one, whichever is imported first. Nothing is deleted: old statements stay on
// record.

/// A document of statements (VEX) that was imported.
package struct StatementDocumentRow: Sendable, Equatable {
    package let organization: Int64
    /// The project of the document; 0 when its statements name their projects.
    package let project: Int64
    package let job: Int64
    package var dialect = ""
    package var author = ""
    package var identifier = ""
    package var version = ""
    /// The time of its creation or last change, in milliseconds since 1970.
    package var at: Int64 = 0
    package var digest: [UInt8] = []
    package var fileName = ""
    package var account: Int64 = 0

    package init(organization: Int64, project: Int64, job: Int64) {
        self.organization = organization
        self.project = project
        self.job = job
    }
}

/// The table of documents of statements.
package enum StatementDocuments {
    /// Begins a document, which accepts statements until it is published.
    package static func stage(
        _ row: StatementDocumentRow, at time: Int64, on connection: any Connection
    ) throws -> Int64 {
        let id = try connection.take(1, from: "vex_document")
        try connection.run(
            """
            INSERT INTO vex_document (id, organization, project, job, state, dialect, author, identifier, version, at,
                imported_at, digest, file_name, account)
            VALUES (\(id), \(row.organization), \(row.project), \(row.job), 'STAGING', \(row.dialect), \(row.author),
                \(row.identifier), \(row.version), \(row.at), \(time), \(row.digest), \(row.fileName), \(row.account))
            """)
        return id
    }

    /// The document that a job published; nil before that.
    package static func published(byJob job: Int64, on connection: any Connection) throws -> Int64? {
        try connection.integer("SELECT id FROM vex_document WHERE job = \(job) AND state <> 'STAGING'")
    }

    /// The documents that a job staged and never published.
    package static func staged(byJob job: Int64, on connection: any Connection) throws -> [Int64] {
        try connection.all("SELECT id FROM vex_document WHERE job = \(job) AND state = 'STAGING'") { $0.integer(0) }
    }

    /// The current document with the same bytes for the same place; nil without one.
    package static func same(as row: StatementDocumentRow, on connection: any Connection) throws -> Int64? {
        try connection.integer(
            """
            SELECT id FROM vex_document WHERE organization = \(row.organization) AND state = 'CURRENT'
                AND project = \(row.project) AND digest = \(row.digest) ORDER BY id LIMIT 1
            """)
    }

    /// Makes a staged document current, or marks it as replaced if a later edition exists. Returns the documents that it
    /// replaces. The organization's row is locked.
    package static func publish(
        _ id: Int64, _ row: StatementDocumentRow, on connection: any Connection
    ) throws -> [Int64] {
        var older: [Int64] = []
        var state = "CURRENT"
        if !row.identifier.isEmpty {
            try connection.each(
                """
                SELECT id, at FROM vex_document WHERE organization = \(row.organization) AND state = 'CURRENT'
                    AND project = \(row.project) AND author = \(row.author) AND identifier = \(row.identifier)
                """
            ) { if $0.integer(1) <= row.at { older.append($0.integer(0)) } else { state = "REPLACED" } }
        }
        try SQL.inSlices(older, as: Value.integer) { list in
            try connection.run("UPDATE vex_document SET state = 'REPLACED' WHERE id IN \(list)")
        }
        try connection.run("UPDATE vex_document SET state = \(state) WHERE id = \(id)")
        try KnowledgeMoment.changed(on: connection)
        return older
    }

    /// Whether an organization has any document that may apply to a project.
    package static func areThere(for view: ProjectView, on connection: any Connection) throws -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM vex_document WHERE organization = \(view.organization) AND state = 'CURRENT'
                AND project IN (0, \(view.project)) LIMIT 1
            """) != nil
    }

    /// Whether a project shows the outcome of any document.
    package static func wereThere(for view: ProjectView, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM vex_use WHERE scan = \(view.scan) LIMIT 1") != nil
    }

    /// Deletes some of the statements of a document, and the document after the last; false when nothing is left.
    package static func discard(_ id: Int64, limit: Int, on connection: any Connection) throws -> Bool {
        let some = try connection.all(
            "SELECT id FROM vex_statement WHERE document = \(id) ORDER BY position LIMIT \(limit)"
        ) { $0.integer(0) }
        guard !some.isEmpty else {
            try connection.run("DELETE FROM vex_document WHERE id = \(id)")
            return false
        }
        let organization = try connection.integer("SELECT organization FROM vex_document WHERE id = \(id)") ?? 0
        try SQL.inSlices(some, as: Value.integer) { list in
            try connection.run(
                "DELETE FROM vex_key WHERE organization = \(organization) AND statement IN \(list)")
            try connection.run("DELETE FROM vex_target WHERE statement IN \(list)")
            try connection.run("DELETE FROM vex_use WHERE statement IN \(list)")
            try connection.run("DELETE FROM vex_statement WHERE id IN \(list)")
        }
        return true
    }
}
