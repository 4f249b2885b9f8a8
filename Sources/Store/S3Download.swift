import Dispatch
import Outbound
import Synchronization

// DESIGN. The reader drives the transfer (`OutboundTransfer`). A transfer that breaks off (S3 disconnects slow readers, or
// fails) continues at the same position, provided that the object is unchanged (If-Match).

/// An artifact during its reading from a bucket. Releasing it ends the transfer.
package final class S3Download: Sendable {
    /// Bytes in all.
    package let size: Int64

    private let client: S3Client
    private let key: String
    private let etag: String
    private let transfer = Mutex<OutboundTransfer?>(nil)
    private let position = Atomic<Int64>(0)
    private let isCancelled = Atomic<Bool>(false)
    /// The threads on which tasks have their reading done.
    private static let threads = DispatchQueue(label: "S3 downloads", attributes: .concurrent)

    init(_ client: S3Client, key: String, size: Int64, etag: String) {
        self.client = client
        self.key = key
        self.size = size
        self.etag = etag
    }

    /// The next bytes, or nil after the last. Blocks the calling thread; one thread at a time may call it.
    package func read() throws(StoreError) -> [UInt8]? {
        var fault = S3Fault.transport(OutboundError(text: "S3 sent less than it said", mayPass: true))
        var pause = client.settings.pause
        for attempt in 1...max(1, client.settings.attempts) {
            guard position.load(ordering: .relaxed) < size else {
                transfer.withLock { $0 = nil }
                return nil
            }
            if attempt > 1 {
                rest(milliseconds: pause)
                pause *= 3
            }
            do {
                let bytes = try transfer.withLock { transfer throws(S3Fault) in try pull(&transfer) }
                if !bytes.isEmpty {
                    position.wrappingAdd(Int64(bytes.count), ordering: .relaxed)
                    return bytes
                }
            } catch {
                fault = error
            }
            transfer.withLock { $0 = nil }
            guard fault.mayPass, !isCancelled.load(ordering: .relaxed) else { break }
        }
        throw client.failure("reading from byte \(position.load(ordering: .relaxed)) of", key, fault)
    }

    /// As `read`, for a task; it holds no thread of the tasks' pool. Cancelling the task ends the transfer.
    package func next() async throws(StoreError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Self.threads.async { [self] in
                    do throws(StoreError) {
                        continuation.resume(returning: Result<[UInt8]?, StoreError>.success(try read()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
        return try result.get()
    }

    private func rest(milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Continues the transfer until some bytes arrive; none at its end.
    private func pull(_ transfer: inout OutboundTransfer?) throws(S3Fault) -> [UInt8] {
        if transfer == nil {
            let start = position.load(ordering: .relaxed)
            var request = S3Request(method: .get, key: key, fields: [("If-Match", etag)])
            if start > 0 { request.fields.append(("Range", "bytes=\(start)-")) }
            let connection = try client.take()
            let outbound = client.outbound(
                request, try client.credentials(), answer: .pulled(errorLimit: S3Client.bodyLimit))
            do {
                transfer = try OutboundTransfer(outbound, on: connection, expecting: start > 0 ? 206 : 200)
            } catch {
                throw .transport(error)
            }
        }
        do {
            return try transfer?.pull(patience: client.settings.patience) {
                isCancelled.load(ordering: .relaxed)
            } ?? []
        } catch {
            switch error {
            case .transport(let error): throw .transport(error)
            case .status(let answer): throw S3Client.refusal(answer, try client.credentials())
            }
        }
    }
}
