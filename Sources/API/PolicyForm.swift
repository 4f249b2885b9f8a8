import Bytes
import Database
import Inventory

// DESIGN. A policy comes as Mend's JSON: `filter` and `action`, each with a `type`. Both are stored unchanged, so that a
// tool that copies policies finds them equal. Only this file interprets filters. Clients use different names for fields,
// so several are accepted for each. A type that Waybill does not know is stored, too, and the answer says so.

/// The policy of a request.
struct PolicyForm {
    static let accepted = """
        LICENSE, LICENSE_GROUP, VULNERABILITY, VULNERABILITY_SCORE, VULNERABILITY_SEVERITY, RESOURCE_NAME, LIBRARY_AGE, \
        IN_HOUSE
        """

    static let priority = WholeNumber("priority", in: Policies.priorities)
    private static let days = WholeNumber("days", in: 0...PolicyRule.oldest)
    private static let scores = 0.0...10.0
    private static let shares = 0.0...1.0

    /// The policy in the form of calls.
    static let parameter = Parameter.object(
        "policy",
        [
            .text("name").required, .flag("enabled"), .number(priority),
            .open(
                "filter",
                [
                    .text("type", as: "LIBRARY_AGE", "VULNERABILITY_SCORE").required, .number(days),
                    .decimal("minScore", in: scores),
                    .decimal("maxScore", in: scores), .texts("severities"), .flag("exploited"),
                    .decimal("minEpss", in: shares), .objects("licenses", [.text("name")]), .texts("licenseGroups"),
                    .text("pattern"), .any("value"),
                ]
            ).required,
            .open("action", [.text("type", as: "ALERT").required]).required,
        ]
    ).required

    let policy: NewPolicy

    /// Remarks in the answer about an added policy. Unknown words are stored, because tools copy policies, but decide nothing.
    /// Empty if there are no remarks.
    func remarks(in organization: Int64, on connection: any Connection) throws -> String {
        var remarks: [String] = []
        if policy.rule == .nothing {
            remarks.append("it decides nothing here, as its filter is none of \(Self.accepted)")
        }
        if PolicyAction(rawValue: policy.actionType) == nil {
            remarks.append(
                "its action \(policy.actionType.prefix(100)) decides nothing; there are \(PolicyAction.words)")
        }
        if case .licenses(let names) = policy.rule {
            let unknown = try names.filter { try !Self.isLicense($0, in: organization, on: connection) }
            if !unknown.isEmpty {
                let shown = unknown.prefix(10).map { String($0.prefix(100)) }.joined(separator: ", ")
                remarks.append("no licence on the SPDX list and none here is called \(shown)")
            }
        }
        return remarks.map { "; \($0)" }.joined()
    }

    /// Whether the SPDX list, or a library of the organization, has a licence of this name or expression.
    private static func isLicense(
        _ name: String, in organization: Int64, on connection: any Connection
    ) throws -> Bool {
        if LicensePattern(name).isKnown { return true }
        let wanted = SQLText.lowered(name)
        return try connection.integer(
            """
            SELECT 1 FROM license n WHERE n.organization = \(organization)
                AND (lower(n.name) = \(wanted) OR lower(n.spdx) = \(wanted)) LIMIT 1
            """) != nil
    }

    init(_ field: RequestValue) throws(APIError) {
        let accepted = "an object with name, filter and action"
        guard case .object = field else { throw .badValue(field.words.first ?? "", of: "policy", accepted: accepted) }
        guard let name = field.text("name") else { throw .missing("policy.name", accepted: "a text") }
        guard let filter = field["filter"], let filterType = filter.text("type") else {
            throw .missing("policy.filter.type", accepted: Self.accepted)
        }
        guard let action = field["action"], let actionType = action.text("type") else {
            throw .missing("policy.action.type", accepted: PolicyAction.words)
        }
        guard name.utf8.count <= AccountError.nameLimit else {
            throw .badValue(name, of: "policy.name", accepted: "at most \(AccountError.nameLimit) bytes")
        }
        var isEnabled = true
        if let field = field["enabled"] { isEnabled = try Self.flag(field, of: "policy.enabled") }
        policy = NewPolicy(
            name: name, isEnabled: isEnabled, filter: filter.json, action: action.json,
            filterType: filterType.uppercased(), actionType: actionType.uppercased(),
            rule: try Self.rule(filter, type: filterType.uppercased()),
            priority: try field.number(Self.priority, of: "policy"))
    }

