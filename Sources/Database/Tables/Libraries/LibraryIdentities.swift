// DESIGN. The number of a library is in each row of `library` that describes it. These rows stay when the library leaves, so
// that a library that comes back has the number that clients know. Only rows of an import that was never shown are deleted.
// `library_identity` leads from a package without qualifiers to the libraries with them, and has rows for these alone (older
// programs wrote one for each library): its order is that of digests, so each row that is written changes a page of its own.

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
        for first in stride(from: 0, to: libraries.count, by: lookUp) {
            let some = libraries[first..<min(first + lookUp, libraries.count)].map(\.uuid)
            try connection.each(known(some, organization: organization, on: connection.engine)) {
                keys[$0.string(0)] = $0.integer(1)
            }
        }
        var new: [(uuid: String, base: String)] = []
        for library in libraries where keys[library.uuid] == nil {
            keys[library.uuid] = 0
            new.append(library)
        }
        if !new.isEmpty {
            let first = try connection.take(
                new.count, sequence: "key id \(organization)", limit: ClientNumbers.limit)
            var rows = RowBuffer(capacity: 1024)
            for (key, library) in zip(first..., new) { keys[library.uuid] = key }
            // In the order of the table.
            for library in new.filter({ !$0.base.isEmpty }).sorted(by: { $0.uuid < $1.uuid }) {
                rows.beginRow()
                rows.append(organization)
                rows.append(library.uuid)
                rows.append(keys[library.uuid] ?? 0)
                rows.append(library.base)
            }
            if rows.rowCount > 0 {
                try connection.insert(rows, into: "library_identity", ["organization", "uuid", "key_id", "base"])
            }
        }
        return libraries.map { keys[$0.uuid] ?? 0 }
    }

    /// How many libraries one look-up names.
    private static let lookUp = 500

    /// The libraries among these that the organization has, by their uuids, with their numbers; some several times.
    private static func known(_ uuids: [String], organization: Int64, on engine: Engine) -> SQL {
        switch engine {
        case .sqlite:
            "SELECT uuid, key_id FROM library WHERE organization = \(organization) AND uuid IN \(SQL.list(uuids.map(Value.text)))"
        case .postgresql:
            // One search of the index for each: for a list, a server that has not counted the libraries yet reads all of them.
            """
            SELECT l.uuid, l.key_id FROM unnest(string_to_array(\(uuids.joined(separator: ",")), ',')) u (uuid)
            CROSS JOIN LATERAL (SELECT k.uuid, k.key_id FROM library k
                WHERE k.organization = \(organization) AND k.uuid = u.uuid LIMIT 1) l
            """
        }
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
