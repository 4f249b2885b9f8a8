import Database
import Glibc
import HTTP
import Service

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
        // With PostgreSQL, the first program to start makes the tables; a missing file is a mistyped name.
        if try configuration.databaseURL().sqlitePath != nil { try configuration.requireDatabase() }
        let runtime = try Runtime(configuration)
        let workforce = Workforce(runtime, workers: workers)
        signals.beforeTheEnd { workforce.abandon() }
        let http = try configuration["listen"].map {
            try OperationServer.start(runtime, workforce, listen: try ListenAddress(parsing: $0))
        }
        workforce.start()
        if let http {
            print("listening on \(http.url)")
            fflush(nil)
        }
        runtime.log(.info, "working", ["workers": "\(workers)", "owner": runtime.owner.name])
        signals.wait()
        runtime.log(.info, "stopping")
        workforce.stop(grace: grace)
        // Health is answered until the end: once there is no answer, all work has stopped.
        http?.drainAndWait(seconds: 1)
        runtime.database.close()
    }
}
