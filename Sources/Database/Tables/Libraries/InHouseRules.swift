package import Inventory

// DESIGN. A rule marks matching libraries, now and later. Names are matched with rules outside of transactions, because tenants
// write both. New libraries are matched before the transaction of their import (`InHouseMatcher`), existing ones page by page
// (`RuleWork`), each page in a short transaction. Meanwhile the rule has a row in `sequence` with the number of the next
// library, so that another process can continue after a crash. A rule whose marks are being removed has the kind REMOVED. A
// batch of an import that commits after a rule's row has seen the rule, because both lock the organization's row. The pages
// find a batch that commits earlier.

extension InHouse {
    /// The text that the pattern of a rule is matched with.
    package enum Kind: String, Sendable, CaseIterable {
        case name = "NAME"
        case coordinates = "LIBRARY_COORDINATES"
        case artifact = "ARTIFACT_ID"
    }

    /// The names of a library in reports that rules are matched with.
    package struct Names: Sendable {
        package let group: String
        package let artifact: String
        package let version: String
        package let filename: String

        package init(group: String, artifact: String, version: String, filename: String) {
            self.group = group
            self.artifact = artifact
            self.version = version
            self.filename = filename
        }

        /// The names that a rule of this kind is matched with: the coordinates of the inventory and, outside of Maven,
        /// those of Mend.
        func texts(_ kind: Kind) -> [String] {
            switch kind {
            case .name: [filename, artifact]
            case .coordinates:
                [
                    "\(group):\(artifact)", "\(group):\(artifact):\(version)",
                    "\(artifact):\(filename)", "\(artifact):\(filename):\(version)",
                ]
            case .artifact: [artifact, filename]
            }
        }
    }

    /// A rule that marks libraries.
    package struct Rule: Sendable, Equatable {
        package let id: Int64
        package let kind: Kind
        package let pattern: NamePattern
        package let description: String

        /// The reason for its marks, in words.
        fileprivate var reason: String {
            description.isEmpty ? "rule \(kind.rawValue) \(pattern.text)" : description
        }

        fileprivate static let columns: SQL = "id, kind, pattern, description"

        /// Nil for a removed rule.
        fileprivate init?(row: borrowing RowBuffer) {
            guard let kind = Kind(rawValue: row.string(1)) else { return nil }
            self.init(
                id: row.integer(0), kind: kind, pattern: NamePattern(stored: row.string(2)), description: row.string(3))
        }

        fileprivate init(id: Int64, kind: Kind, pattern: NamePattern, description: String) {
            self.id = id
            self.kind = kind
            self.pattern = pattern
            self.description = description
        }
    }

    /// The most rules of an organization; each rule costs each new library a match.
    package static let ruleLimit = 200

    /// The kind of a rule whose marks are being removed.
    static let removed = "REMOVED"

    /// The rules of an organization, the oldest first.
    package static func rules(_ organization: Int64, on connection: any Connection) throws -> [Rule] {
        try connection.all(
            "SELECT \(Rule.columns) FROM in_house_rule WHERE organization = \(organization) ORDER BY id"
        ) { Rule(row: $0) }.compactMap { $0 }
    }

    /// Adds a rule; `RuleWork` then marks matching libraries. Nil when the organization has the most rules that it
    /// may have.
    package static func add(
        _ kind: Kind, _ pattern: NamePattern, description: String, by curator: Curator,
        on connection: any Connection
    ) throws -> Int64? {
        try Revisions.lock(curator.organization, on: connection)
        let count = try connection.integer(
            "SELECT count(*) FROM in_house_rule WHERE organization = \(curator.organization)")
        guard count ?? 0 < ruleLimit else { return nil }
        let id = try connection.take(1, from: "in_house_rule")
        try connection.run(
            """
            INSERT INTO in_house_rule (id, organization, kind, pattern, description, account, created_at)
            VALUES (\(id), \(curator.organization), \(kind.rawValue), \(pattern.text), \(description),
                \(curator.author.account), \(curator.time))
            """)
        try RuleWork.begin(rule: id, on: connection)
        let change = try Change(
            .configuration, .inHouseRule, .created, in: curator.scope, after: ["\(kind.rawValue) \(pattern.text)"],
            on: connection)
        try curator.write(change, on: connection)
        return id
    }

