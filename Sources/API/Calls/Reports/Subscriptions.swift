import Bytes
import Database

// Calls about subscriptions to notices: docs/notices.md. Mend has no such calls, so the names are Waybill's own.

extension Call {
    static let subscriptions: [Call] = [addSubscription, listSubscriptions, removeSubscription]

    private static let webhook = WholeNumber("webhookId", in: NumberText.ids)
    private static let severities = ["low", "medium", "high", "critical"]

    /// The token names the organization, product or project of the notices. Users subscribe for themselves; administrators
    /// may also subscribe others and webhooks.
    private static let addSubscription = Call(
        "waybillAddSubscription", .any, .readOnly, .points, keys: .submit,
        takes: [
            .texts("events").required, .text("email", as: "team@example.org"), .number(webhook),
            .words("severity", severities), .flag("exploited"), .words("rhythm", NoticeRhythm.allCases.map(\.rawValue)),
        ]
    ) { visit in
        let subscription = Subscription(
            way: try way(visit), kinds: try kinds(visit.request),
            severity: try severity(visit.request), isExploitedOnly: try visit.request.flag("exploited", default: false),
            rhythm: try rhythm(visit.request))
        return visit.change { writing in
            if case .webhook(let id) = subscription.way {
                let known = try Webhooks.list(writing.scope.organization, on: writing.connection)
                guard known.contains(where: { $0.id == id }) else { throw APIError.notFound("\(id)", of: webhook.name) }
            }
            guard let id = try Subscriptions.add(subscription, writing) else {
                throw APIError.badValue(
                    "\(Subscriptions.limit)", of: "events",
                    accepted: "at most \(Subscriptions.limit) subscriptions in an organization; remove one")
            }
            return Answer.object { answer in
                answer.text("message", "Successfully added the subscription")
                answer.number("id", id)
            }
        }
    }

    private static func way(_ visit: borrowing CallVisit) throws(APIError) -> Subscription.Way {
        let own = visit.access.standing.email
        if visit.request[webhook.name] != nil {
            guard visit.access.role == .administrator else {
                throw .badValue(webhook.name, of: webhook.name, accepted: "nothing: administrators subscribe webhooks")
            }
            return .webhook(try visit.request.number(webhook))
        }
        guard visit.backend.sendsMail else {
            throw .notOffered("the operator of this server named no mail server (--smtp)")
        }
        let address = try visit.request.textIfAny("email", accepted: "an address of mail") ?? own
        guard MailAddress.isOne(address), address == own || visit.access.role == .administrator else {
            throw .badValue(
                address, of: "email",
                accepted: "your own address, \(own); administrators may name another, as NAME@DOMAIN")
        }
        return .mail(address: address)
    }

    private static func kinds(_ request: Request) throws(APIError) -> [NoticeKind] {
        let accepted = NoticeKind.allCases.map(\.rawValue).joined(separator: ", ")
        var kinds: [NoticeKind] = []
        for word in try request.texts("events", accepted: accepted) {
            guard let kind = NoticeKind(rawValue: word.uppercased()) else {
                throw .badValue(word, of: "events", accepted: accepted)
            }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }

    private static func severity(_ request: Request) throws(APIError) -> Int64 {
        let accepted = severities.joined(separator: ", ")
        guard let word = try request.textIfAny("severity", accepted: accepted) else { return 0 }
        guard let place = severities.firstIndex(of: word.lowercased()) else {
            throw .badValue(word, of: "severity", accepted: accepted)
        }
        return Int64(place + 1)
    }

    private static func rhythm(_ request: Request) throws(APIError) -> NoticeRhythm {
        let accepted = NoticeRhythm.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word = try request.textIfAny("rhythm", accepted: accepted) else { return .now }
        guard let rhythm = NoticeRhythm(rawValue: word.uppercased()) else {
            throw .badValue(word, of: "rhythm", accepted: accepted)
        }
        return rhythm
    }

    /// The user's own subscriptions; for administrators those of all users.
    private static let listSubscriptions = Call(
        "waybillGetSubscriptions", .one(.organization), .readOnly, .work, keys: [.read, .submit]
    ) { visit in
        let found = try Subscriptions.list(
            visit.scope.organization, account: owner(of: visit.access), on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("subscriptions", found) { answer, one in
                    answer.number("id", one.id)
                    switch one.way {
                    case .mail(let address): answer.text("email", address)
                    case .webhook(let id): answer.number("webhookId", id)
                    }
                    answer.text("events", one.kinds.map(\.rawValue).joined(separator: ","))
                    if one.severity > 0 { answer.text("severity", severities[Int(min(one.severity, 4)) - 1]) }
                    answer.flag("exploited", one.isExploitedOnly)
                    answer.text("rhythm", one.rhythm.rawValue)
                    let kind: ScopeKind =
                        one.project > 0 ? .project : one.product > 0 ? .product : .organization
                    answer.text("contextType", kind.contextType)
                    answer.number("contextId", [one.project, one.product].first { $0 > 0 } ?? one.organization)
                    if one.due > 0 { answer.time("next", one.due) }
                    answer.number("waiting", one.waiting)
                    answer.number("failed", one.failed)
                    answer.text("lastError", one.error)
                }
            })
    }

    private static let subscriptionID = WholeNumber("subscriptionId", in: NumberText.ids)

    private static let removeSubscription = Call(
        "waybillRemoveSubscription", .one(.organization), .readOnly, .points, keys: .submit,
        takes: [.number(subscriptionID).required]
    ) { visit in
        let id = try visit.request.number(subscriptionID)
        let owner = owner(of: visit.access)
        return visit.change(saying: "Successfully removed the subscription") { writing in
            guard try Subscriptions.remove(id, account: owner, writing) else {
                throw APIError.notFound("\(id)", of: subscriptionID.name)
            }
        }
    }

    /// The account whose subscriptions a user may see and change; nil for all accounts.
    private static func owner(of access: Access) -> Int64? {
        access.role == .administrator ? nil : access.standing.account
    }
}
