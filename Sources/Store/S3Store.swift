import Bytes
import Glibc
import Outbound
import Synchronization

// DESIGN. An artifact is the object `PREFIX/NAME.zip`. A multipart upload writes it, which is invisible until it is
// completed. An artifact that fits into one part is a single PUT. A dead process leaves an incomplete upload. The listing
// includes it, so that the sweeper finds it and `remove` ends it. Only names in the form of job artifacts are listed: all
// other content of the bucket must not be deleted.

/// Artifacts as objects of a bucket, at Amazon or at another service with the same API.
package struct S3Store: ArtifactStore {
    let client: S3Client
    /// The time of the last successful write test, in seconds of the monotonic clock.
    private let checked = LastCheck()

    private final class LastCheck: Sendable {
        let time = Atomic<Int>(.min)
    }

    /// Does not access the bucket; `check` finds out whether the bucket can be used.
    package init(_ settings: S3Settings) { client = S3Client(settings) }

    private var settings: S3Settings { client.settings }

    package func create(_ name: String) throws(StoreError) -> any ArtifactUpload {
        S3Upload(client, key: settings.key(name))
    }

    package func locate(_ name: String) throws(StoreError) -> StoredArtifact {
        let key = settings.key(name)
        let answer: OutboundAnswer
        do {
            answer = try client.send(S3Request(method: .head, key: key))
        } catch {
            throw absence(of: name, error)
        }
        guard answer.length >= 0, let etag = answer.etag else {
            throw .failed(doing: "looking for \(client.place(key))", why: "S3 did not say its length and its ETag")
        }
        guard let seconds = settings.linkLife else {
            return .remote(S3Download(client, key: key, size: answer.length, etag: etag))
        }
        return .link { [client] fileName throws(StoreError) in try client.link(key, as: fileName, seconds: seconds) }
    }

    /// The meaning of a failed HEAD request. Its answer has no body that distinguishes a missing key from a missing bucket, or
    /// that explains a fault of the signature; the answer of a listing does.
    private func absence(of name: String, _ fault: S3Fault) -> StoreError {
        let key = settings.key(name)
        guard let status = fault.status, !fault.mayPass else { return client.failure("looking for", key, fault) }
        do {
            _ = try client.send(.list(key, most: 1))
            return status == 404 ? .missing(name: name) : client.failure("looking for", key, fault)
        } catch {
            return client.failure("looking for", key, error)
        }
    }

    package func remove(_ name: String) throws(StoreError) {
        let key = settings.key(name)
        do {
            _ = try client.send(S3Request(method: .delete, key: key))
        } catch {
            // Some services answer like this for a missing key.
            guard error.isRefusal("NoSuchKey") else { throw client.failure("removing", key, error) }
        }
        try client.abortUploads(of: key)
    }

    package func names() throws(StoreError) -> [String] {
        var names: Set<String> = []
        var token: String?
        do {
            repeat {
                let page = S3Document(try client.send(.list(settings.prefix, after: token)).body)
                names.formUnion(page.elements("Contents").compactMap { $0.text("Key").flatMap(name(of:)) })
                let next = page.text("IsTruncated") == "true" ? page.text("NextContinuationToken") : nil
                guard next == nil || next != token else { break }
                token = next
            } while token != nil
            try client.eachUpload(below: settings.prefix) { upload in
                if let name = name(of: upload.key) { names.insert(name) }
            }
        } catch {
            throw client.failure("listing", settings.prefix, error)
        }
        return names.sorted()
    }

    /// The name in a key, if it is the name of a job's artifact (a UUID, a hyphen, the attempt) or of a check.
    private func name(of key: String) -> String? {
        guard key.hasPrefix(settings.prefix), key.hasSuffix(".zip") else { return nil }
        let name = key.dropFirst(settings.prefix.count).dropLast(4)
        if name == Self.checkName { return String(name) }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        let isOurs =
            parts.count == 6 && zip(parts, [8, 4, 4, 4, 12]).allSatisfy { $0.utf8.count == $1 }
            && parts.dropLast().joined().utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
            && Int(parts[5]) != nil
        return isOurs ? String(name) : nil
    }

    private static let checkName = "00-check"

    /// Begins an upload and ends it, which needs the same rights as writing and leaves nothing behind. After a success
    /// it is not repeated for a quarter of a minute, because health is queried often and requests cost money.
    package func check() throws(StoreError) {
        let key = settings.key(Self.checkName)
        let now = Self.now()
        if now - 15 < checked.time.load(ordering: .relaxed) { return }
        do {
            let begun = S3Document(try client.send(.begin(key), attempts: 1).body)
            guard let upload = begun.text("UploadId") else {
                throw StoreError.failed(doing: "beginning \(client.place(key))", why: "S3 gave no UploadId")
            }
            try client.abort(upload, of: key, attempts: 1)
        } catch let error as S3Fault {
            throw client.failure("beginning an upload of", key, error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(doing: "checking \(client.place(key))", why: "\(error)")
        }
        checked.time.store(now, ordering: .relaxed)
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}
