/// A value that a statement binds or a row contains. Times are integers: milliseconds since 1970, UTC.
package enum Value: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The type of a bound value. A null for an absent text or number has a kind, too, because PostgreSQL plans a
    /// statement by the types of its values.
    package enum Kind: UInt8, Sendable, Hashable { case unknown, integer, real, text, blob }

    package var kind: Kind {
        switch self {
        case .null: .unknown
        case .integer: .integer
        case .real: .real
        case .text: .text
        case .blob: .blob
        }
    }
}

/// A statement with its values. Interpolation binds values and never inserts their text:
///
///     let query: SQL = "SELECT id FROM product WHERE token = \(token)"
///
/// Placeholders have the numbers `$1`, `$2`, … in the order of their first appearance, which both engines understand
/// alike. Integers are bound as 64 bits, Booleans as 0 and 1. Text is UTF-8 without NUL; a statement with other text is
/// refused.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The text with its placeholders.
    package private(set) var text: String
    /// The start of each placeholder, in bytes of the text.
    private var marks: [Int]
    package private(set) var values: [Value]
    /// The kinds of the values, one for each value.
    package private(set) var kinds: [Value.Kind]

    package init(stringLiteral text: String) {
        self.text = text
        marks = []
        values = []
        kinds = []
    }

    /// A name of a table or a column, written in the program itself.
    package init(_ name: StaticString) { self.init(stringLiteral: name.description) }

    package init(_ piece: StaticSQL) { self.init(stringLiteral: piece.description) }

    package init(stringInterpolation: Interpolation) { self = stringInterpolation.sql }

    private mutating func append(_ text: String) { self.text += text }

    private mutating func bind(_ value: Value, as kind: Value.Kind? = nil) {
        values.append(value)
        kinds.append(kind ?? value.kind)
        marks.append(text.utf8.count)
        text += "$"
        text += String(values.count)
    }

    /// Adds another statement's text and values at the end.
    package mutating func append(_ other: SQL) {
        guard !other.values.isEmpty else { return append(other.text) }
        // Its placeholders get the next numbers.
        let bytes = other.text.utf8
        var done = bytes.startIndex
        for (index, value) in other.values.enumerated() {
            let mark = bytes.index(bytes.startIndex, offsetBy: other.marks[index])
            text += other.text[done..<mark]
            bind(value, as: other.kinds[index])
            done = bytes.index(mark, offsetBy: 1 + String(index + 1).utf8.count)
        }
        text += other.text[done...]
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    /// `($1, $2, …)`, for `IN`. An empty list matches nothing.
    package static func list(_ values: some Sequence<Value>) -> SQL {
        var sql: SQL = "("
        var first = true
        for value in values {
            if !first { sql.append(", ") }
            first = false
            sql.bind(value)
        }
        if first { sql.append("NULL") }
        sql.append(")")
        return sql
    }

    /// Calls `body` for slices of the values, each as a list for `IN`.
    package static func inSlices<Element>(
        _ values: some Collection<Element>, of size: Int = 500, as value: (Element) -> Value,
        _ body: (SQL) throws -> Void
    ) throws {
        var rest = values[...]
        while !rest.isEmpty {
            try body(list(rest.prefix(size).map(value)))
            rest = rest.dropFirst(size)
        }
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(stringLiteral: "")
            sql.text.reserveCapacity(literalCapacity + 3 * interpolationCount)
        }
        package mutating func appendLiteral(_ literal: String) { sql.append(literal) }
        package mutating func appendInterpolation(_ value: Value) { sql.bind(value) }
        package mutating func appendInterpolation(_ text: String) { sql.bind(.text(text)) }
        package mutating func appendInterpolation(_ text: String?) {
            sql.bind(text.map(Value.text) ?? .null, as: .text)
        }
        package mutating func appendInterpolation(_ number: some BinaryInteger) { sql.bind(.integer(Int64(number))) }
        package mutating func appendInterpolation(_ number: Int64?) {
            sql.bind(number.map(Value.integer) ?? .null, as: .integer)
        }
        package mutating func appendInterpolation(_ number: Double) { sql.bind(.real(number)) }
        package mutating func appendInterpolation(_ flag: Bool) { sql.bind(.integer(flag ? 1 : 0)) }
        package mutating func appendInterpolation(_ bytes: [UInt8]) { sql.bind(.blob(bytes)) }
        /// Adds a statement's text and values in place.
        package mutating func appendInterpolation(_ part: SQL) { sql.append(part) }
        /// Adds a piece that is written in the program itself.
        package mutating func appendInterpolation(_ piece: StaticSQL) { sql.append(piece.description) }
        /// Adds a name that is written in the program itself.
        package mutating func appendInterpolation(literal: StaticString) { sql.append(literal.description) }
    }
}
