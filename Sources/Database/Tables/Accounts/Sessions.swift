// DESIGN. A browser sends a secret of its own instead of a user key. The secret is valid for at most a working day, and for
// half an hour without use. It ends when the person signs out or the key ends. The database stores only its digest, as for
// keys. Any node can look it up. The digest also names a session to its own user, because the secret cannot be computed from
// it.

/// The sessions of people who are signed in to the console.
package enum Sessions {
    /// The life of a session in milliseconds: a working day.
    package static let lifetime: Int64 = 12 * 3_600_000
    /// The life of an unused session in milliseconds.
    package static let idleLimit: Int64 = 30 * 60_000
    /// The largest allowed difference between the clocks of nodes, in milliseconds.
    private static let tolerance: Int64 = 5 * 60_000
    /// Use is recorded when the last record of it is older than this, in milliseconds.
    private static let step: Int64 = 60_000

    /// A session in the form shown to its person.
    package struct Row: Sendable {
        package let digest: [UInt8]
        /// Milliseconds since 1970, UTC.
        package let begun: Int64
        package let used: Int64
        /// The address that began the session.
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
        /// The digest of the issuer's name for its own session; empty where a key was typed or the issuer gives no
        /// name.
        package var issuerSession = ""
        /// The end of the issuer's session in milliseconds since 1970; nil if the issuer gives none.
        package var end: Int64?

        /// - Parameters:
        ///   - digest: SHA-256 of the session's cookie.
        ///   - keyDigest: the digest of the key that signed in.
        package init(_ digest: [UInt8], keyDigest: [UInt8], from address: String, browser: String) {
            self.digest = digest
            self.keyDigest = keyDigest
            self.address = address
            self.browser = browser
        }
    }

    /// Begins a session and ends `old`, the previous session of the browser's cookie.
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

    /// The condition that a session has not expired. A session whose start or use is in the future is from before a clock was
    /// set back, and would last too long: its person must sign in again.
    private static func isAlive(at time: Int64) -> SQL {
        """
        expires_at > \(time) AND used_at > \(time - idleLimit) AND begun_at <= \(time + tolerance) \
        AND used_at <= \(time + tolerance)
        """
    }

    /// The digest of the key that began a session, and whether `use` has to record the session's use; nil for an unknown
    /// session. `Standing` decides whether anybody still has that key.
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

    /// The sessions that a key began, the last used first.
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

    /// Ends a session.
    package static func end(_ digest: [UInt8], on connection: any Connection) throws {
        try connection.run("DELETE FROM session WHERE digest = \(digest)")
    }

    /// Ends the sessions of an issuer's session, by its digest, and returns the keys that began them.
    package static func end(issuerSession: String, on connection: any Connection) throws -> [[UInt8]] {
        guard !issuerSession.isEmpty else { return [] }
        return try connection.all("DELETE FROM session WHERE issuer_session = \(issuerSession) RETURNING key_digest") {
            $0.blob(0)
        }
    }

    /// Ends all sessions that a key began, or only those without an issuer's name. Returns the key of each.
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
