import Bytes
package import Database
import FoundationEssentials
package import Jobs

/// What a webhook is told, and how it knows that it is told by us: the Standard Webhooks specification 1.0.
package enum WebhookSignature {
    private static let mark = "whsec_"

    /// A secret as people keep it.
    static func secret(of bytes: [UInt8]) -> String { mark + Data(bytes).base64EncodedString() }

    /// The fields of a message's head.
    package static func fields(
        id: String, at time: Int64, body: String, secret: String
    ) -> [(name: String, value: String)] {
        let key = Data(base64Encoded: String(secret.dropFirst(mark.count))).map { [UInt8]($0) } ?? []
        let seconds = String(time / 1000)
        let digest = Digest.hmacSHA256(Array("\(id).\(seconds).\(body)".utf8), key: key)
        return [
            ("webhook-id", id), ("webhook-timestamp", seconds),
            ("webhook-signature", "v1," + Data(digest).base64EncodedString()),
        ]
    }

    /// The message that a report ended: what a poll would say. Nil when the job is gone.
    package static func body(
        of delivery: WebhookDelivery, in queue: Queue, on connection: any Connection
    ) throws -> String? {
        guard let job = try queue.find(uuid: delivery.job, organization: delivery.organization, on: connection) else {
            return nil
        }
        let standing = try job.account.flatMap {
            try Standing.find(account: $0, in: job.organization, on: connection)
        }
        return Answer.text { answer in
            answer.text("type", "report.finished")
            answer.text("timestamp", TimeText.rfc3339(job.modified))
            Envelope(job: job, email: standing?.email ?? "").write(as: "data", to: &answer)
        }
    }
}
