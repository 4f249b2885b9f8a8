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
            /// The file at this path, read while it is sent, under the name that the receiver sees.
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
        /// The body is kept, up to this many bytes; a longer one is an error.
        case kept(limit: Int)
        /// Received and forgotten.
        case dropped
        /// The body is written to a file when the status is 2xx, up to this many (decoded) bytes; otherwise it is dropped. The
        /// file stays the caller's.
        case written(OutboundFile)
        /// `OutboundTransfer` hands the body out when the status is 2xx; otherwise it is kept, up to this many bytes.
        case pulled(errorLimit: Int)
    }

    package var method: Method
    package var url: String
    /// Schemes that the request may use, separated by commas.
    package var protocols: String
    /// How many redirects are followed, by these schemes only; with 0 a redirect is an answer.
    package var redirects = 0
    /// Whether the answer may come compressed; its body is decoded on the way.
    package var acceptsCompression = false
    /// Header fields in the order in which they are sent. A name with an empty value is sent with an empty value.
    package var fields: [(name: String, value: String)] = []
    /// The fields of a form (multipart/form-data, RFC 7578), for a POST without a body of its own.
    package var form: [FormField] = []
    package var signature: AWS?
    /// A PEM file of authorities to trust in place of the system's.
    package var trusted: String?
    /// Seconds that the whole exchange may take; nil for any time.
    package var deadline: Int?
    /// Seconds without a byte after which the exchange is given up; nil for no such limit.
    package var patience: Int?
    package var answer = Body.kept(limit: 4 << 20)
    /// Asked about once a second; true ends the exchange with an error.
    package var isCancelled: (@Sendable () -> Bool)?

    package init(_ method: Method, url: String, protocols: String) {
        self.method = method
        self.url = url
        self.protocols = protocols
    }
}

/// An open file that an answer is written to.
///
/// With an `offset` above 0 the request asks for the bytes from there on (RFC 9110 §14). A server that sends all of them
/// instead (200) has them written from the beginning.
package struct OutboundFile: Sendable {
    package let descriptor: Int32
    package let offset: Int64
    /// The most bytes that the file may come to.
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
    /// The answer's own statement of its length; -1 when it makes none.
    package let length: Int64
}

/// Why no answer came.
package struct OutboundError: Error, Sendable {
    /// In libcurl's words.
    package let text: String
    /// False for wrong addresses and certificates, which stay wrong for a while; true for all else.
    package let mayPass: Bool
    /// The reason in `errno` where the answer could not be written to its file, else 0.
    package let code: Int32

    package init(text: String, mayPass: Bool, code: Int32 = 0) {
        self.text = text
        self.mayPass = mayPass
        self.code = code
    }

    /// libcurl could not be started, for want of memory.
    package static let noHandle = OutboundError(text: "libcurl cannot be started", mayPass: false)
}
