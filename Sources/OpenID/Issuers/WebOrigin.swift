/// The origin of a web address: scheme, host and port (RFC 6454 §4).
///
/// Only addresses that programs read in one way are accepted: https, or http for this machine itself; no user, no fragment,
/// no unusual character.
struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
    private static let lengthLimit = 2000

    let scheme: String
    /// In lower case; an IPv6 address in its brackets.
    let host: String
    let port: Int
    /// The part of the address after the origin: path and query.
    let rest: String

    /// The origin of an address; nil if the address is not accepted.
    init?(of url: String) {
        guard url.utf8.count <= Self.lengthLimit,
            url.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }),
            !url.contains("#"), let scheme = ["https://", "http://"].first(where: { url.hasPrefix($0) })
        else { return nil }
        let behind = url.dropFirst(scheme.count)
        let place = behind.prefix { $0 != "/" && $0 != "?" }
        let host: Substring
        var port = scheme == "https://" ? 443 : 80
        let end = place.hasPrefix("[") ? place.firstIndex(of: "]").map { place.index(after: $0) } : nil
        let colon = place[(end ?? place.startIndex)...].firstIndex(of: ":")
        host = place[..<(colon ?? place.endIndex)]
        if let colon {
            guard let number = Int(place[place.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            port = number
        }
        guard !host.isEmpty, end == nil || end == host.endIndex, host.utf8.allSatisfy({ Self.isOfHost($0) }) else {
            return nil
        }
        self.scheme = String(scheme.dropLast(3))
        self.host = host.lowercased()
        self.port = port
        rest = String(behind[place.endIndex...])
        // Programs on this machine can see its traffic in any case.
        guard self.scheme == "https" || isLoopback else { return nil }
    }

    var isLoopback: Bool { host == "localhost" || host == "127.0.0.1" || host == "[::1]" }

    var description: String {
        let usual = scheme == "https" ? 443 : 80
        return "\(scheme)://\(host)" + (port == usual ? "" : ":\(port)")
    }

    static func == (left: WebOrigin, right: WebOrigin) -> Bool {
        left.scheme == right.scheme && left.host == right.host && left.port == right.port
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(scheme)
        hasher.combine(host)
        hasher.combine(port)
    }

    /// Letters, digits and the signs of names and IPv6 addresses.
    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-.:[]_".utf8.contains(byte)
        }
    }
}
