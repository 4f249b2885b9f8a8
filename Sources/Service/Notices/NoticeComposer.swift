import API
import Bytes
import Database
import Jobs

/// Turns stored events into messages, in the transaction that deletes the events.
///
///     while try database.write({ connection in
///         try NoticeComposer(queue: queue, connection: connection, time: now).makeNext()
///     }) {}
///
/// A composer lives as long as the transaction of its connection, on the thread of the connection. Its errors undo the
/// transaction, so that each event is either stored or in a message. Composers of several nodes may run at a time: each
/// locks the events that it takes.
struct NoticeComposer {
    /// The most causes that become separate messages; more of them become one message that lists them.
    static let single = 10

    let queue: Queue
    let connection: any Connection
    /// Milliseconds since 1970, UTC.
    let time: Int64

    /// Writes the messages of the next due subscription; false when none is due.
    func makeNext() throws -> Bool {
        guard let (subscription, items) = try NoticeMessages.takeItems(at: time, on: connection) else { return false }
        let standing = try Standing.find(
            account: subscription.account, in: subscription.organization, on: connection)
        // Former members of the organization get no more messages about it.
        guard let standing, standing.isMember else { return true }
        let visible = standing.visibleProducts.map(Set.init)
        let seen = try items.filter { try isSeen($0, by: standing, visible, in: subscription.organization) }
        var notices = try notices(of: seen, subscription)
        if subscription.rhythm == .now {
            // Each report gets its own message, whatever their number.
            let isEach = notices.count <= Self.single
            func isAlone(_ notice: NoticeContent.Notice) -> Bool {
                isEach || notice.kind == NoticeKind.scheduled.rawValue
            }
            for notice in notices where isAlone(notice) {
                let content = NoticeContent(
                    title: notice.line, rhythm: subscription.rhythm.rawValue, notices: [notice])
                try write(content, to: subscription)
            }
            notices.removeAll(where: isAlone)
            if notices.isEmpty { return true }
        }
        try write(summary(of: notices, subscription.rhythm), to: subscription)
        return true
    }

    /// Whether the owner of a subscription may see the subject of an item, and the item is still valid.
    ///
    /// - Parameter visible: the products that the owner may see; nil for all.
    private func isSeen(
        _ item: NoticeItem, by standing: Standing, _ visible: Set<Int64>?, in organization: Int64
    ) throws -> Bool {
        func sees(_ product: Int64) -> Bool { product == 0 || visible?.contains(product) ?? true }
        switch item.kind {
        case .review:
            let decision = try Int64(item.subject).flatMap {
                try Decisions.find($0, organization: organization, on: connection)
            }
            return decision.map { $0.isInForce(at: time) && sees($0.product) } ?? false
        case .scheduled:
            let job = try queue.find(uuid: item.subject, organization: organization, on: connection)
            return job.map(standing.canSee) ?? false
        case .vulnerability, .exploited, .policy, .fix, .expired, .report, .refused, .update, .old:
            return sees(item.product)
        }
    }

    private func summary(of notices: [NoticeContent.Notice], _ rhythm: NoticeRhythm) -> NoticeContent {
        let head =
            switch rhythm {
            case .now: "News"
            case .daily: "Daily digest"
            case .weekly: "Weekly digest"
            }
        let exploited = notices.filter { $0.exploited == true }.count
        let count = notices.isEmpty ? "nothing new" : notices.count == 1 ? "1 entry" : "\(notices.count) entries"
        let more = notices.count - NoticeContent.noticeLimit
        return NoticeContent(
            title: "\(head): \(count)\(exploited > 0 ? ", \(exploited) about exploited vulnerabilities" : "")",
            rhythm: rhythm.rawValue, notices: Array(notices.prefix(NoticeContent.noticeLimit)),
            more: more > 0 ? more : nil)
    }

    private func write(_ content: NoticeContent, to subscription: Subscription) throws {
        var thread = ""
        if let only = content.notices.first, content.notices.count == 1,
            NoticeKind(rawValue: only.kind)?.isAboutVulnerability == true
        {
            thread = String(
                Digest.of(Array("\(subscription.organization)\n\(only.subject)".utf8), .sha256).hexadecimal.prefix(32))
        }
        try NoticeMessages.add(
            to: subscription.id, uuid: try Randomness.system.uuid(), thread: thread, body: try content.json(), at: time,
            on: connection)
    }

    // MARK: Causes

    /// One notice for each cause, the most urgent first.
    private func notices(of items: [NoticeItem], _ subscription: Subscription) throws -> [NoticeContent.Notice] {
        let names = Set(items.filter(\.kind.isAboutVulnerability).map(\.subject))
        let known = try NoticeMessages.vulnerabilities(
            names.sorted(), organization: subscription.organization, on: connection)
        var notices: [(notice: NoticeContent.Notice, weight: Int64)] = []
        // Items are sorted by kind and subject.
        for item in items {
            let last = notices.last?.notice
            if last?.kind != item.kind.rawValue || last?.subject != item.subject {
                let about = item.kind.isAboutVulnerability ? known[item.subject] : nil
                notices.append((notice(item, about), about?.weight ?? 0))
            }
            guard !item.projectName.isEmpty else { continue }
            let place = notices.count - 1
            if notices[place].notice.places.count < NoticeContent.placeLimit {
                notices[place].notice.places.append(
                    .init(product: item.productName, project: item.projectName, library: item.detail))
            } else {
                notices[place].notice.morePlaces = (notices[place].notice.morePlaces ?? 0) + 1
            }
        }
        return notices.enumerated().sorted { left, right in
            (right.element.weight, left.offset) < (left.element.weight, right.offset)
        }.map(\.element.notice)
    }

    private func notice(_ item: NoticeItem, _ about: NoticeVulnerability?) -> NoticeContent.Notice {
        var notice = NoticeContent.Notice(kind: item.kind.rawValue, subject: item.subject)
        if let about {
            if !about.severity.isEmpty { notice.severity = about.severity }
            notice.score = about.score.map { Double($0) / 10 }
            if about.isExploited { notice.exploited = true }
            notice.epss = about.likelihood.map { Double($0) / Double(Exploitation.parts) }
            if !about.url.isEmpty { notice.url = about.url }
        }
        if item.projectName.isEmpty, !item.detail.isEmpty { notice.detail = item.detail }
        return notice
    }
}
