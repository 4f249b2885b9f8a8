// DESIGN. A row for each library of an organization, however many descriptions of it there are. A row stays when its library
// leaves, so that one which comes back has the number that clients know. Only rows of an import that was never shown are
// deleted.

/// The identities of libraries, and their numbers for clients.
enum LibraryIdentities {
    /// The key ids of libraries. New identities get the next numbers, in order. The organization is locked.
    ///
    /// - Parameter libraries: their uuids, and those of the same packages without qualifiers, which may be empty.
    static func keys(
        of libraries: [(uuid: String, base: String)], organization: Int64, on connection: any Connection
    ) throws -> [Int64] {
        var keys: [String: Int64] = [:]
        keys.reserveCapacity(libraries.count)
        try SQL.inSlices(libraries.map(\.uuid), as: Value.text) { list in
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
            for (key, library) in zip(first..., new) { keys[library.uuid] = key }
            // In the order of the table.
            for library in new.sorted(by: { $0.uuid < $1.uuid }) {
                rows.beginRow()
                rows.append(organization)
                rows.append(library.uuid)
                rows.append(keys[library.uuid] ?? 0)
                rows.append(library.base)
            }
            try connection.insert(rows, into: "library_identity", ["organization", "uuid", "key_id", "base"])
        }
        return libraries.map { keys[$0.uuid] ?? 0 }
    }

    /// Forgets libraries among these that have no description left. The organization is locked.
    static func forget(_ uuids: [String], organization: Int64, on connection: any Connection) throws {
        try SQL.inSlices(uuids, as: Value.text) { list in
            try connection.run(
                """
                DELETE FROM library_identity WHERE organization = \(organization) AND uuid IN \(list)
                    AND NOT EXISTS (SELECT 1 FROM library k
                        WHERE k.organization = library_identity.organization AND k.uuid = library_identity.uuid)
                """)
        }
    }
}
