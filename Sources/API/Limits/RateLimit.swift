import Synchronization

// DESIGN. A bucket for each key that is shown: it fills with the allowed calls a minute and holds a minute's worth, so a
// burst is fine and a flood is not. Kept in memory by each process for itself: it protects the process. Keys are distinguished by
// a hash, valid or not, before the database is asked anything.

/// How many calls a key may make.
package final class RateLimit: Sendable {
    /// The most keys that are remembered; beyond it, keys with full buckets are forgotten.
    private static let memoryLimit = 100_000

    private let perMinute: Double
    private let buckets = Mutex<[Int: (left: Double, at: Int64)]>([:])

    /// - Parameter perMinute: calls of one key in a minute.
    package init(perMinute: Int) { self.perMinute = Double(max(1, perMinute)) }

    /// The seconds after which a call would be let in; nil when it would be now. Counts nothing.
    func wait(_ key: String, at time: Int64) -> Int? {
        let name = key.hashValue
        let bucket = buckets.withLock { buckets in
            // The clock was set back: from here on the bucket fills as ever.
            if let at = buckets[name]?.at, time < at { buckets[name]?.at = time }
            return buckets[name]
        }
        guard let bucket else { return nil }
        let left = bucket.left + perMinute * Double(time - bucket.at) / 60_000
        return left >= 1 ? nil : max(1, Int(((1 - left) / perMinute * 60).rounded(.up)))
    }

    /// Counts a call; nil when it is let in, else the seconds after which the next one is.
    package func admit(_ key: String, at time: Int64) -> Int? {
        let name = key.hashValue
        return buckets.withLock { buckets in
            if buckets.count >= Self.memoryLimit {
                buckets = buckets.filter { $0.value.left + perMinute * Double(time - $0.value.at) / 60_000 < perMinute }
                // All buckets are in use; then no client is refused.
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
