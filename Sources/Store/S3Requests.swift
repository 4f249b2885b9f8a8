import Bytes
import Glibc
import Outbound

// The requests of the S3 API that several places make (Amazon S3 API Reference, 2006-03-01).

extension S3Request {
    /// ListObjectsV2: the keys with this beginning, in the order of their bytes.
    static func list(_ prefix: String, after token: String? = nil, most: Int = 1000) -> S3Request {
        var request = S3Request(
            method: .get, parameters: [("list-type", "2"), ("max-keys", "\(most)"), ("prefix", prefix)])
        if let token { request.parameters.append(("continuation-token", token)) }
        return request
    }

    /// CreateMultipartUpload.
    static func begin(_ key: String) -> S3Request {
        S3Request(
            method: .post, key: key, parameters: [("uploads", "")], fields: [("Content-Type", "application/zip")])
    }
}

/// An upload that was neither completed nor aborted.
struct UnfinishedUpload: Equatable {
    let key: String
    let id: String
}

extension S3Client {
    /// ListMultipartUploads, page after page.
    func eachUpload(below prefix: String, _ body: (UnfinishedUpload) -> Void) throws(S3Fault) {
        var last: UnfinishedUpload?
        while true {
            var request = S3Request(
                method: .get, parameters: [("uploads", ""), ("max-uploads", "1000"), ("prefix", prefix)])
            if let last { request.parameters += [("key-marker", last.key), ("upload-id-marker", last.id)] }
            let page = S3Document(try send(request).body)
            for upload in page.elements("Upload") {
                if let key = upload.text("Key"), let id = upload.text("UploadId") {
                    body(UnfinishedUpload(key: key, id: id))
                }
            }
            guard page.text("IsTruncated") == "true", let key = page.text("NextKeyMarker") else { return }
            let next = UnfinishedUpload(key: key, id: page.text("NextUploadIdMarker") ?? "")
            guard next != last else { return }
            last = next
        }
    }

    /// AbortMultipartUpload. A missing upload is no error.
    func abort(_ id: String, of key: String, attempts: Int? = nil) throws(StoreError) {
        do {
            _ = try send(S3Request(method: .delete, key: key, parameters: [("uploadId", id)]), attempts: attempts)
        } catch {
            guard error.isRefusal("NoSuchUpload") else { throw failure("aborting an upload of", key, error) }
        }
    }

    /// Ends all incomplete uploads of a key.
    func abortUploads(of key: String) throws(StoreError) {
        var uploads: [UnfinishedUpload] = []
        do {
            try eachUpload(below: key) { if $0.key == key { uploads.append($0) } }
        } catch {
            throw failure("listing the uploads of", key, error)
        }
        for upload in uploads { try abort(upload.id, of: key) }
    }

    /// A link for a GET that saves the object under a name.
    func link(_ key: String, as fileName: String, seconds: Int) throws(StoreError) -> String {
        let plain = String(fileName.unicodeScalars.map { isSafe($0) ? Character($0) : "_" })
        let encoded = fileName.percentEncoded
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let signature = AWSSignature(
            credentials: try settings.credentials(), region: settings.region, time: Int64(time.tv_sec) * 1000)
        return signature.link(
            scheme: settings.scheme, host: settings.host, path: settings.path(key),
            parameters: [
                (
                    "response-content-disposition",
                    "attachment; filename=\"\(plain)\"" + (plain == fileName ? "" : "; filename*=UTF-8''\(encoded)")
                ),
                ("response-content-type", "application/zip"),
            ], seconds: seconds)
    }

    /// Whether a quoted file name may contain a character.
    private func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        (0x20..<0x7f).contains(scalar.value) && !"\"\\%/".unicodeScalars.contains(scalar)
    }

    /// The name of a key in messages.
    func place(_ key: String) -> String {
        "s3://\(settings.bucket)/\(key) at \(settings.scheme)://\(settings.authority)"
    }

    func failure(_ doing: String, _ key: String, _ fault: S3Fault) -> StoreError {
        .failed(doing: "\(doing) \(place(key))", why: fault.text)
    }
}
