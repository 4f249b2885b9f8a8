import Bytes
import Database
import Store

/// A database that counts its errors and writes.
final class ObservedDatabase: Database {
    private let real: any Database
    private let metrics: Metrics

    init(_ real: any Database, _ metrics: Metrics) {
        self.real = real
        self.metrics = metrics
    }

    var engine: Engine { real.engine }

    private func counting<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch {
            metrics.countDatabaseError(error)
            throw error
        }
    }

    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try counting { try real.read(body) }
    }

    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try counting { try real.snapshot(body) }
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Result) throws -> Result {
        let begun = ContinuousClock.now
        defer { metrics.countWrite(seconds: begun.secondsAgo) }
        return try counting { try real.write(body) }
    }

    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        let begun = ContinuousClock.now
        defer { metrics.countWrite(seconds: begun.secondsAgo) }
        return try counting { try real.writeUnflushed(body) }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        let begun = ContinuousClock.now
        defer { metrics.countWrite(seconds: begun.secondsAgo) }
        do {
            return try await real.write(body)
        } catch {
            metrics.countDatabaseError(error)
            throw error
        }
    }

    func listen(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening {
        real.listen(channel, deaf: deaf, heard: body)
    }

    func close() { real.close() }
}

/// A store that counts its errors and times. A missing artifact is not an error of the store.
struct ObservedStore: ArtifactStore {
    let real: any ArtifactStore
    let metrics: Metrics

    private func counting<Result>(
        _ doing: StaticString, _ work: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let begun = ContinuousClock.now
        do {
            let result = try work()
            metrics.countStore(doing, seconds: begun.secondsAgo, failed: false)
            return result
        } catch {
            var isFault = true
            if case .missing = error { isFault = false }
            metrics.countStore(doing, seconds: begun.secondsAgo, failed: isFault)
            throw error
        }
    }

    func create(_ name: String) throws(StoreError) -> any ArtifactUpload {
        let upload = try counting("create") { () throws(StoreError) in try real.create(name) }
        return ObservedUpload(upload, metrics)
    }

    func locate(_ name: String) throws(StoreError) -> StoredArtifact {
        try counting("locate") { () throws(StoreError) in try real.locate(name) }
    }

    func remove(_ name: String) throws(StoreError) {
        try counting("remove") { () throws(StoreError) in try real.remove(name) }
    }

    func names() throws(StoreError) -> [String] {
        try counting("list") { () throws(StoreError) in try real.names() }
    }

    func check() throws(StoreError) {
        try counting("check") { () throws(StoreError) in try real.check() }
    }
}

/// An upload that counts its errors.
private final class ObservedUpload: ArtifactUpload {
    private let real: any ArtifactUpload
    private let metrics: Metrics

    init(_ real: any ArtifactUpload, _ metrics: Metrics) {
        self.real = real
        self.metrics = metrics
    }

    var size: Int64 { real.size }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        do {
            try real.write(bytes)
        } catch {
            metrics.countStore("write", seconds: 0, failed: true)
            throw error
        }
    }

    func publish() throws(SinkError) {
        let begun = ContinuousClock.now
        do {
            try real.publish()
            metrics.countStore("publish", seconds: begun.secondsAgo, failed: false)
        } catch {
            metrics.countStore("publish", seconds: begun.secondsAgo, failed: true)
            throw error
        }
    }
}

extension ContinuousClock.Instant {
    /// The seconds from this moment to now.
    package var secondsAgo: Double {
        let (seconds, parts) = (ContinuousClock.now - self).components
        return Double(seconds) + Double(parts) * 1e-18
    }
}
