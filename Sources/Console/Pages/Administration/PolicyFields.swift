import API
import Bytes
import Database
import HTTP
import Inventory

// DESIGN. Tools copy policies with members that no form has. An unchanged filter is sent as it came. A changed filter keeps the
// members that the form does not show. An action keeps all of its members while its type stays.

/// The values of the fields of a policy's form: the typed ones, else those of the policy.
struct PolicyFields {
    /// The prefix for the names of fields, and for the members in a call.
    static let prefix = "policy.filter."

    private let form: Form?
    private let known: [String: [String]]

    init(_ form: Form?, _ rule: PolicyRule?) {
        self.form = form
        known = Self.values(of: rule)
    }

    func text(_ member: String) -> String { form.map { $0[Self.prefix + member] } ?? known[member]?.first ?? "" }

    func all(_ member: String) -> [String] { form.map { $0.all(Self.prefix + member) } ?? known[member] ?? [] }

    /// The values that the fields have for a rule, by the names of members.
    private static func values(of rule: PolicyRule?) -> [String: [String]] {
        switch rule {
        case .licenses(let names): return ["licenses": [names.joined(separator: "\n")]]
        case .families(let families): return ["licenseGroups": families.map(\.rawValue)]
        case .name(let pattern): return ["pattern": [pattern.text]]
        case .age(let days): return ["days": ["\(days)"]]
        case .score, .severities, .vulnerability, .inHouse, .nothing, nil: break
        }
        guard let conditions = rule?.conditions else { return [:] }
        return [
            "severities": conditions.severities, "exploited": conditions.isExploited ? ["true"] : [],
            "minScore": conditions.score.map { [PolicyRule.score($0.lowerBound)] } ?? [],
            "maxScore": conditions.score.map { [PolicyRule.score($0.upperBound)] } ?? [],
            "minEpss": conditions.likelihood.map { [$0.share] } ?? [],
        ]
    }
}

extension PolicyRule {
    /// Its conditions on a vulnerability; nil for a rule about something else.
    fileprivate var conditions: VulnerabilityConditions? {
        var conditions = VulnerabilityConditions()
        switch self {
        case .vulnerability(let found): return found
        case .score(let range): conditions.score = range
        case .severities(let words): conditions.severities = words
        case .licenses, .families, .name, .age, .inHouse, .nothing: return nil
        }
        return conditions
    }

    /// Whether both rules catch the same libraries.
    fileprivate func means(_ other: PolicyRule) -> Bool {
        guard let conditions, let others = other.conditions else { return self == other }
        return conditions == others
    }
}

/// The filter and the action of a policy that exists, as JSON.
struct StoredPolicy {
    /// The longest value that is kept, in bytes.
    fileprivate static let limit = 1 << 20

    fileprivate(set) var filter = "{}"
    fileprivate(set) var action = "{}"

    /// See `Policy.actionType`.
    var actionType: String {
        get throws { try Self.members(of: action).type.uppercased() }
    }

    /// The filter as a form changes it.
    func filter(changedTo kind: PolicyKind, _ form: Form) throws -> String {
        let wanted = JSONWriter.object { $0.filter(of: kind, form) }
        let rule = try PolicyFilter.rule(of: wanted)
        // A filter that nothing can read is replaced.
        if let old = try? PolicyFilter.rule(of: filter), old.means(rule) { return filter }
        let known = try Self.members(of: filter)
        let own = Set(kind.members.flatMap(\.names))
        return JSONWriter.object { json in
            // Scores and severities have types of their own that look at nothing else.
            json.filter(of: kind, form, type: kind == .vulnerability ? kind.word : known.type.or(kind.word))
            for (key, value) in known.others where !own.contains(key) {
                json.key(named: key)
                json.raw(value)
            }
        }
    }

    /// The type of an object, and its other members.
    private static func members(of object: String) throws -> (type: String, others: [(key: String, value: String)]) {
        var json = JSONReader(object.utf8)
        var (type, others) = ("", [(key: String, value: String)]())
        try json.beginObject()
        while try json.nextKey() {
            let key = json.key()
            if key == "type" {
                type = try json.string()
            } else if let value = try json.rawValue(limit: limit) {
                others.append((key, value))
            }
        }
        return (type, others)
    }
}

extension Sender {
    /// A policy of just this place; nil if no policy here has this number.
    func policy(_ id: String) async throws -> StoredPolicy? {
        let answer = try await call("get\(place.kind.requestWord)Policies")
        guard case .bytes(let bytes) = answer.body else { return nil }
        var json = JSONReader(bytes)
        try json.beginObject()
        while try json.nextKey() {
            guard json.keyEquals("policies") else {
                try json.skipValue()
                continue
            }
            try json.beginArray()
            while try json.nextElement() {
                let (found, policy) = try Self.policy(&json)
                if found == id { return policy }
            }
        }
        return nil
    }

    private static func policy(_ json: inout JSONReader) throws -> (id: String, policy: StoredPolicy) {
        var (id, policy) = ("", StoredPolicy())
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("id") {
                id = try json.numberText()
            } else if json.keyEquals("filter") {
                policy.filter = try json.rawValue(limit: StoredPolicy.limit) ?? "{}"
            } else if json.keyEquals("action") {
                policy.action = try json.rawValue(limit: StoredPolicy.limit) ?? "{}"
            } else {
                try json.skipValue()
            }
        }
        return (id, policy)
    }
}

extension JSONWriter {
    /// The members of `policy.filter`, from the form.
    ///
    /// - Parameter type: nil for the kind's own.
    mutating func filter(of kind: PolicyKind, _ form: Form, type: String? = nil) {
        let prefix = PolicyFields.prefix
        text("type", type ?? kind.word)
        switch kind {
        case .vulnerability:
            let severities = form.all("\(prefix)severities")
            if !severities.isEmpty { texts("severities", severities) }
            for key in ["exploited", "minScore", "maxScore", "minEpss"] where !form[prefix + key].isEmpty {
                text(named: key, form[prefix + key])
            }
        case .licenses:
            let names = form["\(prefix)licenses"].split(whereSeparator: \.isNewline).map(String.init)
            objects("licenses", names) { $0.text("name", $1) }
        case .families: texts("licenseGroups", form.all("\(prefix)licenseGroups"))
        case .name: text("pattern", form["\(prefix)pattern"])
        case .age: text("days", form["\(prefix)days"])
        case .inHouse: break
        }
    }
}
