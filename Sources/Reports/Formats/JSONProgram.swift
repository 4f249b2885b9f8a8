import Bytes
import Database

// DESIGN. The text between two values of a row is always the same: braces, commas, keys. This text is put together once.
// A row is then a run over flat steps, each of which writes the text before a value and then the value. It reads no
// layout and counts no references. Only members that are left out when null make commas depend on the row.

/// The rows of some tables as JSON objects, compiled into steps.
struct JSONProgram: ~Copyable {
    private struct Step {
        enum Action {
            /// Only text.
            case literal
            /// Text that opens an object whose first member may be left out.
            case open
            /// A comma, unless the object has no member yet.
            case comma
            case string, integer, real, boolean, date, timestamp
            /// Objects with one member each: `opening`, the name, `closing`.
            case names(opening: Literal, closing: Literal)
            /// An object of the same row, written by the steps `first..<last`.
            case object(first: Int, last: Int)
            /// Child rows of `width` cells, written by the steps `first..<last`.
            case list(width: Int, first: Int, last: Int)
        }
        let before: Literal
        let action: Action
        let cell: Int
        let isLeftOutWhenNull: Bool
    }

    /// A stretch of `text`.
    private struct Literal {
        let offset: Int
        let count: Int
    }

    /// Owned by this value; `deinit` frees it. An array would count references at each step.
    private let steps: UnsafeMutableBufferPointer<Step>
    private let text: UnsafeMutableRawBufferPointer
    private let tables: [Range<Int>]

    init(_ tables: [[NestedLayout.Node]]) {
        var compiler = Compiler()
        self.tables = tables.map { compiler.object($0) }
        steps = .allocate(capacity: compiler.steps.count)
        _ = steps.initialize(from: compiler.steps)
        text = .allocate(byteCount: compiler.text.count + ByteSink.overread, alignment: 16)
        text.initializeMemory(as: UInt8.self, repeating: 0)
        text.copyBytes(from: compiler.text)
    }

    deinit {
        steps.deallocate()
        text.deallocate()
    }

    /// Appends the row whose order starts at cell `start`.
    func write(_ rows: borrowing RowBuffer, at start: Int, of table: Int, to file: inout ByteSink) {
        run(tables[table], rows, at: start, to: &file)
    }

    private func run(_ range: Range<Int>, _ rows: borrowing RowBuffer, at start: Int, to file: inout ByteSink) {
        var isFirst = false
        for index in range {
            let step = steps[index]
            let cell = start &+ step.cell
            if step.isLeftOutWhenNull, rows.isNull(cell) { continue }
            if case .comma = step.action {
                if !isFirst { file.append(UInt8(ascii: ",")) }
                continue
            }
            append(step.before, to: &file)
            isFirst = false
            switch step.action {
            case .literal, .comma: break
            case .open: isFirst = true
            case .string: file.append(jsonString: rows.bytes(cell))
            case .integer:
                if rows.isNull(cell) { file.append("null") } else { file.append(decimal: rows.integer(cell)) }
            case .real:
                if rows.isNull(cell) { file.append("null") } else { file.append(jsonNumber: rows.real(cell)) }
            case .boolean:
                file.append(rows.isNull(cell) ? "null" : rows.boolean(cell) ? "true" : "false")
            case .date:
                file.append(UInt8(ascii: "\""))
                if !rows.isNull(cell) { file.append(date: rows.integer(cell)) }
                file.append(UInt8(ascii: "\""))
            case .timestamp:
                file.append(UInt8(ascii: "\""))
                if !rows.isNull(cell) { file.append(time: rows.integer(cell)) }
                file.append(UInt8(ascii: "\""))
            case .names(let opening, let closing):
                names(rows.bytes(cell), opening, closing, to: &file)
            case .object(let first, let last): run(first..<last, rows, at: start, to: &file)
            case .list(let width, let first, let last):
                list(first..<last, rows, rows.list(cell), width: width, to: &file)
            }
        }
    }

    private func names(
        _ lines: UnsafeRawBufferPointer, _ opening: Literal, _ closing: Literal, to file: inout ByteSink
    ) {
        file.append(UInt8(ascii: "["))
        var isFirst = true
        eachLine(lines) { name in
            if !isFirst { file.append(UInt8(ascii: ",")) }
            isFirst = false
            append(opening, to: &file)
            file.append(jsonString: name)
            append(closing, to: &file)
        }
        file.append(UInt8(ascii: "]"))
    }

    private func list(
        _ range: Range<Int>, _ rows: borrowing RowBuffer, _ list: (first: Int, count: Int), width: Int,
        to file: inout ByteSink
    ) {
        file.append(UInt8(ascii: "["))
        for index in 0..<list.count {
            if index > 0 { file.append(UInt8(ascii: ",")) }
            run(range, rows, at: list.first + index * width, to: &file)
        }
        file.append(UInt8(ascii: "]"))
    }

