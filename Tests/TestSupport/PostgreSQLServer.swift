import Foundation
import Synchronization

// DESIGN. A private cluster from Debian's package, in a temporary folder, on a free port of the loopback interface and a
// socket in that folder. A shell whose input is a pipe from this process supervises it: when this process ends, in
// whatever way, the pipe closes, the shell stops the cluster and deletes the folder. The cluster sorts text by ICU's
// English rules unless a column says otherwise, so a schema that forgets to require byte order is noticed.

/// A PostgreSQL server for tests; stopped and deleted with the process or when it is released.
package final class PostgreSQLServer: Sendable {
    /// The superuser's password, asked for on the loopback interface.
    package static let password = "test:p@ss/wörd"
    private static let programs = "/usr/lib/postgresql/15/bin"

    /// The server that tests of this process share, or the reason why it did not start.
    package static let started = Result { try PostgreSQLServer() }
    /// The server that tests of this process share, or nil. One test of DatabaseTests counts as skipped where PostgreSQL is
    /// not installed, and fails where it is installed and does not start.
    package static var shared: PostgreSQLServer? { try? started.get() }

    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: "\(programs)/initdb") }

    package struct Absent: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: Int
    private let folder: String
    private let settings: String
    private let watch: Pipe
    private let databases = Mutex(0)

    /// Makes and starts a cluster.
    package init() throws {
        guard Self.isInstalled else {
            throw Absent(description: "\(Self.programs)/initdb is missing, install postgresql-15")
        }
        port = try LoopbackListener().port
        var name = Array("/tmp/waybill-pg-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Absent(description: "no temporary folder can be made") }
        folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        watch = Pipe()
        _ = fcntl(watch.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        // PostgreSQL refuses to run as root.
        let user = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : []
        if getuid() == 0 { try Self.run("/bin/chown", ["postgres:", folder]) }
        try Data(Self.password.utf8).write(to: URL(fileURLWithPath: "\(folder)/password"))

        let script = """
            trap '' INT TERM HUP; cd "$2"
            "$1/initdb" -D data -N -U waybill --pwfile=password --auth-local=trust --auth-host=scram-sha-256 \
                -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en >log 2>&1
            start() { "$1/pg_ctl" -D data -w -s -l log -o "$3" start </dev/null >>log 2>&1 && touch ready; touch done; }
            stop() { "$1/pg_ctl" -D data -w -s -m immediate stop </dev/null >>log 2>&1; rm -f ready done; }
            start "$@"
            while read -r pause; do stop "$@"; sleep "$pause"; start "$@"; done
            stop "$@"
            rm -rf "$2"
            """
        settings = """
            -p \(port) -c listen_addresses=127.0.0.1 -c unix_socket_directories=\(folder) -c max_connections=400 \
            -c shared_buffers=64MB -c fsync=off -c full_page_writes=off -c max_wal_size=2GB \
            -c deadlock_timeout=50ms
            """
        let process = Process()
        let command = user + ["/bin/sh", "-c", script, "sh", Self.programs, folder, settings]
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = watch
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitForStart()
        try Self.run(
            "\(Self.programs)/createdb",
            ["-h", folder, "-p", "\(port)", "-U", "waybill", "waybill"])
    }

    deinit { try? watch.fileHandleForWriting.close() }

    /// The address of a database of the cluster: by the socket, or by the network with the password.
    package func url(_ database: String = "waybill", byNetwork: Bool = false) -> String {
        guard byNetwork else { return "postgresql:///\(database)?host=\(folder)&port=\(port)&user=waybill" }
        let secret = Self.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "postgresql://waybill:\(secret)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes a database, as a copy of `template` if given, and returns its URL.
    package func makeDatabase(_ name: String? = nil, template: String = "template0") throws -> String {
        let number = databases.withLock { number in
            number += 1
            return number
        }
        let name = name ?? "test\(number)"
        try psql("CREATE DATABASE \(name) TEMPLATE \(template) STRATEGY file_copy")
        return url(name)
    }

    /// Runs a statement as the superuser and returns its output.
    @discardableResult
    package func psql(_ statement: String, database: String = "waybill") throws -> String {
        try Self.run("\(Self.programs)/psql", ["-XAtqc", statement, url(database)])
    }

    /// Runs a script in the form of pg_dump, in the database of this URL.
    package func load(_ path: String, into url: String) throws {
        try Self.run("\(Self.programs)/psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-f", path, url])
    }

    /// Ends all sessions with the database of this URL, as an administrator could; returns when they have ended.
    package func endSessions(with url: String) throws {
        let name = URLComponents(string: url)?.path.dropFirst() ?? ""
        try psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '\(name)'")
    }

    /// Stops the server in the middle of its work and starts it again after some seconds.
    package func restart(pause: Int = 0) throws {
        unlink("\(folder)/done")
        try watch.fileHandleForWriting.write(contentsOf: Data("\(pause)\n".utf8))
        try waitForStart()
    }

    private func waitForStart() throws {
        for _ in 0..<6000 where access("\(folder)/done", F_OK) != 0 { usleep(10_000) }
        guard access("\(folder)/ready", F_OK) == 0 else {
            let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "no log"
            throw Absent(description: "the server did not start: \(log)")
        }
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let out = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        _ = FileManager.default.createFile(atPath: out, contents: nil)
        defer { unlink(out) }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // A file instead of a pipe, because a started server keeps its output open.
        let handle = FileHandle(forWritingAtPath: out)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOfFile: out, encoding: .utf8)
        guard process.terminationStatus == 0 else { throw Absent(description: "\(program) \(arguments): \(text)") }
        return text.trimmingCharacters(in: .newlines)
    }
}
