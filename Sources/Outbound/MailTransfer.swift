import Bytes
import CCurl

// DESIGN. libcurl implements SMTP (RFC 5321): it greets, requests TLS, signs in, and doubles leading points. This file only
// sets its options. Each message uses a new connection: messages are few, and so a server that closes idle connections causes
// no fault.

/// The server that accepts mail, and the sender. The description contains no password.
package struct MailServer: Sendable, CustomStringConvertible {
    /// `smtp://HOST:PORT` begins unencrypted and changes to TLS (STARTTLS); `smtps://HOST:PORT` begins with TLS.
    package let url: String
    /// The address of the sender.
    package let from: String
    /// The user for signing in; empty for servers that trust this machine.
    package let user: String
    package let password: String
    /// The address of Waybill for people, for links in mail, without a final slash; nil if not configured.
    package var publicURL: String?
    /// A file of trusted certificates instead of the system's, for tests.
    package var trusted: String?

    /// Nil for an invalid address, or a sender that mail cannot carry.
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

    /// Whether the server runs on this machine, where nobody can listen. TLS is then used if offered; otherwise nothing is
    /// sent without TLS.
    var isLocal: Bool {
        let host = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
        return ["127.0.0.1", "[::1]", "localhost"].contains { host == $0 || host.hasPrefix($0 + ":") }
    }
}

/// The reason why a message was not accepted.
package struct MailError: Error, Sendable {
    /// In libcurl's words, with the server's last answer.
    package let text: String
    /// Whether it will never be accepted: the server does not know the receiver, or does not want such a message (RFC 5321
    /// §4.2.1, 550 to 559).
    package let isForGood: Bool
    /// Whether the server or the receiver's mailbox has no room for a message of this length (RFC 1870 §6, 552).
    package let isTooLong: Bool
}

/// Hands a message to a mail server.
///
///     do throws(MailError) {
///         try MailTransfer.send(letter.bytes, to: "ada@example.org", by: server)
///     } catch {
///         if error.isForGood { drop(letter) } else { keep(letter) }
///     }
///
/// Any thread may call it; each call has its own connection, which ends with the call, and blocks for at most
/// `deadline` seconds. An error after the message was sent does not say whether the server accepted it.
package enum MailTransfer {
    /// The most seconds of a transfer.
    package static let deadline = 30

    /// Blocks until the server has accepted the message.
    ///
    /// - Parameter message: in the format of RFC 5322, with CRLF at the end of each line.
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
        // Borrowed: the handle reads only during the call below.
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
            // Otherwise Debian's libcurl also trusts the folder of the system's authorities.
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

/// A message during its sending, piece by piece.
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
    // Borrowed from the current transfer.
    return Unmanaged<MailReading>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeMutableRawBufferPointer(start: room, count: size * count))
}
