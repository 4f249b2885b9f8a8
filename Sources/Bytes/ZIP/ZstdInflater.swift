import CZstd

/// Inflates Zstandard data (RFC 8878, also with several frames), which comes in pieces. For one thread.
package final class ZstdInflater: Inflating {
    /// The largest window that a frame may request, which is also the memory that it takes: libzstd's own default.
    package static let memoryLimit = 128 << 20

    private let limit: Int
    private let stream: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    /// Whether the bytes so far end exactly at the end of a frame.
    private var isOver = false
    private var produced = 0

    /// - Parameter limit: the most bytes that the data may inflate to.
    package init(limit: Int) throws(InflaterError) {
        guard let stream = ZSTD_createDStream() else { throw .noMemory }
        self.limit = limit
        self.stream = stream
        output = .allocate(byteCount: 1 << 16, alignment: 16)
    }

    deinit {
        ZSTD_freeDStream(stream)
        output.deallocate()
    }

    package func inflate(
        _ input: UnsafeRawBufferPointer, to destination: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            var sink = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let (read, left) = (source.pos, ZSTD_decompressStream(stream, &sink, &source))
            if ZSTD_isError(left) != 0 {
                switch ZSTD_getErrorCode(left) {
                case ZSTD_error_frameParameter_windowTooLarge:
                    throw InflaterError.needsMemory(limit: Self.memoryLimit)
                case ZSTD_error_memory_allocation: throw InflaterError.noMemory
                default: throw InflaterError.damaged
                }
            }
            // A call without progress returns what the next frame would need.
            if sink.pos > 0 || source.pos > read { isOver = left == 0 }
            produced += sink.pos
            guard produced <= limit else { throw InflaterError.tooLarge(limit: limit) }
            if sink.pos > 0 { try destination(UnsafeRawBufferPointer(rebasing: output[..<sink.pos])) }
            if source.pos == source.size, sink.pos < sink.size { return }
        }
    }

    package func finish() throws(InflaterError) {
        guard isOver else { throw .truncated }
    }
}
