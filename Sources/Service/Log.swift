/// Takes events for operators. Events contain no secrets, because callers pass no keys or tokens.
///
/// The running code decides which events exist. The process decides their format and destination:
///
///     let log = Log(.info) { level, event, facts in print(level, event, facts) }
///     log(.warning, "webhook failed", ["uuid": job.uuid, "why": why])
///
/// May be called on any thread; it calls `write` on the same thread.
package struct Log: Sendable {
    /// The least first.
    package enum Level: String, Sendable, CaseIterable {
        case debug
        case info
        case warning
        case error
    }

    package typealias Facts = KeyValuePairs<String, String>

    private let least: Int
    private let write: @Sendable (Level, String, Facts) -> Void

    /// - Parameters:
    ///   - least: the level below which events are dropped.
    ///   - write: called with an event and its facts, in the given order.
    package init(_ least: Level, to write: @escaping @Sendable (Level, String, Facts) -> Void) {
        self.least = Self.rank(least)
        self.write = write
    }

    private static func rank(_ level: Level) -> Int { Level.allCases.firstIndex(of: level) ?? 0 }

    /// Takes an event. The facts of events below the log's level are not computed.
    package func callAsFunction(_ level: Level, _ event: String, _ facts: @autoclosure () -> Facts = [:]) {
        guard Self.rank(level) >= least else { return }
        write(level, event, facts())
    }
}
