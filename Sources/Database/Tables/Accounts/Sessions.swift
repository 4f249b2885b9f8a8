// DESIGN. A browser shows a secret of its own instead of a user key: it is worth a day at most and half an hour without a click,
// ends when the person signs out or the key ends, and the database keeps its digest only, as it does of keys. Any node can look
// it up. The digest also names a session to its own user, because the secret cannot be computed from it.

/// People who are signed in at the console.
package enum Sessions {
    /// How long one lasts, in milliseconds: a working day.
    package static let lifetime: Int64 = 12 * 3_600_000
    /// How long one lasts unused, in milliseconds.
    package static let idleLimit: Int64 = 30 * 60_000
    /// How far the clocks of nodes may be apart, in milliseconds.
    private static let tolerance: Int64 = 5 * 60_000
    /// Use is written down when the last note of it is older, in milliseconds.
    private static let step: Int64 = 60_000

    /// A session as its people are shown it.
    package struct Row: Sendable {
        package let digest: [UInt8]
        /// Milliseconds since 1970, UTC.
        package let begun: Int64
        package let used: Int64
        /// The address that it was begun from.
        package let address: String
        /// The name that the browser gives itself (`User-Agent`).
        package let browser: String
    }

    /// A sign-in.
    package struct New: Sendable {
        let digest: [UInt8]
        let keyDigest: [UInt8]
        let address: String
        let browser: String
        /// The digest of the issuer's name of its session; empty where a key was typed, or the issuer names none.
        package var issuerSession = ""
        /// When the issuer's session ends, in milliseconds since 1970; nil if the issuer gives no end.
        package var end: Int64?

        /// - Parameters:
        ///   - digest: SHA-256 of the session's cookie.
        ///   - keyDigest: of the key that was used to sign in.
        package init(_ digest: [UInt8], keyDigest: [UInt8], from address: String, browser: String) {
            self.digest = digest
            self.keyDigest = keyDigest
            self.address = address
            self.browser = browser
        }
    }

    /// Begins a session and ends `old`, the session of the browser's cookie.
    package static func begin(
        _ new: New, replacing old: [UInt8]?, at time: Int64, on connection: any Connection
    ) throws {
        if let old { try end(old, on: connection) }
        let end = min(time + lifetime, new.end ?? .max)
        try connection.run(
            """
            INSERT INTO session (digest, key_digest, expires_at, begun_at, used_at, address, browser, issuer_session)
            VALUES (\(new.digest), \(new.keyDigest), \(end), \(time), \(time), \(new.address), \(new.browser),
                \(new.issuerSession))
            """)
    }

    /// The condition that a session's time is not over. One that was begun or used in the future is from before a clock was set back, and
    /// would last too long: its people sign in again.
    private static func isAlive(at time: Int64) -> SQL {
        """
        expires_at > \(time) AND used_at > \(time - idleLimit) AND begun_at <= \(time + tolerance) \
        AND used_at <= \(time + tolerance)
        """
    }

    /// The digest of the key that a session was begun with, and whether its use is to be written down by `use`; nil when there
    /// is no such session. Whether anybody has that key still is for `Standing` to say.
    package static func find(
        _ digest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> (keyDigest: [UInt8], isUseNew: Bool)? {
        try connection.first(
            """
            SELECT key_digest, used_at FROM session
            WHERE digest = \(digest) AND \(isAlive(at: time))
            """
        ) { ($0.blob(0), $0.integer(1) <= time - step) }
    }

    /// Records the use of a session.
    package static func use(_ digest: [UInt8], at time: Int64, on connection: any Connection) throws {
        try connection.run("UPDATE session SET used_at = \(time) WHERE digest = \(digest) AND used_at < \(time)")
    }

    /// The sessions that began with a key, the last used first.
    package static func list(
        keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> [Row] {
        try connection.all(
            """
            SELECT digest, begun_at, used_at, address, browser FROM session
            WHERE key_digest = \(keyDigest) AND \(isAlive(at: time))
            ORDER BY used_at DESC, digest
            """
        ) { row in
            Row(
                digest: row.blob(0), begun: row.integer(1), used: row.integer(2), address: row.string(3),
                browser: row.string(4))
        }
    }

    /// Ends one.
    package static func end(_ digest: [UInt8], on connection: any Connection) throws {
        try connection.run("DELETE FROM session WHERE digest = \(digest)")
    }

    /// Ends those of an issuer's session, by its digest, and gives the keys that they had begun with.
    package static func end(issuerSession: String, on connection: any Connection) throws -> [[UInt8]] {
        guard !issuerSession.isEmpty else { return [] }
        return try connection.all("DELETE FROM session WHERE issuer_session = \(issuerSession) RETURNING key_digest") {
            $0.blob(0)
        }
    }

    /// Ends all that began with a key, or only those of them that the issuer gave no name. Gives the key for each.
    @discardableResult
    package static func end(
        keyDigest: [UInt8], isUnnamed: Bool = false, on connection: any Connection
    ) throws -> [[UInt8]] {
        let which: SQL = isUnnamed ? "AND issuer_session = ''" : ""
        return try connection.all("DELETE FROM session WHERE key_digest = \(keyDigest) \(which) RETURNING key_digest") {
            $0.blob(0)
        }
    }

    /// Deletes sessions that have ended.
    package static func sweep(at time: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM session WHERE expires_at <= \(time) OR used_at <= \(time - idleLimit)")
    }
}
