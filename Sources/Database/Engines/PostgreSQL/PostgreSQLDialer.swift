import Bytes
import Glibc
import Synchronization

/// Makes connections to one server and waits for it while it restarts.
///
/// The first caller that finds the server gone, and those beside it, try again with growing pauses for 10 seconds. After
/// that the outage is known, and each call tries once, until one succeeds, so that no caller hangs.
final class PostgreSQLDialer: Sendable {
    let url: PostgreSQLURL
    /// What its connections know of the queries of snapshots.
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
            // Not all at once: somewhere in the second half of the pause.
            usleep(UInt32.random(in: UInt32(pause * 500)...UInt32(pause * 1000)))
            pause = min(pause * 2, 1000)
        }
    }
}
