package import Bytes
package import Database
import Dispatch
import Synchronization

// DESIGN. A production turns one snapshot of the database into parts and gives them to a `PartReceiver`, usually a ZIP. The
// calling thread reads rows in batches; a second thread renders and compresses them (RowRing, Rendering). Only this file splits
// parts: by rows where the format limits them, else by size. The first batch converts the size limit into rows. So it is known
// before the first byte whether there are several parts, which their names show. A part also ends early when later rows are so
// much larger that the part reaches twice the size limit. A report does not depend on when it is made: the same data gives the
// same bytes.

/// The result of a production.
package struct Produced: Sendable, Equatable {
    /// The scope in the state of the snapshot.
    package let scope: ScopeFacts
    /// The file name that a download suggests.
    package let fileName: String
    package let parts: Int
    package let rows: Int
    /// Remarks for readers in addition to the rows: cells that were cut to fit the format, omitted rows, unknown
    /// facts.
    package var notes: [String]
    /// The texts of the report that can change while the scope's revision stays the same: `ReportRequest.notes`.
    package var basis: [String] = []
}

/// The reason why a report could not be made.
package enum ProductionError: Error, Equatable, CustomStringConvertible {
    /// The scope, or the other side of the comparison, was deleted after the request.
    case scopeGone
    case stopped

    package var description: String {
        switch self {
        case .scopeGone: "what the report was asked for, or what it compares that with, has been deleted"
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
///
///     let production = try Production(request)
///     let produced = try database.snapshot { connection in
///         try production.run(on: connection, into: { _ in ZIPParts(to: destination) })
///     }
///     print(produced.fileName, produced.rows)
///
/// While it runs, a production blocks the calling thread and uses one more for rendering; `progress` and `shouldStop`
/// are called on either. A production may run several times, each time on its own connection. Sizes are in bytes.
/// Memory does not grow with the rows. Errors are `ProductionError`, `ReportError`, `SinkError` and `DatabaseError`;
/// after an error the written bytes are no report.
package struct Production: Sendable {
    package struct Settings: Sendable {
        /// The approximate number of bytes before compression after which a part ends.
        package var partSize = 1 << 30
        /// The rows of a sheet without its heading.
        package var sheetRows = XLSXFormat.rowLimit - 1
        /// Bytes of rows read ahead at a time.
        package var batch = 1 << 18

        package init() {}
    }

    let request: ReportRequest
    let report: Report
    let settings: Settings
    let progress: @Sendable (Int) -> Void
    let shouldStop: @Sendable () -> Bool

    /// - Parameters:
    ///   - progress: called now and then with the number of rows written.
    ///   - shouldStop: called often, so it should be cheap; true ends the production with
    ///     `ProductionError.stopped`.
    package init(
        _ request: ReportRequest, settings: Settings = Settings(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(ReportError) {
        self.init(
            try request.report(), request: request, settings: settings, progress: progress, shouldStop: shouldStop)
    }

    /// Makes a report that need not be in the catalog.
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

    /// Writes the report as a ZIP to `destination`, which a thread of the production may call.
    package func run(
        on connection: any Connection, to destination: @escaping ByteSink.SharedDestination
    ) throws -> Produced {
        try run(on: connection) { _ in ZIPParts(to: destination) }
    }

    /// Gives the parts of the report to the receiver that `receiver` makes. `Produced.fileName` is the name of a ZIP.
    package func run(on connection: any Connection, into receiver: @escaping PartReceiver.Maker) throws -> Produced {
        guard let facts = try ScopeFacts.read(request.scope, on: connection) else { throw ProductionError.scopeGone }
        if let other = request.scope.other, try ScopeFacts.read(other, on: connection) == nil {
            throw ProductionError.scopeGone
        }
        let remarks = try request.remarks(of: report, on: connection)
        var produced = try make(facts, on: connection, into: receiver)
        produced.notes += remarks
        produced.basis += remarks
        return produced
    }

    private func make(
        _ facts: ScopeFacts, on connection: any Connection, into receiver: @escaping PartReceiver.Maker
    ) throws -> Produced {
        switch report.body {
        case .tables(let tables):
            let queries = tables.map { TableQuery($0, request: request, filters: report.filters) }
            var head = ReportHead(
                title: report.title, scopeKind: request.scope.kind, scope: facts, tables: queries,
                preface: report.preface(facts), notes: try report.notes(for: request, on: connection))
            if request.format.isForPeople {
                head.remarks = [report.remark].filter { !$0.isEmpty }
                if let other = request.scope.other, let side = try ScopeFacts.read(other, on: connection) {
                    head.remarks.append(Self.comparison(with: side))
                }
                let urgent = queries.first { $0.urgency != nil }
                head.levels = try urgent?.levelCounts(in: request.scope, on: connection) ?? []
                head.filters = request.shownFilters(of: report)
            }
            switch request.format {
            case .json: return try render(JSONFormat.self, head, on: connection, into: receiver)
            case .xml: return try render(XMLFormat.self, head, on: connection, into: receiver)
            case .csv: return try render(CSVFormat.self, head, on: connection, into: receiver)
            case .ndjson: return try render(NDJSONFormat.self, head, on: connection, into: receiver)
            case .xlsx: return try render(XLSXFormat.self, head, on: connection, into: receiver)
            case .pdf: return try render(PDFFormat.self, head, on: connection, into: receiver)
            case .tv, .yaml, .html, .txt:
                throw ReportError.formatNotOffered(request.format.rawValue, by: request.type, offered: report.formats)
            }
        case .bom:
            return try bom(facts, on: connection, into: receiver)
        case .vex:
            return try vex(facts, on: connection, into: receiver)
        case .attribution:
            return try attribution(facts, on: connection, into: receiver)
        case .risk:
            return try risk(facts, on: connection, into: receiver)
        }
    }

    /// The sentence that names the other side of a comparison.
    private static func comparison(with side: ScopeFacts) -> String {
        let name = (side.path.dropFirst() + [side.name]).joined(separator: " / ")
        return "Compared with \(name): what is REMOVED is missing there, what is ADDED is only there."
    }

    /// Counts one row that a document wrote, and checks whether the production must stop, because one row may be as large as a
    /// document.
    func step(_ rows: inout Int) throws(ProductionError) {
        rows += 1
        if rows % 1024 == 0 { progress(rows) }
        if shouldStop() { throw .stopped }
    }

    /// Makes a report that is one document. `write` returns the bytes of the part, the number of rows and the notes.
    func document(
        _ facts: ScopeFacts, word: String, into receiver: PartReceiver.Maker,
        _ write: (@escaping ByteSink.Destination) throws -> (rows: Int, notes: [String])
    ) throws -> Produced {
        let parts = try receiver(facts)
        let (rows, notes) = try write(try parts.begin(partName(facts, word: word, part: nil)))
        try parts.end()
        try parts.finish()
        return Produced(scope: facts, fileName: zipName(facts, word: word), parts: 1, rows: rows, notes: notes)
    }

    // MARK: Names

    /// The name of a part: the scope, its kind, the report, and a number when there are several parts.
    func partName(_ facts: ScopeFacts, word: String, part: Int?) -> String {
        let number = part.map { "_\($0)" } ?? ""
        return "\(stem(facts, word: word))\(number).\(request.format.fileExtension)"
    }

    func zipName(_ facts: ScopeFacts, word: String) -> String { stem(facts, word: word) + ".zip" }

    private func stem(_ facts: ScopeFacts, word: String) -> String {
        "\(Self.safe(facts.name))-\(request.scope.kind.rawValue)-\(word)-report"
    }

    /// A name that is valid for a file: characters that file systems or clients refuse become underscores.
    static func safe(_ name: String) -> String {
        let kept = name.unicodeScalars.map { scalar -> Character in
            ":*\\<>/\"?|.".unicodeScalars.contains(scalar) || scalar.value < 32 ? "_" : Character(scalar)
        }
        // File systems allow 255 bytes for the whole name. Some client treats each answer that contains this word as
        // an error.
        var short = String(kept).replacing("errorCode", with: "error_Code")
        while short.utf8.count > 120 { short.removeLast() }
        return short.isEmpty ? "_" : short
    }

    // MARK: Tables

    /// The most rows that a part of the format may hold.
    private var rowLimit: Int { request.format == .xlsx ? settings.sheetRows : .max }

    private func render<Renderer: TableRenderer & ~Copyable>(
        _: Renderer.Type, _ head: ReportHead, on connection: any Connection, into receiver: @escaping PartReceiver.Maker
    ) throws -> Produced {
        let ring = RowRing()
        let outcome = Mutex<Result<Produced, any Error>?>(nil)
        let rendered = DispatchGroup()
        let mostRows = Mutex(0)
        DispatchQueue.global(qos: .userInitiated).async(group: rendered) {
            let result = Result {
                try Rendering<Renderer>(self, head, into: receiver(head.scope)).run(ring, mostRows: mostRows)
            }
            if case .failure = result { ring.abandon() }
            outcome.withLock { $0 = result }
        }
        defer { rendered.wait() }
        var number = 0
        do {
            try feed(head, ring, on: connection, mostRows: mostRows, number: &number)
        } catch {
            ring.close(number)
            rendered.wait()
            // If the renderer failed first, its error is thrown.
            if case .failure(let first)? = outcome.withLock({ $0 }), !(first is ReaderFailed) { throw first }
            throw error
        }
        rendered.wait()
        guard let result = outcome.withLock({ $0 }) else { throw ProductionError.stopped }
        return try result.get()
    }

    private func feed(
        _ head: ReportHead, _ ring: RowRing, on connection: any Connection, mostRows: borrowing Mutex<Int>,
        number: inout Int
    ) throws {
        var isPlanned = false
        for (index, query) in head.tables.enumerated() {
            var rows = try MergedRows(query, scope: request.scope, on: connection)
            var hasMore = true
            while hasMore {
                if shouldStop() { throw ProductionError.stopped }
                let goesOn = try ring.send(number) { batch in
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
            guard try ring.send(number, { _ in .endOfTable }) else { return }
            number += 1
        }
        if try ring.send(number, { _ in .end }) { number += 1 }
    }

    /// The number of rows of a table, or a cheap upper bound of it that is at most `limit`.
    private func rows(_ query: TableQuery, upTo limit: Int, on connection: any Connection) throws -> Int {
        if let bound = query.bound(in: request.scope), let rows = try connection.integer(bound.sql),
            bound.isExact || rows <= limit
        {
            return Int(rows)
        }
        return Int(try connection.integer(query.countSQL(in: request.scope)) ?? 0)
    }

    /// The number of rows of a part, derived from the size of the first rows and the limits of the format. Rendered rows are
    /// about as large as rows in memory.
    func limit(of first: borrowing RowBuffer) -> Int {
        min(rowLimit, max(1, settings.partSize / max(1, first.byteCount / max(1, first.rowCount))))
    }
}
