import Bytes
import FoundationEssentials
import Glibc
import Inventory
import Outbound
import Service

// DESIGN. The calls of other clients, made with the program's only HTTP client. The key is sent in the head (RFC 6750), where
// no log stores it, and never to another address: the only redirect, to the store of artifacts, is followed without the key.

/// The address of a server, with a user's key.
struct ServerAddress: Sendable {
    /// Without a final slash.
    let url: String
    let key: String
    /// A PEM file of trusted authorities instead of the system's; nil for those of the system.
    var trusted: String?

    var protocols: String { url.hasPrefix("https:") ? "https" : "http" }
}

/// The reason why a server refused a request.
struct ServerError: Error, CustomStringConvertible {
    /// Mend's error code; 0 for an answer without one.
    let code: Int
    let message: String

    /// The code for a key that is unknown or not valid for this.
    static let refused = 5001
    /// The code for a value that is not accepted.
    static let badValue = 2021
    /// The codes for questions that cannot be answered: a bad value, a missing one, too many libraries.
    static let wrongQuestions = [2021, 3010, 3028]

    var description: String {
        code == Self.refused ? "\(message); the key comes from --key, --key-file or WAYBILL_KEY" : message
    }
}

/// The calls of a server. Belongs to one thread.
final class ServerConnection {
    /// The longest accepted answer, in bytes.
    private static let answerLimit = 64 << 20
    /// The seconds without a byte after which an answer is given up.
    private static let patience = 300
    /// The most attempts at a call while the server is busy, and the longest pause before the next attempt, in seconds.
    private static let (attempts, longestPause) = (6, 120)

    let address: ServerAddress
    private let connection: OutboundConnection

    init(_ address: ServerAddress) throws {
        self.address = address
        do throws(OutboundError) {
            connection = try OutboundConnection()
        } catch {
            throw Failure(error.text)
        }
    }

    // MARK: Calls

    /// Makes a call of the Mend API, and reads its answer.
    func call<Answer: Decodable>(
        _ requestType: String, as answer: Answer.Type = Answer.self, _ members: (inout JSONWriter) -> Void
    ) throws -> Answer {
        try decoded(try call(requestType, members))
    }

    /// Makes a call of the Mend API. Throws `ServerError` when the call is refused.
    @discardableResult
    func call(_ requestType: String, _ members: (inout JSONWriter) -> Void) throws -> [UInt8] {
        let body = JSONWriter.object {
            $0.text("requestType", requestType)
            members(&$0)
        }
        var request = request(.post, "/api/v1.4")
        request.fields.append(("Content-Type", "application/json"))
        let answer = try perform(request, body: Array(body.utf8))
        guard answer.status == 200 else { throw error(answer.status, answer.body) }
        if let refusal = refusal(in: answer.body) { throw refusal }
        return answer.body
    }

    /// Gets a path, and reads its answer. Throws `ServerError` when the request is refused.
    func get<Answer: Decodable>(_ path: String, as answer: Answer.Type = Answer.self) throws -> Answer {
        let answer = try perform(request(.get, path))
        guard answer.status == 200 else { throw error(answer.status, answer.body) }
        return try decoded(answer.body)
    }

    /// Sends a form, and reads its answer. Its files are read while they are sent.
    func post<Answer: Decodable>(_ form: [OutboundRequest.FormField], to path: String) throws -> Answer {
        var request = request(.post, path)
        request.form = form
        let answer = try perform(request)
        guard answer.status == 200 else { throw error(answer.status, answer.body) }
        return try decoded(answer.body)
    }

    /// Writes the bytes in the answer of a call into an open file.
    func download(
        _ requestType: String, into file: Int32, _ members: (inout JSONWriter) -> Void
    ) throws {
        let body = JSONWriter.object {
            $0.text("requestType", requestType)
            members(&$0)
        }
        var request = request(.post, "/api/v1.4")
        request.fields.append(("Content-Type", "application/json"))
        request.answer = .written(OutboundFile(descriptor: file, limit: .max))
        var answer = try perform(request, body: Array(body.utf8))
        if answer.status == 303, let place = connection.values(of: "Location").last {
            // The store of artifacts. The link itself grants access, so the key is not sent there.
            let protocols = address.protocols == "https" ? "https" : "http,https"
            var link = OutboundRequest(.get, url: place, protocols: protocols)
            link.trusted = address.trusted
            link.patience = Self.patience
            link.answer = request.answer
            answer = try perform(link)
        }
        guard answer.status == 200 else { throw error(answer.status, answer.body) }
        guard connection.values(of: "Content-Type").last?.hasPrefix("application/json") == true else { return }
        // An error of this API has the status 200, too.
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = pread(file, &bytes, bytes.count, 0)
        throw refusal(in: Array(bytes.prefix(max(0, count))))
            ?? Failure("\(address.url) answered \(requestType) with JSON in the place of a file")
    }

    // MARK: Steps

