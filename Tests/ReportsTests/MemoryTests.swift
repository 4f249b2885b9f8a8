import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// A report with many rows needs no more memory than one with few.
@Suite struct MemoryTests {
    /// 300,000 rows, which take more than 100 MiB when all are in memory. Measured in a separate process.
    @Test func threeHundredThousandRowsPassThrough() async {
        await #expect(processExitsWith: .success) {
            let fixture = try InventoryFixture(.sqlite)
            let (product, project) = try fixture.ids(place: 0)
            func fill(_ rows: Int) throws {
                try fixture.database.write { connection in
                    try connection.run("DELETE FROM occurrence WHERE scan = 1000")
                    try connection.run("DELETE FROM scan WHERE id = 1000")
                    try connection.run(
                        """
                        INSERT INTO scan (id, organization, project, state, created_at, libraries)
                        VALUES (1000, 1, \(project), 'CURRENT', 1, \(rows))
                        """)
                    try connection.run(
                        """
                        INSERT INTO occurrence (scan, position, library, direct, depth, count)
                        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
                        SELECT 1000, n.i, 1 + n.i % 10, 1, 1, 1 FROM n
                        """)
                    try connection.run("UPDATE project SET scan = 1000 WHERE id = \(project)")
                }
            }
            let scope = Scope(kind: .project, organization: 1, product: product, project: project)
            let formats = [Format.json, .xlsx, .csv, .xml]
            func grown(_ format: Format, rows: Int) throws -> Int {
                let request = try ReportRequest(
                    type: "ProjectInventoryReport", scope: scope, format: format.rawValue, fields: [:])
                // Where the kernel cannot reset the peak, growth below the earlier peak is hidden, but not more.
                try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
                let before = try peak()
                let produced = try fixture.database.snapshot { connection in
                    try Production(request).run(on: connection) { _ in }
                }
                guard produced.rows == rows else { throw Grown(format: format, rows: produced.rows, kibibytes: 0) }
                return try peak() - before
            }
            try fill(10_000)
            for format in formats { _ = try grown(format, rows: 10_000) }
            for (rows, formats) in [(300_000, formats.prefix(2)), (60_000, formats.suffix(2))] {
                try fill(rows)
                for format in formats {
                    let growth = try grown(format, rows: rows)
                    print("\(format), \(rows) rows: \(growth) KiB")
                    // A row takes about 400 bytes in memory.
                    guard growth < 8 * 1024 else { throw Grown(format: format, rows: rows, kibibytes: growth) }
                }
            }
        }
    }
}

private struct Grown: Error {
    let format: Format
    let rows: Int
    let kibibytes: Int
}

/// The largest resident size of the process since the reset, in KiB.
private func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return try #require(line?.split { !$0.isNumber }.first.flatMap { Int($0) })
}
