import CCurl
import Glibc

// DESIGN. One libcurl handle, used for one request after another: connections stay open between them. libcurl signs the
// header (CURLOPT_AWS_SIGV4 of 7.88). What it signs must be what it sends, so three things are done here: the query comes
// sorted and escaped, with `=` behind each name; the digest of the body is given, not left to libcurl; and no field is
// listed that libcurl would drop (as `Expect:` without a value).

/// A request to S3.
struct S3Request {
    enum Method: String {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case head = "HEAD"
        case delete = "DELETE"
    }

    var method: Method
    /// nil for the bucket itself.
    var key: String?
    var parameters: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    /// The digest of the body, in hexadecimal.
    var sha256 = S3Request.emptyDigest

    /// SHA-256 of no bytes.
    static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// What came back.
struct S3Answer {
    var status: Int
    var body: [UInt8]
    var etag: String?
    var requestID: String?
    /// -1 when the answer does not say.
    var length: Int64
}

/// Why nothing came back.
struct S3TransportError: Error {
    let code: CURLcode
    let text: String

    /// Whether the same may go well at another time. What is wrong with addresses and certificates stays wrong for a while.
    var mayPass: Bool {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_OUT_OF_MEMORY:
            false
        default: true
        }
    }
}

/// A libcurl handle with what it points to.
///
/// `@unchecked Sendable`: libcurl lets any thread use a handle as long as it is one at a time. Who takes a connection out
/// of `S3Client`'s pool has the only reference until it is put back.
final class S3Connection: @unchecked Sendable {
    /// The longest answer that is kept. A page of a listing, 1,000 keys of at most 1,024 bytes, is shorter.
    private static let bodyLimit = 4 << 20
    /// Bytes of a download that wait for their reader, at most so many and a buffer of libcurl's.
    private static let highWater = 256 << 10
    private static let errorSize = 256

    /// Once for the process, before any handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var isTooLong = false
    /// Answers that are good are pulled by their reader, who is waited for.
    private var isPulled = false
    private(set) var isPaused = false

    init?() {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        errorText = .allocate(capacity: Self.errorSize)
        errorText.initialize(repeating: 0, count: Self.errorSize)
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
        errorText.deallocate()
    }

    /// Makes a request and waits for the whole answer.
    ///
    /// - Parameter bytes: the body; stays the caller's.
    func perform(
        _ request: S3Request, _ bytes: UnsafeRawBufferPointer, settings: S3Settings, credentials: S3Credentials
    ) throws(S3TransportError) -> S3Answer {
        prepare(request, settings: settings, credentials: credentials)
        if request.method == .put || request.method == .post {
            // An empty text, for a null pointer would mean a body that is read from elsewhere.
            _ =
                bytes.count > 0
                ? waybill_curl_set_body(handle, bytes.baseAddress, bytes.count) : waybill_curl_set_body(handle, "", 0)
        }
        waybill_curl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        waybill_curl_set_number(handle, CURLOPT_LOW_SPEED_TIME, settings.patience)
        try check(curl_easy_perform(handle))
        return answer()
    }

    /// Sets all options of a request, for whoever drives the handle. With `isPulled` the answer is taken by `takeBody`.
    func prepare(_ request: S3Request, settings: S3Settings, credentials: S3Credentials, isPulled: Bool = false) {
        curl_easy_reset(handle)
        self.isPulled = isPulled
        body = []
        isTooLong = false
        isPaused = false
        errorText[0] = 0

        let query = request.parameters.isEmpty ? "" : "?" + S3Signature.query(request.parameters)
        text(CURLOPT_URL, "\(settings.scheme)://\(settings.host)\(settings.path(request.key))\(query)")
        text(CURLOPT_PROTOCOLS_STR, settings.scheme)
        number(CURLOPT_PATH_AS_IS, 1)
        number(CURLOPT_NOSIGNAL, 1)
        number(CURLOPT_SSL_VERIFYPEER, 1)
        number(CURLOPT_SSL_VERIFYHOST, 2)
        if let trusted = settings.trusted { text(CURLOPT_CAINFO, trusted) }
        // HTTP/1.1: requests of one handle follow one another, and an upload is not slowed by windows.
        number(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        number(CURLOPT_CONNECTTIMEOUT_MS, 5_000)
        number(CURLOPT_EXPECT_100_TIMEOUT_MS, 300)
        number(CURLOPT_BUFFERSIZE, 64 << 10)
        text(CURLOPT_USERNAME, credentials.accessKey)
        text(CURLOPT_PASSWORD, credentials.secretKey)
        text(CURLOPT_AWS_SIGV4, "aws:amz:\(settings.region):s3")
        switch request.method {
        case .head: number(CURLOPT_NOBODY, 1)
        case .get: number(CURLOPT_HTTPGET, 1)
        case .put, .post, .delete: text(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        curl_slist_free_all(fields)
        fields = nil
        add("x-amz-content-sha256", request.sha256)
        if let token = credentials.sessionToken { add("x-amz-security-token", token) }
        for (name, value) in request.fields { add(name, value) }
        waybill_curl_set_headers(handle, fields)
        waybill_curl_set_error_buffer(handle, errorText)
        // Borrowed: the handle is cleaned up by this object's end, and calls back only while it is driven.
        waybill_curl_set_writer(handle, onBody, Unmanaged.passUnretained(self).toOpaque())
    }

    private func text(_ option: CURLoption, _ value: String) { waybill_curl_set_text(handle, option, value) }

    private func number(_ option: CURLoption, _ value: Int) { waybill_curl_set_number(handle, option, value) }

    private func add(_ name: String, _ value: String) {
        if let longer = curl_slist_append(fields, "\(name): \(value)") { fields = longer }
    }

    /// Throws what a transfer ended with.
    func check(_ code: CURLcode) throws(S3TransportError) {
        guard code != CURLE_OK else { return }
        if isTooLong {
            throw S3TransportError(code: code, text: "the answer has more than \(Self.bodyLimit) bytes")
        }
        let known = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        throw S3TransportError(code: code, text: known)
    }

    // MARK: The answer

    var status: Int { waybill_curl_status(handle) }

    func answer() -> S3Answer {
        S3Answer(
            status: status, body: body, etag: field("ETag"), requestID: field("x-amz-request-id"),
            length: waybill_curl_content_length(handle))
    }

    private func field(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK,
            let value = found?.pointee.value
        else { return nil }
        return String(cString: value)
    }

    /// What has come of a pulled answer since the last time.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Whether anything waits for the reader.
    var hasBody: Bool { !body.isEmpty }

    /// Whether enough waits for the reader.
    var isFull: Bool { body.count >= Self.highWater / 2 }

    /// Lets a transfer go on that stopped because its reader was slow. May take bytes at once.
    func resume() throws(S3TransportError) {
        guard isPaused else { return }
        isPaused = false
        try check(curl_easy_pause(handle, CURLPAUSE_CONT))
    }

    /// Takes some bytes of the answer; how many, or what libcurl takes for a pause or an error.
    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        if isPulled, status / 100 == 2 {
            guard body.count < Self.highWater else {
                isPaused = true
                return Int(CURL_WRITEFUNC_PAUSE)
            }
        } else if body.count + bytes.count > Self.bodyLimit {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }
}

private let onBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    // Borrowed from the connection whose handle is being driven.
    return Unmanaged<S3Connection>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
