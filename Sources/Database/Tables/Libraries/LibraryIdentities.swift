// DESIGN. A row for each library of an organization, however many descriptions of it there are. Rows are never deleted, so
// that a library which comes back has the number that clients know.

/// What libraries are, and the numbers that clients know them by.
enum LibraryIdentities {
    /// The key ids of libraries. Those that are new get the next numbers, in order. The organization is locked.
    ///
    /// - Parameter libraries: their uuids, and those of the same packages without qualifiers, which may be empty.
    static func keys(
        of libraries: [(uuid: String, base: String)], organization: Int64, on connection: any Connection
    ) throws -> [Int64] {
        var keys: [String: Int64] = [:]
        keys.reserveCapacity(libraries.count)
        try Advisories.inSlices(libraries.map(\.uuid), as: Value.text) { list in
            try connection.each(
                "SELECT uuid, key_id FROM library_identity WHERE organization = \(organization) AND uuid IN \(list)"
            ) { keys[$0.string(0)] = $0.integer(1) }
        }
        var new: [(uuid: String, base: String)] = []
        for library in libraries where keys[library.uuid] == nil {
            keys[library.uuid] = 0
            new.append(library)
        }
        if !new.isEmpty {
            let first = try connection.take(
                new.count, sequence: "key id \(organization)", limit: ClientNumbers.limit)
            var rows = RowBuffer(capacity: new.count * 128)
            for (key, library) in zip(first..., new) {
                keys[library.uuid] = key
                rows.beginRow()
                rows.append(organization)
                rows.append(library.uuid)
                rows.append(key)
                rows.append(library.base)
            }
            try connection.insert(rows, into: "library_identity", ["organization", "uuid", "key_id", "base"])
        }
        return libraries.map { keys[$0.uuid] ?? 0 }
    }
}
