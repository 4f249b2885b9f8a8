/// The changes in a project's inventory when the project begins to show a scan.
package struct ScanChanges: Sendable {
    /// The rows of removed and added libraries, in the order of their scans. A library with a changed description counts as the same.
    package let removed: [Int64]
    package let added: [Int64]
    /// Whether the project then shows something new.
    package let areNew: Bool
    /// Whether the history already has the changes.
    package private(set) var areWritten = false

    /// Compares a scan with the one that its project shows; 0 for none.
    package init(
        of scan: StagedScan, since before: Int64, _ content: StagedScan.Publication, on connection: any Connection
    ) throws {
        removed = before == 0 ? [] : try Self.libraries(of: before, butNotIn: scan.id, on: connection)
        added = try Self.libraries(of: scan.id, butNotIn: before, on: connection)
        areNew = try !scan.isSame(as: before, content, on: connection)
    }

    /// The query groups instead of looking up: PostgreSQL, which has no statistics of a new scan yet, assumes few rows and
    /// would read one scan for each row of the other.
    private static func libraries(
        of scan: Int64, butNotIn other: Int64, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all(
            """
            SELECT g.library FROM (SELECT b.library AS library, max(b.position) AS position, max(b.kept) AS kept
                FROM (SELECT o.library AS library, o.position AS position, 0 AS kept
                    FROM occurrence o WHERE o.scan = \(scan)
                    UNION ALL
                    SELECT l.id, -1, 1 FROM occurrence n JOIN library k ON k.id = n.library
                        JOIN library l ON l.organization = k.organization AND l.uuid = k.uuid
                    WHERE n.scan = \(other)) b
                GROUP BY b.library) g
            WHERE g.kept = 0 AND g.position >= 0 ORDER BY g.position
            """
        ) { $0.integer(0) }
    }

    /// Writes the changes into the history of the project.
    func write(of scan: StagedScan, project: Int64, at time: Int64, on connection: any Connection) throws {
        let rows = try rows(of: scan, project: project, at: time, on: connection)
        if rows.rowCount > 0 { try connection.insert(rows, into: "inventory_event", Self.columns) }
    }

    /// Writes the changes into the history of a project that does not exist yet, in short
    /// transactions.
    package mutating func write(
        of scan: StagedScan, project: Int64, at time: Int64, hidden: HiddenRows, in database: any Database
    ) throws {
        let first = try database.write { [count] in try Self.numbers(count, on: $0) }
        try hidden.insert(
            rows(from: first, of: scan, project: project, at: time), into: "inventory_event", Self.columns)
        areWritten = true
    }

    private static let columns: [StaticString] = ["id", "organization", "project", "scan", "at", "change", "library"]
    private var count: Int { removed.count + added.count }

    private static func numbers(_ count: Int, on connection: any Connection) throws -> Int64 {
        count == 0 ? 0 : try connection.take(count, from: "inventory_event")
    }

    private func rows(
        of scan: StagedScan, project: Int64, at time: Int64, on connection: any Connection
    ) throws -> RowBuffer {
        rows(from: try Self.numbers(count, on: connection), of: scan, project: project, at: time)
    }

    private func rows(from first: Int64, of scan: StagedScan, project: Int64, at time: Int64) -> RowBuffer {
        var rows = RowBuffer(capacity: count * 64)
        for (place, library) in (removed + added).enumerated() {
            rows.beginRow()
            for number in [first + Int64(place), scan.organization, project, scan.id, time] { rows.append(number) }
            rows.append(place < removed.count ? "REMOVED" : "ADDED")
            rows.append(library)
        }
        return rows
    }
}
