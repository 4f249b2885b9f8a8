import Glibc

/// Addresses and networks (`10.0.0.0/8, ::1`) of proxies that are trusted to state the client's address.
package struct AddressRanges: Sendable, Equatable {
    /// Addresses of 16 bytes, IPv4 in its mapped form (RFC 4291 §2.5.5.2), with the number of significant bits.
    private var ranges: [(address: [UInt8], bits: Int)] = []

    /// None.
    package init() {}

    /// Reads addresses and networks separated by commas; nil when one of them is invalid.
    package init?(_ text: String) {
        for part in text.split(separator: ",") {
            let word = part.drop { $0 == " " }.prefix { $0 != " " }
            let pieces = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = pieces.first, let address = Self.bytes(String(first)) else { return nil }
            let shift = first.contains(":") ? 0 : 96
            guard pieces.count == 2 else {
                ranges.append((address, 128))
                continue
            }
            guard let bits = UInt8(pieces[1]), Int(bits) + shift <= 128 else { return nil }
            ranges.append((address, Int(bits) + shift))
        }
    }

    package var isEmpty: Bool { ranges.isEmpty }

    package static func == (left: AddressRanges, right: AddressRanges) -> Bool {
        left.ranges.elementsEqual(right.ranges) { $0.address == $1.address && $0.bits == $1.bits }
    }

    package func contains(_ address: String) -> Bool {
        guard !ranges.isEmpty, let bytes = Self.bytes(address) else { return false }
        return ranges.contains { range in
            let whole = range.bits / 8
            guard bytes[..<whole] == range.address[..<whole] else { return false }
            let rest = range.bits % 8
            // `whole` is below 16 when bits remain.
            return rest == 0 || (bytes[whole] ^ range.address[whole]) >> UInt8(8 - rest) == 0
        }
    }

    /// The client behind a peer: for a trusted peer, the last address of `X-Forwarded-For` that is not itself trusted. A
    /// stranger may have written the entries before an address that no trusted proxy vouches for. Nil where no address can
    /// be read.
    func client(behind peer: String?, forwarded: [String]) -> String? {
        guard var client = peer, contains(client) else { return peer }
        let hops = forwarded.flatMap { $0.split(separator: ",") }.map { Self.bare($0) }
        for hop in hops.reversed() {
            guard Self.bytes(hop) != nil else { return client }
            client = hop
            if !contains(hop) { break }
        }
        return client
    }

    /// An address without blanks, brackets and port.
    private static func bare(_ hop: Substring) -> String {
        var hop = hop.drop { $0 == " " || $0 == "\t" }
        while let last = hop.last, last == " " || last == "\t" { hop.removeLast() }
        if hop.hasPrefix("["), let end = hop.firstIndex(of: "]") { return String(hop.dropFirst().prefix(upTo: end)) }
        let parts = hop.split(separator: ":", omittingEmptySubsequences: false)
        return String(parts.count == 2 ? parts[0] : hop)
    }

    /// The unit that counts as one sender: an IPv4 address, or the /64 network of an IPv6 address, because one
    /// machine may use all of it.
    package static func sender(_ address: String?) -> String {
        guard let address else { return "" }
        guard address.contains(":"), let bytes = bytes(address), !bytes.starts(with: mapped) else { return address }
        return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ".") + "/64"
    }

    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    private static func bytes(_ text: String) -> [UInt8]? {
        var address = [UInt8](repeating: 0, count: 16)
        if text.contains(":") { return inet_pton(AF_INET6, text, &address) == 1 ? address : nil }
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return mapped + address[..<4]
    }
}
