import Synchronization

// DESIGN. While a transaction elsewhere holds a snapshot, PostgreSQL keeps each former version of a job's row, and the entries
// of indexes that lead to it: a search for the oldest waiting job passes over one entry for each job that was claimed since. So
// a search may begin behind the job that was claimed a moment ago. Complete searches find the rest: jobs that were put back,
// and jobs that were stored in another order than their numbers. These may take a twentieth of the time: where they are fast,
// nearly every one is complete.

/// The bounds of searches for waiting jobs, as far as this process knows them.
final class Looks: Sendable {
    /// How long the number of a claimed job rests before searches begin there: submissions that took a lower number are stored by then.
    private static let rest = Duration.milliseconds(100)
    /// The part of the time that complete searches may take, and how much of it is saved up at most.
    private static let (part, savings) = (20, Duration.seconds(1))
    /// The longest time that is owed: a search that waited for a server that was away must not stop those after it for long.
    private static let debt = Duration.seconds(3)

    /// The numbers of an organization's jobs that were claimed last.
    private struct Claims {
        /// That of a moment ago, the one that follows it after a rest, and the newest.
        var settled: Int64 = 0
        var next: Int64 = 0
        var newest: Int64 = 0
        var since: ContinuousClock.Instant
    }

    private struct State {
        var claims: [Int64: Claims] = [:]
        /// The time that complete searches may take now.
        var allowance = Looks.savings
        var counted: ContinuousClock.Instant
        /// A complete search is running.
        var isBusy = false
    }

    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// - Parameter now: another clock, in tests.
    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        state = Mutex(State(counted: now()))
    }

    /// Runs a complete search if the time for it was saved up and none is running; nil otherwise.
    func complete<Result>(_ search: () throws -> Result) rethrows -> Result? {
        let begun = now()
        let mayRun = state.withLock { state in
            state.allowance = min(Self.savings, state.allowance + (begun - state.counted) / Self.part)
            state.counted = begun
            guard state.allowance > .zero, !state.isBusy else { return false }
            state.isBusy = true
            return true
        }
        guard mayRun else { return nil }
        defer {
            let end = now()
            state.withLock { state in
                state.isBusy = false
                // What was saved up during the search is counted here: the next search would count it beyond the bound of the debt.
                let saved = (end - state.counted) / Self.part
                state.allowance = max(state.allowance + saved - (end - begun), .zero - Self.debt)
                state.counted = end
            }
        }
        return try search()
    }

    /// The number at which a search of the organization's waiting jobs may begin; 0 for all of them.
    func start(of organization: Int64) -> Int64 { state.withLock { $0.claims[organization]?.settled ?? 0 } }

    /// Notes that a job was claimed.
    func note(claim id: Int64, of organization: Int64) {
        let time = now()
        state.withLock { state in
            var claims = state.claims[organization] ?? Claims(since: time)
            claims.newest = max(claims.newest, id)
            if time - claims.since >= Self.rest {
                claims.settled = claims.next
                claims.next = claims.newest
                claims.since = time
            }
            state.claims[organization] = claims
        }
    }
}
