import CPostgreSQL
import Dispatch
import Glibc
import Synchronization

// DESIGN. The listener has its own connection, made for the first listener, and one thread that sleeps in `poll` until
// the server or this process has a message. After each (re)connection all listeners are called, because signals in
// between are lost.

/// Receives the notifications of one server.
final class PostgreSQLListener: Sendable {
    private struct State {
        var isRunning = false
        var isClosed = false
    }

    private let dialer: PostgreSQLDialer
    private let listeners = Listeners()
    private let state = Mutex(State())
    /// A pipe; writing to it makes the thread check its state.
    private let wake: (read: Int32, write: Int32)

    init(dialer: PostgreSQLDialer) {
        self.dialer = dialer
        var ends: [Int32] = [-1, -1]
        // Without a pipe (the process has no file descriptor left), the thread checks its state each second.
        if pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
        }
        wake = (ends[0], ends[1])
    }

    deinit {
        Glibc.close(wake.read)
        Glibc.close(wake.write)
    }

    func add(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening {
        let listening = listeners.add(channel, deaf: deaf, heard: body)
        let starts = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { DispatchQueue(label: "database listener").async { self.work() } }
        lookAround()
        return listening
    }

    func close() {
        state.withLock { $0.isClosed = true }
        lookAround()
    }

    private func lookAround() {
        var byte: UInt8 = 0
        // A full pipe wakes the thread, too.
        _ = write(wake.write, &byte, 1)
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func work() {
        var isDeaf = false
        while !isClosed {
            do {
                let handle = try dialer.connect()
                isDeaf = false
                hear(handle)
                PQfinish(handle)
            } catch {
                // Called once for each outage.
                if !isDeaf { listeners.tell(error) }
                isDeaf = true
            }
            // The server is unavailable, so the next attempt waits. Closing wakes the thread.
            if !isClosed { sleep(on: nil, milliseconds: 1000) }
        }
    }

    /// Calls listeners until the connection breaks or the database is closed.
    private func hear(_ handle: OpaquePointer) {
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        var heard: Set<String> = []
        while !isClosed {
            for channel in listeners.channels.subtracting(heard) {
                guard listen(handle, to: channel) else { return }
                heard.insert(channel)
                listeners.call(channel)
            }
            guard PQconsumeInput(handle) == 1 else { return }
            var called: Set<String> = []
            while let notice = PQnotifies(handle) {
                called.insert(String(cString: notice.pointee.relname))
                PQfreemem(notice)
            }
            for channel in called { listeners.call(channel) }
            if PQstatus(handle) != CONNECTION_OK { return }
            sleep(on: handle, milliseconds: wake.read < 0 ? 1000 : -1)
        }
    }

    private func listen(_ handle: OpaquePointer, to channel: String) -> Bool {
        guard let name = PQescapeIdentifier(handle, channel, channel.utf8.count) else { return false }
        defer { PQfreemem(name) }
        let result = PQexec(handle, "LISTEN \(String(cString: name))")
        defer { PQclear(result) }
        return PQresultStatus(result) == PGRES_COMMAND_OK
    }

    /// Sleeps until the server sends, the pipe is written to, or the time is over.
    private func sleep(on handle: OpaquePointer?, milliseconds: Int32) {
        var places = [
            pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: handle.map { PQsocket($0) } ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        poll(&places, nfds_t(places.count), milliseconds)
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while read(wake.read, &bytes, bytes.count) > 0 {}
    }
}
