import Bytes
import CCurl

// DESIGN. libcurl speaks SMTP (RFC 5321): it greets, asks for TLS, signs in, doubles leading points. Here is only which of it is
// wanted. A connection is made for each message: messages are few, and a server that closes idle ones is no fault then.

/// The server that takes mail, and in whose name. The description shows no password.
package struct MailServer: Sendable, CustomStringConvertible {
    /// `smtp://HOST:PORT` begins in clear and turns to TLS (STARTTLS), `smtps://HOST:PORT` begins with TLS.
    package let url: String
    /// The address of the sender.
    package let from: String
    /// For signing in; empty for servers that know this machine.
    package let user: String
    package let password: String
    /// Where people reach Waybill, for links in mail: an address without a slash at its end; nil if not configured.
    package var publicURL: String?
    /// A file of certificates to trust in the place of the system's; for tests.
    package var trusted: String?

    /// Nil where the address is none, or the sender is not one that mail can carry.
    package init?(url: String, from: String, user: String = "", password: String = "") {
        guard url.hasPrefix("smtp://") || url.hasPrefix("smtps://"), url.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
            !url.contains("@"), MailAddress.isOne(from)
        else { return nil }
        self.url = url
        self.from = from
        self.user = user
        self.password = password
    }

    package var description: String { url }

    /// Whether the server runs on this machine, where nobody listens between: then TLS is used where it is offered, elsewhere
    /// nothing is sent without it.
    var isLocal: Bool {
        let host = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
        return ["127.0.0.1", "[::1]", "localhost"].contains { host == $0 || host.hasPrefix($0 + ":") }
    }
}

/// Why a message was not taken.
package struct MailError: Error, Sendable {
    /// In libcurl's words, with the last answer of the server.
    package let text: String
    /// Whether it will never be taken: the server knows no such receiver, or wants no such message (RFC 5321 §4.2.1, 550 to 559).
    package let isForGood: Bool
    /// Whether the server, or the receiver's box, has no room for so long a message (RFC 1870 §6, 552).
    package let isTooLong: Bool
}

/// Hands a message to a mail server.
package enum MailTransfer {
    /// Seconds that a transfer may last.
    package static let deadline = 30

    /// Blocks until the server has taken the message.
    ///
    /// - Parameter message: as RFC 5322 has it, with CRLF at the end of each line.
    package static func send(_ message: [UInt8], to receiver: String, by server: MailServer) throws(MailError) {
        guard OutboundConnection.isReady, let handle = curl_easy_init() else {
            throw MailError(text: OutboundError.noHandle.text, isForGood: false, isTooLong: false)
        }
        defer { curl_easy_cleanup(handle) }
        let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { words.deallocate() }
        waybill_curl_set_error_buffer(handle, words)
        prepare(handle, for: server)
        let receivers = curl_slist_append(nil, "<\(receiver)>")
        defer { curl_slist_free_all(receivers) }
        waybill_curl_set_receivers(handle, receivers)
        let reading = MailReading(message)
        // Borrowed: the handle reads only while it is driven, below.
        waybill_curl_set_reader(handle, onRead, Unmanaged.passUnretained(reading).toOpaque())
        let code = withExtendedLifetime(reading) { curl_easy_perform(handle) }
        guard code != CURLE_OK else { return }
        let known = words[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: words)
        let status = waybill_curl_status(handle)
        throw MailError(
            text: status > 0 ? "\(known) (the server answered \(status))" : known,
            isForGood: (550...559).contains(status) && code != CURLE_LOGIN_DENIED, isTooLong: status == 552)
    }

    private static func prepare(_ handle: UnsafeMutableRawPointer, for server: MailServer) {
        func text(_ option: CURLoption, _ value: String) { waybill_curl_set_text(handle, option, value) }
        func number(_ option: CURLoption, _ value: Int) { waybill_curl_set_number(handle, option, value) }
        text(CURLOPT_URL, server.url)
        text(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        number(CURLOPT_NOSIGNAL, 1)
        number(CURLOPT_SSL_VERIFYPEER, 1)
        number(CURLOPT_SSL_VERIFYHOST, 2)
        if let trusted = server.trusted {
            text(CURLOPT_CAINFO, trusted)
            // Else libcurl, as Debian builds it, trusts the folder of the system's authorities as well.
            waybill_curl_set_text(handle, CURLOPT_CAPATH, nil)
        }
        number(CURLOPT_USE_SSL, Int((server.isLocal ? CURLUSESSL_TRY : CURLUSESSL_ALL).rawValue))
        number(CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        number(CURLOPT_TIMEOUT_MS, deadline * 1000)
        if !server.user.isEmpty {
            text(CURLOPT_USERNAME, server.user)
            text(CURLOPT_PASSWORD, server.password)
        }
        text(CURLOPT_MAIL_FROM, "<\(server.from)>")
        number(CURLOPT_UPLOAD, 1)
    }
}

/// A message that is being sent, piece by piece.
private final class MailReading {
    let bytes: [UInt8]
    var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func take(_ room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, bytes.count - place)
        room.copyBytes(from: bytes[place..<(place + count)])
        place += count
        return count
    }
}

private let onRead: curl_read_callback = { room, size, count, context in
    guard let room, let context else { return 0 }
    // Borrowed from the transfer that is under way.
    return Unmanaged<MailReading>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeMutableRawBufferPointer(start: room, count: size * count))
}
