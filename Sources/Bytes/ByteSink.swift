import Glibc

/// The reason why bytes could not be written.
package enum SinkError: Error, Equatable, CustomStringConvertible {
    /// A system call failed: the action, the file, and the system's reason.
    case system(doing: String, path: String, errno: Int32)
    /// The format's rules do not allow the data, such as an entry of more than 4 GiB in a 32-bit ZIP.
    case format(String)
    /// The reader at the other end has disconnected, or the work was abandoned.
    case cancelled
    /// The receiver, such as a store on another machine, cannot take the bytes now, but may later.
    case unavailable(String)

    package var description: String {
        switch self {
        case .system(let doing, let path, let code): "\(doing) \(path): \(systemMessage(code))"
        case .format(let text): text
        case .cancelled: "cancelled"
        case .unavailable(let text): text
        }
    }
}

/// The system's words for an `errno`.
package func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }

// DESIGN. Millions of short appends use this type, so it owns its storage: each append checks the room once and stores
// bytes through a pointer. Functions that escape text reserve room for the worst case first and then write without
// checks (`reserve`, `end`, `advance`). Only they see the pointer.

/// A buffer for bytes to write, with a destination that takes the bytes out of it.
///
/// Appending neither throws nor passes bytes on. The writer calls `drain()` now and then (once a row), which passes the
/// buffer on when it holds at least `threshold` bytes, and `flush()` at the end.
///
///     var sink = ByteSink { (bytes) throws(SinkError) in try file.write(bytes) }
///     for row in rows {
///         sink.append(raw: row.name)
///         try sink.drain()
///     }
///     try sink.flush()
///
/// A sink belongs to one thread. The destination is called only by `drain` and `flush`, on the same thread; its bytes
/// are valid only during the call, and it must not use the sink. Bytes that were not flushed are lost with the sink.
/// After an error of the destination, the sink must not be used again.
package struct ByteSink: ~Copyable {
    /// Takes the bytes out of the buffer.
    package typealias Destination = (UnsafeRawBufferPointer) throws(SinkError) -> Void

    /// A destination that another thread may call.
    package typealias SharedDestination = @Sendable (UnsafeRawBufferPointer) throws(SinkError) -> Void

    private let threshold: Int
    private let destination: Destination?
    /// The number of bytes passed on so far. Together with the held bytes, this is the position in the file.
    package private(set) var flushed = 0

    @usableFromInline var storage: UnsafeMutableRawPointer
    @usableFromInline var held = 0
    @usableFromInline var capacity: Int

    package init(threshold: Int = 1 << 16, to destination: @escaping Destination) {
        self.init(threshold: threshold, destination)
    }

    /// A sink that keeps all bytes, for small documents that are made as a whole: see `bytes` and `text`.
    package init() { self.init(threshold: .max, nil) }

    private init(threshold: Int, _ destination: Destination?) {
        self.threshold = threshold
        self.destination = destination
        capacity = 1 << 10
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// The number of bytes appended since the beginning.
    package var count: Int { flushed + held }

    /// A copy of the bytes that are still in the buffer.
    package var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: storage, count: held)) }

    /// The bytes that are still in the buffer, as text.
    package var text: String { String(decoding: UnsafeRawBufferPointer(start: storage, count: held), as: UTF8.self) }

    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        storage.storeBytes(of: byte, toByteOffset: held, as: UInt8.self)
        held &+= 1
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        append(start, bytes.count)
    }

    @inlinable
    package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Appends the UTF-8 of a text as it is, with no escaping.
    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        append(UnsafeRawPointer(text.utf8Start), text.utf8CodeUnitCount)
    }

    /// Appends the UTF-8 of a text without escaping.
    package mutating func append(raw text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    @inlinable @inline(__always)
    mutating func append(_ start: UnsafeRawPointer, _ count: Int) {
        reserve(count)
        (storage + held).copyMemory(from: start, byteCount: count)
        held &+= count
    }

    /// The number of bytes after a text that `append(overreading:)` may read, too.
    package static var overread: Int { 32 }

    /// Appends `count` bytes of `text`, starting at `offset`. Up to `overread` bytes after them must be readable, because
    /// short texts are copied in whole words without a call.
    @inlinable @inline(__always)
    package mutating func append(overreading text: UnsafeRawBufferPointer, from offset: Int, count: Int) {
        guard count <= 32, let start = text.baseAddress else {
            return append(UnsafeRawBufferPointer(rebasing: text[offset..<(offset + count)]))
        }
        reserve(32)
        let words = (start + offset).loadUnaligned(as: SIMD4<UInt64>.self)
        // The standard library offers only aligned stores for vectors.
        for index in 0..<4 {
            storage.storeBytes(of: words[index], toByteOffset: held &+ index &* 8, as: UInt64.self)
        }
        held &+= count
    }

    /// Passes the buffer on when it holds enough bytes.
    @inline(__always)
    package mutating func drain() throws(SinkError) {
        if held >= threshold { try flush() }
    }

    /// Passes on all bytes in the buffer. A sink without a destination keeps the bytes.
    package mutating func flush() throws(SinkError) {
        guard held > 0, let destination else { return }
        try destination(UnsafeRawBufferPointer(start: storage, count: held))
        flushed += held
        held = 0
    }

    /// Discards the held bytes and keeps the memory, for a sink that is used again.
    package mutating func removeAll() {
        held = 0
        flushed = 0
    }

    /// Copies held bytes, from position `start` on, to the front of a buffer; returns how many bytes fitted.
    package func copy(from start: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(held - start, buffer.count)
        guard count > 0 else { return 0 }
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: storage + start, count: count))
        return count
    }

    // MARK: Writing through the pointer

    /// Makes room for `count` more bytes.
    @inlinable @inline(__always)
    mutating func reserve(_ count: Int) {
        if capacity &- held < count { grow(count) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ count: Int) {
        capacity = max(held + count, capacity * 2)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: storage, byteCount: held)
        storage.deallocate()
        storage = larger
    }

    /// The place of the next byte. Only reserved room may be written to.
    @inline(__always)
    var end: UnsafeMutableRawPointer { storage + held }

    /// The held bytes, valid until the next append.
    var heldBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: held) }

    /// Discards the held bytes after the first `count`.
    mutating func shorten(to count: Int) { held = min(held, count) }

    /// Adds bytes that the caller wrote at `end`.
    @inline(__always)
    mutating func advance(to end: UnsafeMutableRawPointer) { held = end - storage }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, for closures with typed errors.
    package func withBytes(_ body: ByteSink.Destination) throws(SinkError) {
        let result: Result<Void, SinkError> = withUnsafeBytes { bytes in
            do throws(SinkError) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
