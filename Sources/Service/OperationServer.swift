import API
import Glibc
package import HTTP

/// Health and metrics of a process that takes no calls.
package enum OperationServer {
    /// Answers at `listen` from now on, until it is drained.
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
        let paths: Set<String> = ["/health/live", "/health/ready", "/metrics"]
        let nothing = HTTPResponse.text(404, "A worker answers \(paths.sorted().joined(separator: ", ")) only.")
        // A folder of its own, for the server's is swept by the server.
        let folder = runtime.directory.path + "/worker"
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw Failure("cannot create the directory \(folder); choose another with --data")
        }
        var settings = HTTPConfiguration(listen: listen, spool: folder)
        settings.connections = 64
        return try HTTPServer(
            settings, policy: { _ in .refuse(nothing) }, access: { metrics.count($0) },
            handler: { paths.contains($0.path) ? door.reply(to: $0) : .now(nothing) })
    }
}
