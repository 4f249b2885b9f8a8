// DESIGN. A browser shows a secret of its own instead of a user key: it is worth a day at most, ends when the person signs
// out or the key ends, and the database keeps its digest only, as it does of keys. Any node can look it up.

/// People who are signed in at the console.
package enum Sessions {
    /// How long one lasts, in milliseconds: a working day.
    package static let lifetime: Int64 = 12 * 3_600_000

    /// Begins one for the holder of a key.
    package static func begin(
        _ digest: [UInt8], keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO session (digest, key_digest, expires_at)
            VALUES (\(digest), \(keyDigest), \(time + lifetime))
            """)
    }

    /// The digest of the key that a session was begun with; nil when there is no such session. Whether anybody has that key
    /// still is for `Standing` to say.
    package static func keyDigest(
        of digest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> [UInt8]? {
        try connection.first("SELECT key_digest FROM session WHERE digest = \(digest) AND expires_at > \(time)") {
            $0.blob(0)
        }
    }

    /// Ends one.
    package static func end(_ digest: [UInt8], on connection: any Connection) throws {
        try connection.run("DELETE FROM session WHERE digest = \(digest)")
    }

    /// Forgets those whose time is over.
    package static func sweep(at time: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM session WHERE expires_at <= \(time)")
    }
}
