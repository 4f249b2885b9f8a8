/// A connection that inserts into tables whose names come from the schema itself.
protocol CatalogueConnection: Connection {
    func insert(_ rows: borrowing RowBuffer, table: String, columns: [String]) throws(DatabaseError)
}

extension CatalogueConnection {
    func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) {
        try insert(rows, table: table.description, columns: columns.map(\.description))
    }
}
