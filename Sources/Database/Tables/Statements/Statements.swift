// DESIGN. A statement names its products by texts, whose meaning each project determines for itself. So a statement is found
// from the project, by the keys of the project and of its libraries. A statement is not resolved on arrival, so it also applies
// to later projects and libraries.

/// A statement of a document, from its row.
package struct StatementRow: Sendable {
    package var name = ""
    /// All names of the vulnerability.
    package var names: [String] = []
    package var state = ""
    package var justification = ""
    package var impact = ""
    package var action = ""
    package var responses: [String] = []
    package var first: Int64 = 0
    package var at: Int64 = 0
    package var fault = ""
    package var shown = ""
    package var body = ""
    package var targets: [Target] = []

    /// The subject of the statement.
    package struct Target: Sendable {
        /// The products as JSON; the part is empty if the statement names none.
        package let product: String
        package let part: String
        package let keys: [String]

        package init(product: String, part: String, keys: [String]) {
            self.product = product
            self.part = part
            self.keys = keys
        }
    }

    package init() {}
}

/// A statement that may concern a project, with one of its targets.
package struct StatementCandidate: Sendable {
    package let statement: Int64
    package let target: Int64
    package let product: String
    package let part: String
    /// Whether its document is about this project.
    package let isOfProject: Bool
    package let said: SaidStatement
}

/// The content of a statement, with its author and time.
package struct SaidStatement: Sendable, Equatable {
    package let id: Int64
    package let document: Int64
    package let author: String
    package let at: Int64
    package let name: String
    package let names: [String]
    package let state: String
    package let justification: String
    package let impact: String
}

/// The outcome of a statement in a project.
package struct StatementUse: Sendable, Hashable {
    package enum Outcome: String, Sendable, CaseIterable {
        case applied = "APPLIED"
        /// A newer statement of the same author counts instead.
        case superseded = "SUPERSEDED"
        /// A newer statement of another author counts instead.
        case outdone = "OUTDONE"
        /// A person decided.
        case overruled = "OVERRULED"
        /// The library is the organization's own.
        case inHouse = "IN_HOUSE"
        /// None of its subjects is known to have the vulnerability.
        case waiting = "WAITING"
    }

    package let statement: Int64
    package let outcome: Outcome
    /// The statement or person with precedence, or another reason for the outcome.
    package let detail: String

    package init(statement: Int64, outcome: Outcome, detail: String = "") {
        self.statement = statement
        self.outcome = outcome
        self.detail = detail
    }
}

