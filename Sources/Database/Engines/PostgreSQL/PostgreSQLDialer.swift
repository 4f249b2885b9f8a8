import Bytes
import Glibc
import Synchronization

/// Makes connections to one server, and waits while the server restarts.
///
/// The first callers that find the server unavailable try again with growing pauses for 10 seconds. After that the
/// outage is known. Each call then tries only once until one succeeds, so that no caller waits long.
final class PostgreSQLDialer: Sendable {
    let url: PostgreSQLURL
    /// Facts about the queries of snapshots, shared by its connections.
    let longAnswers = LongAnswers()
    private let isOut = Mutex(false)

    init(_ url: PostgreSQLURL) { self.url = url }

    /// Makes a connection, or throws the reason.
    func connect() throws(DatabaseError) -> OpaquePointer {
        let patienceEnds = ContinuousClock.now + min(.seconds(10), Patience.current ?? .seconds(10))
        var pause = 50
        while true {
            do throws(DatabaseError) {
                let handle = try url.connect()
                isOut.withLock { $0 = false }
                return handle
            } catch {
                guard ContinuousClock.now < patienceEnds, !isOut.withLock({ $0 }) else {
                    isOut.withLock { $0 = true }
                    throw error
                }
            }
            // The pause ends at a random time in its second half, so that callers do not all try at once.
            usleep(UInt32.random(in: UInt32(pause * 500)...UInt32(pause * 1000)))
            pause = min(pause * 2, 1000)
        }
    }
}
