import Glibc

// DESIGN. A pull parser (RFC 2046 §5.1, RFC 7578) over one window of fixed size, which a source refills. A delimiter is
// CR LF, two hyphens and the boundary, so the line break before it is not content. The window begins with an added CR
// LF, which makes the first delimiter equal to all others. Content is passed on up to the first place where a delimiter
// may begin. Text before the first delimiter and after the closing one is skipped. The reader is strict where two
// programs could read different things: a line that begins with the boundary and goes on is an error, not content.

/// Reads a multipart body part by part, in memory that does not depend on its length.
///
///     while let part = try reader.nextPart() {
///         while case let count = try reader.read(into: buffer), count > 0 { … }
///     }
package struct MultipartReader: ~Copyable {
    /// Fills the front of a buffer and returns the number of bytes written; 0 means the end.
    package typealias Source = (UnsafeMutableRawBufferPointer) throws(MultipartError) -> Int

    /// The parts of a body.
    package static let partLimit = 64
    /// The most bytes in the headers of one part.
    package static let headerLimit = 16 << 10
    private static let window = 128 << 10

    /// The head of a part.
    package struct Part: Sendable, Equatable {
        /// The field of the form.
        package let name: String
        /// The file name from the client, which must not be used as a path. Nil for a field that is not a file.
        package let filename: String?
        /// `Content-Type`, in lower case and without parameters; empty when there is none.
        package let type: String
        /// `Content-Transfer-Encoding`, in lower case; empty when there is none.
        package let encoding: String
    }

    private enum Place {
        case content
        /// After the line of a delimiter.
        case headers
        case end
    }

    private let delimiter: [UInt8]
    private let source: Source
    private let bytes: UnsafeMutableRawBufferPointer
    /// The held bytes, from `start` to `end`; no delimiter begins before `clear`.
    private var start = 0
    private var end = 2
    private var clear = 0
    private var isOver = false
    private var place = Place.content
    private var parts = 0

    /// - Parameter boundary: as in `Content-Type`: 1 to 70 printable characters, the last not a blank.
    package init(boundary: String, source: @escaping Source) throws(MultipartError) {
        let text = Array(boundary.utf8)
        guard (1...70).contains(text.count), text.last != 0x20 else {
            throw .badBoundary("it has \(text.count) characters; accepted are 1 to 70, the last of them no blank")
        }
        guard text.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .badBoundary("it has characters that are not printable ASCII")
        }
        delimiter = Array("\r\n--".utf8) + text
        self.source = source
        bytes = .allocate(byteCount: Self.window, alignment: 16)
        bytes[0] = 0x0D
        bytes[1] = 0x0A
    }

    deinit { bytes.deallocate() }

    /// Skips the rest of the current part and goes to the next; nil after the last.
    package mutating func nextPart() throws(MultipartError) -> Part? {
        while place == .content {
            let ready = try contentAtHand()
            start += ready
        }
        guard place == .headers else { return nil }
        parts += 1
        guard parts <= Self.partLimit else { throw .tooManyParts(limit: Self.partLimit) }
        let part = try headers()
        place = .content
        clear = start
        return part
    }

    /// The next bytes of the part's content; 0 at its end.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(MultipartError) -> Int {
        guard place == .content, parts > 0, !buffer.isEmpty else { return 0 }
        let count = min(try contentAtHand(), buffer.count)
        if count > 0 {
            buffer.copyMemory(from: .init(rebasing: bytes[start..<start + count]))
            start += count
        }
        return count
    }

    // MARK: Content

    /// The number of content bytes from `start` on; 0 after a delimiter, which is then consumed.
    private mutating func contentAtHand() throws(MultipartError) -> Int {
        while true {
            clear = max(clear, start)
            if let hit = find() {
                clear = hit
                if hit > start { return hit - start }
                start += delimiter.count
                try line()
                return 0
            }
            // A delimiter may have begun in the last bytes.
            clear = max(clear, end - delimiter.count + 1)
            if clear > start { return clear - start }
            guard try fill() else { throw .truncated(part: parts) }
        }
    }

    private func find() -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var place = clear
        while end - place >= delimiter.count {
            guard let hit = memchr(base + place, 0x0D, end - place - delimiter.count + 1) else { return nil }
            if memcmp(hit, delimiter, delimiter.count) == 0 { return UnsafeRawPointer(hit) - UnsafeRawPointer(base) }
            place = UnsafeRawPointer(hit) - UnsafeRawPointer(base) + 1
        }
        return nil
    }

    /// Reads the end of a delimiter: two hyphens after the last part, otherwise blanks and a line break.
    private mutating func line() throws(MultipartError) {
        try need(2)
        if bytes[start] == UInt8(ascii: "-"), bytes[start + 1] == UInt8(ascii: "-") {
            place = .end
            return
        }
        var blanks = 0
        while bytes[start] == 0x20 || bytes[start] == 0x09 {
            start += 1
            blanks += 1
            guard blanks <= 256 else { throw .badDelimiter(part: parts) }
            try need(2)
        }
        guard bytes[start] == 0x0D, bytes[start + 1] == 0x0A else { throw .badDelimiter(part: parts) }
        start += 2
        place = .headers
    }

    // MARK: Headers

    private mutating func headers() throws(MultipartError) -> Part {
        var disposition: MultipartHeader?
        var (type, encoding) = ("", "")
        var rest = Self.headerLimit
        while let text = try headerLine(&rest) {
            guard let colon = text.firstIndex(of: ":") else {
                throw .badHeader("\"\(text.prefix(50))\" has no colon")
            }
            let value = String(text[text.index(after: colon)...])
            switch text[..<colon].lowercased() {
            case "content-disposition":
                guard disposition == nil else { throw .badHeader("Content-Disposition stands twice") }
                disposition = try MultipartHeader(value)
            case "content-type":
                guard type.isEmpty else { throw .badHeader("Content-Type stands twice") }
                type = try MultipartHeader(value).value
            case "content-transfer-encoding":
                guard encoding.isEmpty else { throw .badHeader("Content-Transfer-Encoding stands twice") }
                encoding = try MultipartHeader(value).value
            default: break
            }
        }
        // RFC 7578 §4.2: each part must have this header, with a name.
        guard let disposition, disposition.value == "form-data", let name = disposition.parameters["name"] else {
            throw .badHeader("part \(parts) has no Content-Disposition: form-data with a name")
        }
        return Part(name: name, filename: disposition.parameters["filename"], type: type, encoding: encoding)
    }

    /// The next line of the headers; nil after the last, with the empty line consumed.
    private mutating func headerLine(_ rest: inout Int) throws(MultipartError) -> String? {
        var length = 0
        while true {
            try need(length + 2, atMost: rest)
            let byte = bytes[start + length]
            if byte == 0x0D, bytes[start + length + 1] == 0x0A { break }
            // Control characters could make one program see one header where another sees two.
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
                throw .badHeader("it has the control character 0x\(String(byte, radix: 16))")
            }
            length += 1
        }
        rest -= length + 2
        guard length > 0 else {
            // A part without content may be followed by the delimiter at once (RFC 2046 §5.1.1, body-part).
            try need(2)
            while end - start < delimiter.count, try fill() {}
            let isEmptyPart =
                end - start >= delimiter.count
                && zip(bytes[start..<start + delimiter.count], delimiter).allSatisfy { $0 == $1 }
            if !isEmptyPart { start += 2 }
            return nil
        }
        let line = bytes[start..<start + length]
        guard line.first != 0x20, line.first != 0x09 else { throw .badHeader("a header goes on over two lines") }
        defer { start += length + 2 }
        return String(decoding: line, as: UTF8.self)
    }

    // MARK: The window

    /// Makes sure that at least `count` bytes are available.
    private mutating func need(_ count: Int, atMost limit: Int = .max) throws(MultipartError) {
        guard count <= limit else { throw .headersTooLong(limit: Self.headerLimit, part: parts) }
        while end - start < count {
            guard try fill() else { throw .truncated(part: parts) }
        }
    }

    /// Reads more bytes; false at the end of the body.
    private mutating func fill() throws(MultipartError) -> Bool {
        guard !isOver, let base = bytes.baseAddress else { return false }
        if start > 0 {
            memmove(base, base + start, end - start)
            clear = max(0, clear - start)
            end -= start
            start = 0
        }
        let count = try source(.init(rebasing: bytes[end...]))
        isOver = count == 0
        end += count
        return count > 0
    }
}
