import Bytes
import HTTP

// DESIGN. A message has two parts with the same content, as text and as HTML (RFC 2046 §5.1.4). Both are base64, so no line is
// too long and no byte is lost on the way. Texts from projects appear only in these parts or in encoded words, and never
// unencoded in the head.

/// A message in the format of RFC 5322.
struct MailMessage {
    let from: String
    let to: String
    /// The same for each attempt, so that a receiver recognizes a repetition.
    let uuid: String
    /// The common id of all messages about one vulnerability; empty without a vulnerability.
    let thread: String
    /// Milliseconds since 1970, UTC.
    let time: Int64
    let content: NoticeContent
    /// An attached ZIP.
    var attachment: (name: String, bytes: [UInt8])?

    /// The whole message, with CRLF at the end of each line.
    var bytes: [UInt8] {
        let domain = from.split(separator: "@").last.map(String.init) ?? "waybill"
        let boundary = "waybill-\(uuid)"
        var lines = [
            "From: Waybill <\(from)>", "To: <\(to)>", "Subject: \(Self.encoded(Deception.forTerminal(content.title)))",
            "Date: \(Self.date(time))", "Message-ID: <\(uuid)@\(domain)>",
        ]
        if !thread.isEmpty {
            // The root message does not exist, but mail programs group messages that refer to it (RFC 5322 §3.6.4).
            lines += ["In-Reply-To: <\(thread)@\(domain)>", "References: <\(thread)@\(domain)>"]
        }
        // RFC 3834 §5: automatic replies are suppressed.
        lines += ["Auto-Submitted: auto-generated", "MIME-Version: 1.0"]
        var sink = ByteSink()
        guard let attachment else {
            Self.append(lines, to: &sink)
            addParts(between: boundary, to: &sink)
            return sink.bytes
        }
        let outer = "\(boundary)-whole"
        lines += ["Content-Type: multipart/mixed; boundary=\"\(outer)\"", "", "--\(outer)"]
        Self.append(lines, to: &sink)
        addParts(between: boundary, to: &sink)
        // A line may have 998 characters, and encoding turns one letter into up to nine.
        let name = attachment.name.utf8.count <= 200 ? attachment.name : "report.zip"
        let head = [
            "--\(outer)", "Content-Type: application/zip", "Content-Transfer-Encoding: base64",
            "Content-Disposition: \(HTTPResponse.attachment(named: name))", "",
        ]
        Self.append(head, to: &sink)
        Self.append(base64: attachment.bytes, to: &sink)
        Self.append(["--\(outer)--"], to: &sink)
        return sink.bytes
    }

    private static func append(_ lines: [String], to sink: inout ByteSink) {
        for line in lines { sink.append(raw: line + "\r\n") }
    }

    /// The text and the page, with the head that declares both.
    private func addParts(between boundary: String, to sink: inout ByteSink) {
        sink.append(raw: "Content-Type: multipart/alternative; boundary=\"\(boundary)\"\r\n\r\n")
        for (type, bytes) in [("plain", Array(plain.utf8)), ("html", html)] {
            sink.append(raw: "--\(boundary)\r\nContent-Type: text/\(type); charset=utf-8\r\n")
            sink.append(raw: "Content-Transfer-Encoding: base64\r\n\r\n")
            Self.append(base64: bytes, to: &sink)
        }
        sink.append(raw: "--\(boundary)--\r\n")
    }

    /// Writes lines of 76 characters (RFC 2045 §6.8), which is 57 bytes each.
    private static func append(base64 bytes: [UInt8], to sink: inout ByteSink) {
        for start in stride(from: 0, to: bytes.count, by: 57) {
            sink.append(raw: bytes[start..<min(start + 57, bytes.count)].base64)
            sink.append("\r\n")
        }
    }

    // MARK: Head

