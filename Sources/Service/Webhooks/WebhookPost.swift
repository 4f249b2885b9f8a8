import API
import Bytes
import Outbound

/// Posts signed messages to webhooks. Belongs to one thread.
struct WebhookPost {
    /// A webhook from its row.
    struct Receiver {
        let url: String
        let secret: String
        let organization: Int64
    }

    enum Outcome {
        case heard
        case failed(why: String, forGood: Bool)
    }

    /// The allowed addresses of webhooks.
    let targets: WebhookTargets
    /// Decrypts the secrets; nil without a key.
    let secrets: SecretBox?
    private let connection: OutboundConnection?

    init(targets: WebhookTargets, secrets: SecretBox?) {
        self.targets = targets
        self.secrets = secrets
        connection = try? OutboundConnection()
    }

    /// Blocks until the receiver has answered, at most 15 seconds.
    ///
    /// - Parameters:
    ///   - id: the same for each attempt.
    ///   - time: now, in milliseconds since 1970.
    func send(_ body: String, id: String, to receiver: Receiver, at time: Int64) -> Outcome {
        // The operator may have taken an address back since.
        guard let url = targets.allowed(receiver.url) else {
            return .failed(why: "the operator of this server does not allow the address", forGood: true)
        }
        guard let connection else { return .failed(why: OutboundError.noHandle.text, forGood: false) }
        guard let secrets else { return .failed(why: "there is no key for the secret (secret.key)", forGood: false) }
        let secret: String
        do throws(SecretBox.Fault) {
            secret = try secrets.open(
                receiver.secret, at: SecretBox.place(organization: receiver.organization, url: receiver.url))
        } catch {
            return .failed(why: error.description, forGood: false)
        }
        var request = OutboundRequest(.post, url: url, protocols: "http,https")
        do throws(Base64Error) {
            let signature = try WebhookSignature.fields(id: id, at: time, body: body, secret: secret)
            request.fields = [("Content-Type", "application/json"), ("User-Agent", "Waybill")] + signature
        } catch {
            return .failed(
                why: "the secret of the webhook cannot be read: \(error); add the webhook again", forGood: false)
        }
        request.deadline = 15
        request.answer = .dropped
        do throws(OutboundError) {
            let status = try connection.perform(request, sending: Array(body.utf8)).status
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
}
