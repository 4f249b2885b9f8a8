import Synchronization

/// The queries of snapshots that had more than a few rows when they were asked last: to ask them for a few first is in vain, and what
/// sorts all its rows would sort them twice. After some uses such a query is asked for a few again.
final class LongAnswers: Sendable {
    /// An answer with fewer rows than these is short. As many as the first batch of a cursor has, and one.
    static let some = 65
    /// How often a query counts as long that was it once.
    private static let uses = 16
    /// A bound, for texts are made at run time, too.
    private static let limit = 1024

    /// The uses that are left, by the text of the query.
    private let left = Mutex<[String: Int]>([:])

    /// Whether a query may have few rows. Counts as a use of it.
    func mayBeShort(_ text: String) -> Bool {
        left.withLock { left in
            guard let uses = left[text] else { return true }
            left[text] = uses > 1 ? uses - 1 : nil
            return false
        }
    }

    /// Notes that a query has many rows.
    func note(_ text: String) {
        left.withLock { left in
            if left.count >= Self.limit { left.removeAll() }
            left[text] = Self.uses
        }
    }
}
