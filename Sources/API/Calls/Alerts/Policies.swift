import Bytes
import Database
import HTTP

// Policies: mend-api.md §3.5. Inherited policies are shown only with `aggregatePolicies`: otherwise a tool that copies
// policies would copy them to lower places. Requests whose Mend names are unknown have names of Waybill's own.

extension Call {
    static let policies: [Call] =
        ScopeKind.allCases.flatMap { kind in
            let word = kind.requestWord
            return [
                list("get\(word)Policies", kind), add("add\(word)Policy", kind), remove("remove\(word)Policies", kind),
                enable("waybillEnable\(word)Policy", kind), order("waybillOrder\(word)Policies", kind),
                change("waybillChange\(word)Policy", kind),
            ]
        } + [list("getGlobalOrganizationPolicies", .organization)]

    private static let policyID = WholeNumber("policyId", in: NumberText.ids)
    private static let policyIDs = WholeNumber("policyIds", in: NumberText.ids)

    private static func list(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .work, takes: [.flag("aggregatePolicies")]) { visit in
            let inherited = try visit.request.flag("aggregatePolicies", default: false)
            // A user who may see only some products gets the policies that apply to them.
            let isHidden = kind == .organization && visit.scope.visibleProducts != nil
            let found =
                isHidden
                ? []
                : inherited
                    ? try Policies.ownAndInherited(of: visit.scope, on: visit.connection)
                    : try Policies.own(of: visit.scope, on: visit.connection)
            return .answer(
                Answer.object { answer in
                    answer.objects("policies", found) { $0.policy($1) }
                })
        }
    }

    private static func add(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .administrator, .work, takes: [PolicyForm.parameter]) { visit in
            let form = try PolicyForm(
                try visit.request.object("policy", accepted: "an object with name, filter and action"))
            return visit.changeAndSettleAlerts { writing in
                guard
                    let id = try Policies.add(form.policy, writing)
                else {
                    throw APIError.full(
                        "an organization, product or project has at most \(Policies.limit) policies; remove some")
                }
                let remarks = try form.remarks(in: writing.scope.organization, on: writing.connection)
                let made = try Policies.own(of: writing.scope, on: writing.connection).first {
                    $0.id == id
                }
                return Answer.object { answer in
                    answer.text("message", "Successfully added policy \(form.policy.name)\(remarks)")
                    if let made { answer.object("policy") { $0.policy(made) } }
                }
            }
        }
    }

    /// Replaces a policy. The new one keeps the number, the author and, without `priority`, the place.
    private static func change(_ name: String, _ kind: ScopeKind) -> Call {
        Call(
            name, .one(kind), .administrator, .work, takes: [.number(policyID).required, PolicyForm.parameter]
        ) { visit in
            let id = try visit.request.number(policyID)
            let form = try PolicyForm(
                try visit.request.object("policy", accepted: "an object with name, filter and action"))
            return visit.changeAndSettleAlerts { writing in
                guard try Policies.change(id, to: form.policy, writing) else {
                    throw APIError.notFound(String(id), of: policyID.name)
                }
                let remarks = try form.remarks(in: writing.scope.organization, on: writing.connection)
                return Answer.message("Successfully changed policy \(form.policy.name)\(remarks)")
            }
        }
    }

    private static func remove(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .administrator, .work, takes: [.numbers(policyIDs).required]) { visit in
            let ids = try visit.request.numbers(policyIDs)
            return visit.changeAndSettleAlerts { writing in
                let count = try Policies.remove(ids, writing)
                return Answer.object { $0.number("removedPolicies", Int64(count)) }
            }
        }
    }

    private static func enable(_ name: String, _ kind: ScopeKind) -> Call {
        Call(
            name, .one(kind), .administrator, .work, takes: [.numbers(policyIDs).required, .flag("enabled")]
        ) { visit in
            let ids = try visit.request.numbers(policyIDs)
            let isEnabled = try visit.request.flag("enabled", default: true)
            return visit.changeAndSettleAlerts { writing in
                for id in ids {
                    let found = try Policies.enable(id, isEnabled, writing)
                    guard found else { throw APIError.notFound(String(id), of: "policyIds") }
                }
                return Answer.message("Successfully \(isEnabled ? "enabled" : "disabled") \(ids.count) policies")
            }
        }
    }

    private static func order(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .administrator, .work, takes: [.numbers(policyIDs).required]) { visit in
            let ids = try visit.request.numbers(policyIDs)
            return visit.changeAndSettleAlerts { writing in
                guard
                    try Policies.order(ids, writing)
                else {
                    throw APIError.badValue(
                        ids.map(String.init).joined(separator: ", "), of: "policyIds",
                        accepted: "ids of policies of just this scope, each once")
                }
                return Answer.message("Successfully ordered the policies")
            }
        }
    }
}

extension JSONWriter {
    /// The members of a policy: mend-api.md §2.
    fileprivate mutating func policy(_ policy: Policy) {
        number("id", policy.id)
        text("name", policy.name)
        flag("enabled", policy.isEnabled)
        text("policyContext", policy.context)
        zonedTime("creationTime", policy.created)
        object("owner") { $0.text("email", policy.owner) }
        raw("filter", policy.filter)
        raw("action", policy.action)
    }
}
