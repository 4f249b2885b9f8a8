/// Whether the described component itself needs a library; the values of `occurrence.direct` and `alert.direct`.
package enum Directness: Int64, Sendable {
    /// The document states no dependencies.
    case unknown = -1
    case transitive = 0
    case direct = 1

    /// Reads a cell with one of these numbers.
    init(cell: Int, of row: borrowing RowBuffer) { self = Self(rawValue: row.integer(cell)) ?? .unknown }
}
