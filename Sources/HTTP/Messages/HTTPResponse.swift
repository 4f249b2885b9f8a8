import Bytes
import CMicrohttpd
import Glibc

/// An answer: status, header fields and a body.
///
/// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's; a handler does not set them. For a
/// HEAD request the same answer is given as for GET, and the server leaves the body out.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// A part of an open file, sent by the kernel (sendfile).
        case file(OpenFile, offset: Int, count: Int)
        /// Pieces made while they are sent, one in memory at a time. `size` is the sum where it is known: then there is a
        /// `Content-Length`, and pieces that do not add up to it break the connection off. The closure returns nil after
        /// the last piece; when it throws, the connection breaks off, so that no client takes a part for the whole.
        case stream(size: Int?, next: @Sendable () async throws -> [UInt8]?)
    }

    /// The subject of an answer, for logs and counters; never sent. Words of the program, not of the request.
    package struct Mark: Sendable, Equatable {
        package var name = ""
        /// The handler's own number for an error; 0 for none.
        package var error = 0
        /// The number of the account that was let in; 0 for none.
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

    /// The whole answer as it goes over the wire, for one whose body is bytes. `fields` are those of every answer.
    func written(with fields: HTTPFields, at seconds: time_t) -> [UInt8] {
        let content: [UInt8] = if case .bytes(let bytes) = body { bytes } else { [] }
        let reason = String(cString: MHD_get_reason_phrase_for(UInt32(clamping: status)))
        var lines = ["HTTP/1.1 \(status) \(reason)", "Date: \(Self.date(seconds))"]
        lines += headers.pairs.map { "\($0.name): \($0.value)" }
        lines += fields.pairs.filter { headers[$0.name] == nil }.map { "\($0.name): \($0.value)" }
        lines.append("Content-Length: \(content.count)")
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + content
    }

    /// RFC 9110 §5.6.7, as `Sun, 06 Nov 1994 08:49:37 GMT`. The words are English as long as nothing sets a locale, which
    /// nothing here does.
    private static func date(_ seconds: time_t) -> String {
        var (seconds, parts) = (seconds, tm())
        var text = [CChar](repeating: 0, count: 64)
        gmtime_r(&seconds, &parts)
        let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Asks for the file to be saved under a name (RFC 6266): an ASCII form for all, and the true name in UTF-8 by
    /// `filename*` (RFC 8187) where they differ.
    package mutating func attach(as name: String) {
        headers["Content-Disposition"] = Self.attachment(named: name)
    }

    /// The value of `Content-Disposition` for a file with this name; mail has the same (RFC 2183, RFC 2231 §4).
    package static func attachment(named name: String) -> String {
        var plain = ""
        for scalar in name.unicodeScalars {
            // `%` in the plain form is decoded by some browsers and not by others (RFC 6266 appendix D).
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