    /// A text of the head: unchanged if it is short and plain, otherwise as encoded words (RFC 2047 §2). A line may have 998
    /// characters (RFC 5322 §2.1.1).
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.count <= 200 && text.utf8.allSatisfy { $0 >= 32 && $0 < 127 } && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var word: [UInt8] = []
        // An encoded word contains whole characters and is at most 75 characters long, so it has room for 45 bytes of the text.
        for character in text.unicodeScalars {
            let bytes = Array(String(character).utf8)
            if word.count + bytes.count > 45 {
                words.append("=?UTF-8?B?\(word.base64)?=")
                word = []
            }
            word += bytes
        }
        words.append("=?UTF-8?B?\(word.base64)?=")
        return words.joined(separator: "\r\n ")
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// A date of RFC 5322 §3.3, UTC. 1970 began on a Thursday.
    static func date(_ time: Int64) -> String {
        let text = TimeText.time(time)
        let (year, month, day) = (text.prefix(4), text.dropFirst(5).prefix(2), text.dropFirst(8).prefix(2))
        let name = Int(month).flatMap { (1...12).contains($0) ? months[$0 - 1] : nil } ?? "Jan"
        return "\(days[Int((time / TimeText.day + 4) % 7)]), \(day) \(name) \(year) \(text.dropFirst(11)) +0000"
    }

    // MARK: Parts

    private static let nothing =
        "Nothing new. This message is sent all the same: if it fails to come, something is wrong."

    private var plain: String {
        var lines = [content.title, ""]
        if content.notices.isEmpty { lines.append(Self.nothing) }
        for notice in content.notices {
            lines.append("* \(notice.line)")
            if let detail = notice.detail, notice.enclosure == nil { lines.append("  \(detail)") }
            if let enclosure = notice.enclosure { lines.append("  \(enclosure)") }
            if let url = notice.url { lines.append("  \(url)") }
            for place in notice.places { lines.append("  - \(place.product) / \(place.project): \(place.library)") }
            if let more = notice.morePlaces { lines.append("  - and \(more) more") }
            lines.append("")
        }
        if let more = content.more { lines.append("And \(more) more: the reports have them.") }
        // Mail programs on a terminal show this part.
        return Deception.forTerminal(lines.joined(separator: "\n") + "\n")
    }

    private var html: [UInt8] {
        var page = ByteSink()
        page.append("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><h1>")
        page.append(pageText: content.title)
        page.append("</h1>")
        if content.notices.isEmpty { Self.paragraph(Self.nothing, to: &page) }
        for notice in content.notices { Self.append(notice, to: &page) }
        if let more = content.more { Self.paragraph("And \(more) more: the reports have them.", to: &page) }
        page.append("</body></html>\n")
        return page.bytes
    }

    private static func append(_ notice: NoticeContent.Notice, to page: inout ByteSink) {
        if let url = notice.url, url.hasPrefix("https://") || url.hasPrefix("http://") {
            page.append("<p><a href=\"")
            page.append(pageText: url)
            page.append("\">")
            page.append(pageText: notice.line)
            page.append("</a></p>")
        } else {
            paragraph(notice.line, to: &page)
        }
        if let detail = notice.detail, notice.enclosure == nil { paragraph(detail, to: &page) }
        if let enclosure = notice.enclosure { paragraph(enclosure, to: &page) }
        if notice.places.isEmpty { return }
        page.append("<table><tr><th>Product</th><th>Project</th><th>Library</th></tr>")
        for place in notice.places {
            page.append("<tr>")
            for text in [place.product, place.project, place.library] {
                page.append("<td>")
                page.append(pageText: text)
                page.append("</td>")
            }
            page.append("</tr>")
        }
        page.append("</table>")
        if let more = notice.morePlaces { paragraph("and \(more) more", to: &page) }
    }

    private static func paragraph(_ text: String, to page: inout ByteSink) {
        page.append("<p>")
        page.append(pageText: text)
        page.append("</p>")
    }
}
