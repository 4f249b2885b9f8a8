import Foundation
import Glibc
import Synchronization
import TestSupport

// DESIGN. Foundation's `Process` reports neither the signal's effect at once nor the processor time, so processes are started
// by posix_spawn. Output goes to files, because pipes fill up when nobody reads. A process that still runs when the tests end
// is killed.

/// A process, from its start to its end.
final class Program: Sendable {
    /// The way in which a process ended.
    struct Ending: Sendable {
        /// The exit status, or 128 plus the number of the signal that ended the process, as in shells.
        let status: Int32
        let output: String
        let errors: String
        /// Seconds of processor time, user and system.
        let processorSeconds: Double
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let pid: pid_t
    private let name: String
    private let folder: TemporaryFolder
    private let ending = Mutex<Ending?>(nil)

    private static let running = Mutex<Set<pid_t>>([])
    private static let killer: Void = {
        atexit { Program.running.withLock { for pid in $0 { Glibc.kill(pid, SIGKILL) } } }
    }()

    /// Starts a program. The environment is that of this process without `WAYBILL_…`, with `environment` added.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], in place: String? = nil) throws {
        _ = Self.killer
        name = "\(path) \(arguments.joined(separator: " "))"
        folder = try TemporaryFolder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder.path("out"), O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder.path("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WAYBILL_") }
        variables.merge(environment) { _, new in new }
        // Swift cannot see glibc's way to set the folder; env(1) sets it and then becomes the program.
        let command = place.map { ["/usr/bin/env", "-C", $0, path] } ?? [path]
        var words = (command + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, command[0], &actions, &attributes, &words, &settings)
        guard code == 0 else { throw Failed(description: "cannot start \(path): \(String(cString: strerror(code)))") }
        pid = child
        Self.running.withLock { _ = $0.insert(child) }
    }

    deinit {
        if ending.withLock({ $0 == nil }) {
            Glibc.kill(pid, SIGKILL)
            _ = look(options: 0)
        }
    }

    /// Its standard output so far.
    var output: String { Self.text(folder.path("out")) }
    /// Its standard error so far.
    var errors: String { Self.text(folder.path("err")) }

    var isRunning: Bool { look(options: WNOHANG) == nil }

    func kill(_ signal: Int32) { Glibc.kill(pid, signal) }

    /// Waits for the end; after the limit, kills it and throws.
    @discardableResult
    func wait(atMost seconds: Int = 120) throws -> Ending {
        let end = Date().addingTimeInterval(Double(seconds))
        while Date() < end {
            if let ending = look(options: WNOHANG) { return ending }
            usleep(2_000)
        }
        kill(SIGKILL)
        _ = look(options: 0)
        throw Failed(description: "\(name) did not end in \(seconds) s; it said:\n\(errors.suffix(2000))")
    }

    /// Runs a program to its end.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], in place: String? = nil
    ) throws -> Ending {
        try Program(path, arguments, environment: environment, in: place).wait()
    }

    private func look(options: Int32) -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var (status, usage): (Int32, rusage) = (0, rusage())
            guard wait4(pid, &status, options, &usage) == pid else { return nil }
            Self.running.withLock { _ = $0.remove(pid) }
            let signal = status & 0x7F
            let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
            ending = Ending(
                status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: output, errors: errors,
                processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
            return ending
        }
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// Waits until something is true; false when that does not happen in time.
func eventually(within seconds: Double = 60, every milliseconds: UInt32 = 5, _ condition: () throws -> Bool) rethrows
    -> Bool
{
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try condition() { return true }
        usleep(milliseconds * 1000)
    }
    return try condition()
}
