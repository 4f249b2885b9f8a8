package import Bytes
package import Database
import Dispatch
import Synchronization

// DESIGN. A production is one snapshot of the database turned into one ZIP. The calling thread reads rows in batches; a
// second thread renders and compresses them (Exchange). Parts are split here and nowhere else: by rows where the format
// limits them, by size where it does not. The size limit is turned into rows by the first batch, so that whether there are
// several parts, which their names tell, is known before the first byte is written; should later rows be so much larger
// that a part gets twice its size, it ends all the same. Nothing in a report depends on the time of
// its making: the same data gives the same bytes.

/// What a production left behind.
package struct Produced: Sendable, Equatable {
    /// What was shown, as the snapshot had it.
    package let scope: ScopeFacts
    /// The name that a download suggests.
    package let fileName: String
    package let parts: Int
    package let rows: Int
    /// What had to be cut to fit the format.
    package let notes: [String]
}

/// Why a report could not be made.
package enum ProductionError: Error, Equatable, CustomStringConvertible {
    /// The scope was deleted since the request.
    case scopeGone
    case stopped

    package var description: String {
        switch self {
        case .scopeGone: "what the report was asked for has been deleted"
        case .stopped: "stopped"
        }
    }
}

extension ProductionError: Blaming {
    package var blame: Blame {
        switch self {
        case .scopeGone: .request
        case .stopped: .unknown
        }
    }
}

