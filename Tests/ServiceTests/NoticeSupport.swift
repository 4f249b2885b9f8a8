import Database
import Foundation
import Jobs
import Store
import TestSupport
import Testing

@testable import Service

extension InventoryFixture {
    static let everywhere = Scope(kind: .organization, organization: 1)

    /// Subscribes a member of the first organization to a place, by mail; returns the account.
    @discardableResult
    func subscribe(
        _ kinds: [NoticeKind], severity: Int64 = 0, exploited: Bool = false, rhythm: NoticeRhythm = .now,
        to place: Scope = InventoryFixture.everywhere
    ) throws -> Int64 {
        let (account, id) = try database.write { connection in
            let account =
                try connection.integer("SELECT id FROM account WHERE email = 'security@example.org'")
                ?? Accounts.createAccount(
                    email: "security@example.org", name: "", kind: "USER", keyDigest: [UInt8](repeating: 1, count: 32),
                    at: 1, on: connection)
            try Accounts.assign(.member, to: account, organization: 1, on: connection)
            let writing = Writing(in: place, by: .account(account), at: self.queue.now(), on: connection)
            let subscription = Subscription(
                way: .mail(address: "security@example.org"), kinds: kinds, severity: severity,
                isExploitedOnly: exploited, rhythm: rhythm)
            return (account, try Subscriptions.add(subscription, writing))
        }
        #expect(id != nil)
        return account
    }

    /// Reports in a store of this test.
    func reports(in folder: TemporaryFolder? = nil, publicURL: String? = nil) throws -> ScheduledReports {
        let folder = try folder ?? TemporaryFolder()
        return ScheduledReports(
            queue: queue, store: try FileStore(root: folder.path("artifacts")), publicURL: publicURL)
    }

    /// The messages of subscriptions after a minute: each cause with its detail and its projects, in order.
    func said() throws -> [String] {
        pass(60_000)
        let (time, queue) = (queue.now(), queue)
        while try database.write({ try NoticeComposer(queue: queue, connection: $0, time: time).makeNext() }) {}
        let bodies = try database.write { connection in
            let bodies = try connection.all("SELECT body FROM notice_message ORDER BY id") { $0.string(0) }
            try connection.run("DELETE FROM notice_message")
            return bodies
        }
        return try bodies.flatMap { try NoticeContent(json: $0).notices }.map { notice in
            ([notice.line] + [notice.detail].compactMap(\.self) + notice.places.map(\.project)).joined(separator: " | ")
        }
    }
}
