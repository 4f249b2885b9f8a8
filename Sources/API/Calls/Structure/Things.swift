import Bytes
import Database
import HTTP

// Not in Mend's API: the lists of `waybill list`, for clients of a server. Each of Mend's own lists has other members.

extension Call {
    static let things: [Call] = [list]

    private static let limit = WholeNumber(
        "limit", in: Int64(Inquiry.limits.lowerBound)...Int64(Inquiry.limits.upperBound))

    /// The things of a kind, in a member with the name of the kind. `next` is present if there are more things than the limit: sent as
    /// `cursor`, it asks for the next page. Keys are the user's own, or those of `email`, which only administrators may send.
    private static let list = Call(
        "waybillList", .any, .readOnly, .work,
        takes: [
            .words("kind", Kind.allCases.map(\.rawValue)).required, .number(limit),
            .text("email", as: "ada@example.org"), .text("cursor", as: "17"),
        ]
    ) { visit in
        let words = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let word = try visit.request.text("kind", accepted: words)
        guard let kind = Kind(word: word) else { throw APIError.badValue(word, of: "kind", accepted: words) }
        if kind == .users {
            // Roles name products, and not every user may know of all products.
            try visit.access.require(
                Need(.administrator, with: .administer, for: "waybillList of users"), inProduct: nil)
        }
        let limit = Int(try visit.request.numberIfAny(limit) ?? 1000)
        let inquiry = Inquiry(
            in: visit.scope, visit.backend.queue, limit: limit, by: visit.access,
            keyOwner: kind == .keys ? try visit.keyOwner() : 0)
        let end = try visit.request.textIfAny("cursor", accepted: PageEnd.accepted).map { text throws(APIError) in
            guard let end = PageEnd(text) else {
                throw APIError.badValue(text, of: "cursor", accepted: PageEnd.accepted)
            }
            return end
        }
        let page = try inquiry.page(kind, behind: end, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects(named: kind.rawValue, page.items) { $1.write(to: &$0) }
                if let next = page.next { answer.text("next", next.text) }
            })
    }
}
