package import Inventory

// DESIGN. The basis of a scan is written with its exposures, in the transaction that decides them, so both always
// agree. When an ecosystem gets its first advisories, the projects that look up libraries in it become stale.

/// The table of the bases of verdicts.
package enum Bases {
    /// Stores the basis of a scan. Returns whether it differs from the previous one.
    ///
    /// - Parameter counts: the number of libraries looked up in each way.
    package static func replace(
        of scan: Int64, with counts: [Lookup: Int], on connection: any Connection
    ) throws -> Bool {
        // So no advisories can arrive between the look-up and the end of the transaction.
        try Advisories.share(on: connection)
        let covered = try Ecosystems.covered(Set(counts.keys.flatMap(\.places)).sorted(), on: connection)
        var wanted: [String: String] = [:]
        var rows = RowBuffer(capacity: counts.count * 64)
        for (lookup, count) in counts.sorted(by: { $0.key.text < $1.key.text }) {
            let obstacle = lookup.obstacle(isCovered: covered.contains)
            let places = lookup.places.filter(covered.contains).joined(separator: "\n")
            let (kind, subject) = (obstacle?.kind.rawValue ?? "", obstacle?.subject ?? "")
            wanted[lookup.text] = "\(kind) \(subject) \(places) \(count)"
            rows.beginRow()
            rows.append(scan)
            for text in [lookup.text, kind, subject, places] { rows.append(text) }
            rows.append(count)
        }
        var known: [String: String] = [:]
        try connection.each(
            "SELECT lookup, obstacle, subject, covered, libraries FROM scan_basis WHERE scan = \(scan)"
        ) { row in
            known[row.string(0)] = "\(row.string(1)) \(row.string(2)) \(row.string(3)) \(row.integer(4))"
        }
        if known == wanted { return false }
        if !known.isEmpty { try connection.run("DELETE FROM scan_basis WHERE scan = \(scan)") }
        if rows.rowCount > 0 {
            try connection.insert(
                rows, into: "scan_basis", ["scan", "lookup", "obstacle", "subject", "covered", "libraries"])
        }
        return true
    }

    /// Stores the ecosystems in which advisories of libraries were looked up.
    package static func note(_ lookups: [Lookup: [Int64]], on connection: any Connection) throws {
        for (lookup, libraries) in lookups.sorted(by: { $0.key.text < $1.key.text }) {
            try SQL.inSlices(libraries, as: Value.integer) { list in
                try connection.run("UPDATE library SET lookup = \(lookup.text) WHERE id IN \(list)")
            }
        }
    }

    /// Marks the projects as stale that show libraries of one of these ecosystems.
    static func markStale(lookingIn places: Set<String>, on connection: any Connection) throws {
        if places.isEmpty { return }
        // The kinds of look-up of all scans; the query skips from one to the next in an index. Obstacles begin with
        // `!`.
        var ways: [String] = []
        var last = "\""
        while let next = try connection.first(
            "SELECT lookup FROM scan_basis WHERE lookup > \(last) ORDER BY lookup LIMIT 1", { $0.string(0) })
        {
            last = next
            if !places.isDisjoint(with: Lookup(text: next).places) { ways.append(next) }
        }
        try SQL.inSlices(ways, as: Value.text) { list in
            try StaleProject.mark(
                """
                SELECT s.project FROM scan_basis b JOIN scan s ON s.id = b.scan
                WHERE b.lookup IN \(list) AND s.state = 'CURRENT'
                """, on: connection)
        }
    }
}