/// The tables of statements.
package enum Statements {
    /// Adds statements to a staged document; `first` is the position of the first.
    package static func insert(
        _ rows: [StatementRow], into document: Int64, organization: Int64, from first: Int,
        on connection: any Connection
    ) throws {
        guard !rows.isEmpty else { return }
        let ids = try connection.take(rows.count, from: "vex_statement")
        var statements = RowBuffer(capacity: rows.count * 512)
        var targets = RowBuffer(capacity: rows.count * 256)
        var keys = RowBuffer(capacity: rows.count * 128)
        for (place, row) in rows.enumerated() {
            let id = ids + Int64(place)
            statements.beginRow()
            for number in [id, organization, document, Int64(first + place)] { statements.append(number) }
            let lines = [row.names.joined(separator: "\n"), row.responses.joined(separator: "\n")]
            for text in [row.name, lines[0], row.state, row.justification, row.impact, row.action, lines[1]] {
                statements.append(text)
            }
            statements.append(row.first)
            statements.append(row.at)
            for text in [row.fault, row.shown, row.body] { statements.append(text) }
            for (position, target) in row.targets.enumerated() {
                targets.beginRow()
                targets.append(id)
                targets.append(position)
                targets.append(target.product)
                targets.append(target.part)
                for key in Set(target.keys).sorted() {
                    keys.beginRow()
                    keys.append(organization)
                    keys.append(key)
                    keys.append(id)
                    keys.append(position)
                }
            }
        }
        try connection.insert(
            statements, into: "vex_statement",
            [
                "id", "organization", "document", "position", "name", "names", "state", "justification", "impact",
                "action", "responses", "first_at", "at", "fault", "shown", "body",
            ])
        if targets.rowCount > 0 {
            try connection.insert(targets, into: "vex_target", ["statement", "position", "product", "part"])
        }
        if keys.rowCount > 0 {
            try connection.insert(keys, into: "vex_key", ["organization", "key", "statement", "position"])
        }
    }

    /// Calls `body` with the current statements that have one of these keys and may concern the project; some come several
    /// times.
    package static func candidates(
        for view: ProjectView, keys: some Collection<String>, on connection: any Connection,
        _ body: (StatementCandidate) throws -> Void
    ) throws {
        try SQL.inSlices(keys, as: Value.text) { list in
            try connection.each(
                """
                SELECT t.statement, t.position, t.product, t.part, d.project, s.document, d.author, s.at, s.name, s.names,
                    s.state, s.justification, s.impact
                FROM vex_key k JOIN vex_statement s ON s.id = k.statement JOIN vex_document d ON d.id = s.document
                JOIN vex_target t ON t.statement = k.statement AND t.position = k.position
                WHERE k.organization = \(view.organization) AND k.key IN \(list) AND d.state = 'CURRENT' AND s.fault = ''
                    AND d.project IN (0, \(view.project))
                """
            ) { row in
                try body(
                    StatementCandidate(
                        statement: row.integer(0), target: row.integer(1), product: row.string(2), part: row.string(3),
                        isOfProject: row.integer(4) != 0,
                        said: SaidStatement(
                            id: row.integer(0), document: row.integer(5), author: row.string(6), at: row.integer(7),
                            name: row.string(8), names: row.string(9).split(separator: "\n").map(String.init),
                            state: row.string(10), justification: row.string(11), impact: row.string(12))))
            }
        }
    }

    /// Whether any statement of an organization names a file by a digest other than SHA-1.
    package static func nameOtherDigests(organization: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM vex_key WHERE organization = \(organization) AND key >= 'h:' AND key < 'h;' AND length(key) <> 42
            LIMIT 1
            """) != nil
    }

    /// The content of a statement about its vulnerability, as JSON; nil when its document is not
    /// current.
    package static func body(of statement: Int64, on connection: any Connection) throws -> String? {
        try connection.first(
            """
            SELECT s.body FROM vex_statement s JOIN vex_document d ON d.id = s.document
            WHERE s.id = \(statement) AND d.state = 'CURRENT'
            """
        ) { $0.string(0) }
    }

    /// Replaces the outcomes of statements in a scan.
    package static func use(_ uses: [StatementUse], in scan: Int64, on connection: any Connection) throws {
        var known: Set<StatementUse> = []
        try connection.each("SELECT statement, outcome, detail FROM vex_use WHERE scan = \(scan)") { row in
            guard let outcome = StatementUse.Outcome(rawValue: row.string(1)) else { return }
            known.insert(StatementUse(statement: row.integer(0), outcome: outcome, detail: row.string(2)))
        }
        if known == Set(uses) { return }
        try connection.run("DELETE FROM vex_use WHERE scan = \(scan)")
        var rows = RowBuffer(capacity: uses.count * 48)
        for use in uses.sorted(by: { $0.statement < $1.statement }) {
            rows.beginRow()
            rows.append(scan)
            rows.append(use.statement)
            rows.append(use.outcome.rawValue)
            rows.append(use.detail)
        }
        if rows.rowCount > 0 {
            try connection.insert(rows, into: "vex_use", ["scan", "statement", "outcome", "detail"])
        }
    }

    // MARK: Projects

    /// Marks the projects that show outcomes of these documents' statements as stale.
    package static func markStale(showing documents: [Int64], on connection: any Connection) throws {
        for document in documents {
            try StaleProject.mark(
                """
                SELECT c.project FROM vex_statement s JOIN vex_use u ON u.statement = s.id
                JOIN scan c ON c.id = u.scan AND c.state = 'CURRENT' WHERE s.document = \(document)
                """, on: connection)
        }
    }

    /// The keys of a document's statements after `last`, in order.
    package static func keys(
        of document: Int64, organization: Int64, after last: String, limit: Int, on connection: any Connection
    ) throws -> [String] {
        try connection.all(
            """
            SELECT DISTINCT k.key FROM vex_key k JOIN vex_statement s ON s.id = k.statement
            WHERE k.organization = \(organization) AND s.document = \(document) AND k.key > \(last)
            ORDER BY k.key LIMIT \(limit)
            """
        ) { $0.string(0) }
    }
}
