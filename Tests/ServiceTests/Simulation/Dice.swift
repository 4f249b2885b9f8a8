import Synchronization

/// Random numbers from a seed: the same seed gives the same ones (SplitMix64: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
final class Dice: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) { state = Mutex(seed) }

    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// From 0 to `count` - 1.
    func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    /// True once in this number of times.
    func once(in times: Int) -> Bool { below(times) == 0 }

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// One of several things, by their weights.
    func pick<Thing>(_ things: [(Thing, weight: Int)]) -> Thing {
        var place = below(things.reduce(0) { $0 + $1.weight })
        for (thing, weight) in things {
            if place < weight { return thing }
            place -= weight
        }
        return things[0].0
    }
}

/// A clock that a simulation sets.
final class FalseClock: Sendable {
    private let time = Mutex<(now: Int64, latest: Int64)>((FalseClock.start, FalseClock.start))
    static let start: Int64 = 1_767_323_045_000

    /// Milliseconds since 1970.
    var now: Int64 { time.withLock { $0.now } }
    /// The latest time that it has shown.
    var latest: Int64 { time.withLock { $0.latest } }

    func move(by milliseconds: Int64) {
        time.withLock { time in
            time.now += milliseconds
            time.latest = max(time.latest, time.now)
        }
    }
}
