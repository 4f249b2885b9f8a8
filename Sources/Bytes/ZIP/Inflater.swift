import CZlib

/// The reason why compressed data could not be read.
package enum InflaterError: Error, Equatable, CustomStringConvertible {
    case damaged
    case truncated
    /// The data inflates to more bytes than the limit.
    case tooLarge(limit: Int)
    case noMemory
    /// Inflating needs more memory than the limit, in bytes.
    case needsMemory(limit: Int)

    package var description: String {
        switch self {
        case .damaged: "the compressed data cannot be inflated"
        case .truncated: "the compressed data ends too early"
        case .tooLarge(let limit): "the compressed data comes to more than \(limit) bytes"
        case .noMemory: "there is no memory to inflate the data"
        case .needsMemory(let limit):
            "the compressed data needs more than \(limit >> 20) MiB of memory; compress it with a smaller window"
        }
    }
}

/// Inflates one kind of compressed data, which comes in pieces.
///
///     let inflater = try Inflater(limit: 1 << 30)  // bytes
///     for piece in pieces {
///         try piece.withUnsafeBytes { try inflater.inflate($0) { part in hash.update(part) } }
///     }
///     try inflater.finish()
///
/// An inflater belongs to one thread and one stream of data. Pieces may end anywhere. `destination` is called any
/// number of times for a piece, on the same thread, with bytes that are valid only during the call; it must not call
/// the inflater. Errors are `InflaterError`s; after an error no further call is allowed.
package protocol Inflating: AnyObject {
    /// Inflates a piece and passes the result on. Throws `InflaterError` and the errors of `destination`.
    func inflate(
        _ input: UnsafeRawBufferPointer, to destination: (UnsafeRawBufferPointer) throws -> Void
    ) throws
    /// Ends the data; throws when the data was incomplete.
    func finish() throws(InflaterError)
}

/// Inflates gzip (RFC 1952, also with several members) or zlib data (RFC 1950), which comes in pieces. For one
/// thread.
package final class Inflater: Inflating {
    private let limit: Int
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private var isOver = false
    private var produced = 0

    /// - Parameter limit: the most bytes that the data may inflate to.
    package init(limit: Int) throws(InflaterError) {
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: 1 << 16, alignment: 16)
        // The largest window plus 32, so that the header decides between gzip and zlib.
        guard inflateInit2_(stream, 47, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Whether data with this first byte may be compressed; neither JSON nor XML begins with it.
    package static func takes(_ first: UInt8) -> Bool { first == 0x1F || first == 0x78 }

    package func inflate(
        _ input: UnsafeRawBufferPointer, to destination: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let start = input.baseAddress else { return }
        // zlib only reads this memory, although its type does not say so.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        while true {
            if isOver {
                guard stream.pointee.avail_in > 0 else { break }
                guard inflateReset(stream) == Z_OK else { throw InflaterError.damaged }
                isOver = false
            }
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            let count = output.count - Int(stream.pointee.avail_out)
            produced += count
            guard produced <= limit else { throw InflaterError.tooLarge(limit: limit) }
            if count > 0 { try destination(UnsafeRawBufferPointer(rebasing: output[..<count])) }
            switch code {
            case Z_STREAM_END: isOver = true
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: break
            case Z_OK, Z_BUF_ERROR: return
            default: throw InflaterError.damaged
            }
        }
    }

    package func finish() throws(InflaterError) {
        guard isOver else { throw .truncated }
    }
}
