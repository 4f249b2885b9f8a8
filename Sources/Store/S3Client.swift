import Bytes
import Glibc
import Outbound
import Synchronization

/// A request to S3.
struct S3Request {
    var method: OutboundRequest.Method
    /// Nil for the bucket itself.
    var key: String?
    var parameters: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    /// The digest of the body, in hexadecimal.
    var sha256 = S3Request.emptyDigest

    /// SHA-256 of no bytes.
    static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// The reason why S3 failed.
enum S3Fault: Error {
    case transport(OutboundError)
    /// S3's own code and text; `code` is empty for an answer without a body.
    case refused(status: Int, code: String, message: String, requestID: String)
    /// The credentials cannot be read.
    case credentials(StoreError)

    var mayPass: Bool {
        switch self {
        case .transport(let error): error.mayPass
        // 400 RequestTimeout: the body did not arrive in time.
        case .refused(let status, let code, _, _):
            [408, 429, 500, 502, 503, 504].contains(status) || ["RequestTimeout", "SlowDown"].contains(code)
        case .credentials: false
        }
    }

    var status: Int? {
        if case .refused(let status, _, _, _) = self { return status }
        return nil
    }

    func isRefusal(_ wanted: String) -> Bool {
        if case .refused(_, let code, _, _) = self { return code == wanted }
        return false
    }

    var text: String {
        switch self {
        case .transport(let error): return error.text
        case .credentials(let error): return "\(error)"
        case .refused(let status, let code, let message, let requestID):
            var text = "S3 answered \(status)\(code.isEmpty ? "" : " \(code)")\(message.isEmpty ? "" : ": \(message)")"
            if !requestID.isEmpty { text += " (request \(requestID))" }
            return text
        }
    }
}

/// Makes requests to one bucket, from any thread.
final class S3Client: Sendable {
    let settings: S3Settings
    /// Idle connections.
    private let idle = Mutex<[OutboundConnection]>([])
    private static let mostIdle = 8
    /// The longest accepted answer. A page of a listing has 1,000 keys of at most 1,024 bytes, and is shorter.
    static let bodyLimit = 4 << 20

    init(_ settings: S3Settings) { self.settings = settings }

    /// Makes a request; repeats it with growing pauses while the fault may be temporary. All of these requests may be
    /// repeated: a second deletion finds nothing to delete, and a second upload writes the same bytes.
    ///
    /// - Parameter attempts: nil for the number in the settings.
    func send(
        _ request: S3Request, body: [UInt8] = [], attempts: Int? = nil
    ) throws(S3Fault) -> OutboundAnswer {
        let most = max(1, attempts ?? settings.attempts)
        var pause = settings.pause
        var attempt = 1
        let patience = Patience.current
        let end = patience.map { ContinuousClock.now + $0 }
        while true {
            do {
                return try sendOnce(request, body, patience: end.map { $0 - .now })
            } catch {
                guard error.mayPass, attempt < most, end.map({ $0 > .now }) ?? true else { throw error }
            }
            attempt += 1
            // Half of the pause is random, so that workers do not all return at once.
            usleep(UInt32((pause / 2 + Int.random(in: 0...max(1, pause / 2))) * 1000))
            pause *= 3
        }
    }

    private func sendOnce(
        _ request: S3Request, _ body: [UInt8], patience: Duration?
    ) throws(S3Fault) -> OutboundAnswer {
        let credentials = try credentials()
        var outbound = outbound(request, credentials, answer: .kept(limit: Self.bodyLimit))
        if let patience { outbound.deadline = max(1, Int((patience / .seconds(1)).rounded(.up))) }
        let connection = try take()
        let result: Result<OutboundAnswer, OutboundError> = body.withUnsafeBytes { bytes in
            do throws(OutboundError) {
                return .success(try connection.perform(outbound, body: bytes))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let error):
            // Its connection is not reused.
            throw .transport(error)
        case .success(let answer):
            put(back: connection)
            // Completing an upload answers 200 before the outcome is known; an error is then in the body.
            let isGood = (200...299).contains(answer.status) && (request.method != .post || !Self.isError(answer))
            guard isGood else { throw Self.refusal(answer, credentials) }
            return answer
        }
    }

    /// The request to send: signed, to the host of the bucket.
    func outbound(
        _ request: S3Request, _ credentials: AWSCredentials, answer: OutboundRequest.Body
    ) -> OutboundRequest {
        let query = request.parameters.isEmpty ? "" : "?" + AWSSignature.query(request.parameters)
        var made = OutboundRequest(
            request.method, url: "\(settings.scheme)://\(settings.host)\(settings.path(request.key))\(query)",
            protocols: settings.scheme)
        made.fields = [("x-amz-content-sha256", request.sha256)]
        if let token = credentials.sessionToken { made.fields.append(("x-amz-security-token", token)) }
        made.fields += request.fields
        made.signature = .init(credentials: credentials, region: settings.region, service: "s3")
        made.trusted = settings.trusted
        made.patience = settings.patience
        made.answer = answer
        return made
    }

    func credentials() throws(S3Fault) -> AWSCredentials {
        do {
            return try settings.credentials()
        } catch {
            throw .credentials(error)
        }
    }

    /// A connection for exclusive use.
    func take() throws(S3Fault) -> OutboundConnection {
        if let connection = idle.withLock({ $0.popLast() }) { return connection }
        do {
            return try OutboundConnection()
        } catch {
            throw .transport(error)
        }
    }

    private func put(back connection: OutboundConnection) {
        idle.withLock { if $0.count < Self.mostIdle { $0.append(connection) } }
    }

    private static func isError(_ answer: OutboundAnswer) -> Bool {
        !S3Document(answer.body).elements("Error").isEmpty
    }

    /// The error of an unsuccessful answer.
    static func refusal(_ answer: OutboundAnswer, _ credentials: AWSCredentials) -> S3Fault {
        let document = S3Document(answer.body)
        func word(_ name: String) -> String {
            let text = credentials.removed(from: document.text(name) ?? "")
            return String(text.unicodeScalars.map { $0.value < 32 ? " " : Character($0) }.prefix(300))
        }
        // An error within an answer of 200 is the server's.
        let status = (200...299).contains(answer.status) ? 500 : answer.status
        return .refused(
            status: status, code: word("Code"), message: word("Message"),
            requestID: String(answer.requestID?.prefix(80) ?? ""))
    }
}
