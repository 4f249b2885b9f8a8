import CCurl
import Glibc
import Synchronization

/// Why S3 did not do what it was asked.
enum S3Fault: Error {
    case transport(S3TransportError)
    /// S3's own words; `code` is empty for an answer without a body.
    case refused(status: Int, code: String, message: String, requestID: String)
    /// The credentials cannot be read.
    case credentials(StoreError)

    var mayPass: Bool {
        switch self {
        case .transport(let error): error.mayPass
        // 400 RequestTimeout: the body did not come in time.
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
    /// Connections that nobody uses.
    private let idle = Mutex<[S3Connection]>([])
    private static let mostIdle = 8

    init(_ settings: S3Settings) { self.settings = settings }

    /// Makes a request, again with growing pauses while its fault may pass. All requests made here may be made twice: the
    /// second of a deletion finds nothing to delete, the second of an upload writes the same.
    ///
    /// - Parameter attempts: nil for as many as the settings say.
    func send(
        _ request: S3Request, body: [UInt8] = [], attempts: Int? = nil
    ) throws(S3Fault) -> S3Answer {
        let most = max(1, attempts ?? settings.attempts)
        var pause = settings.pause
        var attempt = 1
        while true {
            do {
                return try sendOnce(request, body)
            } catch {
                guard error.mayPass, attempt < most else { throw error }
            }
            attempt += 1
            // Half of it at random, so that workers do not come back all at once.
            usleep(UInt32((pause / 2 + Int.random(in: 0...max(1, pause / 2))) * 1000))
            pause *= 3
        }
    }

    private func sendOnce(_ request: S3Request, _ body: [UInt8]) throws(S3Fault) -> S3Answer {
        let credentials = try credentials()
        let connection = try take()
        let result: Result<S3Answer, S3TransportError> = body.withUnsafeBytes { bytes in
            do throws(S3TransportError) {
                return .success(
                    try connection.perform(request, bytes, settings: settings, credentials: credentials))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let error):
            // Its connection is not used again.
            throw .transport(error)
        case .success(let answer):
            put(back: connection)
            // Completing an upload answers 200 before it knows whether it can be done; the error is in the body then.
            let isGood = (200...299).contains(answer.status) && (request.method != .post || !Self.isError(answer))
            guard isGood else { throw Self.refusal(answer, credentials) }
            return answer
        }
    }

    func credentials() throws(S3Fault) -> S3Credentials {
        do {
            return try settings.credentials()
        } catch {
            throw .credentials(error)
        }
    }

    /// A connection that nobody else uses.
    func take() throws(S3Fault) -> S3Connection {
        if let connection = idle.withLock({ $0.popLast() }) { return connection }
        guard let connection = S3Connection() else {
            throw .transport(S3TransportError(code: CURLE_OUT_OF_MEMORY, text: "libcurl cannot be started"))
        }
        return connection
    }

    private func put(back connection: S3Connection) {
        idle.withLock { if $0.count < Self.mostIdle { $0.append(connection) } }
    }

    private static func isError(_ answer: S3Answer) -> Bool {
        !S3Document(answer.body).elements("Error").isEmpty
    }

    /// What an answer that is not good says.
    static func refusal(_ answer: S3Answer, _ credentials: S3Credentials) -> S3Fault {
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
