import Bytes
import Glibc

/// Events for operators: one JSON object a line on standard error. Never a secret: keys and tokens are not passed in.
struct Log: Sendable {
    enum Level: String, Sendable, CaseIterable {
        case debug
        case info
        case warning
        case error
    }

    private let least: Int

    init(_ least: Level) { self.least = Self.rank(least) }

    private static func rank(_ level: Level) -> Int { Level.allCases.firstIndex(of: level) ?? 0 }

    /// Writes an event with its facts, in the order given. Facts of events that are too small for the log are not asked.
    func callAsFunction(
        _ level: Level, _ event: String, _ facts: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        guard Self.rank(level) >= least else { return }
        var line = ByteSink()
        line.append("{\"time\":")
        line.append(jsonString: TimeText.rfc3339(Clock.now()))
        line.append(",\"level\":")
        line.append(jsonString: level.rawValue)
        line.append(",\"event\":")
        line.append(jsonString: event)
        for (key, value) in facts() {
            line.append(",")
            line.append(jsonString: key)
            line.append(":")
            line.append(jsonString: value)
        }
        line.append("}\n")
        // One call, so that lines of several threads do not mix. A log that cannot be written stops nothing.
        _ = line.bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// The clock of the process.
enum Clock {
    /// Milliseconds since 1970, UTC.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
