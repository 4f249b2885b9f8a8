import Bytes
import HTTP
import Synchronization

// DESIGN. A line for each finished request. The thread that ends the request makes the line and stores it in memory;
// another thread writes the stored lines once a second. A crash loses the last second.

/// Writes a line of JSON for each request: address, account, call, status, bytes, microseconds. A line contains no key, no
/// query and no body.
final class AccessLog: Sendable {
    /// The most bytes that wait to be written; further lines are counted and dropped.
    private static let limit = 8 << 20

    private struct Waiting {
        var lines: [UInt8] = []
        var lost: Int64 = 0
    }

    private let file: LineFile
    private let waiting = Mutex(Waiting())

    init(_ file: LineFile) { self.file = file }

    /// Takes a finished request.
    func note(_ event: AccessEvent, at time: Int64) {
        var line = JSONWriter()
        line.object { json in
            json.text("time", TimeText.rfc3339(time))
            json.text("address", event.client ?? "")
            json.number("account", event.mark.account)
            json.text("method", event.method)
            json.text("path", event.loggedPath)
            json.text("call", event.mark.name)
            json.number("status", event.status)
            json.number("error", event.mark.error)
            json.number("bytes", event.bytes)
            json.number("microseconds", Int64((event.seconds * 1_000_000).rounded()))
        }
        line.endLine()
        let bytes = line.bytes
        waiting.withLock { waiting in
            if waiting.lines.count < Self.limit {
                waiting.lines += bytes
            } else {
                waiting.lost += 1
            }
        }
    }

    /// Writes the collected lines, and returns the number of lines that were dropped for lack of room. The calling
    /// thread blocks.
    func write() throws(Failure) -> Int64 {
        let taken = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        try file.append(taken.lines)
        return taken.lost
    }
}

extension AccessEvent {
    /// The path without tokens: the console's addresses contain tokens, and logs must not.
    var loggedPath: String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            let isToken =
                part.utf8.count == 64
                && part.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
            return isToken ? "TOKEN" : part
        }.joined(separator: "/")
    }
}
