import API
import Bytes
import Database
import HTTP
import Inventory
import Reports

// DESIGN. The fields are called as the members of the call's `policy`, so an error of the call finds its field. One form has the fields of
// one kind of filter: which kind is in the address, since without a script no field can appear when another one is filled in.

/// The kinds of filters that a form can make.
private enum PolicyKind: String, CaseIterable {
    case vulnerability, licenses, families, name, age, inHouse

    /// The kind of a filter that exists; nil for one that no form has.
    init?(_ rule: PolicyRule) {
        switch rule {
        case .licenses: self = .licenses
        case .families: self = .families
        case .score, .severities, .vulnerability: self = .vulnerability
        case .name: self = .name
        case .age: self = .age
        case .inHouse: self = .inHouse
        case .nothing: return nil
        }
    }

    var title: String {
        switch self {
        case .vulnerability: "Vulnerabilities"
        case .licenses: "Licences"
        case .families: "Kinds of licences"
        case .name: "Names"
        case .age: "Old releases"
        case .inHouse: "Own libraries"
        }
    }

    var hint: String {
        switch self {
        case .vulnerability: "by severity, score, likelihood, or because they are exploited"
        case .licenses: "by SPDX identifier or name"
        case .families: "such as all strong copyleft licences"
        case .name: "of libraries, by a pattern"
        case .age: "older than so many days"
        case .inHouse: "that are marked as in-house"
        }
    }

    /// As `policy.filter.type`.
    var word: String {
        switch self {
        case .vulnerability: "VULNERABILITY"
        case .licenses: "LICENSE"
        case .families: "LICENSE_GROUP"
        case .name: "RESOURCE_NAME"
        case .age: "LIBRARY_AGE"
        case .inHouse: "IN_HOUSE"
        }
    }
}

extension Page {
    /// The form of a policy: a new one of a kind, or one that exists.
    static let policy = Page(
        "policy", "", in: [.organization, .product, .project], for: .administrator, with: .administer,
        submission: savePolicy
    ) { visit in
        let old = try visit.policy()
        let asked = PolicyKind(rawValue: visit.typed("kind", or: visit.query("kind")))
        guard let kind = old.flatMap({ PolicyKind($0.rule) }) ?? asked else {
            throw LostPage("No form makes a policy of this kind.")
        }
        let filled = PolicyFields(visit, old)
        return Content(old?.name ?? "A policy about \(kind.title.lowercased())") { html in
            html.section("The policy") { html in
                let hidden = [("kind", kind.rawValue), ("enabled", old?.isEnabled == false ? "false" : "true")]
                html.form(to: visit.address, button: "Save", style: "stack", hidden: hidden) { html in
                    var name = Field("policy.name", "Name")
                    name.isNeeded = true
                    name.value = filled.text("policy.name", or: old?.name ?? "")
                    html.field(name, visit.problem)
                    html.fields(of: kind, filled, visit.problem)
                    var action = Field("policy.action.type", "What it does")
                    action.choices = PolicyAction.choices(for: old)
                    action.value = filled.text("policy.action.type", or: old?.actionType ?? "")
                    html.field(action, visit.problem)
                }
            }
            html.element("p") { $0.link(visit.here("policies"), "Back without saving") }
        }
    }

    private static let savePolicy = Submission { sender in
        let (form, word) = (sender.form, sender.place.kind.requestWord)
        guard let kind = PolicyKind(rawValue: form["kind"]) else {
            let accepted = PolicyKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw APIError.badValue(form["kind"], of: "kind", accepted: accepted)
        }
        let (id, type) = (sender.address.item, form["policy.action.type"])
        let kept = id.isEmpty ? nil : try await sender.action(ofPolicy: id, type: type)
        try await sender.call(id.isEmpty ? "add\(word)Policy" : "waybillChange\(word)Policy") { call in
            if !id.isEmpty { call.text("policyId", id) }
            call.object("policy") { policy in
                policy.text("name", form["policy.name"])
                policy.flag("enabled", form["enabled"] != "false")
                policy.object("filter") { $0.filter(of: kind, form) }
                if let kept { policy.raw("action", kept) } else { policy.object("action") { $0.text("type", type) } }
            }
        }
        return Address(sender.place, "policies")
    }
}

/// The values of the form's fields: the typed ones, else those of the policy.
private struct PolicyFields {
    let form: Form?
    let rule: PolicyRule?

    init(_ visit: Visit, _ old: Policy?) {
        form = visit.form
        rule = old?.rule
    }

    func text(_ name: String, or value: String) -> String { form.map { $0[name] } ?? value }

    func all(_ name: String, or values: [String]) -> [String] { form.map { $0.all(name) } ?? values }

    /// The conditions of a rule about vulnerabilities.
    var conditions: VulnerabilityConditions {
        var conditions = VulnerabilityConditions()
        switch rule {
        case .vulnerability(let found): conditions = found
        case .score(let range): conditions.score = range
        case .severities(let words): conditions.severities = words
        case .licenses, .families, .name, .age, .inHouse, .nothing, nil: break
        }
        return conditions
    }
}

