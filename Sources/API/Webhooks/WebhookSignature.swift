package import Bytes
package import Database
package import Jobs

/// The content of a message to a webhook, and the signature with which the receiver verifies the sender: the Standard
/// Webhooks specification 1.0.
package enum WebhookSignature {
    private static let mark = "whsec_"

    /// A secret in the form that people store.
    static func secret(of bytes: [UInt8]) -> String { mark + bytes.base64 }

    /// The fields of a message's head. Throws if the secret was not made by Waybill.
    package static func fields(
        id: String, at time: Int64, body: String, secret: String
    ) throws(Base64Error) -> [(name: String, value: String)] {
        let key = try Base64Decoder.decode(String(secret.dropFirst(mark.count)))
        let seconds = String(time / 1000)
        let digest = Digest.hmacSHA256(Array("\(id).\(seconds).\(body)".utf8), key: key)
        return [
            ("webhook-id", id), ("webhook-timestamp", seconds),
            ("webhook-signature", "v1," + digest.base64),
        ]
    }

    /// The message that a report ended, with the answer of a poll, or that a decision ended. Nil if the job or the decision no
    /// longer exists.
    package static func body(
        of delivery: WebhookDelivery, in queue: Queue, on connection: any Connection
    ) throws -> String? {
        if let decision = try Webhooks.decision(of: delivery, on: connection) {
            return Answer.text { answer in
                answer.text("type", "decision.expired")
                answer.text("timestamp", TimeText.rfc3339(decision.ended))
                answer.object("data") { $0.decision(decision) }
            }
        }
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
