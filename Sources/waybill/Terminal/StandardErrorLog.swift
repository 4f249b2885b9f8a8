import Bytes
import Glibc
import Service

extension Log {
    /// A log on standard error with one JSON object a line.
    static func standardError(_ least: Level) -> Log {
        Log(least) { level, event, facts in
            var line = JSONWriter()
            line.object {
                $0.text("time", TimeText.rfc3339(Clock.now()))
                $0.text("level", level.rawValue)
                $0.text("event", event)
                for (key, value) in facts { $0.text(named: key, value) }
            }
            line.endLine()
            // One call, so that lines of several threads do not mix. A log that cannot be written stops no work.
            _ = line.bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        }
    }
}
