/// A piece of SQL that is written in the program itself. It consists of literals and other such pieces, so no value of a
/// request can enter; a statement with values is `SQL`.
///
///     let shown: StaticSQL = "scope s JOIN occurrence o ON o.scan = s.scan"
///     let named: StaticSQL = "\(shown) JOIN library l ON l.id = o.library"
///     let query: SQL = "SELECT l.filename FROM \(named) WHERE s.project = \(project)"
package struct StaticSQL: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text of the SQL. It binds no values.
    package let description: String

    package init(stringLiteral text: StaticString) { description = text.description }

    package init(stringInterpolation: Interpolation) { description = stringInterpolation.text }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        package mutating func appendInterpolation(_ part: StaticSQL) { text += part.description }
    }
}
