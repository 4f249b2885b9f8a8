package import Inventory

// DESIGN. Patterns are checked when they are saved, but a pattern may be older than the program. Earlier programs accepted
// expressions that RE2 does not know, and another version of RE2 may know others. So each use checks whether the pattern is
// valid. The result is not stored, except for one line in the change log.

/// A saved pattern that cannot be used: its policy or rule keeps its decisions and makes no new ones.
package struct UnusablePattern: Sendable, Equatable {
    /// The organization of the pattern, and its scope.
    package let scope: Scope
    package let organizationName: String
    /// `POLICY` or `IN_HOUSE_RULE`.
    package let word: String
    package let id: Int64
    /// The name of the policy, or the kind of the rule.
    package let name: String
    package let pattern: String
    package let why: NamePatternError

    /// Describes the policy or rule for people, with the reason why it decides nothing.
    package var text: String {
        let thing = word == "POLICY" ? "the policy \(name)" : "the in-house rule \(name)"
        return "\(thing) (\(id)) decides nothing, as its pattern \(pattern) cannot be used: \(why)"
    }

    /// The unusable patterns of an organization, or of all organizations if nil.
    package static func list(
        organization: Int64? = nil, on connection: any Connection
    ) throws -> [UnusablePattern] {
        let condition: SQL = organization.map { "o.id = \($0)" } ?? "1 = 1"
        // An expression begins with a slash; other patterns can always be used.
        let policies = try connection.all(
            """
            SELECT o.id, p.product, p.project, o.name, p.id, p.name, p.rule
            FROM policy p JOIN organization o ON o.id = p.organization
            WHERE \(condition) AND p.rule LIKE \("NAME\n/%") ORDER BY o.id, p.id
            """
        ) { row -> UnusablePattern? in
            guard case .name(let pattern) = PolicyRule(text: row.string(6)) else { return nil }
            return UnusablePattern(pattern, of: "POLICY", row)
        }
        let rules = try connection.all(
            """
            SELECT o.id, 0, 0, o.name, r.id, r.kind, r.pattern
            FROM in_house_rule r JOIN organization o ON o.id = r.organization
            WHERE \(condition) AND r.kind <> \(InHouse.removed) AND r.pattern LIKE '/%' ORDER BY o.id, r.id
            """
        ) { UnusablePattern(NamePattern(stored: $0.string(6)), of: "IN_HOUSE_RULE", $0) }
        return (policies + rules).compactMap { $0 }
    }

    private init?(_ pattern: NamePattern, of word: String, _ row: borrowing RowBuffer) {
        guard let why = pattern.fault else { return nil }
        let (product, project) = (row.integer(1), row.integer(2))
        scope = Scope(
            kind: project != 0 ? .project : product != 0 ? .product : .organization, organization: row.integer(0),
            product: product, project: project)
        organizationName = row.string(3)
        self.word = word
        id = row.integer(4)
        name = row.string(5)
        self.pattern = pattern.text
        self.why = why
    }

    /// Writes it into the change log, unless the log has it already. True when it was written.
    package func note(at time: Int64, on connection: any Connection) throws -> Bool {
        try Revisions.lock(scope.organization, on: connection)
        let known = try connection.integer(
            """
            SELECT 1 FROM change WHERE organization = \(scope.organization) AND class = \(word)
                AND operator = \(Author.system.word) AND after = \(text) LIMIT 1
            """)
        guard known == nil else { return false }
        let change =
            word == "POLICY"
            ? try Change(.configuration, .policy, .changed, in: scope, after: [text], on: connection)
            : try Change(.configuration, .inHouseRule, .changed, in: scope, after: [text], on: connection)
        try change.write(Writing(in: scope, by: .system, at: time, on: connection))
        return true
    }
}
