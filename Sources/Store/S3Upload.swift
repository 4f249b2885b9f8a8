import Bytes
import Outbound
import Synchronization

/// An artifact during its writing to a bucket: one part is in memory, the earlier ones are in the bucket.
final class S3Upload: ArtifactUpload {
    /// The most parts that S3 accepts for an upload.
    private static let mostParts = 10_000

    private struct State {
        var buffer: [UInt8] = []
        var size: Int64 = 0
        /// The id of the current multipart upload.
        var uploadID: String?
        /// The ETags of the uploaded parts, in their order.
        var parts: [String] = []
        var isPublished = false
    }

    private let client: S3Client
    private let key: String
    private let state = Mutex(State())

    init(_ client: S3Client, key: String) {
        self.client = client
        self.key = key
    }

    deinit {
        let last = state.withLock { $0 }
        // Tried only once, because the thread has other work; the sweeper finds the rest.
        if let id = last.uploadID, !last.isPublished { try? client.abort(id, of: key, attempts: 1) }
    }

    var size: Int64 { state.withLock { $0.size } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        try state.withLock { state throws(SinkError) in
            guard !state.isPublished else { throw .format("\(key) is published and takes no more bytes") }
            var rest = bytes[...]
            while !rest.isEmpty {
                // A full part is sent only when more bytes follow, so an artifact of one part needs no multipart
                // upload.
                if state.buffer.count == client.settings.partSize { try flush(&state) }
                let count = min(rest.count, client.settings.partSize - state.buffer.count)
                reserve(count, &state)
                state.buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
                rest = rest.dropFirst(count)
                state.size += Int64(count)
            }
        }
    }

    /// Reserves room for the whole part once it exceeds a small artifact, because doubling would take twice the
    /// memory.
    private func reserve(_ count: Int, _ state: inout State) {
        let wanted = state.buffer.count + count
        guard wanted > state.buffer.capacity else { return }
        state.buffer.reserveCapacity(
            wanted > 1 << 20 ? client.settings.partSize : max(wanted, 2 * state.buffer.capacity))
    }

    func publish() throws(SinkError) {
        try state.withLock { state throws(SinkError) in
            guard !state.isPublished else { throw .format("\(key) is published already") }
            if state.uploadID == nil {
                let request = S3Request(
                    method: .put, key: key, fields: [("Content-Type", "application/zip")],
                    sha256: Digest.of(state.buffer, .sha256).hexadecimal)
                _ = try send("storing", request, state.buffer)
            } else {
                try flush(&state)
                try complete(state)
            }
            state.isPublished = true
            state.buffer = []
        }
    }

    /// Sends the buffer as the next part.
    private func flush(_ state: inout State) throws(SinkError) {
        let number = state.parts.count + 1
        guard number <= Self.mostParts else {
            throw .format(
                "the artifact is larger than S3 takes in \(Self.mostParts) parts of \(client.settings.partSize) bytes")
        }
        let id = try begun(&state)
        let request = S3Request(
            method: .put, key: key, parameters: [("partNumber", "\(number)"), ("uploadId", id)],
            sha256: Digest.of(state.buffer, .sha256).hexadecimal)
        let answer = try send("storing part \(number) of", request, state.buffer)
        guard let etag = answer.etag else {
            throw .unavailable("storing part \(number) of \(client.place(key)): S3 gave no ETag")
        }
        state.parts.append(etag)
        state.buffer.removeAll(keepingCapacity: true)
    }

    private func begun(_ state: inout State) throws(SinkError) -> String {
        if let id = state.uploadID { return id }
        let answer = try send("beginning an upload of", .begin(key))
        guard let id = S3Document(answer.body).text("UploadId"), !id.isEmpty else {
            throw .unavailable("beginning an upload of \(client.place(key)): S3 gave no UploadId")
        }
        state.uploadID = id
        return id
    }

    private func complete(_ state: State) throws(SinkError) {
        var list = ByteSink()
        list.append("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
        for (index, etag) in state.parts.enumerated() {
            list.append(raw: "<Part><PartNumber>\(index + 1)</PartNumber><ETag>")
            list.append(xmlText: etag)
            list.append("</ETag></Part>")
        }
        list.append("</CompleteMultipartUpload>")
        let body = list.bytes
        let request = S3Request(
            method: .post, key: key, parameters: [("uploadId", state.uploadID ?? "")],
            fields: [("Content-Type", "application/xml")], sha256: Digest.of(body, .sha256).hexadecimal)
        do {
            _ = try client.send(request, body: body)
        } catch {
            // The answer to an earlier attempt may have been lost; the upload is then missing because it is complete.
            let isThere =
                error.isRefusal("NoSuchUpload")
                && (try? client.send(S3Request(method: .head, key: key)))?.length == state.size
            guard isThere else { throw .unavailable("\(client.failure("completing", key, error))") }
        }
        // Parts of an earlier attempt under the same name that died before it cleaned up. If this fails now, the removal of
        // the artifact does it.
        try? client.abortUploads(of: key)
    }

    private func send(_ doing: String, _ request: S3Request, _ body: [UInt8] = []) throws(SinkError) -> OutboundAnswer {
        do {
            return try client.send(request, body: body)
        } catch {
            throw .unavailable("\(client.failure(doing, key, error))")
        }
    }
}
