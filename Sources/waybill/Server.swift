import API
import Bytes
import Database
import Dispatch
import HTTP
import Jobs
import Store

/// API and report workers in one process, from start to drain.
final class Server: Sendable {
    private let runtime: Runtime
    private let http: HTTPServer
    private let workforce: Workforce
    private let automation: Automation

    /// Where it listens: `http://HOST:PORT`.
    var url: String { http.url }
    var address: ListenAddress { http.address }

    init(_ runtime: Runtime, listen: ListenAddress) throws {
        let configuration = runtime.configuration
        self.runtime = runtime
        let (metrics, log) = (runtime.metrics, runtime.log)
        let workers = try configuration.workers()
        workforce = try Workforce(runtime, workers: workers)
        let store = runtime.store
        let queue = runtime.queue
        let readiness = Readiness { runtime.probe() }
        let rate = try configuration.number("rate-limit", in: 0...10_000_000, default: 0)
        var backend = Backend(
            database: runtime.database, queue: queue, bell: workforce.doorbell,
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
            metrics: { metrics.text(queue, workers: workers) }, scratch: runtime.directory.incoming,
            uploads: try runtime.uploadSettings(),
            settleAlerts: { [alerts = AlertKeeper(runtime: runtime)] in await alerts.settle(organization: $0) },
            log: { incident in
                metrics.countRequestFailure()
                log(
                    .error, "request failed",
                    ["id": incident.id, "request": incident.request, "cause": incident.cause])
            })
        backend.rateLimit = rate > 0 ? RateLimit(perMinute: rate) : nil
        if let text = configuration["webhook-targets"] {
            guard let targets = WebhookTargets(text) else {
                throw UsageError(
                    description:
                        "--webhook-targets is \(text); accepted: addresses as https://HOST/PATH/, between commas")
            }
            backend.webhookTargets = targets
        }
        let door = Door(backend)
        automation = Automation(runtime, backend)
        var settings = HTTPConfiguration(
            listen: listen, spool: runtime.directory.incoming)
        settings.threads = max(2, try configuration.number("http-threads", in: 1...64, default: 4))
        settings.connections = try configuration.number("connections", in: 1...100_000, default: 4096)
        switch (configuration["tls-certificate"], configuration["tls-key"]) {
        case (let certificate?, let key?): settings.tls = .init(certificate: certificate, key: key)
        case (nil, nil): break
        default: throw UsageError(description: "--tls-certificate and --tls-key go together; one of them is missing")
        }
        http = try HTTPServer(
            settings, policy: { door.policy(for: $0) },
            access: { event in
                metrics.count(event)
                log(
                    .debug, "http",
                    [
                        "method": event.method, "path": event.path, "status": "\(event.status)",
                        "bytes": "\(event.bytes)",
                    ])
            },
            handler: { door.reply(to: $0) })
    }

    private static func open(
        _ place: Store.StoredArtifact, as fileName: String
    ) throws(StoreError) -> API.StoredArtifact {
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

    /// Starts the workers and what tends the queue.
    func start() {
        workforce.start()
        automation.start()
    }

    /// Stops accepting, lets requests and jobs end within `grace` seconds, gives the rest back.
    func stop(grace: Int) async {
        runtime.log(.info, "stopping")
        workforce.stopTending()
        // Requests and jobs share the grace.
        async let drained: Void = http.drain(grace: .seconds(grace))
        // Blocks, so not on a thread of the tasks.
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "stopping").async { [workforce, automation] in
                automation.stopBeginning()
                workforce.stop(grace: grace)
                automation.wait()
                continuation.resume()
            }
        }
        await drained
        runtime.database.close()
    }

    /// For the end of a process that did not stop in time: says what runs, and gives back what can be.
    func abandon() { workforce.abandon() }
}
