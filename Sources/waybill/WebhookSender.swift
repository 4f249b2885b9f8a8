import API
import Bytes
import CCurl
import Database
import Jobs

/// Tells webhooks of finished reports. For one thread.
struct WebhookSender {
    let runtime: Runtime
    let targets: WebhookTargets
    private let courier = Courier()

    init(_ runtime: Runtime, targets: WebhookTargets) {
        self.runtime = runtime
        self.targets = targets
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
        guard let courier else { return .failed(why: "libcurl has no handle", forGood: false) }
        let fields = WebhookSignature.fields(
            id: "delivery-\(delivery.id)", at: runtime.queue.now(), body: body, secret: delivery.secret)
        do throws(Courier.Failure) {
            let status = try courier.post(body, to: url, fields: fields)
            switch status {
            case 200..<300: return .heard
            // Standard Webhooks: whoever answers so wants no more.
            case 410: return .failed(why: "the answer was 410: gone", forGood: true)
            default: return .failed(why: "the answer was \(status)", forGood: false)
            }
        } catch {
            return .failed(why: error.text, forGood: false)
        }
    }
}

/// A libcurl handle that posts JSON. For one thread.
final class Courier {
    /// Why nothing came back.
    struct Failure: Error { let text: String }

    private let handle: UnsafeMutableRawPointer

    init?() {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
    }

    deinit { curl_easy_cleanup(handle) }

    /// Posts a text and gives the status of the answer, whose body nobody looks at. Takes at most 15 seconds; follows no
    /// redirect.
    func post(
        _ body: String, to url: String, fields: [(name: String, value: String)]
    ) throws(Failure) -> Int {
        curl_easy_reset(handle)
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in [("Content-Type", "application/json"), ("User-Agent", "Waybill")] + fields {
            if let longer = curl_slist_append(list, "\(name): \(value)") { list = longer }
        }
        defer { curl_slist_free_all(list) }
        waybill_curl_set_text(handle, CURLOPT_URL, url)
        waybill_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        waybill_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        waybill_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
        waybill_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, 5_000)
        waybill_curl_set_number(handle, CURLOPT_TIMEOUT_MS, 15_000)
        waybill_curl_set_headers(handle, list)
        waybill_curl_set_writer(handle, ignore, nil)
        let bytes = Array(body.utf8)
        let code = bytes.withUnsafeBytes { bytes in
            waybill_curl_set_body(handle, bytes.baseAddress, bytes.count)
            return curl_easy_perform(handle)
        }
        guard code == CURLE_OK else { throw Failure(text: String(cString: curl_easy_strerror(code))) }
        return waybill_curl_status(handle)
    }
}

/// Takes an answer and forgets it; one that does not end is cut by the deadline.
private let ignore: curl_write_callback = { _, size, count, _ in size * count }
