import Dispatch
import Glibc

// DESIGN. A stream is cut into chunks. Each chunk is compressed with the 32 KiB before it as its dictionary, and ends with
// a sync flush. So the joined results are one deflate stream (as in pigz). The caller fills a chunk while threads of a pool
// compress the earlier ones. When all chunks are in use, the caller helps with one that no thread has begun, then waits for
// the oldest and passes its result on. So rendering and compressing overlap, and the order is kept. Only the caller's
// thread calls the destination. A busy pool blocks nothing, and the number of chunks bounds the memory. On one kind of
// processor the bytes depend only on the input. They do not depend on the number of threads, the sizes of appends, or
// addresses in memory (`DeflateCodec` ensures the last). A stream of one chunk never leaves the caller's thread.

/// A stream of raw deflate data (RFC 1951) with the CRC-32 of its input.
///
/// A class, because a ZIP writer and the destinations of its entries share it; one thread at a time may use it.
final class Deflate {
    private static let pool = DispatchQueue(label: "waybill.deflate", qos: .userInitiated, attributes: .concurrent)

    /// The threads that one stream may use; few reports produce enough data for more.
    static let defaultThreads = min(8, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    private let level: CompressionLevel
    private let limit: Int
    /// Unused chunks.
    private var free: [DeflateChunk] = []
    /// Chunks in compression, the oldest first.
    private var waiting: [DeflateChunk] = []
    private var filling: DeflateChunk?

    private(set) var crc: UInt32 = 0
    private(set) var bytesIn: UInt64 = 0
    private(set) var bytesOut: UInt64 = 0

    /// - Parameter threads: threads of the pool that this stream may use; 0 compresses on the caller's thread.
    init(_ level: CompressionLevel, threads: Int = Deflate.defaultThreads) {
        self.level = level
        limit = threads + 2
    }

    /// Discards everything, for the next stream.
    func reset() throws(SinkError) {
        // The stream was abandoned, so its chunks are useless.
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

    /// Takes bytes; due results go to `destination` on the calling thread.
    func append(_ bytes: UnsafeRawBufferPointer, to destination: ByteSink.Destination) throws(SinkError) {
        bytesIn += UInt64(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            // A chunk is passed on only when another follows, so that the last chunk is known as the last.
            if filling?.isFull == true { try passOn(to: destination) }
            guard let filling else { throw Self.notBegun }
            rest = rest.dropFirst(filling.fill(rest))
        }
    }

    /// Ends the stream: all remaining results go to `destination`.
    func finish(to destination: ByteSink.Destination) throws(SinkError) {
        guard let chunk = filling else { throw Self.notBegun }
        chunk.isLast = true
        filling = nil
        submit(chunk, isLast: true)
        while !waiting.isEmpty { try collect(to: destination) }
    }

    /// Gives the full chunk to the pool and takes another one to fill.
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
        // The caller compresses the last chunk itself instead of waiting.
        if !isLast, limit > 2 { Self.pool.async { chunk.compressIfFree() } }
    }

    /// Waits for the oldest chunk and passes its result on.
    private func collect(to destination: ByteSink.Destination) throws(SinkError) {
        guard let oldest = waiting.first else { return }
        // The caller helps before it waits: with the oldest chunk, or with any.
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