extension Sender {
    /// The action of a policy of just this place as it came, where it has this type: it may have members that no form has, such as the settings
    /// of a tracker. Nil where there is no such policy, or its action is another one.
    fileprivate func action(ofPolicy id: String, type: String) async throws -> String? {
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
                let (found, action) = try Self.policy(&json)
                if found == id { return try Self.type(ofAction: action) == type ? action : nil }
            }
        }
        return nil
    }

    /// The number of a policy and its action.
    private static func policy(_ json: inout JSONReader) throws -> (id: String, action: String) {
        var (id, action) = ("", "{}")
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("id") {
                id = try json.numberText()
            } else if json.keyEquals("action") {
                action = try json.rawValue(limit: 1 << 20) ?? "{}"
            } else {
                try json.skipValue()
            }
        }
        return (id, action)
    }

    /// The type of an action, in the spelling of `Policy.actionType`.
    private static func type(ofAction action: String) throws -> String {
        var json = JSONReader(action.utf8)
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("type") { return try json.string().uppercased() }
            try json.skipValue()
        }
        return ""
    }
}

extension PolicyAction {
    /// What a form offers. A policy that exists keeps an action that no form makes.
    fileprivate static func choices(for old: Policy?) -> [Choice] {
        var choices = allCases.filter { $0 != .reassign }.sorted { $0.place < $1.place }
            .map { Choice($0.rawValue, $0.sentence) }
        if let old, !choices.contains(where: { $0.value == old.actionType }) {
            choices.append(Choice(old.actionType, "\(old.actionType.prefix(60)): nothing here"))
        }
        return choices
    }

    /// Its place among the choices: what most policies do comes first.
    fileprivate var place: Int {
        switch self {
        case .alert: 0
        case .reject: 1
        case .approve: 2
        case .createIssue: 3
        case .reassign: 4
        }
    }
}

extension Visit {
    /// The policy of just this place that the address names; nil for a new one.
    fileprivate func policy() throws -> Policy? {
        guard !address.item.isEmpty else { return nil }
        let found = try Policies.own(of: scope, on: connection).first { "\($0.id)" == address.item }
        guard let found else { throw LostPage("\(name) has no policy of its own with this number.") }
        return found
    }
}

extension HTML {
    /// The kinds of policies that can be made, each as a link to its form.
    mutating func policyKinds(_ visit: Visit) {
        element("ul", ("class", "cards")) { html in
            for kind in PolicyKind.allCases {
                html.element("li") { html in
                    html.link(visit.here("policy").with("kind", kind.rawValue), kind.title)
                    html.element("span", ("class", "hint"), text: kind.hint)
                }
            }
        }
    }

    /// The fields of one kind of filter.
    fileprivate mutating func fields(of kind: PolicyKind, _ filled: PolicyFields, _ problem: Problem?) {
        let prefix = "policy.filter."
        switch kind {
        case .vulnerability: conditionFields(filled, problem)
        case .licenses:
            var names = Field("\(prefix)licenses", "Licences")
            names.isLong = true
            names.isNeeded = true
            names.hint = "One on each line: GPL-3.0-only, or a name that reports show."
            var known: [String] = []
            if case .licenses(let found) = filled.rule { known = found }
            names.value = filled.text(names.name, or: known.joined(separator: "\n"))
            field(names, problem)
        case .families:
            var known: [String] = []
            if case .families(let found) = filled.rule { known = found.map(\.rawValue) }
            checks(
                "\(prefix)licenseGroups", "Kinds", LicenseFamily.allCases.map { Choice($0.rawValue, $0.rawValue) },
                chosen: filled.all("\(prefix)licenseGroups", or: known), problem)
        case .name:
            var pattern = Field("\(prefix)pattern", "Pattern")
            pattern.isNeeded = true
            pattern.hint =
                "Of the name, group:name or group:name:version: log4j*, or a regular expression between slashes."
            if case .name(let found) = filled.rule { pattern.value = found.text }
            pattern.value = filled.text(pattern.name, or: pattern.value)
            field(pattern, problem)
        case .age:
            var days = Field("\(prefix)days", "Days since the release")
            days.type = "number"
            days.isNeeded = true
            days.hint = "Releases whose day is not known are not caught."
            if case .age(let found) = filled.rule { days.value = "\(found)" }
            days.value = filled.text(days.name, or: days.value)
            field(days, problem)
        case .inHouse: hint("Libraries that are marked as the organization’s own.")
        }
    }

    private mutating func conditionFields(_ filled: PolicyFields, _ problem: Problem?) {
        let (prefix, known) = ("policy.filter.", filled.conditions)
        hint("One vulnerability has to meet all that is said here.")
        checks(
            "\(prefix)severities", "Severity",
            ["CRITICAL", "HIGH", "MEDIUM", "LOW"].map { Choice($0, Severities.name($0.lowercased())) },
            chosen: filled.all("\(prefix)severities", or: known.severities), problem)
        var exploited = Field("\(prefix)exploited", "Exploited")
        exploited.choices = [Choice("", "whether or not"), Choice("true", "only exploited ones")]
        exploited.value = filled.text(exploited.name, or: known.isExploited ? "true" : "")
        field(exploited, problem)
        let scores: [(String, String, String)] = [
            ("minScore", "Score at least", known.score.map { PolicyRule.score($0.lowerBound) } ?? ""),
            ("maxScore", "Score at most", known.score.map { PolicyRule.score($0.upperBound) } ?? ""),
            ("minEpss", "Likelihood (EPSS) at least", known.likelihood?.share ?? ""),
        ]
        for (name, label, value) in scores {
            var score = Field("\(prefix)\(name)", label)
            score.hint = name == "minEpss" ? "From 0 to 1; may be empty." : "From 0 to 10; may be empty."
            score.value = filled.text(score.name, or: value)
            field(score, problem)
        }
    }
}

extension JSONWriter {
    /// The members of `policy.filter`, from the form.
    fileprivate mutating func filter(of kind: PolicyKind, _ form: Form) {
        let prefix = "policy.filter."
        text("type", kind.word)
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
