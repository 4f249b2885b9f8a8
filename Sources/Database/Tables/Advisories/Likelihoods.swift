// DESIGN. A file of EPSS has a row for each of 300,000 CVEs, and nearly all change from day to day. Its rows are an edition of
// their own, written some at a time while everybody sees the former one; one short transaction shows it. Numbers of editions
// only rise. So the remains of a dead or slower process are older than the shown edition, and are deleted with older editions.

/// The rows of an EPSS file on their way into the place of all there are.
package final class Likelihoods {
    /// Rows of one transaction.
    private static let page = 2000

    /// The condition that a `likelihood h` is the shown one of a `vulnerability v`.
    package static let ofVulnerability: StaticSQL =
        "h.edition = (SELECT he.next FROM sequence he WHERE he.name = 'likelihood') AND h.name = v.name"

    private let database: any Database
    private let hidden: HiddenRows
    private let edition: Int64
    private var rows = RowBuffer(capacity: Likelihoods.page * 48)
    /// A name that comes twice would break the key of the table.
    private var seen: Set<String> = []

    package init(in database: any Database) throws {
        self.database = database
        edition = try database.write { try $0.take(1, from: "likelihood edition") }
        hidden = HiddenRows(of: [], in: database) { _ in true }
    }

    /// - Parameters:
    ///   - score: in millionths, as `percentile`.
    package func append(_ name: String, score: Int, percentile: Int) throws {
        guard seen.insert(name).inserted else { return }
        rows.beginRow()
        rows.append(edition)
        rows.append(name)
        rows.append(Int64(score))
        rows.append(Int64(percentile))
        if rows.rowCount == Self.page { try flush() }
    }

    /// Shows the edition, unless a later one is shown already, and deletes the former ones. Every project that shows a CVE gets a new
    /// revision: from one day to the next nearly all scores or percentiles change.
    ///
    /// Holds every organization for a moment.
    package func finish() throws {
        try flush()
        try database.write { [edition] in try Self.show(edition, on: $0) }
        while try database.write({ try Self.deleteSome(on: $0) }) {}
    }

    private func flush() throws {
        guard rows.rowCount > 0 else { return }
        let columns: [StaticString] = ["edition", "name", "score", "percentile"]
        let some = SharedRows(rows.copy(0..<rows.rowCount, cells: columns.count))
        try hidden.write { try $0.insert(some.buffer, into: "likelihood", columns) }
        rows.removeAll()
    }

    private static func show(_ edition: Int64, on connection: any Connection) throws {
        try Revisions.lockAll(on: connection)
        let isNewest = try connection.run(
            "UPDATE sequence SET next = \(edition) WHERE name = 'likelihood' AND next < \(edition)")
        guard isNewest == 1 else { return }
        let projects = try connection.all(
            """
            SELECT p.id FROM project p WHERE EXISTS (SELECT 1 FROM exposure e
                    JOIN vulnerability v ON v.id = e.vulnerability WHERE e.scan = p.scan AND v.type = 'CVE')
                OR EXISTS (SELECT 1 FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
                    WHERE a.project = p.id AND v.type = 'CVE')
            """
        ) { $0.integer(0) }
        try Revisions.raise(of: Set(projects), on: connection)
        try Exploitation.markStale(
            Set(projects), looking: "q.rule LIKE \(Exploitation.rules + "EPSS %")", on: connection)
        try KnowledgeMoment.changed(on: connection)
    }

    /// Deletes some rows of an edition before the shown one; false when there are none.
    private static func deleteSome(on connection: any Connection) throws -> Bool {
        let oldest = try connection.integer(
            """
            SELECT min(h.edition) FROM likelihood h
            WHERE h.edition < (SELECT he.next FROM sequence he WHERE he.name = 'likelihood')
            """)
        guard let oldest else { return false }
        let last = try connection.first(
            "SELECT name FROM likelihood WHERE edition = \(oldest) ORDER BY name LIMIT 1 OFFSET \(page)"
        ) { $0.string(0) }
        if let last {
            try connection.run("DELETE FROM likelihood WHERE edition = \(oldest) AND name <= \(last)")
        } else {
            try connection.run("DELETE FROM likelihood WHERE edition = \(oldest)")
        }
        return true
    }
}
