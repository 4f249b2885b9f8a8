import Bytes

// DESIGN. The transaction that causes an event also writes the event for each subscription (`Notices`). So no event is lost,
// and none is reported that did not happen. One node takes each due subscription and turns its events into messages in one
// transaction; messages are sent under a lease. A message contains only events that its owner may see when the message is made.

/// The kind of event that a notice reports.
package enum NoticeKind: String, Sendable, CaseIterable {
    /// A library of a project has a vulnerability that it did not have before.
    case vulnerability = "VULNERABILITY"
    /// A list began to name a vulnerability of a project as exploited.
    case exploited = "EXPLOITED"
    /// A library breaks a policy.
    case policy = "POLICY"
    /// A version without an open vulnerability has become known.
    case fix = "FIX"
    /// The time of ignoring an alert is over.
    case expired = "EXPIRED"
    /// A report ended.
    case report = "REPORT"
    /// A scheduled report ended; mail contains the report or its address.
    case scheduled = "SCHEDULED_REPORT"
    /// An import ended without success.
    case refused = "IMPORT_REFUSED"
    /// A source of knowledge could not be updated.
    case update = "UPDATE_FAILED"
    /// The last successful update of a source is too old.
    case old = "UPDATE_OLD"
    /// The review day of a decision has come; the subject is the decision's number.
    case review = "REVIEW"

    /// Whether its subject is the name of a vulnerability.
    package var isAboutVulnerability: Bool {
        switch self {
        case .vulnerability, .exploited, .fix, .expired: true
        case .policy, .report, .scheduled, .refused, .update, .old, .review: false
        }
    }
}

/// The time at which notices are sent.
package enum NoticeRhythm: String, Sendable, CaseIterable {
    /// A minute after the event, so that one cause in many projects gives one message.
    case now = "NOW"
    case daily = "DAILY"
    case weekly = "WEEKLY"

    private static let minute: Int64 = 60_000
    /// Digests are made at six o'clock UTC, weekly ones on Mondays. 1970 began on a Thursday.
    private static let hour: Int64 = 6 * 3_600_000
    private static let monday: Int64 = 4 * TimeText.day

    /// The time of the first message for an event at this time.
    package func next(after time: Int64) -> Int64 {
        func following(_ span: Int64, from start: Int64) -> Int64 { ((time - start) / span + 1) * span + start }
        return switch self {
        case .now: time + Self.minute
        case .daily: following(TimeText.day, from: Self.hour - TimeText.day)
        case .weekly: following(7 * TimeText.day, from: Self.monday + Self.hour - 7 * TimeText.day)
        }
    }
}

/// A subscription: its owner, its events, and the way of reporting them.
package struct Subscription: Sendable, Equatable {
    package enum Way: Sendable, Equatable {
        /// A webhook of the organization, by number.
        case webhook(Int64)
        case mail(address: String)
    }

    package var id: Int64 = 0
    package let way: Way
    package let kinds: [NoticeKind]
    /// The least severity of vulnerabilities, from 1 (low) to 4 (critical); 0 for all.
    package let severity: Int64
    package let isExploitedOnly: Bool
    package let rhythm: NoticeRhythm
    /// The account that owns the subscription.
    package internal(set) var account: Int64 = 0
    package internal(set) var organization: Int64 = 0
    /// The product; 0 for a wider subscription.
    package internal(set) var product: Int64 = 0
    package internal(set) var project: Int64 = 0
    /// The time of its next message; 0 while no notice waits.
    package internal(set) var due: Int64 = 0
    /// Waiting messages, messages that were given up, and the reason of the last failure.
    package internal(set) var waiting: Int64 = 0
    package internal(set) var failed: Int64 = 0
    package internal(set) var error = ""

    package init(
        way: Way, kinds: [NoticeKind], severity: Int64, isExploitedOnly: Bool, rhythm: NoticeRhythm
    ) {
        self.way = way
        self.kinds = kinds
        self.severity = severity
        self.isExploitedOnly = isExploitedOnly
        self.rhythm = rhythm
    }

    static let columns: SQL = """
        n.id, n.webhook, n.address, n.kinds, n.severity, n.exploited, n.rhythm, n.account, n.organization, n.product, \
        n.project, n.run_at
        """

    init(row: borrowing RowBuffer) {
        let webhook = row.integer(1)
        self.init(
            way: webhook > 0 ? .webhook(webhook) : .mail(address: row.string(2)),
            kinds: row.string(3).split(separator: "\n").compactMap { NoticeKind(rawValue: String($0)) },
            severity: row.integer(4), isExploitedOnly: row.boolean(5),
            rhythm: NoticeRhythm(rawValue: row.string(6)) ?? .now)
        id = row.integer(0)
        account = row.integer(7)
        organization = row.integer(8)
        product = row.integer(9)
        project = row.integer(10)
        due = row.integer(11)
    }
}

