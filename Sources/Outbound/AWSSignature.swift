import Bytes

// DESIGN. libcurl signs requests, in a header. A link for another program carries its signature in the query, which
// libcurl cannot make. This is "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" of the Amazon
// S3 API Reference; the tests compare it with that document's own example.

/// A signature for one day, region and service, in the query of a URL.
package struct AWSSignature: Sendable {
    package let credentials: AWSCredentials
    package let region: String
    /// Milliseconds since 1970, UTC.
    package let time: Int64

    package init(credentials: AWSCredentials, region: String, time: Int64) {
        self.credentials = credentials
        self.region = region
        self.time = time
    }

    /// The URL of a GET that anybody may make for `seconds`, with these parameters in addition to those of the
    /// signature.
    package func link(
        scheme: String, host: String, path: String, parameters: [(name: String, value: String)], seconds: Int
    ) -> String {
        let stamp = Self.stamp(time)
        let scope = "\(stamp.prefix(8))/\(region)/s3/aws4_request"
        var all = parameters
        all.append(("X-Amz-Algorithm", "AWS4-HMAC-SHA256"))
        all.append(("X-Amz-Credential", "\(credentials.accessKey)/\(scope)"))
        all.append(("X-Amz-Date", stamp))
        all.append(("X-Amz-Expires", "\(seconds)"))
        all.append(("X-Amz-SignedHeaders", "host"))
        if let token = credentials.sessionToken { all.append(("X-Amz-Security-Token", token)) }
        let query = Self.query(all)
        let canonical = "GET\n\(path)\n\(query)\nhost:\(host)\n\nhost\nUNSIGNED-PAYLOAD"
        let digest = Digest.of(canonical.utf8, .sha256).hexadecimal
        let signature = sign("AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(digest)", day: stamp.prefix(8))
        return "\(scheme)://\(host)\(path)?\(query)&X-Amz-Signature=\(signature)"
    }

    private func sign(_ text: String, day: Substring) -> String {
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for step in [String(day), region, "s3", "aws4_request"] { key = Digest.hmacSHA256(Array(step.utf8), key: key) }
        return Digest.hmacSHA256(Array(text.utf8), key: key).hexadecimal
    }

    /// The parameters in the form for signing and sending: percent-encoded, then in the order of their bytes.
    package static func query(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { ($0.name.percentEncoded, $0.value.percentEncoded) }
            .sorted { Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8)) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// `yyyyMMddTHHmmssZ`.
    private static func stamp(_ time: Int64) -> String {
        TimeText.rfc3339(time).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
