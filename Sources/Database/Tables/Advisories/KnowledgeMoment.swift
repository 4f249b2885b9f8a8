/// The state of all facts outside of projects that decide alerts in an organization: policies and decisions of people,
/// advisories, matches, statements. A project that does not exist yet cannot be marked as stale. Instead, its alerts are
/// decided again if this state has changed in the meantime.
package struct KnowledgeMoment: Sendable, Equatable {
    private let revision: Int64
    private let marks: Int64
    private let numbers: [String: Int64]

    /// Each change takes a number from these sequences.
    private static let sequences = ["advisory", "matching", "policy", "decision", "vulnerability"]

    package static func now(organization: Int64, on connection: any Connection) throws -> KnowledgeMoment {
        var numbers: [String: Int64] = [:]
        try connection.each(
            "SELECT name, next FROM sequence WHERE name IN \(SQL.list(sequences.map(Value.text)))"
        ) { numbers[$0.string(0)] = $0.integer(1) }
        return KnowledgeMoment(
            revision: try connection.integer("SELECT revision FROM organization WHERE id = \(organization)") ?? 0,
            marks: try Findings.staleMarks(on: connection), numbers: numbers)
    }

    /// Notes another change of facts that decide alerts; no project need show these facts yet. No code on PostgreSQL reads it,
    /// and the row is a lock (`Findings.lockMatching`).
    package static func changed(on connection: any Connection) throws {
        if connection.engine == .sqlite { _ = try connection.take(1, from: "matching") }
    }
}
