/// Whether what a document describes needs a library itself, as `occurrence.direct` and `alert.direct` hold it.
package enum Directness: Int64, Sendable {
    /// The document states no dependencies.
    case unknown = -1
    case transitive = 0
    case direct = 1

    /// Reads a cell that one of these numbers was written to.
    init(cell: Int, of row: borrowing RowBuffer) { self = Self(rawValue: row.integer(cell)) ?? .unknown }
}
