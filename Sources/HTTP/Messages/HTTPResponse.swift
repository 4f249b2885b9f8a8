import Bytes
import CMicrohttpd
import Glibc

/// An answer: status, header fields and a body.
///
/// The server sets `Content-Length`, `Transfer-Encoding`, `Connection` and `Date`; a handler must not. For a HEAD
/// request the handler gives the same answer as for GET, and the server omits the body.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// A part of an open file, which the kernel sends (sendfile).
        case file(OpenFile, offset: Int, count: Int)
        /// Pieces that are made during sending, one in memory at a time. `size` is the sum if it is known. The answer
        /// then has a `Content-Length`, and pieces with another sum break the connection off. The closure returns nil
        /// after the last piece. When it throws, the connection is broken off, so that no client takes a part for the
        /// whole.
        case stream(size: Int?, next: @Sendable () async throws -> [UInt8]?)
    }

    /// The subject of an answer for logs and counters, which is never sent. Words of the program, never of the
    /// request.
    package struct Mark: Sendable, Equatable {
        package var name = ""
        /// The handler's own number of an error; 0 for none.
        package var error = 0
        /// The number of the admitted account; 0 for none.
        package var account: Int64 = 0
    }

    package var status: Int
    package var headers: HTTPFields
    package var body: Body
    package var mark = Mark()

    package init(status: Int = 200, headers: HTTPFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A body of bytes with its media type.
    package init(status: Int = 200, type: String, bytes: [UInt8]) {
        self.init(status: status, headers: ["Content-Type": type], body: .bytes(bytes))
    }

    /// A short text for a person, in plain UTF-8.
    package static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, type: "text/plain;charset=UTF-8", bytes: Array("\(text)\n".utf8))
    }

    /// The whole answer in the form of the wire, for an answer whose body is bytes. `fields` are the fields of every
    /// answer.
    func written(with fields: HTTPFields, at seconds: time_t) -> [UInt8] {
        let content: [UInt8] = if case .bytes(let bytes) = body { bytes } else { [] }
        let reason = String(cString: MHD_get_reason_phrase_for(UInt32(clamping: status)))
        var lines = ["HTTP/1.1 \(status) \(reason)", "Date: \(Self.date(seconds))"]
        lines += headers.pairs.map { "\($0.name): \($0.value)" }
        lines += fields.pairs.filter { headers[$0.name] == nil }.map { "\($0.name): \($0.value)" }
        lines.append("Content-Length: \(content.count)")
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + content
    }

    /// A date of RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`. The words are English unless a locale is set, and this
    /// program sets none.
    private static func date(_ seconds: time_t) -> String {
        var (seconds, parts) = (seconds, tm())
        var text = [CChar](repeating: 0, count: 64)
        gmtime_r(&seconds, &parts)
        let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Requests saving the file under a name (RFC 6266): an ASCII form for all clients, and the true name in UTF-8 by
    /// `filename*` (RFC 8187) if it differs.
    package mutating func attach(as name: String) {
        headers["Content-Disposition"] = Self.attachment(named: name)
    }

    /// The value of `Content-Disposition` for a file with this name; mail uses the same one (RFC 2183, RFC 2231 §4).
    package static func attachment(named name: String) -> String {
        var plain = ""
        for scalar in name.unicodeScalars {
            // Some browsers decode `%` in the plain form, others do not (RFC 6266 appendix D).
            let isPlain = (0x20..<0x7F).contains(scalar.value) && !"\"\\%/".unicodeScalars.contains(scalar)
            plain.unicodeScalars.append(isPlain ? scalar : "_")
        }
        // RFC 8187 §3.2.1, attr-char.
        let encoded = name.percentEncoded { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: "!#$&+-.^_`|~".utf8.contains(byte)
            }
        }
        return "attachment; filename=\"\(plain)\"" + (plain == name ? "" : "; filename*=UTF-8''\(encoded)")
    }
}
