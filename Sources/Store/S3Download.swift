import CCurl
import Dispatch
import Synchronization

// DESIGN. A pull: whoever reads drives the transfer, so that a slow client stops it and nothing piles up but one buffer.
// libcurl's multi interface lets a transfer be driven for a moment and left alone; the write callback pauses it when enough
// waits. A transfer that breaks off (S3 hangs up on a reader who was slow, or dies) is taken up where it ended, as long as
// the object is the same (If-Match).

/// An artifact on its way from a bucket. Released, it ends the transfer.
package final class S3Download: Sendable {
    /// Bytes in all.
    package let size: Int64

    private let client: S3Client
    private let key: String
    private let etag: String
    private let transfer = Mutex<Transfer?>(nil)
    private let position = Atomic<Int64>(0)
    private let isCancelled = Atomic<Bool>(false)
    /// Where tasks have their reading done.
    private static let threads = DispatchQueue(label: "S3 downloads", attributes: .concurrent)

    init(_ client: S3Client, key: String, size: Int64, etag: String) {
        self.client = client
        self.key = key
        self.size = size
        self.etag = etag
    }

    /// The next bytes, or nil after the last. Blocks the calling thread; called by one thread at a time.
    package func read() throws(StoreError) -> [UInt8]? {
        var fault = S3Fault.transport(S3TransportError(code: CURLE_PARTIAL_FILE, text: "S3 sent less than it said"))
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

    /// As `read`, for a task: holds no thread of the tasks' pool. A task that is cancelled ends the transfer.
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

    /// Drives the transfer until there are some bytes; none at its end.
    private func pull(_ transfer: inout Transfer?) throws(S3Fault) -> [UInt8] {
        if transfer == nil {
            let start = position.load(ordering: .relaxed)
            var request = S3Request(method: .get, key: key, fields: [("If-Match", etag)])
            if start > 0 { request.fields.append(("Range", "bytes=\(start)-")) }
            transfer = try Transfer(client, request, expecting: start > 0 ? 206 : 200)
        }
        return try transfer?.pull(patience: client.settings.patience) {
            isCancelled.load(ordering: .relaxed)
        } ?? []
    }
}

/// One GET, driven by its reader. Belongs to one thread at a time: it is only reached through the lock above.
private final class Transfer: @unchecked Sendable {
    private let connection: S3Connection
    private let multi: UnsafeMutableRawPointer
    private let credentials: S3Credentials
    private let expected: Int
    private var isOver = false

    init(_ client: S3Client, _ request: S3Request, expecting status: Int) throws(S3Fault) {
        credentials = try client.credentials()
        connection = try client.take()
        expected = status
        guard let multi = curl_multi_init() else {
            throw .transport(S3TransportError(code: CURLE_OUT_OF_MEMORY, text: "libcurl cannot be started"))
        }
        self.multi = multi
        connection.prepare(request, settings: client.settings, credentials: credentials, isPulled: true)
        curl_multi_add_handle(multi, connection.handle)
    }

    deinit {
        curl_multi_remove_handle(multi, connection.handle)
        curl_multi_cleanup(multi)
    }

    /// Some bytes, or none when the answer is over.
    ///
    /// - Parameter patience: seconds without a byte after which it is given up.
    func pull(patience: Int, isCancelled: () -> Bool) throws(S3Fault) -> [UInt8] {
        do {
            try connection.resume()
        } catch {
            throw .transport(error)
        }
        let begun = ContinuousClock.now
        while !isOver {
            var running: Int32 = 0
            let code = curl_multi_perform(multi, &running)
            guard code == CURLM_OK else {
                throw .transport(
                    S3TransportError(code: CURLE_RECV_ERROR, text: String(cString: curl_multi_strerror(code))))
            }
            if running == 0 {
                try end()
            } else if connection.isFull || connection.isPaused {
                break
            } else {
                guard !isCancelled(), ContinuousClock.now - begun < .seconds(patience) else {
                    throw .transport(
                        S3TransportError(code: CURLE_OPERATION_TIMEDOUT, text: "no answer for \(patience) seconds"))
                }
                curl_multi_poll(multi, nil, 0, 500, nil)
            }
        }
        return connection.takeBody()
    }

    /// Looks at how the transfer ended.
    private func end() throws(S3Fault) {
        isOver = true
        var left: Int32 = 0
        do {
            if let message = curl_multi_info_read(multi, &left) { try connection.check(message.pointee.data.result) }
        } catch {
            // What came before the break is good: the next request goes on behind it.
            if connection.status == expected, connection.hasBody { return }
            throw .transport(error)
        }
        guard connection.status == expected else { throw S3Client.refusal(connection.answer(), credentials) }
    }
}
