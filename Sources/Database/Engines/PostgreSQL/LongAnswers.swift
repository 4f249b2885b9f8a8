import Synchronization

/// The queries of snapshots that last had more than a few rows. Asking them for a few rows first is useless, and a query that
/// sorts would sort all its rows twice. After some uses such a query is asked for a few rows again.
final class LongAnswers: Sendable {
    /// An answer with fewer rows than this is short. One row more than the first batch of a cursor has.
    static let some = 65
    /// The number of uses for which a query counts as long.
    private static let uses = 16
    /// The most queries that are remembered; texts may be computed, too.
    private static let limit = 1024

    /// The remaining uses, by the text of the query.
    private let left = Mutex<[String: Int]>([:])

    /// Whether a query may have few rows. Each call counts as a use.
    func mayBeShort(_ text: String) -> Bool {
        left.withLock { left in
            guard let uses = left[text] else { return true }
            left[text] = uses > 1 ? uses - 1 : nil
            return false
        }
    }

    /// Remembers that a query has many rows.
    func note(_ text: String) {
        left.withLock { left in
            if left.count >= Self.limit { left.removeAll() }
            left[text] = Self.uses
        }
    }
}
