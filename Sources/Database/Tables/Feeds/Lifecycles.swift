/// The tables of products' cycles of releases and their ends.
package enum Lifecycles {
    /// A cycle of releases, such as 3.11 of a language.
    package struct Cycle: Sendable, Equatable {
        package let name: String
        package var released: Int64?
        /// The day of its end; nil if none is set or known.
        package var end: Int64?
        /// Whether it has ended; nil if unknown.
        package var isOver: Bool?
        package var latest = ""

        package init(name: String) { self.name = name }
    }

    /// Replaces the stored facts about a product.
    package static func replace(
        _ product: String, cycles: [Cycle], purls: [String], on connection: any Connection
    ) throws {
        try connection.run("DELETE FROM product_cycle WHERE product = \(product)")
        try connection.run("DELETE FROM product_package WHERE product = \(product)")
        var rows = RowBuffer(capacity: cycles.count * 64)
        var seen: Set<String> = []
        for cycle in cycles where seen.insert(cycle.name).inserted {
            rows.beginRow()
            rows.append(product)
            rows.append(cycle.name)
            rows.append(cycle.released.map(Value.integer) ?? .null)
            rows.append(cycle.end.map(Value.integer) ?? .null)
            rows.append(cycle.isOver.map { .integer($0 ? 1 : 0) } ?? .null)
            rows.append(cycle.latest)
        }
        if rows.rowCount > 0 {
            try connection.insert(
                rows, into: "product_cycle", ["product", "cycle", "released", "end_of_life", "ended", "latest"])
        }
        for purl in Set(purls).sorted() {
            try connection.run("INSERT INTO product_package (purl, product) VALUES (\(purl), \(product))")
        }
    }
}
