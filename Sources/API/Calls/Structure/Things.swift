import Bytes
import Database
import HTTP

// Not Mend's: what `waybill list` shows, for those who ask a server. Mend's own lists have other members, each its own.

extension Call {
    static let things: [Call] = [list]

    private static let limit = WholeNumber(
        "limit", in: Int64(Inquiry.limits.lowerBound)...Int64(Inquiry.limits.upperBound))

    /// The things of a kind, in the member of that name. `more` is there where there are more than the limit. Keys are the user's
    /// own, or those of `email`, whom only administrators may name.
    private static let list = Call(
        "waybillList", .any, .readOnly, .work,
        takes: [
            .words("kind", Kind.allCases.map(\.rawValue)).required, .number(limit),
            .text("email", as: "ada@example.org"),
        ]
    ) { visit in
        let words = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let word = try visit.request.text("kind", accepted: words)
        guard let kind = Kind(word: word) else { throw APIError.badValue(word, of: "kind", accepted: words) }
        if kind == .users {
            // Roles name products, too: not everybody may know of all of them.
            try visit.access.require(
                Need(.administrator, with: .administer, for: "waybillList of users"), inProduct: nil)
        }
        let limit = Int(try visit.request.numberIfAny(limit) ?? 1000)
        let inquiry = Inquiry(
            in: visit.scope, visit.backend.queue, limit: limit, by: visit.access,
            keyOwner: kind == .keys ? try visit.keyOwner() : 0)
        let items = try inquiry.items(kind, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects(named: kind.rawValue, Array(items.prefix(limit))) { $1.write(to: &$0) }
                if items.count > limit { answer.flag("more", true) }
            })
    }
}
