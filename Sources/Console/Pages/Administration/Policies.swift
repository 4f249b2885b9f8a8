import API
import Bytes
import Database
import Inventory
import Reports

extension Page {
    /// The policies that decide in a place, in their order: its own and inherited ones.
    static let policies = Page(
        "policies", "Policies", in: [.organization, .product, .project], submission: changePolicies
    ) { visit in
        // As in the calls, people who see only some products get the policies that apply to them.
        let isHidden = visit.place.kind == .organization && visit.scope.visibleProducts != nil
        let all = isHidden ? [] : try Policies.ownAndInherited(of: visit.scope, on: visit.connection)
        let own = all.filter { $0.kind == visit.place.kind }
        let inherited = all.filter { $0.kind != visit.place.kind }
        let mayChange = visit.may(.administrator, with: .administer)
        let violated = AlertType.rejectedByPolicy.rawValue
        return Content("Policies") { html in
            html.section("Policies of \(visit.name)") { html in
                if own.isEmpty {
                    html.hint(isHidden ? "Those of the products that you see stand there." : "There are none.")
                } else {
                    html.table("Policies of \(visit.name)", columns(visit, isOwn: mayChange), own)
                    html.hint("The first policy that fits a library decides about it.")
                }
                html.element("p", ("class", "actions")) {
                    $0.link(visit.here("alerts").with("type", violated), "Libraries that a policy rejects")
                }
            }
            if !inherited.isEmpty {
                html.section("Behind them, from what is around it") { html in
                    html.table("Inherited policies", columns(visit, isOwn: false), inherited)
                }
            }
            if mayChange {
                html.section("Make a policy") { html in
                    html.hint("What does it look for?")
                    html.policyKinds(visit)
                }
            }
        }
    }

    private static let changePolicies = Submission { sender in
        let (form, word) = (sender.form, sender.place.kind.requestWord)
        let ids = [form["policyId"]]
        switch form["part"] {
        case "remove": try await sender.call("remove\(word)Policies") { $0.texts("policyIds", ids) }
        case "first":
            // Unnamed policies follow the named ones.
            try await sender.call("waybillOrder\(word)Policies") { $0.texts("policyIds", ids) }
        default:
            try await sender.call("waybillEnable\(word)Policy") { call in
                call.texts("policyIds", ids)
                call.flag("enabled", form["part"] == "enable")
            }
        }
        return Address(sender.place, "policies")
    }

    /// - Parameter isOwn: whether the rows have buttons that change the policies.
    private static func columns(_ visit: Visit, isOwn: Bool) -> [ListColumn<Policy>] {
        var columns: [ListColumn<Policy>] = [
            ListColumn("Policy") { policy, html in
                if isOwn, policy.rule != .nothing {
                    html.link(visit.here("policy", item: "\(policy.id)"), policy.name)
                } else {
                    html.text(policy.name)
                }
            },
            ListColumn("Looks for") { policy, html in
                if policy.rule == .nothing {
                    return html.mark("nothing that is known here (\(policy.filterType.prefix(60)))", "bad")
                }
                html.text(policy.rule.sentence)
                if case .name(let pattern) = policy.rule, let fault = pattern.fault {
                    html.mark("decides nothing: \(fault)", "bad")
                }
            },
            ListColumn("Does") { policy, html in
                guard let decision = policy.decision else { return html.mark("nothing that is known here", "bad") }
                html.text(decision.sentence)
            },
        ]
        if !isOwn {
            columns.append(.text("Of", isWide: true) { $0.kind.rawValue })
        }
        columns += [
            .text("Made by", isWide: true, \.owner), .time("Made", isWide: true, \.created),
            ListColumn("State") { policy, html in
                html.mark(policy.isEnabled ? "on" : "off", policy.isEnabled ? "good" : "quiet")
            },
        ]
        guard isOwn else { return columns }
        columns.append(
            ListColumn("Action") { policy, html in
                let buttons = [
                    policy.isEnabled ? ("Turn off", "disable") : ("Turn on", "enable"), ("Put first", "first"),
                    ("Remove", "remove"),
                ]
                for (text, part) in buttons {
                    html.button(
                        text, of: policy.name, to: visit.here("policies"),
                        hidden: [("part", part), ("policyId", "\(policy.id)")])
                    html.text(" ")
                }
            })
        return columns
    }
}

extension PolicyRule {
    /// Its filter in words.
    var sentence: String {
        switch self {
        case .licenses(let names): "a licence: \(names.joined(separator: ", "))"
        case .families(let families): "a licence of the kind \(families.map(\.rawValue).joined(separator: ", "))"
        case .score(let range): "a vulnerability with a score of \(Self.scores(range))"
        case .severities(let words): "a vulnerability that is \(words.map(\.spaced).joined(separator: " or "))"
        case .vulnerability(let conditions): "a vulnerability that is \(conditions.sentence)"
        case .name(let pattern): "the name \(pattern.text)"
        case .age(let days): "a release that is \(Words.count(Int64(days), "day")) old or older"
        case .inHouse: "the organization’s own libraries"
        case .nothing: ""
        }
    }

    /// `7.0 to 10.0`.
    static func scores(_ range: ClosedRange<Int>) -> String {
        "\(score(range.lowerBound)) to \(score(range.upperBound))"
    }

    /// Tenths as a number.
    static func score(_ tenths: Int) -> String { "\(tenths / 10).\(tenths % 10)" }
}

extension VulnerabilityConditions {
    /// All conditions, in words for people.
    fileprivate var sentence: String {
        var words: [String] = []
        if !severities.isEmpty { words.append(severities.map(\.spaced).joined(separator: " or ")) }
        if isExploited { words.append("exploited") }
        if let score { words.append("scored \(PolicyRule.scores(score))") }
        if let likelihood { words.append("likely exploited (EPSS at least \(likelihood.share))") }
        return words.joined(separator: " and ")
    }
}

extension Int {
    /// Millionths as a number from 0 to 1, the form of forms and calls: 100000 is `0.1`.
    var share: String {
        var digits = String(self % 1_000_000)
        digits = String(repeating: "0", count: Swift.max(6 - digits.count, 0)) + digits
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return "\(self / 1_000_000).\(digits)"
    }
}

extension PolicyAction {
    /// Its action in words.
    var sentence: String {
        switch self {
        case .approve: "approves the library"
        case .reject: "rejects the library and stops builds"
        case .alert: "raises an alert"
        case .createIssue: "lists it for trackers"
        case .reassign: "nothing here"
        }
    }
}
