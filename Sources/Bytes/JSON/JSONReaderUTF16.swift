// RFC 8259 §8.1 requires UTF-8, but tools on Windows write UTF-16.

extension JSONReader {
    /// The encoding of a text.
    package enum Encoding: Sendable {
        case utf8, utf16LittleEndian, utf16BigEndian

        /// Recognizes the encoding by the first four bytes: by the byte order mark, else by the zeros that ASCII
        /// characters have in UTF-16, because a JSON text begins with ASCII characters (RFC 4627 §3).
        package init(recognizing head: some Sequence<UInt8>) {
            let bytes = Array(head.prefix(4)) + [1, 1, 1, 1]
            switch (bytes[0], bytes[1]) {
            case (0xFF, 0xFE): self = .utf16LittleEndian
            case (0xFE, 0xFF): self = .utf16BigEndian
            case (1..., 0) where bytes[2] != 0: self = .utf16LittleEndian
            case (0, 1...): self = .utf16BigEndian
            default: self = .utf8
            }
        }
    }

    /// A source of UTF-8 over a source of an encoding. Half a surrogate pair or half a unit is an error, whose offset
    /// counts in the original text. Offsets of later errors count in the UTF-8.
    package static func transcoding(_ encoding: Encoding, _ source: @escaping Source) -> Source {
        if encoding == .utf8 { return source }
        var transcoder = UTF16Transcoder(isBigEndian: encoding == .utf16BigEndian, source: source)
        return { (buffer) throws(JSONError) in try transcoder.fill(buffer) }
    }
}

/// Converts units to UTF-8, and keeps an incomplete rest of a piece for the next one.
private struct UTF16Transcoder {
    let isBigEndian: Bool
    let source: JSONReader.Source
    private var input = [UInt8](repeating: 0, count: 1 << 15)
    private var (from, to) = (0, 0)
    /// The offset in the text of the first byte of `input`.
    private var base = 0

    init(isBigEndian: Bool, source: @escaping JSONReader.Source) {
        self.isBigEndian = isBigEndian
        self.source = source
    }

    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(JSONError) -> Int {
        var written = 0
        // A unit becomes at most three bytes of UTF-8, a pair four.
        while buffer.count - written >= 4 {
            guard let value = try scalar(mayRead: written == 0) else { break }
            switch value {
            case 0..<0x80:
                buffer[written] = UInt8(value)
                written += 1
            case 0x80..<0x800:
                buffer[written] = 0xC0 | UInt8(value >> 6)
                buffer[written + 1] = 0x80 | UInt8(value & 0x3F)
                written += 2
            case 0x800..<0x10000:
                buffer[written] = 0xE0 | UInt8(value >> 12)
                buffer[written + 1] = 0x80 | UInt8(value >> 6 & 0x3F)
                buffer[written + 2] = 0x80 | UInt8(value & 0x3F)
                written += 3
            default:
                buffer[written] = 0xF0 | UInt8(value >> 18)
                buffer[written + 1] = 0x80 | UInt8(value >> 12 & 0x3F)
                buffer[written + 2] = 0x80 | UInt8(value >> 6 & 0x3F)
                buffer[written + 3] = 0x80 | UInt8(value & 0x3F)
                written += 4
            }
        }
        return written
    }

    /// The next scalar; nil at the end of the text, and at the end of the piece when no more may be read.
    private mutating func scalar(mayRead: Bool) throws(JSONError) -> UInt32? {
        guard try have(2, mayRead: mayRead) else { return nil }
        let unit = unit(at: from)
        if UTF16.isTrailSurrogate(unit) { throw halfPair }
        guard UTF16.isLeadSurrogate(unit) else {
            from += 2
            return UInt32(unit)
        }
        guard try have(4, mayRead: mayRead) else {
            if mayRead { throw halfPair }
            return nil
        }
        let low = self.unit(at: from + 2)
        guard UTF16.isTrailSurrogate(low) else { throw halfPair }
        from += 4
        return 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    }

    private var halfPair: JSONError { .invalidEscape("half a surrogate pair", offset: base + from) }

    private func unit(at index: Int) -> UInt16 {
        let (first, second) = (UInt16(input[index]), UInt16(input[index + 1]))
        return isBigEndian ? first << 8 | second : second << 8 | first
    }

    /// Whether `count` more bytes are available; an end in the middle of a unit is an error.
    private mutating func have(_ count: Int, mayRead: Bool) throws(JSONError) -> Bool {
        while to - from < count {
            guard mayRead else { return false }
            for index in from..<to { input[index - from] = input[index] }
            base += from
            (from, to) = (0, to - from)
            let count = try readBehind()
            if count == 0 {
                if to % 2 == 1 { throw .truncated(offset: base + to) }
                return false
            }
            to += count
        }
        return true
    }

    private mutating func readBehind() throws(JSONError) -> Int {
        var result: Result<Int, JSONError> = .success(0)
        input.withUnsafeMutableBytes { bytes in
            do throws(JSONError) {
                result = .success(try source(UnsafeMutableRawBufferPointer(rebasing: bytes[to...])))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}