/// The table of subscriptions.
package enum Subscriptions {
    /// The most subscriptions of an organization.
    package static let limit: Int64 = 200

    /// Stores a subscription to the scope of the change; nil when the organization has the most that it may have.
    package static func add(_ subscription: Subscription, _ writing: Writing) throws -> Int64? {
        let (scope, connection) = (writing.scope, writing.connection)
        let count = try connection.integer(
            "SELECT count(*) FROM subscription WHERE organization = \(scope.organization)")
        guard count ?? 0 < limit else { return nil }
        let id = try connection.take(1, from: "subscription")
        let kinds = "\n" + subscription.kinds.map { $0.rawValue + "\n" }.joined()
        let (webhook, address): (Int64, String) =
            switch subscription.way {
            case .webhook(let id): (id, "")
            case .mail(let address): (0, address)
            }
        let due = subscription.rhythm == .now ? 0 : subscription.rhythm.next(after: writing.time)
        try connection.run(
            """
            INSERT INTO subscription (id, organization, product, project, account, webhook, address, kinds, severity,
                exploited, rhythm, run_at, created_at)
            VALUES (\(id), \(scope.organization), \(scope.product), \(scope.project), \(writing.account), \(webhook),
                \(address), \(kinds), \(subscription.severity), \(subscription.isExploitedOnly),
                \(subscription.rhythm.rawValue), \(due), \(writing.time))
            """)
        try Change(.configuration, .subscription, .created, in: scope, after: [address], on: connection).write(writing)
        return id
    }

    /// The subscriptions of an organization or of one account, in the order of their creation.
    package static func list(
        _ organization: Int64, account: Int64?, on connection: any Connection
    ) throws -> [Subscription] {
        let owner: SQL = account.map { "AND n.account = \($0)" } ?? ""
        return try connection.all(
            """
            SELECT \(Subscription.columns),
                (SELECT count(*) FROM notice_message m WHERE m.subscription = n.id AND m.state = 'PENDING'),
                (SELECT count(*) FROM notice_message m WHERE m.subscription = n.id AND m.state = 'FAILED'),
                coalesce((SELECT m.error FROM notice_message m WHERE m.subscription = n.id AND m.error <> ''
                    ORDER BY m.id DESC LIMIT 1), '')
            FROM subscription n WHERE n.organization = \(organization) \(owner) ORDER BY n.id
            """
        ) { row in
            var found = Subscription(row: row)
            found.waiting = row.integer(12)
            found.failed = row.integer(13)
            found.error = row.string(14)
            return found
        }
    }

    /// Deletes a subscription with its notices; false if the organization or the account has no subscription with
    /// this number.
    package static func remove(_ id: Int64, account: Int64?, _ writing: Writing) throws -> Bool {
        let (scope, connection) = (writing.scope, writing.connection)
        let owner: SQL = account.map { "AND account = \($0)" } ?? ""
        let address = try connection.first(
            "SELECT address FROM subscription WHERE id = \(id) AND organization = \(scope.organization) \(owner)"
        ) { $0.string(0) }
        guard let address else { return false }
        try delete("id = \(id)", on: connection)
        try Change(.configuration, .subscription, .deleted, in: scope, before: [address], on: connection).write(
            writing)
        return true
    }

    /// Deletes subscriptions with their notices.
    static func delete(_ condition: SQL, on connection: any Connection) throws {
        for table in ["notice_item", "notice_message"] as [StaticString] {
            try connection.run(
                """
                DELETE FROM \(SQL(table)) WHERE subscription IN (SELECT id FROM subscription WHERE \(condition))
                """)
        }
        try connection.run("DELETE FROM subscription WHERE \(condition)")
    }
}
