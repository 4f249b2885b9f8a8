import Database
import Inventory

extension MigrationWork {
    /// Decides the severity of vulnerabilities that an older program stored, by the rule of `SeverityDecision`.
    ///
    /// It uses its own SQL, because the schema is that of the step. A changed vulnerability gets a new edition, so that its
    /// findings and alerts are evaluated again.
    static let severity = MigrationWork(name: "severity") { mark, connection in
        let after = Int64(mark) ?? 0
        var names: [Int64: (name: String, word: String, score: Int64?)] = [:]
        try connection.each(
            "SELECT id, name, severity, score FROM vulnerability WHERE id > \(after) ORDER BY id LIMIT 200"
        ) { names[$0.integer(0)] = ($0.string(1), $0.string(2), $0.integerOrNil(3)) }
        guard let last = names.keys.max() else { return Slice(mark: nil, rows: 0) }
        var records: [Int64: [SeverityRecord]] = [:]
        try connection.each(
            """
            SELECT x.vulnerability, a.name, a.aliases, a.vectors, a.severity, a.withdrawn FROM vulnerability_advisory x
            JOIN advisory a ON a.id = x.advisory WHERE x.vulnerability > \(after) AND x.vulnerability <= \(last)
            ORDER BY x.vulnerability, a.name
            """
        ) { row in
            func lines(_ cell: Int, of row: borrowing RowBuffer) -> [String] {
                row.string(cell).split(separator: "\n").map(String.init)
            }
            records[row.integer(0), default: []].append(
                SeverityRecord(
                    name: row.string(1), aliases: lines(2, of: row), vectors: lines(3, of: row), word: row.string(4),
                    isWithdrawn: !row.isNull(5)))
        }
        for (id, known) in names.sorted(by: { $0.key < $1.key }) {
            let decision = SeverityDecision(of: known.name, from: records[id] ?? [], rank: VulnerabilityMerge.rank)
            let score = decision.score.map(Int64.init)
            let changed = known.word != decision.word || known.score != score ? 1 : 0
            try connection.run(
                """
                UPDATE vulnerability SET severity = \(decision.word), score = \(score), cvss_version = \(decision.version),
                    edition = edition + \(changed) WHERE id = \(id)
                """)
        }
        return Slice(mark: names.count < 200 ? nil : String(last), rows: names.count)
    }
}
