import API
import Bytes
import Database
import HTTP
import Inventory
import Reports

// DESIGN. The fields have the names of the members of the call's `policy`, so an error of the call finds its field. A form has
// the fields of one kind of filter. The address determines the kind, because without a script no field can appear when another
// one is filled in.

/// The kinds of filters that a form can make.
enum PolicyKind: String, CaseIterable {
    case vulnerability, licenses, families, name, age, inHouse

    /// The kind of an existing filter; nil for a kind without a form.
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

    /// The members of the filter that its form has fields for, beside the type.
    var members: [PolicyMember] {
        switch self {
        case .vulnerability: [.severities, .exploited, .minScore, .maxScore, .minEpss]
        case .licenses: [.licenses]
        case .families: [.families]
        case .name: [.pattern]
        case .age: [.days]
        case .inHouse: []
        }
    }

    /// The value of `policy.filter.type`.
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
    /// The form of a policy: a new one of some kind, or an existing one.
    static let policy = Page(
        "policy", "", in: [.organization, .product, .project], for: .administrator, with: .administer,
        submission: savePolicy
    ) { visit in
        let old = try visit.policy()
        let asked = PolicyKind(rawValue: visit.typed("kind", or: visit.query("kind")))
        guard let kind = old.flatMap({ PolicyKind($0.rule) }) ?? asked else {
            throw LostPage("No form makes a policy of this kind.")
        }
        let filled = PolicyFields(visit.form, old?.rule)
        return Content(old?.name ?? "A policy about \(kind.title.lowercased())") { html in
            html.section("The policy") { html in
                let hidden = [("kind", kind.rawValue), ("enabled", old?.isEnabled == false ? "false" : "true")]
                html.form(to: visit.address, button: "Save", style: "stack", hidden: hidden) { html in
                    var name = Field("policy.name", "Name")
                    name.isNeeded = true
                    name.value = visit.typed("policy.name", or: old?.name ?? "")
                    html.field(name, visit.problem)
                    html.fields(of: kind, filled, visit.problem)
                    var action = Field("policy.action.type", "What it does")
                    action.choices = PolicyAction.choices(for: old)
                    action.value = visit.typed("policy.action.type", or: old?.actionType ?? "")
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
        let old = id.isEmpty ? nil : try await sender.policy(id)
        let filter =
            try old.map { try $0.filter(changedTo: kind, form) } ?? JSONWriter.object { $0.filter(of: kind, form) }
        let action = try old.flatMap { try $0.actionType == type ? $0.action : nil }
        try await sender.call(id.isEmpty ? "add\(word)Policy" : "waybillChange\(word)Policy") { call in
            if !id.isEmpty { call.text("policyId", id) }
            call.object("policy") { policy in
                policy.text("name", form["policy.name"])
                policy.flag("enabled", form["enabled"] != "false")
                policy.raw("filter", filter)
                policy.raw("action", action ?? JSONWriter.object { $0.text("type", type) })
            }
        }
        return Address(sender.place, "policies")
    }
}

extension PolicyAction {
    /// The choices of a form. An existing policy keeps an action that no form can make.
    fileprivate static func choices(for old: Policy?) -> [Choice] {
        var choices = allCases.filter { $0 != .reassign }.sorted { $0.place < $1.place }
            .map { Choice($0.rawValue, $0.sentence) }
        if let old, !choices.contains(where: { $0.value == old.actionType }) {
            choices.append(Choice(old.actionType, "\(old.actionType.prefix(60)): nothing here"))
        }
        return choices
    }

    /// Its place among the choices; the most usual action comes first.
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
    /// The policy of exactly this place that the address names; nil for a new one.
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
        func field(_ member: String, _ label: String, hint: String) -> Field {
            var field = Field(PolicyFields.prefix + member, label)
            field.hint = hint
            field.isNeeded = true
            field.value = filled.text(member)
            return field
        }
        switch kind {
        case .vulnerability: conditionFields(filled, problem)
        case .licenses:
            var names = field(
                "licenses", "Licences", hint: "One on each line: GPL-3.0-only, or a name that reports show.")
            names.isLong = true
            self.field(names, problem)
        case .families:
            checks(
                "\(PolicyFields.prefix)licenseGroups", "Kinds",
                LicenseFamily.allCases.map { Choice($0.rawValue, $0.rawValue) }, chosen: filled.all("licenseGroups"),
                problem)
        case .name:
            let hint = "Of the name, group:name or group:name:version: log4j*, or a regular expression between slashes."
            self.field(field("pattern", "Pattern", hint: hint), problem)
        case .age:
            var days = field("days", "Days since the release", hint: "Releases whose day is not known are not caught.")
            days.type = "number"
            self.field(days, problem)
        case .inHouse: hint("Libraries that are marked as the organization’s own.")
        }
    }

    private mutating func conditionFields(_ filled: PolicyFields, _ problem: Problem?) {
        let prefix = PolicyFields.prefix
        hint("One vulnerability has to meet all that is said here.")
        checks(
            "\(prefix)severities", "Severity",
            ["CRITICAL", "HIGH", "MEDIUM", "LOW", "NONE"].map { Choice($0, Severities.name($0.lowercased())) },
            chosen: filled.all("severities"), problem)
        var exploited = Field("\(prefix)exploited", "Exploited")
        exploited.choices = [Choice("", "whether or not"), Choice("true", "only exploited ones")]
        exploited.value = filled.text("exploited")
        field(exploited, problem)
        for (name, label) in [
            ("minScore", "Score at least"), ("maxScore", "Score at most"), ("minEpss", "Likelihood (EPSS) at least"),
        ] {
            var score = Field("\(prefix)\(name)", label)
            score.hint = name == "minEpss" ? "From 0 to 1; may be empty." : "From 0 to 10; may be empty."
            score.value = filled.text(name)
            field(score, problem)
        }
    }
}
