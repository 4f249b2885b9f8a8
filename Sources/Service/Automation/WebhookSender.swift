import API
import Bytes
import Database
import Jobs
import Outbound

/// Tells webhooks of finished reports. For one thread.
struct WebhookSender {
    let runtime: Runtime
    let targets: WebhookTargets
    /// Opens the secrets; nil where there is no key.
    let secrets: SecretBox?
    private let connection: OutboundConnection?

    init(_ runtime: Runtime, targets: WebhookTargets, secrets: SecretBox?) {
        self.runtime = runtime
        self.targets = targets
        self.secrets = secrets
        connection = try? OutboundConnection()
    }

    /// Sends what is due until nothing is, or `goesOn` says false.
    func run(goesOn: () -> Bool) throws {
        let (database, queue) = (runtime.database, runtime.queue)
        while goesOn() {
            let time = queue.now()
            guard try database.read({ try Webhooks.isDue(at: time, on: $0) }) else { return }
            let taken = try database.write { connection in
                try Webhooks.take(at: time, on: connection).map {
                    (delivery: $0, body: try WebhookSignature.body(of: $0, in: queue, on: connection))
                }
            }
            guard let (delivery, body) = taken else { return }
            let outcome = send(delivery, body)
            try database.write { connection in
                switch outcome {
                case .heard: try Webhooks.finish(delivery, on: connection)
                case .failed(let why, let forGood):
                    try Webhooks.fail(delivery, why: why, forGood: forGood, at: queue.now(), on: connection)
                }
            }
            if case .failed(let why, let forGood) = outcome {
                runtime.log(
                    .warning, forGood ? "webhook given up" : "webhook failed",
                    ["uuid": delivery.job, "attempt": "\(delivery.attempt)", "why": why])
            }
        }
    }

    private enum Outcome {
        case heard
        case failed(why: String, forGood: Bool)
    }

    private func send(_ delivery: WebhookDelivery, _ body: String?) -> Outcome {
        guard let body else { return .failed(why: "the report is gone", forGood: true) }
        // The operator may have taken an address back since.
        guard let url = targets.allowed(delivery.url) else {
            return .failed(why: "the operator of this server does not allow the address", forGood: true)
        }
        guard let connection else { return .failed(why: OutboundError.noHandle.text, forGood: false) }
        guard let secrets else { return .failed(why: "there is no key for the secret (secret.key)", forGood: false) }
        let secret: String
        do throws(SecretBox.Fault) {
            secret = try secrets.open(
                delivery.secret, at: SecretBox.place(organization: delivery.organization, url: delivery.url))
        } catch {
            return .failed(why: error.description, forGood: false)
        }
        var request = OutboundRequest(.post, url: url, protocols: "http,https")
        request.fields =
            [("Content-Type", "application/json"), ("User-Agent", "Waybill")]
            + WebhookSignature.fields(
                id: "delivery-\(delivery.id)", at: runtime.queue.now(), body: body, secret: secret)
        request.deadline = 15
        request.answer = .dropped
        do throws(OutboundError) {
            let status = try post(body, request, on: connection)
            switch status {
            case 200..<300: return .heard
            // Standard Webhooks: a receiver that answers 410 wants no more messages.
            case 410: return .failed(why: "the answer was 410: gone", forGood: true)
            default: return .failed(why: "the answer was \(status)", forGood: false)
            }
        } catch {
            return .failed(why: error.text, forGood: false)
        }
    }

    /// Returns the status of the answer.
    private func post(
        _ body: String, _ request: OutboundRequest, on connection: OutboundConnection
    ) throws(OutboundError) -> Int {
        var result = Result<OutboundAnswer, OutboundError>.failure(.noHandle)
        Array(body.utf8).withUnsafeBytes { bytes in
            do throws(OutboundError) {
                result = .success(try connection.perform(request, body: bytes))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get().status
    }
}
