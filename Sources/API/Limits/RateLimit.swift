import Synchronization

// DESIGN. Each key has a bucket, which fills with the allowed calls a minute and holds a minute's worth. So short bursts pass
// and floods do not. Each process keeps the buckets in its own memory, because they protect that process. Keys, valid or not,
// are distinguished by a hash before any query.

/// Limits the calls of each key.
///
///     let limit = RateLimit(perMinute: 600)
///     if let seconds = limit.admit(key, at: now) {
///         return "try again in \(seconds) s"
///     }
///
/// Times are milliseconds since 1970; waits are seconds, rounded up. Any thread may use it. No call blocks on the
/// database, calls back or throws. The counts live in the memory of the process and end with it.
package final class RateLimit: Sendable {
    /// The most keys that are remembered; beyond it, keys with full buckets are removed.
    private static let memoryLimit = 100_000

    private let perMinute: Double
    private let buckets = Mutex<[Int: (left: Double, at: Int64)]>([:])

    /// - Parameter perMinute: the calls of one key in a minute.
    package init(perMinute: Int) { self.perMinute = Double(max(1, perMinute)) }

    /// The seconds after which a call would be admitted; nil when it would be admitted now. It counts nothing.
    func wait(_ key: String, at time: Int64) -> Int? {
        let name = key.hashValue
        let bucket = buckets.withLock { buckets in
            // The clock was set back, so the bucket fills from the new time on.
            if let at = buckets[name]?.at, time < at { buckets[name]?.at = time }
            return buckets[name]
        }
        guard let bucket else { return nil }
        let left = bucket.left + perMinute * Double(time - bucket.at) / 60_000
        return left >= 1 ? nil : max(1, Int(((1 - left) / perMinute * 60).rounded(.up)))
    }

    /// Counts a call; nil when it is admitted, otherwise the seconds until the next one is.
    package func admit(_ key: String, at time: Int64) -> Int? {
        let name = key.hashValue
        return buckets.withLock { buckets in
            if buckets.count >= Self.memoryLimit {
                buckets = buckets.filter { $0.value.left + perMinute * Double(time - $0.value.at) / 60_000 < perMinute }
                // When all buckets are in use, no client is refused.
                if buckets.count >= Self.memoryLimit { buckets.removeAll() }
            }
            var bucket = buckets[name] ?? (perMinute, time)
            bucket.left = min(perMinute, bucket.left + perMinute * Double(max(0, time - bucket.at)) / 60_000)
            bucket.at = time
            guard bucket.left >= 1 else {
                buckets[name] = bucket
                return max(1, Int(((1 - bucket.left) / perMinute * 60).rounded(.up)))
            }
            bucket.left -= 1
            buckets[name] = bucket
            return nil
        }
    }
}
