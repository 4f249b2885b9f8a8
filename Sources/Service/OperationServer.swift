import API
import Glibc
package import HTTP

/// Health and metrics at a separate address: of a worker, or of a server apart from its clients.
package enum OperationServer {
    /// Answers at `listen` until it is drained; for a process that only has workers.
    package static func start(
        _ runtime: Runtime, _ workforce: Workforce, listen: ListenAddress
    ) throws -> HTTPServer {
        let (metrics, queue) = (runtime.metrics, runtime.queue)
        let readiness = Readiness { runtime.probe() }
        let door = Door(
            Backend(
                database: runtime.database, queue: queue, bell: workforce.doorbell, openArtifact: { _ in nil },
                unreadiness: { await readiness.reason() },
                metrics: { metrics.text(queue, workers: workforce.count) }, scratch: runtime.directory.incoming,
                log: { _ in }))
        return try start(door, of: runtime, listen: listen)
    }

    /// Answers the paths of operation of a door.
    static func start(_ door: Door, of runtime: Runtime, listen: ListenAddress) throws -> HTTPServer {
        let metrics = runtime.metrics
        let paths: Set<String> = ["/health/live", "/health/ready", "/metrics"]
        let nothing = HTTPResponse.text(404, "Here is \(paths.sorted().joined(separator: ", ")) only.")
        // A separate folder, because the server sweeps its own.
        let folder = runtime.directory.path + "/operations"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw Failure("cannot create the directory \(folder); choose another with --data")
        }
        var settings = HTTPConfiguration(listen: listen, spool: folder)
        settings.connections = 64
        return try HTTPServer(
            settings, policy: { _ in .refuse(nothing) }, access: { metrics.count($0) },
            handler: { paths.contains($0.path) ? door.reply(to: $0) : .now(nothing) })
    }
}
