import Bytes
package import Outbound

/// The address of a bucket, and the way to access it.
package struct S3Settings: Sendable {
    package let bucket: String
    /// The prefix of all keys: empty, or ends with a slash.
    package let prefix: String
    /// `https` or `http`.
    package let scheme: String
    /// The host with its port. The bucket's name precedes it, except in the path style.
    package let authority: String
    package let region: String
    /// Whether the address is `https://host/bucket/key` instead of `https://bucket.host/key`.
    package let isPathStyle: Bool
    /// A PEM file of trusted authorities instead of the system's.
    package var trusted: String?
    /// The seconds for which a link to an artifact is valid; nil if artifacts go through the server. At most 604,800.
    package var linkLife: Int?
    /// The bytes of one part of an upload, which is held in memory. S3 accepts no part below 5 MiB, except the last.
    package var partSize = 8 << 20
    /// The most attempts of a request before its fault is thrown.
    package var attempts = 4
    /// The milliseconds before the second attempt, tripled before each further one.
    package var pause = 200
    /// The seconds without a byte after which a transfer is given up.
    package var patience = 30
    /// Read before each request, so that changed or expiring keys need no restart.
    package let credentials: @Sendable () throws(StoreError) -> AWSCredentials

    /// - Parameters:
    ///   - location: `s3://bucket` or `s3://bucket/prefix`.
    ///   - endpoint: `https://host[:port]`; nil for Amazon's endpoint of the region.
    ///   - isPathStyle: nil for the usual style: paths at a custom endpoint, names at Amazon's.
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

    /// The host of the request, in the form of the URL and of the field `Host`.
    var host: String {
        let isUsual = authority.hasSuffix(scheme == "https" ? ":443" : ":80")
        let name = isUsual ? String(authority[..<(authority.lastIndex(of: ":") ?? authority.endIndex)]) : authority
        return isPathStyle ? name : "\(bucket).\(name)"
    }

    /// The path of the bucket, or of a key in it. Neither has a character that needs an escape.
    func path(_ key: String?) -> String {
        (isPathStyle ? "/\(bucket)" : "") + (key.map { "/\($0)" } ?? (isPathStyle ? "" : "/"))
    }

    /// An artifact's key.
    func key(_ name: String) -> String { "\(prefix)\(name).zip" }
}
