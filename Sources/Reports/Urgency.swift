package import Database

// DESIGN. Programs read rows in the order of an index; people read from the top. So a table may define an order by urgency,
// which the formats for people use (`Format.isForPeople`). The engine sorts; beyond a bounded memory it uses a temporary file
// (docs/adr/029-order-for-people.md). The order is data of the table, so formats and parts need no code for it.

/// The order of rows when people read a table.
package struct Urgency: Sendable {
    /// SQL of a whole number from 0 on; 0 is the most urgent.
    package let level: StaticSQL
    /// The names of the levels 0, 1, 2, …
    package let words: [String]
    /// SQL that orders the rows of one level, before the order of the table. Never null.
    package let ties: [StaticSQL]

    /// The level that the summary counts as `critical` for API versions without this word.
    private static let (critical, high) = ("critical", "high")

    /// The number of rows of each level that has any, in the order of the levels.
    func counts(_ rows: [Int: Int], in version: APIVersion) -> [LevelCount] {
        var counts: [LevelCount] = []
        var more = 0
        for (level, word) in words.enumerated() {
            let count = rows[level] ?? 0
            if word == Self.critical, !version.knowsCritical {
                more = count
            } else if word == Self.high, count + more > 0 {
                counts.append(LevelCount(word: word, rows: count + more))
            } else if word != Self.high, count > 0 {
                counts.append(LevelCount(word: word, rows: count))
            }
        }
        return counts
    }
}

/// The rows of one level of a table's `Urgency`.
package struct LevelCount: Sendable, Equatable {
    package let word: String
    package let rows: Int
}

extension TableQuery {
    /// The number of rows of each level, for the top of a document for people.
    func levelCounts(in scope: Scope, on connection: any Connection) throws -> [LevelCount] {
        guard let urgency else { return [] }
        var rows: [Int: Int] = [:]
        try connection.each(levelsSQL(urgency, in: scope)) { row in
            rows[Int(row.integer(0))] = Int(row.integer(1))
        }
        return urgency.counts(rows, in: version)
    }
}
