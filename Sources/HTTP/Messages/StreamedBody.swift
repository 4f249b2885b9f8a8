import CMicrohttpd
import Synchronization

/// A body that is made piece by piece; the connection sleeps while a piece is made.
///
/// Belongs to the thread of its connection. The library holds it (one retain, given by `Unmanaged`) from the creation of
/// the response to its destruction.
final class StreamedBody {
    private enum Piece: Sendable {
        case bytes([UInt8])
        case end
        case failed
    }

    private let next: @Sendable () async throws -> [UInt8]?
    private let handle: OpaquePointer
    private let connection: ClientConnection
    private let service: Service
    private var piece: [UInt8] = []
    private var position = 0
    private var suspension: Suspension<Piece>?
    /// Bytes handed to the library.
    private(set) var produced = 0

    init(
        next: @escaping @Sendable () async throws -> [UInt8]?, handle: OpaquePointer, connection: ClientConnection,
        service: Service
    ) {
        self.next = next
        self.handle = handle
        self.connection = connection
        self.service = service
    }

    /// Cancels the making of an unneeded piece.
    func cancel() { suspension?.cancel() }

    /// Fills the library's buffer; 0 when the connection was suspended; below 0 at the end or after a fault.
    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let suspension {
            guard let value = suspension.take() else { return 0 }
            self.suspension = nil
            connection.setSleeper(nil)
            switch value {
            case .bytes(let bytes): (piece, position) = (bytes, 0)
            case .end: return MHD_CONTENT_READER_END_OF_STREAM
            case .failed: return MHD_CONTENT_READER_END_WITH_ERROR
            }
        }
        let count = min(piece.count - position, buffer.count)
        if count > 0 {
            piece.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[position..<position + count])) }
            position += count
            produced += count
            return count
        }
        piece = []
        position = 0
        suspension = Suspension.begin(handle, of: connection, isClosing: service.isClosing, fallback: .failed) {
            [next] in
            do {
                guard let bytes = try await next() else { return .end }
                return .bytes(bytes)
            } catch {
                return .failed
            }
        }
        return 0
    }

    /// A response of the library that reads from here; nil when memory ran out.
    func response(size: Int?) -> OpaquePointer? {
        MHD_create_response_from_callback(
            size.map(UInt64.init(clamping:)) ?? UInt64.max, 1 << 16,
            { context, _, buffer, count in
                guard let context, let buffer else { return MHD_CONTENT_READER_END_WITH_ERROR }
                // Borrowed: the response owns the retain, and lives while it is read.
                return Unmanaged<StreamedBody>.fromOpaque(context).takeUnretainedValue()
                    .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
            }, Unmanaged.passRetained(self).toOpaque(),
            { context in
                // Releases the retain of two lines above; the library calls this once.
                if let context { Unmanaged<StreamedBody>.fromOpaque(context).release() }
            })
    }
}
