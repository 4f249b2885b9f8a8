import Synchronization

/// How much each sender has of something, and all of them together: connections, bytes on the disk.
///
/// A sender is what `AddressRanges.sender` makes of an address. The code that takes bytes gives them back. A sender with no
/// bytes is forgotten.
final class SenderCounts: Sendable {
    private struct State {
        var sum = 0
        var counts: [String: Int] = [:]
    }

    private let total: Int
    private let each: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - total: the most of all senders; 0 for any.
    ///   - each: the most of one sender; 0 for any.
    init(total: Int = 0, each: Int) {
        self.total = total
        self.each = each
    }

    /// The sum over all senders.
    var sum: Int { state.withLock { $0.sum } }

    /// Takes so much for a sender; false, and nothing is taken, when it would be too much.
    func take(_ amount: Int, for sender: String) -> Bool {
        state.withLock { state in
            let (own, isTooMuch) = (state.counts[sender] ?? 0).addingReportingOverflow(amount)
            let (sum, isFar) = state.sum.addingReportingOverflow(amount)
            guard !isTooMuch, !isFar, total == 0 || sum <= total, each == 0 || own <= each else { return false }
            state.sum = sum
            state.counts[sender] = own
            return true
        }
    }

    /// Whether this many bytes could be taken now.
    func hasRoom(_ amount: Int, for sender: String) -> Bool {
        guard take(amount, for: sender) else { return false }
        give(amount, for: sender)
        return true
    }

    func give(_ amount: Int, for sender: String) {
        state.withLock { state in
            state.sum -= amount
            let own = (state.counts[sender] ?? 0) - amount
            assert(state.sum >= 0 && own >= 0, "more is given back than was taken")
            state.counts[sender] = own > 0 ? own : nil
        }
    }
}
