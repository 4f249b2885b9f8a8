import API
import Database
import Glibc
import HTTP
import Jobs

extension Command {
    static let worker = Command(
        words: ["worker"], operands: "",
        summary: "Runs report workers alone, for more machines on one PostgreSQL.",
        flags: [
            Flag("listen", "HOST:PORT", "where to answer /health and /metrics; port 0 picks a free one (nowhere)"),
            Flag("retention-days", "N", "days that artifacts are kept (7)"),
            Flag("part-size", "BYTES", "size after which a report is split, about, before compression (1 GiB)"),
            Flag("grace", "SECONDS", "time that running jobs get when the worker stops (20)"),
        ]
    ) { _, configuration in
        let grace = try configuration.grace()
        let signals = try StopSignals(grace: grace)
        let workers = try configuration.workers()
        guard workers > 0 else { throw UsageError(description: "--workers is 0: nothing to do for a worker") }
        let runtime = try Runtime(configuration)
        let workforce = try Workforce(runtime, workers: workers)
        signals.beforeTheEnd { workforce.abandon() }
        let http = try configuration["listen"].map { try OperationServer.start(runtime, workforce, listen: $0) }
        workforce.start()
        if let http {
            print("listening on \(http.url)")
            fflush(nil)
        }
        runtime.log(.info, "working", ["workers": "\(workers)", "owner": runtime.owner.name])
        signals.wait()
        runtime.log(.info, "stopping")
        workforce.stop(grace: grace)
        // Health is told to the end: that it answers no more means that all is at rest.
        http?.drainAndWait(seconds: 1)
        runtime.database.close()
    }
}

/// Health and metrics of a process that takes no calls.
enum OperationServer {
    static func start(_ runtime: Runtime, _ workforce: Workforce, listen: String) throws -> HTTPServer {
        let (metrics, queue) = (runtime.metrics, runtime.queue)
        let readiness = Readiness { runtime.probe() }
        let door = Door(
            Backend(
                database: runtime.database, queue: queue, bell: workforce.doorbell, openArtifact: { _ in nil },
                unreadiness: { await readiness.reason() },
                metrics: { metrics.text(queue, workers: workforce.count) }, scratch: runtime.directory.incoming,
                log: { _ in }))
        let paths: Set<String> = ["/health/live", "/health/ready", "/metrics"]
        let nothing = HTTPResponse.text(404, "A worker answers \(paths.sorted().joined(separator: ", ")) only.")
        // A folder of its own, for the server's is swept by the server.
        let folder = runtime.directory.path + "/worker"
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw Failure("cannot create the directory \(folder); choose another with --data")
        }
        var settings = HTTPConfiguration(listen: try ListenAddress(parsing: listen), spool: folder)
        settings.connections = 64
        return try HTTPServer(
            settings, policy: { _ in .refuse(nothing) }, access: { metrics.count($0) },
            handler: { paths.contains($0.path) ? door.reply(to: $0) : .now(nothing) })
    }
}