    /// Removes a rule; `RuleWork` then removes its marks. False when the organization has no rule with this id.
    package static func remove(rule id: Int64, by curator: Curator, on connection: any Connection) throws -> Bool {
        try Revisions.lock(curator.organization, on: connection)
        guard let rule = try rules(curator.organization, on: connection).first(where: { $0.id == id }) else {
            return false
        }
        try connection.run("UPDATE in_house_rule SET kind = \(removed) WHERE id = \(id)")
        try RuleWork.begin(rule: id, on: connection)
        let change = try Change(
            .configuration, .inHouseRule, .deleted, in: curator.scope,
            before: ["\(rule.kind.rawValue) \(rule.pattern.text)"], on: connection)
        try curator.write(change, on: connection)
        return true
    }

    /// A library that a rule fits.
    package struct Fitting: Sendable {
        package let uuid: String
        package let rule: Rule

        package init(uuid: String, rule: Rule) {
            self.uuid = uuid
            self.rule = rule
        }
    }

    /// Marks imported libraries that rules fit. A library that is already marked keeps its mark.
    static func mark(
        _ fitting: [Fitting], of scan: Int64, organization: Int64, on connection: any Connection
    ) throws {
        if fitting.isEmpty { return }
        let time = try connection.integer("SELECT created_at FROM scan WHERE id = \(scan)") ?? 0
        let made = try mark(
            fitting, by: Curator(organization: organization, author: .system, time: time), on: connection)
        // While the pages of a new rule are being processed, other projects may already show the libraries.
        try Curator.touch(made, of: organization, on: connection)
    }

    /// The same; returns the uuids of those that were not marked before.
    fileprivate static func mark(
        _ fitting: [Fitting], by curator: Curator, on connection: any Connection
    ) throws -> [String] {
        var marked: Set<String> = []
        try SQL.inSlices(fitting.map(\.uuid), as: Value.text) { list in
            try connection.each(
                "SELECT library_uuid FROM in_house WHERE organization = \(curator.organization) AND library_uuid IN \(list)"
            ) { marked.insert($0.string(0)) }
        }
        var made: [String] = []
        for library in fitting where marked.insert(library.uuid).inserted {
            try set(library.uuid, rule: library.rule.id, reason: library.rule.reason, by: curator, on: connection)
            made.append(library.uuid)
        }
        return made
    }
}

/// The rules of an organization, prepared for matching. For one thread.
package final class InHouseMatcher {
    private let matchers: [(rule: InHouse.Rule, matcher: NameMatcher)]
    /// The ids of all rules of these kinds, including unusable ones.
    package let rules: [Int64]

    /// Leaves out rules with an unusable pattern, which keep their marks and make no new ones.
    package init(_ rules: [InHouse.Rule]) {
        self.rules = rules.map(\.id)
        matchers = rules.compactMap { rule in (try? rule.pattern.matcher()).map { (rule, $0) } }
    }

    /// Whether no rule can fit anything.
    package var isEmpty: Bool { matchers.isEmpty }

    /// The first rule that fits a library.
    package func rule(fitting names: InHouse.Names) -> InHouse.Rule? {
        matchers.first { rule, matcher in names.texts(rule.kind).contains { matcher.fits($0) } }?.rule
    }
}

