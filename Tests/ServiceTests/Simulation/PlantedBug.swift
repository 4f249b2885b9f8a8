import Database

/// Faults of the server that a simulation must find. Each changes a statement on its way to the database, so the program
/// contains none of them.
enum PlantedBug: String, CaseIterable, Sendable {
    /// A worker that lost its lease still stores an outcome.
    case noFence
    /// A running job is claimed again.
    case claimsWhatRuns
    /// An older import replaces a newer one.
    case olderWins
    /// A report does not wait for earlier uploads.
    case reportsDoNotWait
    /// Jobs are deleted as soon as they have ended.
    case forgetsAtOnce
    /// The sweep deletes files of unfinished reports.
    case sweepsWhatIsMade
    /// Two servers make the report of one schedule.
    case firesTwice
    /// The upload of a failed job is removed.
    case dropsFailedUploads
    /// A fault of the surroundings costs an attempt.
    case waitingCosts
    /// A clock that was set back leaves jobs waiting for a day.
    case trustsClocks
    /// A worker whose lease ran out never counts as dead.
    case deathIsUnseen
    /// One in thirty commits is lost although it was confirmed.
    case losesCommits

    /// The text of a statement with the fault; nil if it is unchanged.
    func change(_ text: String) -> String? {
        switch self {
        case .noFence:
            guard text.contains("AND claims = $") else { return nil }
            return text.replacing("AND lease_owner = $", with: "AND '' <= $")
                .replacing("AND claims = $", with: "AND 0 <= $")
        case .claimsWhatRuns:
            guard text.contains("SET state = 'IN_PROGRESS'") else { return nil }
            return text.replacing("j.state = 'PENDING'", with: "j.state IN ('PENDING', 'IN_PROGRESS')")
                .replacing("AND state = 'PENDING' RETURNING", with: "RETURNING")
        case .olderWins: return replacing("AND s.job > $", "AND s.job > 1000000 + $", in: text)
        case .reportsDoNotWait:
            return replacing(
                "OR NOT EXISTS (SELECT 1 FROM job i", "OR 1 = 1 OR NOT EXISTS (SELECT 1 FROM job i", in: text)
        case .forgetsAtOnce: return replacing("artifact = '' AND finished_at < $", "artifact = '' AND 0 < $", in: text)
        case .sweepsWhatIsMade:
            guard text.contains("(claims = $") else { return nil }
            return text.replacing("AND state = 'IN_PROGRESS'", with: "AND state = 'NONE'")
        case .firesTwice:
            guard text.hasPrefix("UPDATE schedule SET run_at") else { return nil }
            return text.replacing("AND run_at = $", with: "AND 0 < $")
        case .dropsFailedUploads:
            return replacing(
                "SELECT state FROM job", "SELECT CASE state WHEN 'FAILED' THEN 'SUCCESS' ELSE state END FROM job",
                in: text)
        case .waitingCosts:
            return replacing("attempt = attempt - 1, error = $", "attempt = attempt, error = $", in: text)
        case .trustsClocks:
            guard text.contains("run_at > $") else { return nil }
            return text.replacing("run_at > $", with: "run_at > 9000000000000 + $")
        case .deathIsUnseen:
            return replacing("FROM job WHERE state = 'IN_PROGRESS'", "FROM job WHERE state = 'NONE'", in: text)
        case .losesCommits: return nil
        }
    }

    private func replacing(_ part: String, _ other: String, in text: String) -> String? {
        text.contains(part) ? text.replacing(part, with: other) : nil
    }

    /// A statement changed by the fault.
    func change(_ sql: SQL) -> SQL {
        guard let text = change(sql.text) else { return sql }
        var made = SQL.Interpolation(literalCapacity: text.utf8.count, interpolationCount: sql.values.count)
        var rest = text[...]
        while let mark = rest.firstIndex(of: "$") {
            let number = rest[rest.index(after: mark)...].prefix { $0.isNumber }
            made.appendLiteral(String(rest[..<mark]))
            if let place = Int(number), (1...sql.values.count).contains(place) {
                made.appendInterpolation(sql.values[place - 1])
            }
            rest = rest[number.endIndex...]
        }
        made.appendLiteral(String(rest))
        return SQL(stringInterpolation: made)
    }
}

/// A connection whose statements have a planted fault.
final class FaultyConnection: Connection {
    private let real: any Connection
    private let bug: PlantedBug

    init(_ real: any Connection, _ bug: PlantedBug) {
        self.real = real
        self.bug = bug
    }

    var engine: Engine { real.engine }
    func run(_ sql: SQL) throws(DatabaseError) -> Int { try real.run(bug.change(sql)) }
    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try real.cursor(bug.change(sql)) }
    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try real.shortCursor(bug.change(sql)) }
    func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) { try real.insert(rows, into: table, columns) }
    func script(_ text: String) throws(DatabaseError) { try real.script(text) }
    func notify(_ channel: StaticString) throws(DatabaseError) { try real.notify(channel) }
    func plan(_ sql: SQL) throws(DatabaseError) -> [String] { try real.plan(sql) }
}