    @inline(__always)
    private func append(_ literal: Literal, to file: inout ByteSink) {
        file.append(overreading: UnsafeRawBufferPointer(text), from: literal.offset, count: literal.count)
    }

    // MARK: Compiling

    private struct Compiler {
        var steps: [Step] = []
        var text: [UInt8] = []
        /// Text that belongs to no step yet.
        private var pending: [UInt8] = []

        /// Adds the steps of one object. The steps of its lists come before them.
        mutating func object(_ nodes: [NestedLayout.Node]) -> Range<Int> {
            var lists: [Int: Range<Int>] = [:]
            prepareLists(of: nodes, &lists)
            let first = steps.count
            members(nodes, lists)
            flush()
            return first..<steps.count
        }

        private mutating func prepareLists(of nodes: [NestedLayout.Node], _ found: inout [Int: Range<Int>]) {
            for node in nodes {
                switch node {
                case .cell: break
                case .object(_, let inner, _):
                    if let cell = node.cellThatOmits {
                        found[cell] = object(inner)
                    } else {
                        prepareLists(of: inner, &found)
                    }
                case .list(_, _, let cell, _, let inner): found[cell] = object(inner)
                }
            }
        }

        private mutating func members(_ nodes: [NestedLayout.Node], _ lists: [Int: Range<Int>]) {
            pending.append(UInt8(ascii: "{"))
            // Whether a member precedes the next one in every row, in no row, or in some rows.
            var isCertain = false
            if let first = nodes.first, Self.isLeftOut(first) { flush(as: .open) }
            for (index, node) in nodes.enumerated() {
                if index > 0 {
                    if isCertain, !Self.isLeftOut(node) {
                        pending.append(UInt8(ascii: ","))
                    } else if !isCertain {
                        flush()
                        comma(before: node)
                    }
                }
                add(node, lists, comma: isCertain && index > 0)
                if !Self.isLeftOut(node) { isCertain = true }
            }
            pending.append(UInt8(ascii: "}"))
        }

        private static func isLeftOut(_ node: NestedLayout.Node) -> Bool {
            node.cellThatOmits != nil
        }

        private mutating func comma(before node: NestedLayout.Node) {
            add(.comma, cell: node.cellThatOmits ?? 0, isLeftOutWhenNull: node.cellThatOmits != nil)
        }

        private mutating func add(_ node: NestedLayout.Node, _ lists: [Int: Range<Int>], comma: Bool) {
            switch node {
            case .cell(let key, let cell, let kind, let omits):
                if omits {
                    flush()
                    if comma { pending.append(UInt8(ascii: ",")) }
                }
                name(key)
                add(action(kind), cell: cell, isLeftOutWhenNull: omits)
            case .object(let key, let inner, _):
                guard let cell = node.cellThatOmits else {
                    name(key)
                    return members(inner, lists)
                }
                flush()
                if comma { pending.append(UInt8(ascii: ",")) }
                name(key)
                let range = lists[cell] ?? 0..<0
                add(
                    .object(first: range.lowerBound, last: range.upperBound), cell: cell, isLeftOutWhenNull: true)
            case .list(let key, _, let cell, let width, _):
                name(key)
                let range = lists[cell] ?? 0..<0
                add(.list(width: width, first: range.lowerBound, last: range.upperBound), cell: cell)
            }
        }

        private mutating func action(_ kind: Column.Kind) -> Step.Action {
            switch kind {
            case .text, .link, .severity, .prose: .string
            case .integer: .integer
            case .real: .real
            case .boolean: .boolean
            case .date: .date
            case .timestamp: .timestamp
            case .names(_, "", _): .names(opening: literal([]), closing: literal([]))
            case .names(_, let key, let rest):
                .names(
                    opening: literal(Array("{\"\(key)\":".utf8)),
                    closing: literal(Array((rest.isEmpty ? "}" : ",\(rest)}").utf8)))
            }
        }

        /// Keys come from the catalog and need no escaping.
        private mutating func name(_ key: String) { pending.append(contentsOf: "\"\(key)\":".utf8) }

        private mutating func flush(as action: Step.Action = .literal) {
            if !pending.isEmpty { add(action) }
        }

        private mutating func add(_ action: Step.Action, cell: Int = 0, isLeftOutWhenNull: Bool = false) {
            let before = literal(pending)
            pending = []
            steps.append(Step(before: before, action: action, cell: cell, isLeftOutWhenNull: isLeftOutWhenNull))
        }

        private mutating func literal(_ bytes: [UInt8]) -> Literal {
            text.append(contentsOf: bytes)
            return Literal(offset: text.count - bytes.count, count: bytes.count)
        }
    }
}