    // MARK: What the filter looks for

    static func rule(_ filter: RequestValue, type: String) throws(APIError) -> PolicyRule {
        func has(_ words: String...) -> Bool { words.contains(where: type.contains) }
        if has("LICENSE_GROUP", "LICENSE_FAMILY", "LICENCE_FAMILY", "COPYLEFT") { return try families(filter) }
        if has("LICENSE", "LICENCE") { return try licenses(filter) }
        let looksAtLists = filter["exploited"] != nil || filter["minEpss"] != nil
        if type == "VULNERABILITY" || has("EXPLOITED", "EPSS") || looksAtLists && has("SCORE", "SEVERITY") {
            return try vulnerability(filter, isExploited: has("EXPLOITED"))
        }
        if has("SCORE") { return .score(try score(filter)) }
        if has("SEVERITY") { return .severities(try severities(filter)) }
        if has("IN_HOUSE", "INHOUSE") { return .inHouse }
        if has("NAME", "COORDINATES", "ARTIFACT") { return try name(filter) }
        // Other words end with it: LANGUAGE, PACKAGE.
        let isAge = type.split { !$0.isLetter }.contains { $0 == "AGE" || $0 == "LIBRARYAGE" }
        if isAge || has("STALE") { return try age(filter) }
        return .nothing
    }

    private static func flag(_ field: RequestValue, of name: String) throws(APIError) -> Bool {
        guard let word = field.word?.lowercased(), ["true", "false"].contains(word) else {
            throw .badValue(field.shown, of: name, accepted: "true, false")
        }
        return word == "true"
    }

    /// The first of these members that is present.
    private static func value(
        _ filter: RequestValue, _ keys: [String], accepted: String
    ) throws(APIError) -> RequestValue {
        try member(filter, keys, accepted: accepted).value
    }

    /// As `value`, together with the name of the member.
    private static func member(
        _ filter: RequestValue, _ keys: [String], accepted: String
    ) throws(APIError) -> (key: String, value: RequestValue) {
        for key in keys {
            if let field = filter[key] { return (key, field) }
        }
        throw .missing("policy.filter.\(keys[0])", accepted: accepted)
    }

