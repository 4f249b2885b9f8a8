import Glibc

/// Why bytes could not go out.
package enum SinkError: Error, Equatable, CustomStringConvertible {
    /// A system call failed: the action, the file, and the system's reason.
    case system(doing: String, path: String, errno: Int32)
    /// A rule of the format cannot be kept, as an entry of more than 4 GiB in a 32-bit ZIP.
    case format(String)
    /// The reader at the other end has disconnected, or the work was abandoned.
    case cancelled
    /// The receiver, such as a store on another machine, cannot take the bytes now; it may later.
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

// DESIGN. Millions of short appends go through here, so the storage is the sink's own: room is looked at once for each
// append and bytes are stored through a pointer. Functions that escape text reserve for the worst case first and then
// write without looking (`reserve`, `end`, `advance`); they are the only ones that see the pointer.

/// Bytes on their way out: a buffer that never fails to take a byte, and a place where it empties itself.
///
/// Appending does not throw and does not flush; the writer calls `drain()` now and then (once a row), which passes the
/// buffer on when it holds at least `threshold` bytes, and `flush()` at the end.
///
///     var sink = ByteSink { (bytes) throws(SinkError) in try file.write(bytes) }
///     for row in rows {
///         sink.append(raw: row.name)
///         try sink.drain()
///     }
///     try sink.flush()
///
/// For one thread. After an error of the destination the sink is not used again.
package struct ByteSink: ~Copyable {
    /// Takes the bytes out of the buffer.
    package typealias Destination = (UnsafeRawBufferPointer) throws(SinkError) -> Void

    /// A destination that may be called on another thread.
    package typealias SharedDestination = @Sendable (UnsafeRawBufferPointer) throws(SinkError) -> Void

    private let threshold: Int
    private let destination: Destination?
    /// Bytes handed on so far; with those held the position in the file.
    package private(set) var flushed = 0

    @usableFromInline var storage: UnsafeMutableRawPointer
    @usableFromInline var held = 0
    @usableFromInline var capacity: Int

    package init(threshold: Int = 1 << 16, to destination: @escaping Destination) {
        self.init(threshold: threshold, destination)
    }

    /// A sink that keeps all it is given, for small documents that are made whole: see `bytes` and `text`.
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

    /// A copy of the bytes that were not passed on yet.
    package var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: storage, count: held)) }

    /// The bytes that were not passed on yet, as text.
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

    /// Appends the UTF-8 of a text as it is, with no escaping.
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

    /// Bytes behind a text that `append(overreading:)` may read too.
    package static var overread: Int { 32 }

    /// Appends `count` bytes of `text` from `offset` on. As many as `overread` bytes behind them have to be readable: short
    /// texts are copied whole words at a time, without a call.
    @inlinable @inline(__always)
    package mutating func append(overreading text: UnsafeRawBufferPointer, from offset: Int, count: Int) {
        guard count <= 32, let start = text.baseAddress else {
            return append(UnsafeRawBufferPointer(rebasing: text[offset..<(offset + count)]))
        }
        reserve(32)
        let words = (start + offset).loadUnaligned(as: SIMD4<UInt64>.self)
        // Aligned stores only are offered for vectors.
        for index in 0..<4 {
            storage.storeBytes(of: words[index], toByteOffset: held &+ index &* 8, as: UInt64.self)
        }
        held &+= count
    }

    /// Passes the buffer on when it is full enough.
    @inline(__always)
    package mutating func drain() throws(SinkError) {
        if held >= threshold { try flush() }
    }

    /// Passes on all bytes in the buffer. A sink without a destination keeps it.
    package mutating func flush() throws(SinkError) {
        guard held > 0, let destination else { return }
        try destination(UnsafeRawBufferPointer(start: storage, count: held))
        flushed += held
        held = 0
    }

    /// Discards all bytes that were not passed on and keeps the memory, for a sink that is used again.
    package mutating func removeAll() {
        held = 0
        flushed = 0
    }

    /// Copies pending bytes, from a certain one on, to the front of a buffer; returns how many bytes fitted.
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

    /// The bytes that were not passed on yet, until the next append.
    var heldBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: held) }

    /// Forgets the bytes behind the first `count` of those that were not passed on yet.
    mutating func shorten(to count: Int) { held = min(held, count) }

    /// Counts bytes that were written at `end`.
    @inline(__always)
    mutating func advance(to end: UnsafeMutableRawPointer) { held = end - storage }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, whose closures cannot say what they throw.
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