/// Makes reports.
package struct Production: Sendable {
    package struct Settings: Sendable {
        /// Bytes before compression after which a part ends, about.
        package var partSize = 1 << 30
        /// Rows of a sheet, its heading not counted.
        package var sheetRows = XLSXFormat.rowLimit - 1
        /// Bytes of rows read ahead at a time.
        package var batch = 1 << 18

        package init() {}
    }

    let request: ReportRequest
    private let report: Report
    private let settings: Settings
    private let progress: @Sendable (Int) -> Void
    private let shouldStop: @Sendable () -> Bool

    /// - Parameters:
    ///   - progress: told the number of rows written, now and then.
    ///   - shouldStop: asked now and then; true ends the production with `ProductionError.stopped`.
    package init(
        _ request: ReportRequest, settings: Settings = Settings(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(ReportError) {
        self.init(
            try request.report(), request: request, settings: settings, progress: progress, shouldStop: shouldStop)
    }

    /// Makes a report that need not stand in the catalog.
    package init(
        _ report: Report, request: ReportRequest, settings: Settings = Settings(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.request = request
        self.report = report
        self.settings = settings
        self.progress = progress
        self.shouldStop = shouldStop
    }

    /// Writes the ZIP to `destination`, which is called on a thread of the production's own.
    package func run(
        on connection: any Connection, to destination: @escaping ByteSink.SharedDestination
    ) throws -> Produced {
        guard let facts = try ScopeFacts.read(request.scope, on: connection) else { throw ProductionError.scopeGone }
        switch report.body {
        case .tables(let tables):
            let queries = tables.map { TableQuery($0, request: request, filters: report.filters) }
            let head = ReportHead(
                title: report.title, scopeKind: request.scope.kind, scope: facts, tables: queries,
                preface: report.preface(facts))
            switch request.format {
            case .json: return try render(JSONFormat.self, head, on: connection, to: destination)
            case .xml: return try render(XMLFormat.self, head, on: connection, to: destination)
            case .csv: return try render(CSVFormat.self, head, on: connection, to: destination)
            case .xlsx: return try render(XLSXFormat.self, head, on: connection, to: destination)
            case .pdf: return try render(PDFFormat.self, head, on: connection, to: destination)
            case .tv, .yaml, .html, .txt:
                throw ReportError.formatNotOffered(request.format.rawValue, by: request.type, offered: report.formats)
            }
        case .bom:
            return try bom(facts, on: connection, to: destination)
        case .attribution(let table):
            return try attribution(table, facts, on: connection, to: destination)
        case .risk:
            return try risk(facts, on: connection, to: destination)
        }
    }

    /// Counts a row that was written one by one; looks now and then whether to go on.
    func step(_ rows: inout Int) throws(ProductionError) {
        rows += 1
        guard rows % 1024 == 0 else { return }
        progress(rows)
        if shouldStop() { throw .stopped }
    }

    // MARK: Names

    /// The name of a part: the scope, its kind, the report, the number when there are several.
    func partName(_ facts: ScopeFacts, word: String, part: Int?) -> String {
        let number = part.map { "_\($0)" } ?? ""
        return "\(stem(facts, word: word))\(number).\(request.format.fileExtension)"
    }

    func stem(_ facts: ScopeFacts, word: String) -> String {
        "\(Self.safe(facts.name))-\(request.scope.kind.rawValue)-\(word)-report"
    }

    /// A name fit for a file: what file systems and clients cannot take becomes an underscore.
    static func safe(_ name: String) -> String {
        let kept = name.unicodeScalars.map { scalar -> Character in
            ":*\\<>/\"?|.".unicodeScalars.contains(scalar) || scalar.value < 32 ? "_" : Character(scalar)
        }
        // File systems take 255 bytes for the whole name.
        var short = String(kept)
        while short.utf8.count > 120 { short.removeLast() }
        return short.isEmpty ? "_" : short
    }

    // MARK: Tables

    /// The rows that a part of the format may hold; nil when size decides.
    private var rowLimit: Int? { request.format == .xlsx ? settings.sheetRows : nil }

    private func render<Renderer: TableRenderer & ~Copyable>(
        _: Renderer.Type, _ head: ReportHead, on connection: any Connection,
        to destination: @escaping ByteSink.SharedDestination
    ) throws -> Produced {
        let exchange = Exchange()
        let outcome = Mutex<Result<Produced, any Error>?>(nil)
        let rendered = DispatchGroup()
        let mostRows = Mutex(0)
        DispatchQueue.global(qos: .userInitiated).async(group: rendered) {
            let result = Result {
                try Rendering<Renderer>(self, head, destination: destination).run(exchange, mostRows: mostRows)
            }
            if case .failure = result { exchange.abandon() }
            outcome.withLock { $0 = result }
        }
        defer { rendered.wait() }
        var number = 0
        do {
            try feed(head, exchange, on: connection, mostRows: mostRows, number: &number)
        } catch {
            exchange.close(number)
            rendered.wait()
            // When the renderer failed first, its reason is the one that counts.
            if case .failure(let first)? = outcome.withLock({ $0 }), !(first is ReaderFailed) { throw first }
            throw error
        }
        rendered.wait()
        guard let result = outcome.withLock({ $0 }) else { throw ProductionError.stopped }
        return try result.get()
    }

    /// Told to the renderer when the reader failed; never seen outside.
    private struct ReaderFailed: Error {}

    private func feed(
        _ head: ReportHead, _ exchange: Exchange, on connection: any Connection, mostRows: borrowing Mutex<Int>,
        number: inout Int
    ) throws {
        var isPlanned = false
        for (index, query) in head.tables.enumerated() {
            var rows = try MergedRows(query, scope: request.scope, on: connection)
            var hasMore = true
            while hasMore {
                if shouldStop() { throw ProductionError.stopped }
                let goesOn = try exchange.send(number) { batch in
                    hasMore = try rows.fill(&batch, bytes: settings.batch)
                    if !isPlanned, batch.rowCount > 0 {
                        isPlanned = true
                        let limit = limit(of: batch)
                        var most = hasMore ? try self.rows(query, upTo: limit, on: connection) : batch.rowCount
                        for later in head.tables.dropFirst(index + 1) {
                            most = max(most, try self.rows(later, upTo: limit, on: connection))
                        }
                        mostRows.withLock { $0 = most }
                    }
                    return .rows
                }
                guard goesOn else { return }
                number += 1
            }
            guard try exchange.send(number, { _ in .endOfTable }) else { return }
            number += 1
        }
        if try exchange.send(number, { _ in .end }) { number += 1 }
    }

    /// The number of rows of a table, or something between it and `limit` when a cheap bound says that it is no more.
    private func rows(_ query: TableQuery, upTo limit: Int, on connection: any Connection) throws -> Int {
        if let bound = query.bound(in: request.scope), let rows = try connection.integer(bound.sql),
            bound.isExact || rows <= limit
        {
            return Int(rows)
        }
        return Int(try connection.integer(query.countSQL(in: request.scope)) ?? 0)
    }

    /// The renderer's thread: takes batches, splits parts, writes the ZIP.
    private struct Rendering<Renderer: TableRenderer & ~Copyable> {
        let production: Production
        let head: ReportHead
        let zip: ZIPWriter
        let destination: ByteSink.SharedDestination
        let fill: Fill

        /// How full a part is, for rows that grew since the first ones told how many a part holds.
        final class Fill {
            let limit: Int
            /// Bytes of rows in memory, which is all that is known of a sheet; and bytes of the part's file.
            var read = 0
            var written = 0

            init(limit: Int) { self.limit = limit }

            var isOver: Bool { read > limit || written > limit }
        }

        init(
            _ production: Production, _ head: ReportHead,
            destination: @escaping ByteSink.SharedDestination
        ) {
            self.production = production
            self.head = head
            self.destination = destination
            fill = Fill(limit: 2 * production.settings.partSize)
            zip = ZIPWriter(
                time: head.scope.updated, level: .quick, isLarge: true,
                to: { bytes throws(SinkError) in try destination(bytes) })
        }

        func run(_ exchange: Exchange, mostRows: borrowing Mutex<Int>) throws -> Produced {
            var part = 1
            var table = 0
            var number = 0
            var total = 0
            var rowsInPart = 0
            var cut = 0
            var limit = Int.max
            // The first rows tell how the document begins; the renderer is made with them.
            var renderer: Renderer? = nil
            var isOver = false
            while !isOver {
                try exchange.receive(number) { message, rows in
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
            try zip.end()
            try zip.finish()
            let notes = cut == 0 ? [] : ["\(cut) cells were cut to what a cell of the format holds"]
            return Produced(
                scope: head.scope, fileName: production.stem(head.scope, word: production.report.name.word) + ".zip",
                parts: part,
                rows: total, notes: notes)
        }

        private func begin(part: Int?, table: Int) throws -> Renderer {
            let name = production.partName(head.scope, word: production.report.name.word, part: part)
            let entry = try zip.begin(name)
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
            try zip.end()
        }
    }

    /// Rows of a part, from the size of the first rows. Rendered rows are about as large as rows in memory.
    private func limit(of first: borrowing RowBuffer) -> Int {
        rowLimit ?? max(1, settings.partSize / max(1, first.byteCount / max(1, first.rowCount)))
    }
}
