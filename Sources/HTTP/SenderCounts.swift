import Synchronization

/// The amounts that each sender, and all senders together, have of something: connections, bytes on the disk.
///
/// A sender is the result of `AddressRanges.sender` for an address. The code that takes an amount must give it back. A
/// sender with amount 0 is removed.
final class SenderCounts: Sendable {
    private struct State {
        var sum = 0
        var counts: [String: Int] = [:]
    }

    private let total: Int
    private let each: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - total: the most for all senders; 0 for no limit.
    ///   - each: the most for one sender; 0 for no limit.
    init(total: Int = 0, each: Int) {
        self.total = total
        self.each = each
    }

    /// The sum over all senders.
    var sum: Int { state.withLock { $0.sum } }

    /// Takes an amount for a sender; false, without taking any, when a limit would be exceeded.
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

    /// Whether this amount could be taken now.
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
