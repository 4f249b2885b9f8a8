/// An HTTP request to another server.
///
///     var request = OutboundRequest(.post, url: "https://example.org/hook", protocols: "https")
///     request.fields = [("Content-Type", "application/json")]
///     request.deadline = 15
///     let answer = try connection.perform(request, body: bytes)
///     guard answer.status == 200 else { … }
package struct OutboundRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case head = "HEAD"
        case delete = "DELETE"
    }

    /// The keys with which libcurl signs the request, in the header (AWS Signature Version 4).
    package struct AWS: Sendable {
        package let credentials: AWSCredentials
        package let region: String
        package let service: String

        package init(credentials: AWSCredentials, region: String, service: String) {
            self.credentials = credentials
            self.region = region
            self.service = service
        }
    }

    /// A field of a form.
    package struct FormField: Sendable {
        package enum Content: Sendable {
            case text(String)
            /// The file at this path, read during sending, under the name that the receiver sees.
            case file(path: String, name: String)
        }

        package let name: String
        package let content: Content

        package init(_ name: String, _ content: Content) {
            self.name = name
            self.content = content
        }
    }

    /// The use of the answer's body.
    package enum Body: Sendable {
        /// The body is kept, up to this number of bytes; a longer one is an error.
        case kept(limit: Int)
        /// The body is received and dropped.
        case dropped
        /// The body is written to a file when the status is 2xx, up to this number of (decoded) bytes; otherwise it is
        /// dropped. The file stays the caller's.
        case written(OutboundFile)
        /// `OutboundTransfer` passes the body on when the status is 2xx; otherwise the body is kept, up to this
        /// number of bytes.
        case pulled(errorLimit: Int)
    }

    package var method: Method
    package var url: String
    /// The schemes that the request may use, separated by commas.
    package var protocols: String
    /// The most redirects that are followed, only to these schemes; with 0 a redirect is an answer.
    package var redirects = 0
    /// Whether the answer may be compressed; its body is decoded during the transfer.
    package var acceptsCompression = false
    /// Header fields in the order of sending. A name with an empty value is sent with an empty value.
    package var fields: [(name: String, value: String)] = []
    /// The fields of a form (multipart/form-data, RFC 7578), for a POST without a body of its own.
    package var form: [FormField] = []
    package var signature: AWS?
    /// A PEM file of trusted authorities instead of the system's.
    package var trusted: String?
    /// The most seconds of the whole exchange; nil for no limit.
    package var deadline: Int?
    /// The seconds without a byte after which the exchange is given up; nil for no limit.
    package var patience: Int?
    package var answer = Body.kept(limit: 4 << 20)
    /// Called about once a second; true ends the exchange with an error.
    package var isCancelled: (@Sendable () -> Bool)?

    package init(_ method: Method, url: String, protocols: String) {
        self.method = method
        self.url = url
        self.protocols = protocols
    }
}

/// An open file for an answer.
///
/// With an `offset` above 0 the request asks for the bytes from there on (RFC 9110 §14). If the server sends all bytes
/// instead (200), they are written from the beginning.
package struct OutboundFile: Sendable {
    package let descriptor: Int32
    package let offset: Int64
    /// The most bytes of the file.
    package let limit: Int64

    package init(descriptor: Int32, offset: Int64 = 0, limit: Int64) {
        self.descriptor = descriptor
        self.offset = offset
        self.limit = limit
    }
}

/// The answer of another server.
package struct OutboundAnswer: Sendable {
    package let status: Int
    package let body: [UInt8]
    package let etag: String?
    /// The field `x-amz-request-id`.
    package let requestID: String?
    /// The length that the answer states; -1 if it states none.
    package let length: Int64
}

/// The reason why no answer arrived.
package struct OutboundError: Error, Sendable {
    /// In libcurl's words.
    package let text: String
    /// False for wrong addresses and certificates, which stay wrong for a while; true for all other faults.
    package let mayPass: Bool
    /// The reason in `errno` when the answer could not be written to its file, otherwise 0.
    package let code: Int32

    package init(text: String, mayPass: Bool, code: Int32 = 0) {
        self.text = text
        self.mayPass = mayPass
        self.code = code
    }

    /// libcurl could not be started, because memory ran out.
    package static let noHandle = OutboundError(text: "libcurl cannot be started", mayPass: false)
}
