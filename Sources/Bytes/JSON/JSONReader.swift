import Glibc

// DESIGN. A pull parser (RFC 8259) over a window of bytes that a source refills. The window slides. It holds the current
// token and the bytes that were read ahead, and grows only for a token that does not fit, up to `tokenLimit`. Strings are
// lent in place. Escapes are resolved in place, too, because no escape is shorter than its character. Zeros follow the
// last byte, and every scan stops at them. So the hot loops test for the end only after a stop. There is no recursion:
// depth is a number and one bit for each level.

/// Reads one JSON text (RFC 8259) value by value, in memory that does not depend on the length of the text.
///
/// The caller asks for the value that it expects; another value is a `JSONError` with the byte offset. After an error the
/// position of the reader is unspecified, so it must not be used again. A byte order mark is skipped. The rest must be
/// valid UTF-8 without lone surrogates.
///
///     try json.beginObject()
///     while try json.nextKey() {
///         if json.keyEquals("name") { name = try json.string() } else { try json.skipValue() }
///     }
///     try json.finish()
package struct JSONReader: ~Copyable {
    /// Fills the front of a buffer of at least four bytes and returns the number of bytes written; 0 means the end of
    /// the text.
    package typealias Source = (UnsafeMutableRawBufferPointer) throws(JSONError) -> Int

    /// The largest accepted depth of objects and arrays.
    package static let depthLimit = 512
    /// The longest accepted string, in bytes of the text.
    package static let tokenLimit = 16 << 20
    /// The longest accepted number, in bytes of the text.
    package static let numberLimit = 4096
    /// The number of zeros after the last byte: as many as the widest load reads at once.
    static let padding = 16

    var bytes: UnsafeMutablePointer<UInt8>
    var capacity: Int
    /// The next byte to read, the end of the window, and the first byte that a refill must keep (-1 for none).
    var position = 0
    var end = 0
    var pin = -1
    /// The offset in the text of the window's first byte.
    var base = 0
    var finished = false
    let source: Source

    /// The number of open objects and arrays.
    package internal(set) var depth = 0
    /// Bit `n` of this is set when level `n` is an object.
    var objects = InlineArray<8, UInt64>(repeating: 0)
    /// Whether the innermost container has no member yet.
    var isFirst = false
    /// The key that `nextKey` found, in the window.
    var keyStart = 0
    var keyCount = 0
    /// The offset beyond which the source is not read. A caller that collects a value in pieces sets it again for each
    /// piece, to bound the piece. It is checked when the window is refilled, so up to one window more may be read.
    package var ceiling = Int.max
    /// The most bytes that `rawValue` may keep, while it keeps the window; otherwise 0.
    var rawLimit = 0

    /// Reads the bytes of a source through a window of `window` bytes.
    package init(window: Int = 1 << 16, source: @escaping Source) {
        capacity = max(window, 64)
        bytes = .allocate(capacity: capacity + Self.padding)
        bytes.initialize(repeating: 0, count: capacity + Self.padding)
        self.source = source
    }

    /// Reads a copy of bytes in memory, for texts that are small.
    package init(_ text: some Collection<UInt8>) {
        let count = text.count
        capacity = max(count, 1)
        bytes = .allocate(capacity: capacity + Self.padding)
        _ = UnsafeMutableBufferPointer(start: bytes, count: count).initialize(from: text)
        (bytes + count).initialize(repeating: 0, count: capacity - count + Self.padding)
        end = count
        finished = true
        source = { _ in 0 }
        skipByteOrderMark()
    }

    /// Reads an open file from its current position; the caller keeps the descriptor.
    package init(fileDescriptor: Int32, window: Int = 1 << 18) {
        self.init(window: window) { (buffer) throws(JSONError) in
            try readSome(of: fileDescriptor, into: buffer)
        }
    }

    deinit { bytes.deallocate() }

    /// The offset in the text of the next byte to be read.
    package var offset: Int { base + position }

    // MARK: - Objects and arrays

    /// Enters an object; `nextKey` then walks through it.
    package mutating func beginObject() throws(JSONError) { try begin(UInt8(ascii: "{"), "an object") }

    /// Enters an array; `nextElement` then walks through it.
    package mutating func beginArray() throws(JSONError) { try begin(UInt8(ascii: "["), "an array") }

    private mutating func begin(_ bracket: UInt8, _ what: StaticString) throws(JSONError) {
        guard try nextByte() == bracket else { throw unexpected(what) }
        try open(isObject: bracket == UInt8(ascii: "{"))
    }

    mutating func open(isObject: Bool) throws(JSONError) {
        guard depth < Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit, offset: offset) }
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { objects[depth >> 6] |= bit } else { objects[depth >> 6] &= ~bit }
        depth += 1
        isFirst = true
        position += 1
    }

    var isInObject: Bool { depth > 0 && objects[(depth - 1) >> 6] & (1 << UInt64((depth - 1) & 63)) != 0 }

    /// Goes to the next member of the object, past its key and colon; false at the end of the object, which is then
    /// left.
    ///
    /// The key stays available until the next reading call: `key()`, `keyEquals`, `key(in:seen:)`.
    package mutating func nextKey() throws(JSONError) -> Bool {
        guard try nextMember(until: UInt8(ascii: "}")) else { return false }
        guard try nextByte() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
        keyCount = try keepString()
        if position < end, bytes[position] == UInt8(ascii: ":") {
            keyStart = pin
            pin = -1
            position += 1
            return true
        }
        guard try nextByte() == UInt8(ascii: ":") else { throw unexpected("':' after a key") }
        position += 1
        keyStart = pin
        pin = -1
        return true
    }

    /// Goes to the next element of the array; false at the end of the array, which is then left.
    package mutating func nextElement() throws(JSONError) -> Bool { try nextMember(until: UInt8(ascii: "]")) }

    mutating func nextMember(until closing: UInt8) throws(JSONError) -> Bool {
        let byte = try nextByte()
        if byte == closing {
            position += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else {
            throw unexpected(closing == UInt8(ascii: "}") ? "',' or '}'" : "',' or ']'")
        }
        position += 1
        return true
    }

    /// Throws unless only blanks follow.
    package mutating func finish() throws(JSONError) {
        if try nextByte(orEnd: true) != 0 || position < end { throw unexpected("the end of the text") }
    }

    // MARK: - The key at hand

    /// The bytes of the key that `nextKey` found, with escapes resolved.
    package func withKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: bytes + keyStart, count: keyCount))
    }

    /// The key that `nextKey` found.
    package func key() -> String { withKey { String(decoding: $0, as: UTF8.self) } }

    /// Whether `nextKey` found this key.
    package func keyEquals(_ name: StaticString) -> Bool {
        keyCount == name.utf8CodeUnitCount && memcmp(bytes + keyStart, name.utf8Start, keyCount) == 0
    }

    /// The known key of an object that `nextKey` found, or nil. A known key that occurs twice is an error.
    @inlinable
    package func key<Field>(in keys: JSONKeys<Field>, seen: inout JSONSeenKeys) throws(JSONError) -> Field? {
        let index = withKey { keys.table.index(of: $0) }
        guard index >= 0 else { return nil }
        let bit = UInt64(1) << UInt64(index)
        guard seen.bits & bit == 0 else { throw .duplicateKey(key(), offset: offset) }
        seen.bits |= bit
        return keys.fields[index]
    }

    // MARK: - The window

    /// The next byte that is no blank, which stays unread. The end of the text is an error, or gives 0 where it is
    /// allowed.
    mutating func nextByte(orEnd: Bool = false) throws(JSONError) -> UInt8 {
        while true {
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09:
                position += 1
                // A third of a pretty-printed file is blanks, so eight are read at a time.
                while UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    == 0x2020_2020_2020_2020
                {
                    position += 8
                }
            case 0 where position >= end:
                if try refill() { continue }
                if orEnd { return 0 }
                throw .truncated(offset: offset)
            default:
                return byte
            }
        }
    }

    /// Reads more bytes after `end` and drops those before the pin; false at the end of the text.
    mutating func refill() throws(JSONError) -> Bool {
        if finished { return false }
        guard base + end <= ceiling else { throw .pastCeiling(offset: offset) }
        if rawLimit > 0, pin >= 0, position - pin > rawLimit { pin = -1 }
        let keep = pin >= 0 ? pin : position
        if keep > 0 {
            memmove(bytes, bytes + keep, end - keep)
            base += keep
            position -= keep
            end -= keep
            if pin >= 0 { pin = 0 }
        }
        if capacity - end < 4 { try grow() }
        let count = try source(UnsafeMutableRawBufferPointer(start: bytes + end, count: capacity - end))
        let atStart = base == 0 && end == 0
        end += max(0, min(count, capacity - end))
        memset(bytes + end, 0, Self.padding)
        if count <= 0 {
            finished = true
            return false
        }
        if atStart { try skipByteOrderMarkOfStream() }
        return position < end || finished ? position < end : try refill()
    }

    private mutating func grow() throws(JSONError) {
        // A raw value may be longer than one token; its own limit was checked above.
        guard rawLimit > 0 || capacity < Self.tokenLimit + 8 else {
            throw .tooLong(limit: Self.tokenLimit, offset: base)
        }
        let larger = rawLimit > 0 ? capacity * 2 : min(capacity * 2, Self.tokenLimit + 8)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + Self.padding)
        moved.initialize(repeating: 0, count: larger + Self.padding)
        memcpy(moved, bytes, end)
        bytes.deallocate()
        bytes = moved
        capacity = larger
    }

    private mutating func skipByteOrderMark() {
        if end - position >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    private mutating func skipByteOrderMarkOfStream() throws(JSONError) {
        guard bytes[0] == 0xEF else { return }
        while end < 3 {
            let count = try source(UnsafeMutableRawBufferPointer(start: bytes + end, count: capacity - end))
            end += max(0, min(count, capacity - end))
            memset(bytes + end, 0, Self.padding)
            if count <= 0 { break }
        }
        skipByteOrderMark()
    }

    // MARK: - Errors

    /// The value at the position, described for an error.
    func unexpected(_ expected: StaticString) -> JSONError {
        if position >= end { return .truncated(offset: offset) }
        let byte = bytes[position]
        let found: String
        switch byte {
        case UInt8(ascii: "{"): found = "an object"
        case UInt8(ascii: "["): found = "an array"
        case UInt8(ascii: "\""): found = "a string"
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): found = "a number"
        case 0x21..<0x7F: found = "'\(Character(Unicode.Scalar(byte)))'"
        default: found = "the byte 0x" + String(byte, radix: 16)
        }
        return .unexpected(expected: "\(expected)", found: found, offset: offset)
    }
}

/// One `read(2)`, repeated when a signal interrupts it.
private func readSome(of file: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(JSONError) -> Int {
    while true {
        let count = Glibc.read(file, buffer.baseAddress, buffer.count)
        if count >= 0 { return count }
        let code = errno
        if code != EINTR { throw .source("reading failed: \(systemMessage(code))", Outage(errno: code)) }
    }
}
