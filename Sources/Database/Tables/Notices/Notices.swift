/// Events for subscribers: rows of `notice_item`, written in the transaction of their cause.
///
///     try database.write { connection in
///         let event = Notices.Event(.update, of: "osv", "the publisher did not answer")
///         try Notices.say(event, in: place, account: nil, at: now, on: connection)
///     }
///
/// Times are milliseconds since 1970. The functions belong to the thread of the connection, and throw `DatabaseError`,
/// which undoes the cause, too. An event lives until a message has it. An event that a subscription already has is not
/// written twice.
package enum Notices {
    /// The most waiting notices of one subscription. Further ones are dropped without a count; reports show their
    /// causes.
    package static let limit = 5000

    /// Whether the organization has any subscription.
    private static func isWanted(organization: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM subscription WHERE organization = \(organization) LIMIT 1") != nil
    }

    /// The pattern for the kinds of a subscription that contain this one.
    private static func pattern(_ kind: NoticeKind) -> String { "%\n\(kind.rawValue)\n%" }

    /// The condition that a `subscription n` wants a kind of notice about a `project p`.
    private static func wants(_ kind: NoticeKind) -> SQL {
        """
        n.organization = p.organization AND (n.product = 0 OR n.product = p.product)
            AND (n.project = 0 OR n.project = p.id) AND n.kinds LIKE \(pattern(kind))
        """
    }

    /// The condition that a `subscription n` includes a `vulnerability v`.
    private static let minds: SQL = """
        n.severity <= CASE v.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1
            ELSE 0 END
        AND (n.exploited = 0 OR EXISTS (SELECT 1 FROM exploited nx WHERE nx.name = v.name))
        """

    private static let columns: SQL = "subscription, kind, subject, project, at, detail"
    private static let again: SQL = "ON CONFLICT (subscription, kind, subject, project) DO NOTHING"

    /// Makes the waiting notices of an organization's subscriptions ready to become messages. It locks their rows, and so waits
    /// for a node that is turning earlier events into messages.
    private static func wake(organization: Int64, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            UPDATE subscription SET run_at = CASE WHEN run_at = 0 THEN \(NoticeRhythm.now.next(after: time)) ELSE run_at END
            WHERE organization = \(organization)
                AND EXISTS (SELECT 1 FROM notice_item i WHERE i.subscription = subscription.id)
            """)
    }

    // MARK: Causes

    /// Reports the alerts of a project that were written as new or as open again.
    ///
    /// - Parameters:
    ///   - last: the highest earlier number.
    ///   - changed: existing alerts that have just become open, and whether the reason is that the time of ignoring them ended.
    package static func alerts(
        of project: Int64, organization: Int64, after last: Int64, changed: [(number: Int64, isExpired: Bool)],
        at time: Int64, on connection: any Connection
    ) throws {
        guard try isWanted(organization: organization, on: connection) else { return }
        // The alerts are collected once, whatever the number of subscriptions.
        func say(_ kind: NoticeKind, _ alerts: SQL) throws {
            try connection.run(
                """
                INSERT INTO notice_item (\(columns))
                SELECT n.id, \(kind.rawValue), v.name, p.id, \(time), v.filename FROM project p
                CROSS JOIN (SELECT w.name, w.severity, min(l.filename) AS filename FROM alert a
                    JOIN vulnerability w ON w.id = a.vulnerability JOIN library l ON l.id = a.library
                    WHERE a.project = \(project) AND a.type = 'SECURITY_VULNERABILITY' AND a.state = 'OPEN' AND \(alerts)
                    GROUP BY w.name, w.severity) v
                JOIN subscription n ON \(wants(kind)) AND \(minds)
                WHERE p.id = \(project) LIMIT \(limit) \(again)
                """)
        }
        try say(.vulnerability, "a.number > \(last)")
        try connection.run(
            """
            INSERT INTO notice_item (\(columns))
            SELECT n.id, \(NoticeKind.policy.rawValue), v.description, p.id, \(time), v.filename FROM project p
            CROSS JOIN (SELECT a.description, min(l.filename) AS filename FROM alert a
                JOIN library l ON l.id = a.library
                WHERE a.project = \(project) AND a.type = 'REJECTED_BY_POLICY_RESOURCE' AND a.state = 'OPEN'
                    AND a.number > \(last)
                GROUP BY a.description) v
            JOIN subscription n ON \(wants(.policy))
            WHERE p.id = \(project) LIMIT \(limit) \(again)
            """)
        for isExpired in [false, true] {
            let numbers = changed.filter { $0.isExpired == isExpired }.prefix(limit).map(\.number)
            try SQL.inSlices(numbers, as: Value.integer) { list in
                try say(isExpired ? .expired : .vulnerability, "a.number IN \(list)")
            }
        }
        try wake(organization: organization, at: time, on: connection)
    }

    /// A list has begun to call these vulnerabilities, which the projects show, exploited.
    package static func exploited(
        _ names: [String], in projects: Set<Int64>, at time: Int64, on connection: any Connection
    ) throws {
        guard !names.isEmpty, !projects.isEmpty,
            try connection.integer("SELECT 1 FROM subscription LIMIT 1") != nil
        else { return }
        // A list has thousands of names, and few of them are in use: alerts are found by these.
        var vulnerabilities: [Int64] = []
        try SQL.inSlices(names, as: Value.text) { list in
            vulnerabilities += try connection.all(
                """
                SELECT v.id FROM vulnerability v
                WHERE v.id IN (\(Exploitation.vulnerabilities(shownBy: list))) AND v.name IN \(list)
                """
            ) { $0.integer(0) }
        }
        var organizations: Set<Int64> = []
        try SQL.inSlices(projects.sorted(), of: 200, as: Value.integer) { places in
            try connection.each("SELECT DISTINCT organization FROM project WHERE id IN \(places)") {
                organizations.insert($0.integer(0))
            }
            try SQL.inSlices(vulnerabilities, of: 200, as: Value.integer) { list in
                let items = exploited(list, in: places, at: time)
                try connection.run("INSERT INTO notice_item (\(columns)) \(items) LIMIT \(limit) \(again)")
            }
        }
        for organization in organizations.sorted() { try wake(organization: organization, at: time, on: connection) }
    }

    /// The notices that these vulnerabilities are exploited, for the subscriptions that want them.
    static func exploited(_ vulnerabilities: SQL, in projects: SQL, at time: Int64) -> SQL {
        """
        SELECT n.id, \(NoticeKind.exploited.rawValue), v.name, p.id, \(time), min(l.filename)
        FROM vulnerability v CROSS JOIN alert a CROSS JOIN project p CROSS JOIN library l
        JOIN subscription n ON \(wants(.exploited)) AND \(minds)
        WHERE v.id IN \(vulnerabilities) AND a.vulnerability = v.id AND a.vulnerability <> 0
            AND a.project IN \(projects) AND p.id = a.project AND l.id = a.library
            AND a.type = 'SECURITY_VULNERABILITY' AND a.state = 'OPEN'
        GROUP BY n.id, v.name, p.id
        """
    }

    /// Reports newly known versions without vulnerabilities, by the vulnerability and the libraries with such a version.
    package static func fixed(
        _ fixed: [Int64: [Int64]], at time: Int64, on connection: any Connection
    ) throws {
        guard !fixed.isEmpty, try connection.integer("SELECT 1 FROM subscription LIMIT 1") != nil else { return }
        var organizations: Set<Int64> = []
        for (vulnerability, libraries) in fixed.sorted(by: { $0.key < $1.key }) {
            try SQL.inSlices(libraries, as: Value.integer) { list in
                try connection.run(
                    """
                    INSERT INTO notice_item (\(columns))
                    SELECT n.id, \(NoticeKind.fix.rawValue), v.name, p.id, \(time), min(l.filename || ': ' || f.top_fix)
                    FROM alert a JOIN project p ON p.id = a.project JOIN vulnerability v ON v.id = a.vulnerability
                    JOIN library l ON l.id = a.library
                    JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
                    JOIN subscription n ON \(wants(.fix)) AND \(minds)
                    WHERE a.vulnerability = \(vulnerability) AND a.vulnerability <> 0 AND a.state = 'OPEN'
                        AND a.library IN \(list) AND f.top_fix IS NOT NULL
                    GROUP BY n.id, v.name, p.id LIMIT \(limit) \(again)
                    """)
                try connection.each("SELECT DISTINCT organization FROM library WHERE id IN \(list)") {
                    organizations.insert($0.integer(0))
                }
            }
        }
        for organization in organizations.sorted() { try wake(organization: organization, at: time, on: connection) }
    }

    /// An event without an alert.
    package struct Event {
        let kind: NoticeKind
        /// The subject: events of one kind about one subject become one notice.
        let subject: String
        let detail: String

        package init(_ kind: NoticeKind, of subject: String, _ detail: String) {
            (self.kind, self.subject, self.detail) = (kind, subject, detail)
        }
    }

    /// Reports an event to the subscriptions for its place and for the places around it.
    ///
    /// - Parameters:
    ///   - account: the owner; only the owner's subscriptions get it. the event also goes to subscriptions to this
    ///     kind, under this kind.
    ///   - other: subscriptions to this kind get the event, too, under this kind.
    package static func say(
        _ event: Event, in place: Scope, account: Int64?, unless other: NoticeKind? = nil, at time: Int64,
        on connection: any Connection
    ) throws {
        guard try isWanted(organization: place.organization, on: connection) else { return }
        let owner: SQL = account.map { "AND n.account = \($0)" } ?? ""
        let rest: SQL = other.map { "AND n.kinds NOT LIKE \(pattern($0))" } ?? ""
        try connection.run(
            """
            INSERT INTO notice_item (\(columns))
            SELECT n.id, \(event.kind.rawValue), \(event.subject), 0, \(time), \(String(event.detail.prefix(1000)))
            FROM subscription n WHERE n.organization = \(place.organization) AND n.kinds LIKE \(pattern(event.kind))
                AND n.product IN (0, \(place.product)) AND n.project IN (0, \(place.project)) \(owner) \(rest)
            \(again)
            """)
        try wake(organization: place.organization, at: time, on: connection)
    }

    /// Reports an event to the subscribers of all organizations.
    package static func sayToAll(
        _ kind: NoticeKind, of subject: String, _ detail: String, at time: Int64, on connection: any Connection
    ) throws {
        let organizations = try connection.all("SELECT DISTINCT organization FROM subscription ORDER BY organization") {
            $0.integer(0)
        }
        for organization in organizations {
            let everywhere = Scope(kind: .organization, organization: organization)
            let event = Event(kind, of: subject, detail)
            try say(event, in: everywhere, account: nil, at: time, on: connection)
        }
    }

    /// The organizations with a subscription to a kind of notice.
    static func listeners(to kind: NoticeKind, on connection: any Connection) throws -> [Int64] {
        try connection.all(
            "SELECT DISTINCT organization FROM subscription WHERE kinds LIKE \(pattern(kind)) ORDER BY organization"
        ) { $0.integer(0) }
    }
}
