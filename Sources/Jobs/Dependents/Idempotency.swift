package import Database

// DESIGN. A client that does not know whether its submission arrived sends it again with the same key, and gets the job of
// the first submission. Keys belong to the account, and are deleted with the job.

/// Submissions that had a key.
package enum Idempotency {
    /// The longest key, in bytes of UTF-8.
    package static let limit = 255

    /// The outcome for a key.
    package enum Found: Equatable, Sendable {
        /// The uuid of the job that the same request made.
        case job(String)
        /// A different request used this key.
        case otherRequest
    }

    /// The job of a key; nil when the key is new, or its job was deleted.
    package static func find(
        _ key: String, account: Int64, requestSHA1: String, on connection: any Connection
    ) throws -> Found? {
        try connection.first(
            """
            SELECT i.request_sha1, i.job FROM idempotency i JOIN job j ON j.uuid = i.job
            WHERE i.account = \(account) AND i.key = \(key)
            """
        ) { $0.string(0) == requestSHA1 ? .job($0.string(1)) : .otherRequest }
    }

    /// Stores a key; false if another request has stored it. A key whose job was deleted can be
    /// used again.
    package static func keep(
        _ key: String, account: Int64, requestSHA1: String, job: String, at time: Int64, on connection: any Connection
    ) throws -> Bool {
        try connection.run(
            """
            DELETE FROM idempotency WHERE account = \(account) AND key = \(key)
                AND NOT EXISTS (SELECT 1 FROM job j WHERE j.uuid = idempotency.job)
            """)
        return try connection.run(
            """
            INSERT INTO idempotency (account, key, request_sha1, job, created_at)
            VALUES (\(account), \(key), \(requestSHA1), \(job), \(time)) ON CONFLICT DO NOTHING
            """) > 0
    }

    /// Deletes keys whose jobs were deleted.
    package static func sweep(on connection: any Connection) throws {
        try connection.run(
            "DELETE FROM idempotency WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.uuid = idempotency.job)")
    }
}
