import Dispatch
import Glibc

// DESIGN. A stream is cut into chunks, each compressed by itself with the 32 KiB before it as its dictionary and ended by a
// sync flush, so that the results joined are one deflate stream (as pigz does). The caller fills a chunk while threads of
// a pool compress the ones before; when all are in use it helps with one that nobody has begun, then waits for the oldest
// and hands its result on. So rendering and compressing overlap, the order is kept, the destination is called on the
// caller's thread alone, nothing blocks when the pool is busy, and memory is bounded by the number of chunks. On one
// processor the bytes depend on the input only, not on the number of threads, how appends were cut or where memory lies
// (`DeflateCodec` sees to the last). A stream of one chunk never leaves the caller's thread.

/// A stream of raw deflate data (RFC 1951) with the CRC-32 of what went in.
///
/// A class, because a ZIP writer and the destinations of its entries share it; used by one thread at a time.
final class Deflate {
    private static let pool = DispatchQueue(label: "waybill.deflate", qos: .userInitiated, attributes: .concurrent)

    /// Threads that one stream keeps busy: more than this few reports can feed.
    static let defaultThreads = min(8, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    private let level: CompressionLevel
    private let limit: Int
    /// Unused chunks.
    private var free: [DeflateChunk] = []
    /// Chunks that are being compressed, the oldest first.
    private var waiting: [DeflateChunk] = []
    private var filling: DeflateChunk?

    private(set) var crc: UInt32 = 0
    private(set) var bytesIn: UInt64 = 0
    private(set) var bytesOut: UInt64 = 0

    /// - Parameter threads: threads of the pool that this stream may keep busy; 0 compresses on the caller's thread.
    init(_ level: CompressionLevel, threads: Int = Deflate.defaultThreads) {
        self.level = level
        limit = threads + 2
    }

    /// Forgets everything, for the next stream.
    func reset() throws(SinkError) {
        // A stream that was given up half-way: its chunks are useless.
        while let oldest = waiting.first {
            waiting.removeFirst()
            oldest.compressIfFree()
            oldest.wait()
            free.append(oldest)
        }
        crc = 0
        bytesIn = 0
        bytesOut = 0
        let chunk = if let filling { filling } else { try spare() }
        chunk.begin()
        filling = chunk
    }

    /// Takes bytes; results that are due go to `destination`, on the calling thread.
    func append(_ bytes: UnsafeRawBufferPointer, to destination: ByteSink.Destination) throws(SinkError) {
        bytesIn += UInt64(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            // Passed on only when something follows, so that the last chunk is known as such.
            if filling?.isFull == true { try passOn(to: destination) }
            guard let filling else { throw Self.notBegun }
            rest = rest.dropFirst(filling.fill(rest))
        }
    }

    /// Ends the stream: all that is left goes to `destination`.
    func finish(to destination: ByteSink.Destination) throws(SinkError) {
        guard let chunk = filling else { throw Self.notBegun }
        chunk.isLast = true
        filling = nil
        submit(chunk, isLast: true)
        while !waiting.isEmpty { try collect(to: destination) }
    }

    /// Lets the pool have the full chunk and takes another to fill.
    private func passOn(to destination: ByteSink.Destination) throws(SinkError) {
        guard let full = filling else { return }
        if free.isEmpty, waiting.count + 1 >= limit { try collect(to: destination) }
        let next = try spare()
        next.begin(behind: full)
        filling = next
        submit(full, isLast: false)
    }

    private func spare() throws(SinkError) -> DeflateChunk {
        if let chunk = free.popLast() { chunk } else { try DeflateChunk(level) }
    }

    private func submit(_ chunk: DeflateChunk, isLast: Bool) {
        waiting.append(chunk)
        chunk.makeReady()
        // The last one is compressed while the caller would only wait.
        if !isLast, limit > 2 { Self.pool.async { chunk.compressIfFree() } }
    }

    /// Waits for the oldest chunk and hands its result on.
    private func collect(to destination: ByteSink.Destination) throws(SinkError) {
        guard let oldest = waiting.first else { return }
        // Help before waiting: with the oldest, or with any.
        for chunk in waiting where chunk.compressIfFree() { break }
        oldest.wait()
        waiting.removeFirst()
        free.append(oldest)
        if let error = oldest.error { throw error }
        crc = crc32(crc, then: oldest.crc, count: oldest.inputCount)
        bytesOut += UInt64(oldest.result.count)
        try destination(oldest.result)
    }

    private static let notBegun = SinkError.format("bytes for a deflate stream that was not begun")
}
