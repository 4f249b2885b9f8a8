package import Database

// DESIGN. An artifact is the result of a report's job: bytes in the store, and a row with the same name. The bytes are stored
// first, the row with the outcome of the job (`succeed`). When the artifact expires, the row is deleted first. So a file
// without a row has no owner, unless a running job is writing it.

extension Queue {
    /// The columns that `Artifact(row:)` reads.
    private static let artifactColumns: StaticSQL =
        "uuid, organization, cache_key, file_name, size, sha1, sha256, parts, rows_written, notes"

    /// The artifact that answers a request with this key, if one exists and does not expire soon.
    package func artifact(cacheKey: String, organization: Int64, on connection: any Connection) throws -> Artifact? {
        try connection.first(
            """
            SELECT \(Self.artifactColumns) FROM artifact WHERE organization = \(organization) AND cache_key = \(cacheKey)
                AND expires_at > \(now() + 60_000)
            ORDER BY created_at DESC, uuid LIMIT 1
            """, Artifact.init(row:))
    }

    package func artifact(uuid: String, organization: Int64, on connection: any Connection) throws -> Artifact? {
        try connection.first(
            """
            SELECT \(Self.artifactColumns) FROM artifact WHERE organization = \(organization) AND uuid = \(uuid)
            """, Artifact.init(row:))
    }

    /// The names of expired artifacts, at most `limit`.
    package func expired(limit: Int) throws -> [String] {
        let time = now()
        return try database.read { connection in
            try connection.all(
                "SELECT uuid FROM artifact WHERE expires_at < \(time) ORDER BY expires_at LIMIT \(limit)"
            ) { $0.string(0) }
        }
    }

    /// Deletes the rows of an expired artifact and of the jobs that made or shared it; its file may then be
    /// removed. False if the artifact's life has been prolonged.
    package func forget(artifact uuid: String) throws -> Bool {
        let time = now()
        return try database.write { connection in
            let gone = try connection.run("DELETE FROM artifact WHERE uuid = \(uuid) AND expires_at < \(time)")
            guard gone == 1 else { return false }
            try connection.run("DELETE FROM job WHERE artifact = \(uuid) AND artifact <> ''")
            return true
        }
    }

    /// Those of these names in the store that belong to no artifact and to no running job.
    package func strays(among names: [String]) throws -> [String] {
        // One snapshot, because a job that ends between the two queries would seem to own nothing.
        try database.snapshot { connection in
            try names.filter { name in
                let known = try connection.integer("SELECT 1 FROM artifact WHERE uuid = \(name)")
                if known != nil { return false }
                // A name is the job's uuid, a hyphen and the number of the claim; earlier programs wrote the attempt.
                guard let cut = name.lastIndex(of: "-"), let claim = Int64(name[name.index(after: cut)...]) else {
                    return true
                }
                let running = try connection.integer(
                    """
                    SELECT 1 FROM job WHERE uuid = \(String(name[..<cut])) AND \(Self.isIn(.inProgress))
                        AND (claims = \(claim) OR attempt = \(claim))
                    """)
                return running == nil
            }
        }
    }
}

extension Artifact {
    init(row: borrowing RowBuffer) {
        self.init(
            uuid: row.string(0), organization: row.integer(1), cacheKey: row.string(2), fileName: row.string(3),
            size: row.integer(4), sha1: row.string(5), sha256: row.string(6), parts: Int(row.integer(7)),
            rows: row.integer(8), notes: Self.notes(row.string(9)))
    }

    /// The notes in a column.
    static func notes(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}
