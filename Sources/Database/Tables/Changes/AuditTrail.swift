// DESIGN. Each event that may matter later has one record: sign-ins, downloads, changes of keys, roles, products and
// decisions. A change writes its record in its own transaction, so neither exists without the other. Downloads and refused
// keys, which change no data, are collected in memory and written a moment later. A file of JSON lines is written from the
// table, so it holds committed records only.

/// A record of the audit trail.
package struct AuditRecord: Sendable, Equatable {
    package enum Event: String, Sendable, CaseIterable {
        case signIn = "SIGN_IN"
        case signOut = "SIGN_OUT"
        case download = "DOWNLOAD"
        case key = "KEY"
        case role = "ROLE"
        case user = "USER"
        case intake = "IMPORT"
        case deletion = "DELETION"
        case decision = "DECISION"
        case setting = "SETTING"
        case refusedKey = "REFUSED_KEY"
        /// An issuer, or the groups that it names, admitted a person no further.
        case refusedSignIn = "REFUSED_SIGN_IN"
        /// Records were dropped for lack of room; with their number.
        case lost = "LOST"
    }

    /// The origin of a request, and its key.
    package struct Origin: Sendable, Equatable {
        /// The numeric address; empty without one.
        package var address = ""
        /// `api`, `agent`, `upload`, `console`; empty for the server and its operator.
        package var door = ""
        /// The name of the call.
        package var call = ""
        /// The number of the request's key; 0 without one.
        package var key: Int64 = 0

        package init(address: String = "", door: String = "", call: String = "", key: Int64 = 0) {
            self.address = address
            self.door = door
            self.call = call
            self.key = key
        }
    }

    /// The number of its row; 0 before it is written.
    package var id: Int64 = 0
    /// The organization; 0 without one.
    package var organization: Int64
    /// Milliseconds since 1970, UTC.
    package var time: Int64
    package var event: Event
    /// 0 for the server, its operator and unknown users.
    package var account: Int64 = 0
    /// The account's address; present only in records that were read.
    package var email = ""
    package var origin = Origin()
    package var subject = ""
    package var detail = ""
    package var product: Int64 = 0
    package var project: Int64 = 0
    package var times: Int64 = 1

    package init(_ event: Event, organization: Int64, at time: Int64) {
        self.event = event
        self.organization = organization
        self.time = time
    }
}

/// The table of the audit trail.
package enum AuditTrail {
    /// Texts are cut after this many characters, because a record is one line.
    private static let textLimit = 500

    /// Writes a record. Must be called in the transaction of the recorded change, if there is one.
    package static func add(_ record: AuditRecord, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO audit (organization, at, event, account, user_key, address, door, call, subject, detail, product,
                project, times)
            VALUES (\(record.organization), \(record.time), \(record.event.rawValue), \(record.account),
                \(record.origin.key), \(record.origin.address), \(record.origin.door), \(record.origin.call),
                \(cut(record.subject)), \(cut(record.detail)), \(record.product), \(record.project), \(record.times))
            """)
    }

    /// PostgreSQL accepts no NUL in a text.
    private static func cut(_ text: String) -> String {
        let line = text.contains("\0") ? text.split(separator: "\0").joined(separator: " ") : text
        return line.count > textLimit ? "\(line.prefix(textLimit))…" : line
    }

    // MARK: Reading

    /// The conditions on the wanted records.
    package struct Wanted: Sendable {
        /// Nil for all organizations, including records without one; for the operator only.
        package var organization: Int64?
        package var from: Int64 = 0
        package var to: Int64 = .max
        package var event: AuditRecord.Event?
        /// Only records before this one: the time and number of the last record on the previous page.
        package var before: (time: Int64, id: Int64)?
        package var limit: Int

        package init(organization: Int64?, limit: Int) {
            self.organization = organization
            self.limit = limit
        }
    }

    private static let columns: SQL = """
        t.id, t.organization, t.at, t.event, t.account, coalesce(a.email, ''), t.user_key, t.address, t.door, t.call,
        t.subject, t.detail, t.product, t.project, t.times
        """

    /// The newest first.
    package static func list(_ wanted: Wanted, on connection: any Connection) throws -> [AuditRecord] {
        var condition: SQL = "t.at >= \(wanted.from) AND t.at <= \(wanted.to)"
        if let organization = wanted.organization { condition.append(" AND t.organization = \(organization)") }
        if let event = wanted.event { condition.append(" AND t.event = \(event.rawValue)") }
        if let (time, id) = wanted.before { condition.append(" AND (t.at, t.id) < (\(time), \(id))") }
        return try connection.all(
            """
            SELECT \(columns) FROM audit t LEFT JOIN account a ON a.id = t.account
            WHERE \(condition) ORDER BY t.at DESC, t.id DESC LIMIT \(wanted.limit)
            """, AuditRecord.init(row:))
    }

    // MARK: Logging

    /// The oldest records that are not in a file of JSON lines yet.
    package static func unlogged(limit: Int, on connection: any Connection) throws -> [AuditRecord] {
        try connection.all(
            """
            SELECT \(columns) FROM audit t LEFT JOIN account a ON a.id = t.account
            WHERE t.is_logged = 0 ORDER BY t.id LIMIT \(limit)
            """, AuditRecord.init(row:))
    }

    /// Marks records as written to a file.
    package static func markLogged(_ records: [AuditRecord], on connection: any Connection) throws {
        guard !records.isEmpty else { return }
        let ids = SQL.list(records.map { .integer($0.id) })
        try connection.run("UPDATE audit SET is_logged = 1 WHERE id IN \(ids)")
    }

    // MARK: Forgetting

    /// Deletes at most `limit` records from before this time and returns their number.
    package static func sweep(before time: Int64, limit: Int, on connection: any Connection) throws -> Int {
        try connection.run(
            """
            DELETE FROM audit WHERE id IN (
                SELECT id FROM audit WHERE at < \(time) ORDER BY at, id LIMIT \(limit))
            """)
    }
}

extension AuditRecord {
    fileprivate init(row: borrowing RowBuffer) {
        // Unknown events of newer versions count as settings.
        self.init(Event(rawValue: row.string(3)) ?? .setting, organization: row.integer(1), at: row.integer(2))
        id = row.integer(0)
        account = row.integer(4)
        email = row.string(5)
        origin = Origin(
            address: row.string(7), door: row.string(8), call: row.string(9), key: row.integer(6))
        (subject, detail) = (row.string(10), row.string(11))
        (product, project, times) = (row.integer(12), row.integer(13), row.integer(14))
    }
}

extension Change {
    /// The event of the audit trail for this change; nil for changes that are only in the change log, such as new names.
    var audited: AuditRecord.Event? {
        switch kind {
        case .userKey: .key
        case .user: .user
        case .assignment, .group: .role
        case .tag: nil
        case .alert, .decision, .license, .inHouse: .decision
        case .entity: aspect == .deleted ? .deletion : nil
        case .attributeValue, .bugs, .externalIssues, .libraryRequest, .notice, .places, .sourceFiles:
            aspect == .deleted ? .deletion : .decision
        case .attribute, .inHouseRule, .licensePreference, .policy, .schedule, .subscription, .webhook:
            aspect == .deleted ? .deletion : .setting
        }
    }
}
