// DESIGN. A server that posts to any address would let administrators reach hosts that only the server can reach. So the
// operator lists the allowed addresses. Redirects are not followed.

/// The allowed addresses of webhooks: they must begin with one of the operator's prefixes.
package struct WebhookTargets: Sendable, Equatable {
    /// `scheme://host[:port]/path/`, scheme and host in lower case.
    package let prefixes: [String]

    /// No addresses, so no webhooks.
    package init() { prefixes = [] }

    /// Reads addresses separated by commas; nil when one of them is invalid.
    package init?(_ text: String) {
        var prefixes: [String] = []
        for part in text.split(separator: ",") {
            guard var prefix = Self.normal(String(part.filter { !$0.isWhitespace })) else { return nil }
            // Without the slash, `https://a.example` would also be the beginning of `https://a.example.evil.test`.
            if !prefix.hasSuffix("/") { prefix += "/" }
            prefixes.append(prefix)
        }
        self.prefixes = prefixes
    }

    /// The address in the form of the request, if it is allowed.
    package func allowed(_ url: String) -> String? {
        guard let url = Self.normal(url), prefixes.contains(where: { url.hasPrefix($0) || url + "/" == $0 }) else {
            return nil
        }
        return url
    }

    /// The address with scheme and host in lower case; nil unless it is a plain http(s) address that programs read in only
    /// one way.
    private static func normal(_ url: String) -> String? {
        guard url.utf8.count <= 2000, url.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }),
            !url.contains("#")
        else { return nil }
        let lowered = url.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(host.count)
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.isOfHost($0) }), !path.contains("/.."), !path.contains("/./"),
            !path.lowercased().contains("%2e")
        else { return nil }
        return scheme + host.lowercased() + (path.hasPrefix("/") ? path : "/" + path)
    }

    /// Letters, digits and the signs of names, ports and IPv6 addresses; no user and no password.
    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-.:[]_".utf8.contains(byte)
        }
    }
}
