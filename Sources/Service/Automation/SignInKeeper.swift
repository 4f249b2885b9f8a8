import API
import Database
import Jobs
import OpenID
import Synchronization

// DESIGN. Issuers speak of people who sign in, and the operator's file may change between two starts. So a start gives
// everybody the present rights of the file, and withdraws rights that no rule gives any more. Once an hour, it ends the rights
// of people who have not signed in for the time that their issuer allows. Each account is a transaction of its own.

/// Keeps the rights of people who sign in with issuers equal to the rules of the operator's file.
final class SignInKeeper: Sendable {
    /// How often people are looked for who do not sign in any more.
    private static let pause = Duration.seconds(3600)
    private static let day: Int64 = 24 * 3_600_000

    private let issuers: [Issuer]
    private let queue: Queue
    private let log: Log
    private let next = Mutex(ContinuousClock.now)

    init(_ directory: IssuerDirectory?, queue: Queue, log: Log) {
        issuers = (directory?.clients ?? []).map(\.issuer)
        self.queue = queue
        self.log = log
    }

    // MARK: At the start

    /// Gives people the roles of the operator's present file, because it may have changed since they signed in. Without a file
    /// everything stays unchanged, and the log mentions this: a start without the flag may be a mistake.
    static func settle(_ directory: IssuerDirectory?, queue: Queue, log: Log) {
        let keeper = SignInKeeper(directory, queue: queue, log: log)
        guard directory != nil else { return keeper.attempt("") { try keeper.noteMissingFile() } }
        for issuer in keeper.issuers {
            keeper.attempt(issuer.id) { try keeper.settle(issuer) }
        }
        keeper.attempt("") { try keeper.withdrawFromStrangers() }
    }

    private func noteMissingFile() throws {
        let people = try queue.database.read { try Identities.people(on: $0) }
        guard !people.isEmpty else { return }
        log(
            .warning, "people keep the rights that issuers gave them, though there is no --sign-in",
            ["issuers": people.map { "\($0.issuer) (\($0.count))" }.joined(separator: ", ")])
    }

    private func settle(_ issuer: Issuer) throws {
        let lost = try queue.database.read { try issuer.namesWithoutPlace(on: $0) }
        if !lost.isEmpty {
            log(
                .warning, "names in the file of --sign-in lead to no organization or product, or to several",
                ["issuer": issuer.id, "names": lost.joined(separator: ", ")])
        }
        if issuer.rules != nil {
            let kept = try write { try Identities.settle(issuer: issuer.url, by: issuer.reach(on: $0.connection), $0) }
            if !kept.isEmpty {
                log(
                    .warning, "accounts stay administrators, for an organization has no other local one",
                    ["issuer": issuer.id, "count": "\(kept.count)"])
            }
        }
        let reach = try queue.database.read { try issuer.reach(on: $0) }
        // A name that leads nowhere may be misspelt: then nobody knows which organizations are meant.
        guard reach.isWhole else { return }
        let accounts = try queue.database.read { try Identities.accounts(of: issuer.url, outside: reach, on: $0) }
        try withdraw(accounts, issuer.id, outside: reach.organizations, because: "not an organization of \(issuer.id)")
    }

    /// Issuers that the file no longer has.
    private func withdrawFromStrangers() throws {
        let known = Set(issuers.map(\.url))
        let people = try queue.database.read { try Identities.people(on: $0) }
        for (url, _) in people where !known.contains(url) {
            let accounts = try queue.database.read { try Identities.accounts(of: url, on: $0) }
            try withdraw(accounts, url, because: "\(url) is no issuer any more")
        }
    }

    // MARK: Once an hour

    /// Withdraws the rights of people whose last sign-in is too long ago, once an hour.
    func tend() throws {
        let isDue = next.withLock { next in
            guard ContinuousClock.now >= next else { return false }
            next = .now + Self.pause
            return true
        }
        if isDue { try withdrawFromIdle() }
    }

    func withdrawFromIdle() throws {
        for issuer in issuers where issuer.signInWithinDays > 0 {
            let days = Int64(issuer.signInWithinDays)
            let limit = queue.now() - days * Self.day
            let accounts = try queue.database.read { connection in
                try Identities.accounts(of: issuer.url, seenBefore: limit, on: connection)
            }
            try withdraw(
                accounts, issuer.id, seenBefore: limit, because: "no sign-in with \(issuer.id) for \(days) days")
        }
    }

    // MARK: Parts

    private func withdraw(
        _ accounts: [Int64], _ issuer: String, outside organizations: [Int64] = [], seenBefore limit: Int64 = .max,
        because reason: String
    ) throws {
        var count = 0
        for account in accounts {
            let isDone = try write { writing in
                try Identities.withdraw(
                    account, outside: organizations, seenBefore: limit, because: reason, writing)
            }
            if isDone { count += 1 }
        }
        guard count > 0 else { return }
        log(.info, "rights withdrawn until the next sign-in", ["issuer": issuer, "people": "\(count)", "why": reason])
    }

    private func write<Result: Sendable>(_ body: @escaping @Sendable (Writing) throws -> Result) throws -> Result {
        let time = queue.now()
        return try queue.database.write { connection in
            try body(
                Writing(
                    in: Scope(kind: .organization, organization: 0), by: .system, at: time, on: connection))
        }
    }

    private func attempt(_ issuer: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            log(.error, "the roles of an issuer's groups were not set", ["issuer": issuer, "error": "\(error)"])
        }
    }
}
