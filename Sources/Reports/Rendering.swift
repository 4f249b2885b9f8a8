import Bytes
import Database
import Synchronization

/// Thrown by the renderer after the reader failed. It never leaves the production.
struct ReaderFailed: Error {}

/// The work of the renderer's thread, which takes batches, splits parts, and gives the parts to a receiver.
struct Rendering<Renderer: TableRenderer & ~Copyable> {
    let production: Production
    let head: ReportHead
    let parts: any PartReceiver
    let fill: Fill

    /// The fill level of a part. The number of rows in a part was derived from the first rows, so later rows may be longer.
    final class Fill {
        let limit: Int
        /// The bytes of rows in memory (the only known size of a sheet), and the bytes of the part's file.
        var read = 0
        var written = 0

        init(limit: Int) { self.limit = limit }

        var isOver: Bool { read > limit || written > limit }
    }

    init(_ production: Production, _ head: ReportHead, into parts: any PartReceiver) {
        self.production = production
        self.head = head
        self.parts = parts
        fill = Fill(limit: 2 * production.settings.partSize)
    }

    func run(_ ring: RowRing, mostRows: borrowing Mutex<Int>) throws -> Produced {
        var part = 1
        var table = 0
        var number = 0
        var total = 0
        var rowsInPart = 0
        var cut = 0
        var limit = Int.max
        // The beginning of the document depends on the first rows, so the renderer is made with them.
        var renderer: Renderer? = nil
        var isOver = false
        while !isOver {
            try ring.receive(number) { message, rows in
                switch message {
                case .end:
                    isOver = true
                case .endOfTable:
                    try renderer?.endTable()
                    table += 1
                    rowsInPart = 0
                    if table < head.tables.count { try renderer?.beginTable(table) }
                case .rows:
                    guard rows.rowCount > 0 else { break }
                    if renderer == nil {
                        limit = production.limit(of: rows)
                        renderer = try begin(part: mostRows.withLock { $0 } > limit ? part : nil, table: table)
                    }
                    let size = rows.byteCount / rows.rowCount
                    for row in 0..<rows.rowCount {
                        if rowsInPart >= limit || fill.isOver {
                            cut += renderer?.cutCells ?? 0
                            try finish(&renderer, after: table)
                            part += 1
                            rowsInPart = 0
                            renderer = try begin(part: part, table: table)
                        }
                        try renderer?.row(rows, at: rows.start(of: row))
                        rowsInPart += 1
                        fill.read += size
                    }
                    total += rows.rowCount
                    production.progress(total)
                }
            }
            number += 1
        }
        guard table == head.tables.count else { throw ReaderFailed() }
        if renderer == nil {
            renderer = try begin(part: nil, table: table - 1)
            try renderer?.endTable()
        }
        cut += renderer?.cutCells ?? 0
        try renderer?.end()
        try parts.end()
        try parts.finish()
        let notes = cut == 0 ? [] : ["\(cut) cells were cut to what a cell of the format holds"]
        return Produced(
            scope: head.scope, fileName: production.zipName(head.scope, word: production.report.name.word), parts: part,
            rows: total, notes: notes, basis: head.notes)
    }

    private func begin(part: Int?, table: Int) throws -> Renderer {
        let name = production.partName(head.scope, word: production.report.name.word, part: part)
        let entry = try parts.begin(name)
        fill.read = 0
        fill.written = 0
        let fill = fill
        var renderer = try Renderer(head) { bytes throws(SinkError) in
            fill.written += bytes.count
            try entry(bytes)
        }
        for earlier in 0..<table {
            try renderer.beginTable(earlier)
            try renderer.endTable()
        }
        try renderer.beginTable(table)
        return renderer
    }

    private func finish(_ renderer: inout Renderer?, after table: Int) throws {
        try renderer?.endTable()
        for later in (table + 1)..<max(table + 1, head.tables.count) {
            try renderer?.beginTable(later)
            try renderer?.endTable()
        }
        try renderer?.end()
        renderer = nil
        try parts.end()
    }
}
