import Database
import Synchronization
import TestSupport

/// A database that fails at one of its writes, before or after the write is done, and at all later ones.
final class FailingDatabase: ForwardingDatabase {
    struct Broken: Error {}

    let real: any Database
    private let left: Mutex<Int>
    private let isAfter: Bool

    /// - Parameters:
    ///   - writes: the number of writes that succeed.
    ///   - isAfter: whether the failing write was committed.
    init(_ real: any Database, writes: Int, isAfter: Bool) {
        self.real = real
        left = Mutex(writes)
        self.isAfter = isAfter
    }

    var isBroken: Bool { left.withLock { $0 < 0 } }

    func write<Result: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Result) throws -> Result {
        let remaining = left.withLock { left in
            left -= 1
            return left
        }
        if remaining >= 0 { return try real.write(body) }
        if isAfter, remaining == -1 { _ = try real.write(body) }
        throw Broken()
    }

    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try write(body) }
}
