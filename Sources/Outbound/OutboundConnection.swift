import CCurl
import Glibc

// DESIGN. One libcurl handle for one request after another; connections stay open between them. libcurl signs the header
// (CURLOPT_AWS_SIGV4 of 7.88). The signed text must equal the sent one, so three rules hold for signed requests. The query is
// sorted and escaped, with `=` after each name. The caller passes the digest of the body as a field. No field is listed that
// libcurl would drop (such as `Expect:` without a value).

/// A libcurl handle with the memory that it refers to, for one thread at a time. Releasing it closes its connections.
///
///     let connection = try OutboundConnection()
///     var request = OutboundRequest(.get, url: "https://example.org/list.json", protocols: "https")
///     request.deadline = 30  // seconds
///     request.answer = .kept(limit: 1 << 20)  // bytes
///     let answer = try connection.perform(request)
///
/// `perform` blocks until the answer is complete, and throws `OutboundError` when none arrives; a status such as 404 is
/// an answer. After an error the connection may be used again. The closure that cancels a request must not use the
/// connection.
///
/// `@unchecked Sendable`: libcurl allows any thread to use a handle, one thread at a time. So a request must hold the
/// only reference to its connection (`S3Client`'s pool hands each out once).
package final class OutboundConnection: @unchecked Sendable {
    /// The most bytes of a pulled body that wait for their reader, plus one buffer of libcurl.
    private static let highWater = 256 << 10
    private static let errorSize = 256

    /// Once for the process, before the first handle.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var form: OpaquePointer?
    private var body: [UInt8] = []
    private var rule = OutboundRequest.Body.dropped
    private var isTooLong = false
    /// The bytes in the file for the answer; -1 before the first byte. The reason why it could not be written.
    private var written: Int64 = -1
    private var writeFault: Int32 = 0
    private var isCancelled: (@Sendable () -> Bool)?
    private(set) var isPaused = false

    /// Throws `OutboundError.noHandle` when libcurl lacks memory.
    package init() throws(OutboundError) {
        guard Self.isReady, let handle = curl_easy_init() else { throw .noHandle }
        self.handle = handle
        errorText = .allocate(capacity: Self.errorSize)
        errorText.initialize(repeating: 0, count: Self.errorSize)
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
        curl_mime_free(form)
        errorText.deallocate()
    }

    /// Makes a request and blocks until the answer is complete.
    ///
    /// - Parameter bytes: the body of a PUT or POST, which the caller keeps. Ignored for other methods.
    package func perform(
        _ request: OutboundRequest, body bytes: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) throws(OutboundError) -> OutboundAnswer {
        prepare(request)
        if !request.form.isEmpty {
            try send(request.form)
        } else if request.method == .put || request.method == .post {
            // An empty text, because a null pointer would mean a body that is read elsewhere.
            _ =
                bytes.count > 0
                ? waybill_curl_set_body(handle, bytes.baseAddress, bytes.count) : waybill_curl_set_body(handle, "", 0)
        }
        if let patience = request.patience {
            number(CURLOPT_LOW_SPEED_LIMIT, 1)
            number(CURLOPT_LOW_SPEED_TIME, patience)
        }
        try check(curl_easy_perform(handle))
        return answer()
    }

    /// The same for a body of bytes.
    package func perform(_ request: OutboundRequest, sending body: [UInt8]) throws(OutboundError) -> OutboundAnswer {
        var result = Result<OutboundAnswer, OutboundError>.failure(.noHandle)
        body.withUnsafeBytes { bytes in
            do throws(OutboundError) {
                result = .success(try perform(request, body: bytes))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    /// Sets all options of a request, for the code that drives the handle.
    func prepare(_ request: OutboundRequest) {
        curl_easy_reset(handle)
        curl_mime_free(form)
        form = nil
        rule = request.answer
        body = []
        isTooLong = false
        isPaused = false
        written = -1
        writeFault = 0
        isCancelled = request.isCancelled
        errorText[0] = 0
        text(CURLOPT_URL, request.url)
        text(CURLOPT_PROTOCOLS_STR, request.protocols)
        number(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1 : 0)
        number(CURLOPT_MAXREDIRS, request.redirects)
        text(CURLOPT_REDIR_PROTOCOLS_STR, request.protocols)
        if request.acceptsCompression { text(CURLOPT_ACCEPT_ENCODING, "") }
        number(CURLOPT_PATH_AS_IS, 1)
        number(CURLOPT_NOSIGNAL, 1)
        number(CURLOPT_SSL_VERIFYPEER, 1)
        number(CURLOPT_SSL_VERIFYHOST, 2)
        if let trusted = request.trusted {
            text(CURLOPT_CAINFO, trusted)
            // Otherwise Debian's libcurl also trusts the folder of the system's authorities.
            waybill_curl_set_text(handle, CURLOPT_CAPATH, nil)
        }
        // HTTP/1.1: the requests of a handle follow one another, and no window slows an upload.
        number(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        number(CURLOPT_CONNECTTIMEOUT_MS, 5_000)
        if let deadline = request.deadline { number(CURLOPT_TIMEOUT_MS, deadline * 1000) }
        number(CURLOPT_EXPECT_100_TIMEOUT_MS, 300)
        number(CURLOPT_BUFFERSIZE, 64 << 10)
        if let aws = request.signature {
            text(CURLOPT_USERNAME, aws.credentials.accessKey)
            text(CURLOPT_PASSWORD, aws.credentials.secretKey)
            text(CURLOPT_AWS_SIGV4, "aws:amz:\(aws.region):\(aws.service)")
        }
        switch request.method {
        case .head: number(CURLOPT_NOBODY, 1)
        case .get:
            number(CURLOPT_HTTPGET, 1)
            if case .written(let file) = rule, file.offset > 0 { text(CURLOPT_RANGE, "\(file.offset)-") }
        case .put, .post, .delete: text(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        curl_slist_free_all(fields)
        fields = nil
        for (name, value) in request.fields { add(name, value) }
        waybill_curl_set_headers(handle, fields)
        waybill_curl_set_error_buffer(handle, errorText)
        // Borrowed: this object cleans up the handle at its end, and the handle calls back only while it is driven.
        if isCancelled != nil {
            waybill_curl_set_progress(handle, onProgress, Unmanaged.passUnretained(self).toOpaque())
        }
        waybill_curl_set_writer(handle, onBody, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Sends a form as the body. Its files are read while they are sent.
    private func send(_ fields: [OutboundRequest.FormField]) throws(OutboundError) {
        guard let form = curl_mime_init(handle) else { throw .noHandle }
        self.form = form
        for field in fields {
            guard let part = curl_mime_addpart(form) else { throw .noHandle }
            try check(curl_mime_name(part, field.name))
            switch field.content {
            case .text(let text): try check(curl_mime_data(part, text, text.utf8.count))
            case .file(let path, let name):
                try check(curl_mime_filedata(part, path))
                try check(curl_mime_filename(part, name))
            }
        }
        try check(waybill_curl_set_form(handle, form))
    }

    private func text(_ option: CURLoption, _ value: String) { waybill_curl_set_text(handle, option, value) }

    private func number(_ option: CURLoption, _ value: Int) { waybill_curl_set_number(handle, option, value) }

    private func add(_ name: String, _ value: String) {
        if let longer = curl_slist_append(fields, "\(name): \(value)") { fields = longer }
    }

    /// Throws the error of a transfer.
    func check(_ code: CURLcode) throws(OutboundError) {
        guard code != CURLE_OK else { return }
        let known = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        let text =
            isTooLong
            ? "the answer has more than \(bodyLimit) bytes"
            : writeFault != 0
                ? "the answer cannot be written to its file: \(String(cString: strerror(writeFault)))" : known
        throw OutboundError(text: text, mayPass: !isTooLong && Self.mayPass(code), code: writeFault)
    }

    private static func mayPass(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_OUT_OF_MEMORY, CURLE_TOO_MANY_REDIRECTS:
            false
        default: true
        }
    }

    // MARK: The answer

    var status: Int { waybill_curl_status(handle) }

    func answer() -> OutboundAnswer {
        OutboundAnswer(
            status: status, body: body, etag: field("ETag"), requestID: field("x-amz-request-id"),
            length: waybill_curl_content_length(handle))
    }

    /// All values of a field in the last answer, after redirects. Valid until the next request.
    package func values(of name: String) -> [String] {
        var values: [String] = []
        var found: UnsafeMutablePointer<curl_header>?
        while curl_easy_header(handle, name, values.count, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK,
            let value = found?.pointee.value
        { values.append(String(cString: value)) }
        return values
    }

    /// The seconds until the next request that the last answer requires (`Retry-After`); 0 if it does not.
    package var retryAfter: Int { Int(clamping: waybill_curl_retry_after(handle)) }

    private func field(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK,
            let value = found?.pointee.value
        else { return nil }
        return String(cString: value)
    }

    /// The bytes of a pulled answer that arrived since the last call.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Whether bytes wait for the reader.
    var hasBody: Bool { !body.isEmpty }

    /// Whether enough bytes wait for the reader.
    var isFull: Bool { body.count >= Self.highWater / 2 }

    /// Continues a transfer that stopped because its reader was slow. It may receive bytes at once.
    func resume() throws(OutboundError) {
        guard isPaused else { return }
        isPaused = false
        try check(curl_easy_pause(handle, CURLPAUSE_CONT))
    }

    private var bodyLimit: Int {
        switch rule {
        case .kept(let limit), .pulled(errorLimit: let limit): limit
        case .written(let file): Int(file.limit)
        case .dropped: .max
        }
    }

    /// Takes some bytes of the answer; returns their number, or libcurl's value for a pause or an error.
    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch rule {
        case .dropped: return bytes.count
        case .written(let file): return write(bytes, to: file)
        case .pulled where status / 100 == 2:
            guard body.count < Self.highWater else {
                isPaused = true
                return Int(CURL_WRITEFUNC_PAUSE)
            }
        case .kept, .pulled:
            guard body.count + bytes.count <= bodyLimit else {
                isTooLong = true
                return 0
            }
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }
}

extension OutboundConnection {
    /// Writes some bytes of a successful answer; bytes of other answers are dropped.
    private func write(_ bytes: UnsafeRawBufferPointer, to file: OutboundFile) -> Int {
        guard status / 100 == 2 else { return bytes.count }
        if written < 0 {
            let start = status == 206 ? file.offset : 0
            guard ftruncate(file.descriptor, off_t(start)) == 0, lseek(file.descriptor, off_t(start), SEEK_SET) >= 0
            else { return fail() }
            written = start
        }
        guard Int64(bytes.count) <= file.limit - written else {
            isTooLong = true
            return 0
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(file.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return fail() }
            rest = rest.dropFirst(count)
        }
        written += Int64(bytes.count)
        return bytes.count
    }

    private func fail() -> Int {
        writeFault = errno
        return 0
    }

    fileprivate var mayGoOn: Bool { isCancelled.map { !$0() } ?? true }
}

private let onProgress: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let context else { return 0 }
    // Borrowed, as below.
    return Unmanaged<OutboundConnection>.fromOpaque(context).takeUnretainedValue().mayGoOn ? 0 : 1
}

private let onBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    // Borrowed from the connection whose handle is being driven.
    return Unmanaged<OutboundConnection>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