/// The remaining work after a rule was added or removed: updating the marks of existing libraries.
package struct RuleWork: Sendable {
    /// The libraries of one transaction.
    private static let page: Int64 = 500

    private let database: any Database
    private let now: @Sendable () -> Int64

    /// - Parameter now: milliseconds since 1970.
    package init(database: any Database, now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.now = now
    }

    private struct Task {
        let id: Int64
        /// Nil when the rule was removed.
        let rule: InHouse.Rule?
        let organization: Int64
        let account: Int64
        /// The number of the first unprocessed library.
        let next: Int64
    }

    private static let prefix = "in_house_rule "

    /// The name of a rule's row in `sequence`.
    private static func name(_ rule: Int64) -> String { "\(prefix)\(rule)" }

    fileprivate static func begin(rule: Int64, on connection: any Connection) throws {
        try connection.run(
            "INSERT INTO sequence (name, next) VALUES (\(name(rule)), 1) ON CONFLICT (name) DO NOTHING")
    }

    /// The rules with unfinished work.
    package static func unfinished(on connection: any Connection) throws -> [Int64] {
        try connection.all("SELECT name FROM sequence WHERE name LIKE \(prefix + "%") ORDER BY name") {
            Int64($0.string(0).dropFirst(prefix.count))
        }.compactMap { $0 }
    }

    /// The number of libraries that a rule has marked.
    package static func marked(by rule: Int64, of organization: Int64, on connection: any Connection) throws -> Int {
        Int(
            try connection.integer(
                "SELECT count(*) FROM in_house WHERE organization = \(organization) AND rule = \(rule)") ?? 0)
    }

    /// Works on a rule until all is done and returns true, or until `shouldStop`. Blocks the calling thread. Several
    /// processes may run it at once and share the pages.
    @discardableResult
    package func run(rule id: Int64, shouldStop: () -> Bool) throws -> Bool {
        var last = ""
        while let task = try database.read({ try Self.task(id, on: $0) }) {
            if let rule = task.rule {
                try mark(task, by: rule)
            } else {
                guard let next = try unmark(task, after: last) else { return true }
                last = next
            }
            if shouldStop() { return false }
        }
        return true
    }

    private static func task(_ id: Int64, on connection: any Connection) throws -> Task? {
        try connection.first(
            """
            SELECT r.id, r.kind, r.pattern, r.description, r.organization, coalesce(r.account, 0), s.next
            FROM sequence s JOIN in_house_rule r ON r.id = \(id) WHERE s.name = \(name(id))
            """
        ) { row in
            Task(
                id: id, rule: InHouse.Rule(row: row), organization: row.integer(4), account: row.integer(5),
                next: row.integer(6))
        }
    }

    private func curator(_ task: Task) -> Curator {
        Curator(organization: task.organization, author: .account(task.account), time: now())
    }

    /// Marks matching libraries among the next ones.
    private func mark(_ task: Task, by rule: InHouse.Rule) throws {
        let libraries = try database.read { connection in
            try connection.all(
                """
                SELECT id, uuid, group_id, artifact, version, filename FROM library
                WHERE organization = \(task.organization) AND id >= \(task.next) ORDER BY id LIMIT \(Self.page)
                """
            ) { row in
                let names = InHouse.Names(
                    group: row.string(2), artifact: row.string(3), version: row.string(4), filename: row.string(5))
                return (id: row.integer(0), uuid: row.string(1), names: names)
            }
        }
        let matcher = InHouseMatcher([rule])
        let fitting = libraries.compactMap { library in
            matcher.rule(fitting: library.names).map { InHouse.Fitting(uuid: library.uuid, rule: $0) }
        }
        let (curator, last) = (curator(task), libraries.last?.id)
        try database.write { connection in
            try Revisions.lock(curator.organization, on: connection)
            // Another process may have processed this page, or removed the rule.
            let isRule = try connection.integer(
                "SELECT 1 FROM in_house_rule WHERE id = \(rule.id) AND kind = \(rule.kind.rawValue)")
            let here: SQL = "name = \(Self.name(rule.id)) AND next = \(task.next)"
            guard isRule != nil else { return }
            guard let last else {
                try connection.run("DELETE FROM sequence WHERE \(here)")
                return
            }
            let isOurs = try connection.run("UPDATE sequence SET next = \(last + 1) WHERE \(here)")
            guard isOurs == 1 else { return }
            let made = try InHouse.mark(fitting, by: curator, on: connection)
            try Curator.touch(made, of: curator.organization, on: connection)
        }
    }

    /// Removes the marks of a removed rule from the next marked libraries; nil after the last ones, when the rule is
    /// deleted.
    private func unmark(_ task: Task, after last: String) throws -> String? {
        let marks = try database.read { connection in
            try connection.all(
                """
                SELECT library_uuid, rule FROM in_house
                WHERE organization = \(task.organization) AND library_uuid > \(last)
                ORDER BY library_uuid LIMIT \(Self.page)
                """
            ) { (uuid: $0.string(0), rule: $0.integer(1)) }
        }
        let (curator, id) = (curator(task), task.id)
        let gone = marks.filter { $0.rule == id }.map(\.uuid)
        try database.write { connection in
            try Revisions.lock(curator.organization, on: connection)
            if marks.isEmpty {
                try connection.run("DELETE FROM in_house_rule WHERE id = \(id)")
                try connection.run("DELETE FROM sequence WHERE name = \(Self.name(id))")
            } else if !gone.isEmpty {
                for uuid in gone {
                    let count = try connection.run(
                        """
                        DELETE FROM in_house WHERE organization = \(curator.organization) AND library_uuid = \(uuid)
                            AND rule = \(id)
                        """)
                    if count > 0 { try InHouse.show(false, uuid, by: curator, on: connection) }
                }
                try Curator.touch(gone, of: curator.organization, on: connection)
            }
        }
        return marks.last?.uuid
    }
}
