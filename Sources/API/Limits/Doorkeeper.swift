import HTTP
import Synchronization

// DESIGN. Two limits stand before every door. One is the key's: calls a minute. The other is the address's: keys that were
// refused. An address that tried too many keys has to wait, and its keys are not looked up in the database. Keys that were admitted lately
// still pass, so that one careless client does not lock out others behind the same address translation. Both are kept in memory by each process
// for
// itself: they protect the process.

/// Refuses clients that call too often or try keys.
package final class Doorkeeper: Sendable {
    /// Calls of a key in a minute, unless the operator says otherwise.
    package static let usualCalls = 30_000
    /// Refused keys of an address in a minute, unless the operator says otherwise.
    package static let usualRefusals = 600
    /// Keys that are remembered as let in.
    private static let memoryLimit = 100_000

    private let calls: RateLimit?
    private let refusals: RateLimit?
    private let welcome = Mutex<Set<Int>>([])

    /// - Parameters:
    ///   - callsPerMinute: of one key; 0 for any number.
    ///   - refusalsPerMinute: of one address; 0 for any number.
    package init(callsPerMinute: Int, refusalsPerMinute: Int) {
        calls = callsPerMinute > 0 ? RateLimit(perMinute: callsPerMinute) : nil
        refusals = refusalsPerMinute > 0 ? RateLimit(perMinute: refusalsPerMinute) : nil
    }

    /// Counts a call; nil when it may go on, else the seconds after which to come again.
    package func admit(_ key: String, from address: String?, at time: Int64) -> Int? {
        holdsBack(key, from: address, at: time) ?? calls?.admit(key, at: time)
    }

    /// The seconds for which an address has to wait, because it has tried too many keys; nil when it may try this
    /// one. Counts nothing.
    package func holdsBack(_ key: String, from address: String?, at time: Int64) -> Int? {
        guard let refusals, let address, !address.isEmpty else { return nil }
        guard let seconds = refusals.wait(AddressRanges.sender(address), at: time) else { return nil }
        return welcome.withLock { $0.contains(key.hashValue) } ? nil : seconds
    }

    /// The key is somebody's.
    package func welcome(_ key: String) {
        guard refusals != nil else { return }
        welcome.withLock { welcome in
            if welcome.count >= Self.memoryLimit { welcome.removeAll() }
            welcome.insert(key.hashValue)
        }
    }

    /// The key is unknown, or lacks the scope for the request.
    package func refuse(_ key: String, from address: String?, at time: Int64) {
        guard let refusals, let address, !address.isEmpty else { return }
        _ = refusals.admit(AddressRanges.sender(address), at: time)
    }
}
