// DESIGN. libmicrohttpd 0.9.75 reads heads leniently (measured by sockets): it accepts blanks in the request line, a missing
// Host, a blank before the colon, folded lines, bare CR and LF, NUL, two Hosts, and any Transfer-Encoding. Its strict mode
// refuses the first two, without an answer or with one whose head comes twice, so it is off. Attackers smuggle requests past
// proxies that read such heads differently (RFC 9112 §11.2). The library parses in place. It replaces the blanks of the request
// line, the colons and the line ends by NUL (two for CRLF, one for LF), and returns pointers into these bytes. So the head can
// be checked again byte by byte, and each name must be where the library found one.

/// The note of the library's callback about the target of a request (`waybill_start_daemon`).
struct TargetNote: Equatable {
    /// The bytes of the original target.
    let length: Int
    /// Whether the target contains neither a control character nor a blank.
    let isClean: Bool

    init(length: Int, isClean: Bool) {
        self.length = length
        self.isClean = isClean
    }

    /// Nil for the address of an object, which is even, and for a null pointer.
    init?(_ context: UnsafeMutableRawPointer?) {
        let bits = UInt(bitPattern: context)
        guard bits & 1 == 1 else { return nil }
        // The value has two bits less than an address, so it fits.
        length = Int(bits >> 2)
        isClean = bits & 2 == 0
    }
}

/// A head in the library's memory, after the library parsed it in place. It lives as long as its callback.
struct RawHead {
    /// The bytes from the method to the end of the blank line.
    let bytes: UnsafeRawBufferPointer
    let target: TargetNote?
    /// The position of the version that the library found, counted from the method.
    let version: Int
    /// The positions of the field names that the library found.
    let fields: [Int]

    /// Whether the version is older than HTTP/1.1.
    var isOld: Bool { isVersion && bytes[version + 5] == UInt8(ascii: "1") && bytes[version + 7] == UInt8(ascii: "0") }

    /// Whether the version is `HTTP/`, a digit, a point and a digit, followed by at least two bytes.
    private var isVersion: Bool {
        guard version >= 0, version + 10 <= bytes.count else { return false }
        let text = bytes[version..<version + 8]
        return text.starts(with: "HTTP/".utf8) && text[version + 6] == UInt8(ascii: ".")
    }

    /// The rule of RFC 9112 that the head breaks; nil for none.
    var fault: HeadFault? {
        // §3: method SP request-target SP HTTP-version CRLF.
        guard let method = token(at: 0), let target else { return .requestLine }
        guard target.isClean, version == method + 1 + target.length + 1, isVersion else { return .requestLine }
        guard isLineEnd(version + 8) else { return .lineEnd }
        var place = version + 10
        var count = 0
        // §2.1: each line is a field; the last line is empty.
        while !(isLineEnd(place) && place + 2 == bytes.count) {
            guard count < fields.count, fields[count] == place else { return .field }
            guard let colon = token(at: place) else { return .field }
            var end = colon + 1
            while end < bytes.count, bytes[end] != 0 {
                // §5: field-content consists of tabs, blanks and visible characters.
                guard bytes[end] >= 0x20 && bytes[end] != 0x7F || bytes[end] == 9 else { return .control }
                end += 1
            }
            guard isLineEnd(end) else { return .lineEnd }
            place = end + 2
            count += 1
        }
        return count == fields.count ? nil : .field
    }

    private func isLineEnd(_ place: Int) -> Bool {
        place + 2 <= bytes.count && bytes[place] == 0 && bytes[place + 1] == 0
    }

    /// The position of the NUL after the token (RFC 9110 §5.6.2) that starts here; nil when another character ends
    /// the token.
    private func token(at start: Int) -> Int? {
        var place = start
        while place < bytes.count, bytes[place] != 0 {
            guard Self.isTokenCharacter(bytes[place]) else { return nil }
            place += 1
        }
        return place > start && place < bytes.count ? place : nil
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// The reason why a request is refused before its body is read.
enum HeadFault: Equatable {
    case noHost
    case noLength
    case tooLong
    case requestLine
    case lineEnd
    case control
    case field
    case hosts
    case lengths
    case oldTransferEncoding
    case transferCoding

    /// The contradiction among the fields of a well-formed head; nil without one.
    init?(_ headers: HTTPFields, isOld: Bool) {
        let codings = headers.all("Transfer-Encoding")
        let hosts = headers.all("Host").count
        if hosts > 1 {
            self = .hosts
        } else if hosts == 0, !isOld {
            self = .noHost
        } else if isOld, !codings.isEmpty {
            self = .oldTransferEncoding
        } else if headers.all("Content-Length").count + codings.count > 1 {
            self = .lengths
        } else if let coding = codings.first, coding.lowercased() != "chunked" {
            self = .transferCoding
        } else {
            return nil
        }
    }

    /// The reason why the library refuses this Content-Length; nil when the library accepts it.
    init?(length: UnsafeRawBufferPointer) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if length.isEmpty || !length.allSatisfy(digits.contains) {
            self = .noLength
        } else if UInt64(String(decoding: length, as: UTF8.self)) ?? .max == .max {
            self = .tooLong
        } else {
            return nil
        }
    }

    var response: HTTPResponse {
        let why =
            switch self {
            case .noHost: "The request does not say for which host it is (RFC 9112 §3.2)."
            case .noLength: "The Content-Length is not a number of bytes (RFC 9112 §6.2)."
            case .tooLong: "The Content-Length is beyond what any request may have."
            case .requestLine: "The request line is not `METHOD target HTTP/1.1` (RFC 9112 §3)."
            case .lineEnd: "A line of the head does not end in CR LF, or has a NUL (RFC 9112 §2.2)."
            case .control: "A field of the head has a control character (RFC 9110 §5.5)."
            case .field:
                "A line of the head is not `name: value` on one line, without a blank before the colon (RFC 9112 §5)."
            case .hosts: "The request names two hosts (RFC 9112 §3.2)."
            // Two statements about the end of the body allow smuggling requests past a proxy (§11.2).
            case .lengths: "The request says in two ways how long its body is (RFC 9112 §6.3)."
            case .oldTransferEncoding: "HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1)."
            case .transferCoding:
                "The Transfer-Encoding is not `chunked`, the only one that is read here (RFC 9112 §6.1)."
            }
        var response = HTTPResponse.text(self == .tooLong ? 413 : 400, why)
        response.headers["Connection"] = "close"
        return response
    }
}
