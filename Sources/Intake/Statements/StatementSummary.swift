import BOM
package import Database
import VEX

// DESIGN. The outcome of a statement is computed rather than stored with it, because it differs between projects and changes
// with them. A statement is applied when it counts anywhere; otherwise the reason names the nearest obstacle.

/// The outcomes of the statements of a document.
package struct StatementSummary: Sendable, Equatable {
    /// A statement that is not applied.
    package struct NotApplied: Sendable, Equatable {
        package let vulnerability: String
        package let product: String
        package let reason: String

        package init(vulnerability: String, product: String, reason: String) {
            (self.vulnerability, self.product, self.reason) = (vulnerability, product, reason)
        }
    }

    package private(set) var statements = 0
    package private(set) var applied = 0
    package private(set) var superseded = 0
    /// The first statements that are neither.
    package private(set) var notApplied: [NotApplied] = []
    package private(set) var notAppliedCount = 0

    /// The most statements that are named; the others are counted.
    private static let namedLimit = 100_000
    /// The most statements that a job's notes name.
    private static let warningLimit = 20

    package init(of document: Int64, on connection: any Connection) throws {
        let head = try connection.first(
            """
            SELECT d.state, d.project, coalesce(p.name, '') FROM vex_document d LEFT JOIN project p ON p.id = d.project
            WHERE d.id = \(document)
            """
        ) { (state: $0.string(0), project: $0.integer(1), name: $0.string(2)) }
        guard let head else { return }
        let place =
            head.project == 0 ? "no project of the organization is or has it" : "the project has no such library"
        var uses: [StatementUse] = []
        var current: (id: Int64, name: String, shown: String, fault: String)?
        func close(_ summary: inout StatementSummary) {
            guard let it = current else { return }
            summary.add(
                name: it.name, shown: it.shown,
                reason: it.fault.isEmpty
                    ? Self.reason(uses, isReplaced: head.state == "REPLACED", otherwise: place) : .failure(it.fault))
            uses.removeAll(keepingCapacity: true)
        }
        try connection.each(
            """
            SELECT s.id, s.name, s.shown, s.fault, u.outcome, u.detail FROM vex_statement s
            LEFT JOIN (SELECT u.statement, u.outcome, min(u.detail) AS detail FROM vex_use u
                JOIN scan c ON c.id = u.scan AND c.state = 'CURRENT' JOIN vex_statement k ON k.id = u.statement
                WHERE k.document = \(document) GROUP BY u.statement, u.outcome) u ON u.statement = s.id
            WHERE s.document = \(document) ORDER BY s.position, u.outcome
            """
        ) { row in
            if current?.id != row.integer(0) {
                close(&self)
                current = (row.integer(0), row.string(1), row.string(2), row.string(3))
            }
            guard !row.isNull(4), let outcome = StatementUse.Outcome(rawValue: row.string(4)) else { return }
            uses.append(StatementUse(statement: row.integer(0), outcome: outcome, detail: row.string(5)))
        }
        close(&self)
    }

    private enum Fate {
        case applied, superseded
        case failure(String)
    }

    private mutating func add(name: String, shown: String, reason: Fate) {
        statements += 1
        switch reason {
        case .applied: applied += 1
        case .superseded: superseded += 1
        case .failure(let why):
            notAppliedCount += 1
            if notApplied.count < Self.namedLimit {
                notApplied.append(NotApplied(vulnerability: name, product: shown, reason: why))
            }
        }
    }

    private static func reason(_ uses: [StatementUse], isReplaced: Bool, otherwise: String) -> Fate {
        if isReplaced { return .superseded }
        func first(_ outcome: StatementUse.Outcome) -> StatementUse? { uses.first { $0.outcome == outcome } }
        if first(.applied) != nil { return .applied }
        if first(.superseded) != nil { return .superseded }
        if first(.overruled) != nil { return .failure("a person decided about its alerts, which counts before it") }
        if let other = first(.outdone) {
            let author = other.detail.isEmpty ? "another document" : "\"\(other.detail)\""
            return .failure("\(author) said something newer of it")
        }
        if first(.inHouse) != nil { return .failure("the library is marked as the organization's own") }
        if first(.waiting) != nil {
            return .failure("none of the product's components is known to have the vulnerability; it waits")
        }
        return .failure("\(otherwise); it waits")
    }

    /// Notes for people, one sentence each.
    var warnings: [String] {
        var lines = notApplied.prefix(Self.warningLimit).map {
            "the statement about \($0.vulnerability) in \($0.product.isEmpty ? "nothing" : $0.product) was not applied: \($0.reason)"
        }
        if notAppliedCount > lines.count {
            lines.append("\(notAppliedCount - lines.count) more statements were not applied")
        }
        if superseded > 0 { lines.append("\(superseded) statements are superseded by newer ones") }
        return lines
    }

    /// A summary that other code made.
    package init(statements: Int, applied: Int, superseded: Int, notApplied: [NotApplied]) {
        (self.statements, self.applied, self.superseded) = (statements, applied, superseded)
        self.notApplied = notApplied
        notAppliedCount = max(0, statements - applied - superseded)
    }

    /// The output of the command line.
    ///
    /// - Parameter limit: the most statements that are named.
    package static func json(_ all: [StatementSummary], naming limit: Int = .max) -> String {
        var writer = FactsWriter()
        writer.object {
            $0.number("statements", all.map(\.statements).reduce(0, +))
            $0.number("applied", all.map(\.applied).reduce(0, +))
            $0.number("superseded", all.map(\.superseded).reduce(0, +))
            let left = Array(all.flatMap(\.notApplied).prefix(limit))
            if left.isEmpty { $0.required("notApplied", []) }
            $0.list("notApplied", left) { writer, it in
                writer.object {
                    $0.required("vulnerability", it.vulnerability)
                    $0.required("product", it.product)
                    $0.required("reason", it.reason)
                }
            }
        }
        return writer.text
    }
}
