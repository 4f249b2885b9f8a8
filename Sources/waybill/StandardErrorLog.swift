import Bytes
import Glibc
import Service

extension Log {
    /// A log on standard error: one JSON object a line.
    static func standardError(_ least: Level) -> Log {
        Log(least) { level, event, facts in
            var line = ByteSink()
            line.append("{\"time\":")
            line.append(jsonString: TimeText.rfc3339(Clock.now()))
            line.append(",\"level\":")
            line.append(jsonString: level.rawValue)
            line.append(",\"event\":")
            line.append(jsonString: event)
            for (key, value) in facts {
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
}