    private func request(_ method: OutboundRequest.Method, _ path: String) -> OutboundRequest {
        var request = OutboundRequest(method, url: address.url + path, protocols: address.protocols)
        request.fields = [
            ("Authorization", "Bearer \(address.key)"), ("User-Agent", "waybill/\(ProgramVersion.current)"),
        ]
        request.trusted = address.trusted
        request.patience = Self.patience
        request.answer = .kept(limit: Self.answerLimit)
        return request
    }

    /// Makes a request; repeats it when the server is too busy (429, 503) and states when to try again.
    private func perform(_ request: OutboundRequest, body: [UInt8] = []) throws -> OutboundAnswer {
        var attempt = 0
        while true {
            attempt += 1
            let answer: OutboundAnswer
            do {
                answer = try body.withUnsafeBytes { try connection.perform(request, body: $0) }
            } catch let error as OutboundError {
                throw Failure("cannot reach \(address.url): \(error.text)")
            }
            let pause = connection.retryAfter
            guard answer.status == 429 || answer.status == 503, attempt < Self.attempts, pause > 0,
                pause <= Self.longestPause
            else { return answer }
            sleep(UInt32(pause))
        }
    }

    /// Reads an answer.
    func decoded<Answer: Decodable>(_ bytes: [UInt8], as answer: Answer.Type = Answer.self) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes))
        } catch {
            throw Failure("\(address.url) does not answer as a server of Waybill of this version does: \(error)")
        }
    }

    private struct Refusal: Decodable {
        let errorCode: Int
        let errorMessage: String
    }

    private struct Violation: Decodable {
        let path: String
        let message: String
        let invalidValue: String
    }

    /// The error in an answer; nil without one.
    private func refusal(in body: [UInt8]) -> ServerError? {
        // Error answers of this API begin like this or have no body.
        guard body.starts(with: Array("{\"errorCode\"".utf8)),
            let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body))
        else { return nil }
        return ServerError(code: refusal.errorCode, message: refusal.errorMessage)
    }

    /// The error in an answer, by its status: in the words of the API, of the upload paths, or of a proxy in between.
    private func error(_ status: Int, _ body: [UInt8]) -> ServerError {
        if let refusal = refusal(in: body) { return refusal }
        let code = status == 401 || status == 403 ? ServerError.refused : 0
        if let violation = try? JSONDecoder().decode([Violation].self, from: Data(body)).first {
            return ServerError(
                code: code, message: "\(violation.message) (\(violation.path): \(violation.invalidValue))")
        }
        let text = String(decoding: body.prefix(300), as: UTF8.self).trimmingBlanks()
        let isText = !text.isEmpty && !text.hasPrefix("<")
        return ServerError(code: code, message: isText ? text : "\(address.url) answered with the status \(status)")
    }
}

extension Flag {
    /// Flags of commands that a running server can perform, too.
    static let remote = [
        Flag("server", "URL", "ask this server, https://HOST[:PORT], in place of the data here"),
        Flag(
            "key", "KEY",
            "a user's key there; other users of the machine see a flag, WAYBILL_KEY and a file they do not"),
        Flag("key-file", "FILE", "the file of the key, its first line"),
        Flag("trust", "FILE", "authorities to trust in place of the system's, PEM"),
    ]
}

extension Configuration {
    /// The server that performs a command; nil for work on the data itself. Flags take precedence over variables: a flag that
    /// names the data means the data, whatever `WAYBILL_SERVER` says.
    func serverAddress() throws(UsageError) -> ServerAddress? {
        let (isServer, isData) = (isFlag("server"), isFlag("data") || isFlag("database"))
        guard !isServer || !isData else {
            throw UsageError(
                description: "--server asks a server, --data and --database name data here; one of them is wanted")
        }
        guard let text = self["server"], isServer || !isData else { return nil }
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        let host = url.drop { $0 != ":" }.dropFirst(3)
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), !host.isEmpty, !host.contains("@"),
            !url.contains(where: { $0.isWhitespace || $0 == "?" || $0 == "#" })
        else {
            throw UsageError(
                description: "--server is \(text.prefix(100)); accepted: https://HOST[:PORT] or http://HOST[:PORT]")
        }
        guard self["key"] == nil || self["key-file"] == nil else {
            throw UsageError(description: "--key and --key-file both give the key; one of them is wanted")
        }
        let file = try self["key-file"].map { path throws(UsageError) in try Self.firstLine(of: path, holding: "key") }
        guard let key = (self["key"] ?? file)?.trimmingBlanks(), !key.isEmpty else {
            throw UsageError(description: "--server needs a user's key: --key, --key-file FILE or WAYBILL_KEY")
        }
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            // The value may be nearly a key, so the message does not repeat it.
            throw UsageError(description: "the key has characters that no key has; accepted: 64 hexadecimal characters")
        }
        if let trusted = self["trust"], access(trusted, R_OK) != 0 {
            throw UsageError(description: "cannot read the authorities in \(trusted): \(systemMessage(errno))")
        }
        return ServerAddress(url: url, key: key, trusted: self["trust"])
    }
}
