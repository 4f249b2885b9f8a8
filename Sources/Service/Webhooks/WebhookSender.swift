import API
import Database
import Jobs

/// Notifies webhooks of finished reports. Belongs to one thread.
struct WebhookSender {
    let runtime: Runtime
    private let post: WebhookPost

    init(_ runtime: Runtime, targets: WebhookTargets, secrets: SecretBox?) {
        self.runtime = runtime
        post = WebhookPost(targets: targets, secrets: secrets)
    }

    /// Sends due deliveries until none is left, or `goesOn` returns false.
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
            let outcome = send(delivery, body, at: queue.now())
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

    private func send(_ delivery: WebhookDelivery, _ body: String?, at time: Int64) -> WebhookPost.Outcome {
        guard let body else { return .failed(why: "the report is gone", forGood: true) }
        return post.send(
            body, id: "delivery-\(delivery.id)",
            to: .init(url: delivery.url, secret: delivery.secret, organization: delivery.organization), at: time)
    }
}
