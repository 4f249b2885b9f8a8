import CLZMA

/// Inflates xz data (the .xz File Format 1.2.1, also with several streams), which comes in pieces. For one thread.
package final class XZInflater: Inflating {
    /// The most memory of the decoder: data from `xz -9` needs 65 MiB.
    package static let memoryLimit = 128 << 20

    private let limit: Int
    private let stream: UnsafeMutablePointer<lzma_stream>
    private let output: UnsafeMutableBufferPointer<UInt8>
    private var produced = 0

    /// - Parameter limit: the most bytes that the data may inflate to.
    package init(limit: Int) throws(InflaterError) {
        self.limit = limit
        stream = .allocate(capacity: 1)
        // All zero, as LZMA_STREAM_INIT requires.
        stream.initialize(to: lzma_stream())
        output = .allocate(capacity: 1 << 16)
        guard lzma_stream_decoder(stream, UInt64(Self.memoryLimit), lzma_concatenated) == LZMA_OK else {
            throw .noMemory
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
        output.deallocate()
    }

    package func inflate(
        _ input: UnsafeRawBufferPointer, to destination: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let start = input.baseAddress else { return }
        stream.pointee.next_in = start.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = input.count
        while true {
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = output.count
            let code = lzma_code(stream, LZMA_RUN)
            let count = output.count - stream.pointee.avail_out
            produced += count
            guard produced <= limit else { throw InflaterError.tooLarge(limit: limit) }
            if count > 0 { try destination(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count])) }
            switch code {
            case LZMA_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: break
            case LZMA_OK, LZMA_BUF_ERROR: return
            case LZMA_MEMLIMIT_ERROR: throw InflaterError.needsMemory(limit: Self.memoryLimit)
            case LZMA_MEM_ERROR: throw InflaterError.noMemory
            default: throw InflaterError.damaged
            }
        }
    }

    package func finish() throws(InflaterError) {
        // Only this call tells the decoder that no further stream follows. All output of the earlier input was passed
        // on before.
        stream.pointee.next_in = nil
        stream.pointee.avail_in = 0
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = output.count
        guard lzma_code(stream, LZMA_FINISH) == LZMA_STREAM_END else { throw .truncated }
    }
}
