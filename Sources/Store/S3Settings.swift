import Bytes
package import Outbound

/// Where a bucket is and how to talk to it.
package struct S3Settings: Sendable {
    package let bucket: String
    /// The prefix of all keys: empty, or ends with a slash.
    package let prefix: String
    /// `https` or `http`.
    package let scheme: String
    /// The host with its port, in front of which the bucket's name comes unless the style is that of paths.
    package let authority: String
    package let region: String
    /// `https://host/bucket/key` in place of `https://bucket.host/key`.
    package let isPathStyle: Bool
    /// A PEM file of authorities to trust in place of the system's.
    package var trusted: String?
    /// Seconds that a link to an artifact is good for; nil when artifacts go through the server. At most 604,800.
    package var linkLife: Int?
    /// The bytes of one part of an upload, which is kept in memory. S3 accepts no part but the last below 5 MiB.
    package var partSize = 8 << 20
    /// How often a request is made before its fault is passed on.
    package var attempts = 4
    /// Milliseconds before the second attempt; three times as many before the next.
    package var pause = 200
    /// Seconds without a byte after which a transfer is given up.
    package var patience = 30
    /// Read before each request, so that keys that are changed or expire need no restart.
    package let credentials: @Sendable () throws(StoreError) -> AWSCredentials

    /// - Parameters:
    ///   - location: `s3://bucket` or `s3://bucket/prefix`.
    ///   - endpoint: `https://host[:port]`; nil for Amazon's of the region.
    ///   - isPathStyle: nil for what is usual: paths at an endpoint of one's own, names at Amazon's.
    package init(
        location: String, endpoint: String?, region: String, isPathStyle: Bool?,
        credentials: @escaping @Sendable () throws(StoreError) -> AWSCredentials
    ) throws(StoreError) {
        func refuse(_ what: String, _ why: String) -> StoreError {
            .failed(doing: "reading the address of the artifact store: \(what)", why: why)
        }
        let parts = location.dropFirst(5).split(separator: "/", omittingEmptySubsequences: false)
        guard location.hasPrefix("s3://"), let name = parts.first, !name.isEmpty, Self.isPlain(name) else {
            throw refuse(location, "accepted: s3://bucket/prefix, with letters, digits and . _ - in the bucket's name")
        }
        var segments = parts.dropFirst()
        if segments.last == "" { segments.removeLast() }
        guard segments.allSatisfy({ Self.isPlain($0) && $0 != "." && $0 != ".." }) else {
            throw refuse(location, "a prefix has letters, digits and . _ - ~ between single slashes")
        }
        guard Self.isPlain(region[...]) else { throw refuse("region \(region)", "accepted: letters, digits and -") }
        bucket = String(name)
        prefix = segments.map { $0 + "/" }.joined()
        self.region = region
        self.isPathStyle = isPathStyle ?? (endpoint != nil)
        self.credentials = credentials

        var text = endpoint ?? "https://s3.\(region).amazonaws.com"
        if text.hasSuffix("/") { text.removeLast() }
        guard let mark = text.firstRange(of: "://") else {
            throw refuse("endpoint \(text)", "accepted: https://host:port or http://host:port")
        }
        scheme = text[..<mark.lowerBound].lowercased()
        authority = text[mark.upperBound...].lowercased()
        let isHost = authority.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || "[]:".utf8.contains($0) }
        guard ["http", "https"].contains(scheme), isHost, !authority.isEmpty else {
            throw refuse("endpoint \(scheme)://…", "accepted: https://host:port or http://host:port, nothing behind it")
        }
    }

    private static func isPlain(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(PercentEncoding.isUnreserved)
    }

    /// The host that is asked, as it stands in the URL and in the field `Host`.
    var host: String {
        let isUsual = authority.hasSuffix(scheme == "https" ? ":443" : ":80")
        let name = isUsual ? String(authority[..<(authority.lastIndex(of: ":") ?? authority.endIndex)]) : authority
        return isPathStyle ? name : "\(bucket).\(name)"
    }

    /// The path of the bucket, or of a key in it. Both have no character that needs an escape.
    func path(_ key: String?) -> String {
        (isPathStyle ? "/\(bucket)" : "") + (key.map { "/\($0)" } ?? (isPathStyle ? "" : "/"))
    }

    /// An artifact's key.
    func key(_ name: String) -> String { "\(prefix)\(name).zip" }
}
