import HTTP
import Synchronization

// DESIGN. Two limits apply at every door. One limits the calls of a key in a minute. The other limits the refused keys of an
// address in a minute. An address that tried too many keys must wait, and its keys are not looked up in the database. Keys that
// were admitted recently still pass, so that one careless client does not lock out others behind the same address translation.
// Each process keeps both counts in its own memory, because they protect that process.

/// Refuses clients that call too often or guess keys.
///
///     if let seconds = doorkeeper.admit(key, from: request.client, at: now) {
///         throw APIError.tooManyCalls(seconds: seconds)
///     }
///     guard isKnown(key) else { return doorkeeper.refuse(key, from: request.client, at: now) }
///     doorkeeper.welcome(key)
///
/// Times are milliseconds since 1970; waits are seconds. Any thread may use it. No call blocks on the database, calls
/// back or throws. The counts live in the memory of the process and end with it.
package final class Doorkeeper: Sendable {
    /// The calls of a key in a minute, unless the operator sets another limit.
    package static let usualCalls = 30_000
    /// The refused keys of an address in a minute, unless the operator sets another limit.
    package static let usualRefusals = 600
    /// The most admitted keys that are remembered.
    private static let memoryLimit = 100_000

    private let calls: RateLimit?
    private let refusals: RateLimit?
    private let welcome = Mutex<Set<Int>>([])

    /// - Parameters:
    ///   - callsPerMinute: calls of one key; 0 for no limit.
    ///   - refusalsPerMinute: refused keys of one address; 0 for no limit.
    package init(callsPerMinute: Int, refusalsPerMinute: Int) {
        calls = callsPerMinute > 0 ? RateLimit(perMinute: callsPerMinute) : nil
        refusals = refusalsPerMinute > 0 ? RateLimit(perMinute: refusalsPerMinute) : nil
    }

    /// Counts a call; nil when it may proceed, otherwise the seconds to wait.
    package func admit(_ key: String, from address: String?, at time: Int64) -> Int? {
        holdsBack(key, from: address, at: time) ?? calls?.admit(key, at: time)
    }

    /// The seconds that an address must wait because it tried too many keys; nil when it may try this key. It counts
    /// nothing.
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
