import Bytes
import Database
import HTTP
import Jobs

// Not in Mend's API: the audit trail of an organization, for its administrators.

extension Call {
    static let audit: [Call] = [auditTrail]

    private static let events = AuditRecord.Event.allCases.map(\.rawValue)
    private static let limit = WholeNumber("limit", in: 1...1000)

    /// The newest first. `next`, if present, requests the next page when it is sent as `cursor`.
    private static let auditTrail = Call(
        "waybillGetAuditTrail", .one(.organization), .administrator, .work,
        takes: [
            .time("fromDate"), .time("toDate"), .words("event", events), .number(limit),
            .text("cursor", as: "1767323045000-17"),
        ]
    ) { visit in
        var wanted = AuditTrail.Wanted(
            organization: visit.scope.organization, limit: Int(try visit.request.numberIfAny(limit) ?? 100))
        wanted.from = try visit.request.timeIfAny("fromDate") ?? 0
        wanted.to = try visit.request.timeIfAny("toDate") ?? .max
        if let word = try visit.request.textIfAny("event", accepted: events.joined(separator: ", ")) {
            guard let event = AuditRecord.Event(rawValue: word.uppercased()) else {
                throw APIError.badValue(word, of: "event", accepted: events.joined(separator: ", "))
            }
            wanted.event = event
        }
        if let text = try visit.request.textIfAny("cursor", accepted: AuditCursor.accepted) {
            guard let cursor = AuditCursor(text) else {
                throw APIError.badValue(text, of: "cursor", accepted: AuditCursor.accepted)
            }
            wanted.before = (cursor.time, cursor.id)
        }
        let found = try AuditTrail.list(wanted, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("records", found) { $0.record($1) }
                if found.count == wanted.limit, let last = found.last {
                    answer.text("next", AuditCursor(time: last.time, id: last.id).text)
                }
            })
    }
}

/// The last record of a page.
package struct AuditCursor {
    static let accepted = "the value of next in the answer before"

    package let time: Int64
    package let id: Int64

    package init(time: Int64, id: Int64) {
        self.time = time
        self.id = id
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let time = NumberText.whole(parts[0], in: 0...NumberText.ids.upperBound),
            let id = NumberText.whole(parts[1], in: NumberText.ids)
        else { return nil }
        (self.time, self.id) = (time, id)
    }

    package var text: String { "\(time)-\(id)" }
}

extension JSONWriter {
    fileprivate mutating func record(_ record: AuditRecord) {
        number("id", record.id)
        time("date", record.time)
        text("event", record.event.rawValue)
        if record.account != 0 {
            number("userId", record.account)
            text("userEmail", record.email)
        }
        if record.origin.key != 0 { number("keyId", record.origin.key) }
        for (key, value) in [
            ("address", record.origin.address), ("door", record.origin.door), ("request", record.origin.call),
            ("subject", record.subject), ("detail", record.detail),
        ] as [(StaticString, String)] where !value.isEmpty { text(key, value) }
        if record.product != 0 { number("productId", record.product) }
        if record.project != 0 { number("projectId", record.project) }
        if record.times != 1 { number("count", record.times) }
    }
}
