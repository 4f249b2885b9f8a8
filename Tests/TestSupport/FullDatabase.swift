package import Database
import Synchronization

/// A database whose disk can be filled; it then reads but does not write.
package final class FullDatabase: ForwardingDatabase {
    package let real: any Database
    private let full = Atomic<Bool>(false)
    private let refused = Atomic<Int>(0)

    package init(_ real: any Database) { self.real = real }

    package var isFull: Bool {
        get { full.load(ordering: .sequentiallyConsistent) }
        set { full.store(newValue, ordering: .sequentiallyConsistent) }
    }
    /// The number of refused writes.
    package var refusals: Int { refused.load(ordering: .sequentiallyConsistent) }

    private func look() throws {
        guard isFull else { return }
        refused.wrappingAdd(1, ordering: .sequentiallyConsistent)
        throw DatabaseError.storage(why: "no space left on the disk")
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try look()
        return try real.write(body)
    }
    package func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try look()
        return try real.writeUnflushed(body)
    }
    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        try look()
        return try await real.write(body)
    }
    package func migrate() throws { try real.migrate() }
}
