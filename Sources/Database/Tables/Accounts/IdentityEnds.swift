// DESIGN. An issuer speaks of people only when they sign in. Those who never come back, and those of an issuer or in an organization that
// the operator's file no longer has, would keep their roles for ever. Such roles are withdrawn, and sessions end. A person's own keys
// stay, with no role by which they could open anything, and work again after the next sign-in: a mistake in the file costs nobody a
// key.

extension Identities {
    /// How many people each issuer lets in, by the issuer's address. Accounts that were kept as the last local administrator count.
    package static func people(on connection: any Connection) throws -> [(issuer: String, count: Int64)] {
        try connection.all(
            """
            SELECT issuer, count(*) FROM sign_in_identity WHERE \(SQL(openOrKept)) GROUP BY issuer ORDER BY issuer
            """
        ) { (issuer: $0.string(0), count: $0.integer(1)) }
    }

    /// The accounts of people whom an issuer lets in, and who signed in last before this time. Accounts that were kept as the last local
    /// administrator are among them.
    package static func accounts(
        of issuer: String, seenBefore time: Int64 = .max, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all(
            """
            SELECT account FROM sign_in_identity WHERE issuer = \(issuer) AND \(SQL(openOrKept)) AND seen_at < \(time)
            ORDER BY account
            """
        ) { $0.integer(0) }
    }

    /// Those among an issuer's accounts that have a role in an organization into which it may not let people.
    package static func accounts(
        of issuer: String, outside reach: IssuerReach, on connection: any Connection
    ) throws -> [Int64] {
        try accounts(of: issuer, on: connection).filter { account in
            try !places(of: account, on: connection).allSatisfy { reach.organizations.contains($0) }
        }
    }

    /// Withdraws the roles of an account in all organizations but these, until the next sign-in. Where no role is left its sessions end,
    /// too. False where it had signed in again meanwhile, or still has to be kept as the last local administrator.
    ///
    /// - Parameters:
    ///   - reason: for the records, behind a colon.
    ///   - writing: in the name of the server; its scope is ignored.
    @discardableResult
    package static func withdraw(
        _ account: Int64, outside organizations: [Int64] = [], seenBefore time: Int64 = .max, because reason: String,
        _ writing: Writing
    ) throws -> Bool {
        let connection = writing.connection
        let places = try places(of: account, on: connection).filter { !organizations.contains($0) }
        for place in places { try Revisions.lock(place, on: connection) }
        let closed = try connection.integer(
            """
            SELECT closed_at FROM sign_in_identity WHERE account = \(account) AND \(SQL(openOrKept)) AND seen_at < \(time)
            """)
        guard let closed else { return false }
        if closed != 0, try isLastLocal(account, in: places, writing) { return false }
        let part = IssuerReach(name: "", organizations: places, rules: [], linksByEmail: false)
        try setRoles([], of: account, by: part, because: reason, writing)
        guard try !hasRole(account, outside: places, on: connection) else { return true }
        try connection.run("DELETE FROM user_key WHERE account = \(account) AND is_sign_in = 1")
        try connection.run("UPDATE sign_in_identity SET closed_at = \(writing.time) WHERE account = \(account)")
        return true
    }

    /// The organizations in which an account has a role or a group.
    private static func places(of account: Int64, on connection: any Connection) throws -> [Int64] {
        try connection.all(
            """
            SELECT organization FROM assignment WHERE account = \(account)
            UNION SELECT c.organization FROM group_member m JOIN account_group c ON c.id = m.account_group
            WHERE m.account = \(account) ORDER BY 1
            """
        ) { $0.integer(0) }
    }
}
