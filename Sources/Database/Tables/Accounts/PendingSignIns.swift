// DESIGN. A row for each browser that is at an issuer, taken away by the first answer that shows its state: a second answer finds
// nothing. Strangers make these rows, so they are few in all and of one address, small, and gone after ten minutes.

/// Sign-ins whose answer has not arrived yet.
package enum PendingSignIns {
    /// The longest wait for an answer, in milliseconds.
    package static let life: Int64 = 10 * 60_000
    /// The most that wait at a time, in all and of one sender.
    package static let limit: Int64 = 10_000
    package static let senderLimit: Int64 = 100
    /// The largest allowed difference between the clocks of nodes, in milliseconds.
    private static let tolerance: Int64 = 5 * 60_000

    package struct Row: Sendable, Equatable {
        /// SHA-256 of the secret that the browser stores.
        package let browser: [UInt8]
        /// The issuer's name in the operator's file.
        package let issuer: String
        /// The page that was asked for.
        package let page: String

        package init(browser: [UInt8], issuer: String, page: String) {
            self.browser = browser
            self.issuer = issuer
            self.page = page
        }
    }

    /// Stores a waiting sign-in; false when too many wait.
    ///
    /// - Parameters:
    ///   - state: SHA-256 of the state, which the issuer returns.
    ///   - sender: the address, or the range of addresses that counts as one.
    package static func begin(
        _ row: Row, state: [UInt8], from sender: String, at time: Int64, on connection: any Connection
    ) throws -> Bool {
        try sweep(at: time, on: connection)
        let own = try connection.integer("SELECT count(*) FROM pending_sign_in WHERE sender = \(sender)") ?? 0
        guard own < senderLimit else { return false }
        let waiting = try connection.integer("SELECT count(*) FROM pending_sign_in") ?? 0
        guard waiting < limit else { return false }
        try connection.run(
            """
            INSERT INTO pending_sign_in (state, browser, issuer, page, expires_at, sender)
            VALUES (\(state), \(row.browser), \(row.issuer), \(row.page), \(time + life), \(sender))
            """)
        return true
    }

    /// Removes and returns a waiting sign-in; nil when there is none. It stays removed even if the issuer's answer is
    /// refused.
    package static func take(
        state: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> Row? {
        let found = try connection.first(
            "DELETE FROM pending_sign_in WHERE state = \(state) RETURNING browser, issuer, page, expires_at"
        ) { (row: Row(browser: $0.blob(0), issuer: $0.string(1), page: $0.string(2)), end: $0.integer(3)) }
        // A row that expires later than possible is from before a clock was set back.
        guard let found, found.end > time, found.end <= time + life + tolerance else { return nil }
        return found.row
    }

    /// Deletes expired rows.
    package static func sweep(at time: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM pending_sign_in WHERE expires_at <= \(time)")
    }
}
