import API
import Bytes
import Console
import Database
import Dispatch
package import HTTP
import Jobs
import OpenID
import Store

/// API and workers in one process, from start to drain.
///
///     let server = try Server(runtime, ServerSettings(listen: address, workers: 4))
///     server.start()
///     await server.stop(grace: 20)
///
/// It listens from its initialization on. It is started and stopped once; any thread may do both.
package final class Server: Sendable {
    private let runtime: Runtime
    private let http: HTTPServer
    private let workforce: Workforce
    private let automation: Automation
    private let operations: HTTPServer?

    /// The address that it listens on: `http://HOST:PORT`.
    package var url: String { http.url }
    package var address: ListenAddress { http.address }
    /// The address for health and metrics, if it is a separate one.
    package var operationsURL: String? { operations?.url }

    /// Throws `HTTPError` when the address or the certificate cannot be used.
    package init(_ runtime: Runtime, _ settings: ServerSettings) throws {
        var runtime = runtime
        runtime.reserve = settings.reserve
        self.runtime = runtime
        let (metrics, log, clock) = (runtime.metrics, runtime.log, runtime.queue.now)
        workforce = Workforce(runtime, workers: settings.workers)
        ScratchFile.sweep(runtime.directory.incoming)
        var backend = Self.backend(runtime, settings, bell: workforce.doorbell)
        backend.secrets = Self.secrets(runtime, settings)
        SignInKeeper.settle(backend.issuers, queue: runtime.queue, log: runtime.log)
        let site = Site(backend)
        let accessLog = try settings.accessLog.map { AccessLog(try LineFile($0)) }
        automation = Automation(
            runtime, backend, updates: settings.updates, mail: settings.mail,
            auditLog: try settings.auditLog.map { AuditLog(file: try LineFile($0), database: runtime.database) },
            accessLog: accessLog)
        var configuration = HTTPConfiguration(listen: settings.listen, spool: runtime.directory.incoming)
        configuration.threads = max(2, settings.threads)
        configuration.connections = settings.connections
        configuration.connectionsPerClient = settings.connectionsPerAddress
        configuration.trustedProxies = settings.trustedProxies
        // One upload of a stranger, as long as the longest allowed, and four from all strangers.
        configuration.strangers.diskOfOne = settings.uploadLimit
        configuration.strangers.disk = settings.uploadLimit * 4
        let (reserve, incoming) = (settings.reserve, runtime.directory.incoming)
        configuration.hasRoom = { reserve.allows($0, in: incoming) }
        configuration.tls = settings.tls
        // These fields protect answers: other people could read an answer from the cache of a browser or proxy, and a
        // browser could run an answer that it takes for another type.
        configuration.answerFields = ["Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"]
        // RFC 6797: a year.
        if settings.tls != nil { configuration.answerFields["Strict-Transport-Security"] = "max-age=31536000" }
        let http = try HTTPServer(
            configuration, policy: { site.policy(for: $0) },
            access: { event in
                metrics.count(event)
                accessLog?.note(event, at: clock())
                log(
                    .debug, "http",
                    [
                        "method": event.method, "path": event.loggedPath, "status": "\(event.status)",
                        "bytes": "\(event.bytes)",
                    ])
            },
            handler: { site.reply(to: $0) })
        self.http = http
        operations = try settings.operations.map { address in
            var open = backend
            open.showsOperation = true
            do {
                return try OperationServer.start(Door(open), of: runtime, listen: address)
            } catch {
                // Its threads keep it alive, so its owner must drain it at the end.
                Task { await http.drain(grace: .zero) }
                throw error
            }
        }
    }

    /// The backend of the API.
    private static func backend(_ runtime: Runtime, _ settings: ServerSettings, bell: Bell) -> Backend {
        let (metrics, log, store, queue) = (runtime.metrics, runtime.log, runtime.store, runtime.queue)
        let readiness = Readiness { runtime.probe() }
        var backend = Backend(
            database: runtime.database, queue: queue, bell: bell,
            openArtifact: { artifact in
                do throws(StoreError) {
                    let place = try store.locate(artifact.uuid)
                    return try Self.open(place, as: artifact.fileName)
                } catch {
                    if case .missing = error { return nil }
                    throw error
                }
            },
            unreadiness: { await readiness.reason() },
            metrics: { metrics.text(queue, workers: settings.workers) }, scratch: runtime.directory.incoming,
            uploads: UploadSettings(
                limit: settings.uploadLimit, folder: runtime.directory.spool, reserve: settings.reserve),
            settleAlerts: { [alerts = AlertKeeper(runtime: runtime)] in await alerts.settle(organization: $0) },
            log: { incident in
                metrics.countRequestFailure()
                log(
                    .error, "request failed",
                    ["id": incident.id, "request": incident.request, "cause": incident.cause])
            })
        backend.doorkeeper = Doorkeeper(
            callsPerMinute: settings.rateLimit, refusalsPerMinute: settings.refusalLimit)
        backend.showsOperation = settings.operations == nil
        backend.webhookTargets = settings.webhookTargets
        backend.sendsMail = settings.mail != nil
        backend.issuers = settings.signIn.map { IssuerDirectory($0, now: queue.now) }
        return backend
    }

    /// The key for the secrets of webhooks. Without one the server does all but webhooks, and says why.
    private static func secrets(_ runtime: Runtime, _ settings: ServerSettings) -> SecretBox? {
        let path = settings.secretKeyFile ?? "\(runtime.directory.path)/\(SecretKey.fileName)"
        do {
            let box = try SecretKey(path: path).readOrMake(.system)
            try box.sealOldSecrets(in: runtime.database, .system)
            let (count, why) = try box.unreadable(in: runtime.database)
            if count > 0 {
                runtime.log(.warning, "webhooks cannot be called", ["count": "\(count)", "why": why, "key": path])
            }
            if runtime.database.engine == .postgresql, settings.secretKeyFile == nil {
                runtime.log(
                    .warning,
                    "the key of webhooks' secrets is this node's own; with other nodes, give all one --secret-key-file")
            }
            return box
        } catch {
            runtime.log(.error, "there is no key for the secrets of webhooks", ["key": path, "why": "\(error)"])
            return nil
        }
    }

    private static func open(
        _ place: StoredArtifact, as fileName: String
    ) throws(StoreError) -> ArtifactContent {
        switch place {
        case .file(let path):
            do {
                return .file(try OpenFile(path: path))
            } catch {
                throw .failed(doing: "opening \(path)", why: "\(error)")
            }
        case .remote(let download):
            return .stream(size: Int(download.size)) { try await download.next() }
        case .link(let make): return .redirect(url: try make(fileName))
        }
    }

    /// Starts the workers and the upkeep of the queue.
    package func start() {
        workforce.start()
        automation.start()
    }

    /// Stops accepting, lets requests and jobs end within `grace` seconds, and gives the remaining jobs back.
    package func stop(grace: Int) async {
        runtime.log(.info, "stopping")
        workforce.stopTending()
        // Requests and jobs share the grace period.
        async let drained: Void = http.drain(grace: .seconds(grace))
        // It blocks, so it must not run on a thread of the tasks.
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "stopping").async { [workforce, automation] in
                automation.stopBeginning()
                workforce.stop(grace: grace)
                automation.wait()
                continuation.resume()
            }
        }
        await drained
        // Health is answered until the end.
        await operations?.drain(grace: .seconds(1))
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "stopping").async { [automation] in
                automation.closeLedger()
                continuation.resume()
            }
        }
        runtime.database.close()
    }

    /// For the end of a process that did not stop in time: logs the running work, and gives jobs back.
    package func abandon() { workforce.abandon() }
}
