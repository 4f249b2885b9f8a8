import Bytes
import Database
import Jobs
import Store
import Synchronization
import TestSupport

/// The death of a simulated process, which every later call throws.
struct Crash: Error {}

/// Whether a simulated process lives, and when it dies.
final class SimulatedLife: Sendable {
    private struct State {
        var isOver = false
        /// The calls until it dies, and whether the last one is still carried out.
        var fuse: (calls: Int, isDone: Bool)?
    }
    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Makes it die at one of the next calls.
    func light(calls: Int, isDone: Bool) { state.withLock { $0.fuse = (calls, isDone) } }

    func end() { state.withLock { $0.isOver = true } }

    /// Counts a call. True for the last call that is carried out; throws when the process is dead.
    func call() throws(Crash) -> Bool {
        let (isOver, isLast) = state.withLock { state in
            guard !state.isOver, let fuse = state.fuse else { return (state.isOver, false) }
            guard fuse.calls == 0 else {
                state.fuse = (fuse.calls - 1, fuse.isDone)
                return (false, false)
            }
            state.isOver = true
            return (!fuse.isDone, fuse.isDone)
        }
        if isOver { throw Crash() }
        return isLast
    }
}

/// The database for one simulated process: between its calls others act, and calls fail.
final class SimulatedDatabase: ForwardingDatabase {
    let real: any Database
    private let life: SimulatedLife
    private let bug: PlantedBug?
    private let dice: Dice
    /// Called before each call, which fails if this throws. The argument says whether the call writes.
    private let before: @Sendable (Bool) throws -> Void

    init(
        _ real: any Database, life: SimulatedLife, bug: PlantedBug?, dice: Dice,
        before: @escaping @Sendable (Bool) throws -> Void
    ) {
        self.real = real
        self.life = life
        self.bug = bug
        self.dice = dice
        self.before = before
    }

    private struct Undone: Error {}

    private func calling<Result>(isWrite: Bool, _ work: () throws -> Result) throws -> Result {
        if life.isOver { throw Crash() }
        try before(isWrite)
        let isLast = try life.call()
        let result = try work()
        if isLast { throw Crash() }
        return result
    }

    private func faulty(_ connection: any Connection) -> any Connection {
        bug.map { FaultyConnection(connection, $0) } ?? connection
    }

    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try calling(isWrite: false) { try real.read { try body(faulty($0)) } }
    }

    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try calling(isWrite: false) { try real.snapshot { try body(faulty($0)) } }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try calling(isWrite: true) {
            guard bug == .losesCommits, dice.once(in: 30) else { return try real.write { try body(self.faulty($0)) } }
            let result = Mutex<Result?>(nil)
            do {
                try real.write { connection in
                    let made = try body(connection)
                    result.withLock { $0 = made }
                    throw Undone()
                }
            } catch is Undone {}
            guard let result = result.withLock({ $0 }) else { throw Crash() }
            return result
        }
    }

    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try write(body) }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        // SQLite's writer has a thread of its own, so nothing waits for the cooperative pool.
        try ({ try self.write(body) as Result })()
    }
}

/// The store for one simulated process.
struct SimulatedStore: ArtifactStore {
    let real: FileStore
    let life: SimulatedLife
    /// Called before each call; true makes the call fail.
    let fails: @Sendable () -> Bool

    private func calling<Result>(_ work: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        guard let isLast = call() else { throw .failed(doing: "simulation", why: "the process is dead") }
        let result = try work()
        if isLast { throw .failed(doing: "simulation", why: "the process died") }
        return result
    }

    /// Whether it is the last call; nil when it fails.
    fileprivate func call() -> Bool? {
        if life.isOver || fails() { return nil }
        return try? life.call()
    }

    func create(_ name: String) throws(StoreError) -> any ArtifactUpload {
        try calling { () throws(StoreError) in SimulatedUpload(try real.create(name), self) }
    }
    func locate(_ name: String) throws(StoreError) -> StoredArtifact {
        try calling { () throws(StoreError) in try real.locate(name) }
    }
    func remove(_ name: String) throws(StoreError) { try calling { () throws(StoreError) in try real.remove(name) } }
    func names() throws(StoreError) -> [String] { try calling { () throws(StoreError) in try real.names() } }
    func check() throws(StoreError) { try calling { () throws(StoreError) in try real.check() } }
}

private final class SimulatedUpload: ArtifactUpload {
    private let real: any ArtifactUpload
    private let store: SimulatedStore

    init(_ real: any ArtifactUpload, _ store: SimulatedStore) {
        self.real = real
        self.store = store
    }

    var size: Int64 { real.size }
    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) { try real.write(bytes) }
    func publish() throws(SinkError) {
        guard let isLast = store.call() else { throw .unavailable("the store does not answer") }
        try real.publish()
        if isLast { throw .unavailable("the process died") }
    }
}