    /// The texts of a list whose elements are texts or objects with a name.
    private static func names(_ field: RequestValue) -> [String] {
        field.elements.compactMap { element in
            (element.text("name") ?? element.word?.trimmingBlanks()).flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    private static func licenses(_ filter: RequestValue) throws(APIError) -> PolicyRule {
        let accepted = #"a list of {"name": licence}"#
        let found = names(try value(filter, PolicyMember.licenses.names, accepted: accepted))
        guard !found.isEmpty else { throw .missing("policy.filter.licenses", accepted: accepted) }
        return .licenses(found.map { $0.split(separator: "\n").joined(separator: " ") })
    }

    private static func families(_ filter: RequestValue) throws(APIError) -> PolicyRule {
        let accepted = (LicenseFamily.allCases.map(\.rawValue) + ["Copyleft"]).joined(separator: ", ")
        let keys = PolicyMember.families.names
        func plain(_ text: String) -> String { text.lowercased().filter { $0.isLetter } }
        var found: [LicenseFamily] = []
        for word in names(try value(filter, keys, accepted: accepted)) {
            let meant = LicenseFamily.allCases.filter { family in
                plain(family.rawValue) == plain(word)
                    || plain(word) == "copyleft" && family.copyleft != "NO"
            }
            guard !meant.isEmpty else { throw .badValue(word, of: "policy.filter.\(keys[0])", accepted: accepted) }
            found += meant
        }
        return .families(found)
    }

    /// Conditions that one vulnerability must meet together.
    private static func vulnerability(_ filter: RequestValue, isExploited: Bool) throws(APIError) -> PolicyRule {
        var conditions = VulnerabilityConditions()
        if ["minScore", "maxScore"].contains(where: { filter[$0] != nil }) { conditions.score = try score(filter) }
        if ["severities", "severity"].contains(where: { filter[$0] != nil }) {
            conditions.severities = try severities(filter)
        }
        conditions.isExploited = isExploited
        if let field = filter["exploited"] {
            conditions.isExploited = try flag(field, of: "policy.filter.exploited")
        }
        if let field = filter["minEpss"] {
            guard let word = field.word?.trimmingBlanks(), let share = NumberText.decimal(word, in: shares) else {
                throw .badValue(field.shown, of: "policy.filter.minEpss", accepted: "a number from 0 to 1")
            }
            conditions.likelihood = Exploitation.parts(of: share)
        }
        guard !conditions.isEmpty else {
            throw .missing(
                "policy.filter.exploited", accepted: "true; or another of minEpss, minScore, maxScore, severities")
        }
        return .vulnerability(conditions)
    }

    private static func score(_ filter: RequestValue) throws(APIError) -> ClosedRange<Int> {
        let accepted = "a number from 0 to 10"
        func tenths(_ keys: [String]) throws(APIError) -> Int? {
            for key in keys {
                guard let field = filter[key] else { continue }
                guard let word = field.word?.trimmingBlanks(), let number = NumberText.decimal(word, in: scores) else {
                    throw .badValue(field.shown, of: "policy.filter.\(key)", accepted: accepted)
                }
                return Int((number * 10).rounded())
            }
            return nil
        }
        let least = try tenths(PolicyMember.minScore.names)
        let most = try tenths(PolicyMember.maxScore.names)
        guard least != nil || most != nil else { throw .missing("policy.filter.minScore", accepted: accepted) }
        guard least ?? 0 <= most ?? 100 else {
            throw .badValue(
                "\(filter.text("maxScore") ?? "")", of: "policy.filter.maxScore", accepted: "at least minScore")
        }
        return (least ?? 0)...(most ?? 100)
    }

    private static func severities(_ filter: RequestValue) throws(APIError) -> [String] {
        let words = ["NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
        let accepted = words.joined(separator: ", ")
        let keys = PolicyMember.severities.names
        let found = names(try value(filter, keys, accepted: accepted)).map { $0.uppercased() }
        if let wrong = found.first(where: { !words.contains($0) }) {
            throw .badValue(wrong, of: "policy.filter.\(keys[0])", accepted: accepted)
        }
        return found
    }

    private static func age(_ filter: RequestValue) throws(APIError) -> PolicyRule {
        for key in PolicyMember.days.names {
            guard let field = filter[key] else { continue }
            return .age(days: Int(try days.read(field, as: "policy.filter.\(key)")))
        }
        throw .missing("policy.filter.\(days.name)", accepted: NumberText.accepted(days.range))
    }

    private static func name(_ filter: RequestValue) throws(APIError) -> PolicyRule {
        let (key, field) = try member(filter, PolicyMember.pattern.names, accepted: APIError.patternAccepted)
        return .name(try .reading(field.word ?? "", of: "policy.filter.\(key)"))
    }
}

extension NamePattern {
    /// A pattern that a client wants to save.
    static func reading(_ text: String, of field: String) throws(APIError) -> NamePattern {
        do {
            return try NamePattern(text)
        } catch {
            throw .badPattern(text, of: field, error)
        }
    }
}
