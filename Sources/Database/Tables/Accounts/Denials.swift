// DESIGN. Refused calls of known users are recorded for the organization's administrators.
// Requests without a known key are not recorded, because strangers could fill the table.

/// A call of a known user that was refused.
package struct DenialRecord: Sendable, Equatable {
    package let organization: Int64
    /// Milliseconds since 1970, UTC.
    package let time: Int64
    package let account: Int64
    package let call: String
    package let reason: String

    package init(organization: Int64, time: Int64, account: Int64, call: String, reason: String) {
        self.organization = organization
        self.time = time
        self.account = account
        self.call = call
        self.reason = reason
    }
}

/// The table of refused calls.
package enum Denials {
    /// The most denials that are kept for each organization.
    package static let limit: Int64 = 10_000

    /// Records a denial; the oldest beyond the limit are deleted.
    package static func add(_ denial: DenialRecord, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO denial (organization, at, account, call, reason)
            VALUES (\(denial.organization), \(denial.time), \(denial.account), \(denial.call), \(denial.reason))
            """)
        try connection.run(
            """
            DELETE FROM denial WHERE organization = \(denial.organization) AND id <= (SELECT id FROM denial
                WHERE organization = \(denial.organization) ORDER BY id DESC LIMIT 1 OFFSET \(limit))
            """)
    }

    /// The newest denials first, at most `limit`, each with the e-mail address of the user.
    package static func list(
        _ organization: Int64, limit: Int, on connection: any Connection
    ) throws -> [(email: String, denial: DenialRecord)] {
        try connection.all(
            """
            SELECT coalesce(a.email, ''), d.at, d.account, d.call, d.reason FROM denial d
            LEFT JOIN account a ON a.id = d.account WHERE d.organization = \(organization) ORDER BY d.id DESC LIMIT \(limit)
            """
        ) { row in
            (
                row.string(0),
                DenialRecord(
                    organization: organization, time: row.integer(1), account: row.integer(2), call: row.string(3),
                    reason: row.string(4))
            )
        }
    }
}
