/// Versions of Debian packages: `[epoch:]upstream[-revision]`, ordered as Debian Policy §5.6.12 says.
enum DebianVersion {
    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        guard let left = Parts(left), let right = Parts(right) else { return nil }
        var order = left.epoch.compareNumber(right.epoch)
        if order != 0 { return order }
        order = comparePart(left.upstream, right.upstream)
        return order != 0 ? order : comparePart(left.revision, right.revision)
    }

    private struct Parts {
        let epoch: VersionBytes
        let upstream: VersionBytes
        let revision: VersionBytes

        init?(_ bytes: VersionBytes) {
            var start = 0
            if let colon = bytes.place(of: UInt8(ascii: ":")) {
                guard colon > 0, bytes.endOfDigits(0) == colon else { return nil }
                epoch = bytes.slice(0..<colon)
                start = colon + 1
            } else {
                epoch = bytes.slice(0..<0)
            }
            var end = bytes.count
            while end > start, bytes[end - 1] != UInt8(ascii: "-") { end -= 1 }
            let last = end > start ? end - 1 : bytes.count
            guard last > start else { return nil }
            upstream = bytes.slice(start..<last)
            revision = end > start ? bytes.slice(end..<bytes.count) : bytes.slice(0..<0)
            for byte in bytes[start...] {
                switch byte {
                case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "~"), UInt8(ascii: ":"),
                    UInt8(ascii: "_"):
                    continue
                default: guard isNumeral(byte) || isAlphabetic(byte) else { return nil }
                }
            }
        }
    }

    /// Compares runs of other bytes and runs of digits in turn. A tilde is below the end of the text, and letters are
    /// below all other bytes.
    private static func comparePart(_ left: VersionBytes, _ right: VersionBytes) -> Int {
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            while (i < left.count && !isNumeral(left[i])) || (j < right.count && !isNumeral(right[j])) {
                let (a, b) = (weight(left, i), weight(right, j))
                if a != b { return a < b ? -1 : 1 }
                i += 1
                j += 1
            }
            let (first, second) = (min(i, left.count), min(j, right.count))
            i = left.endOfDigits(first)
            j = right.endOfDigits(second)
            let order = left.slice(first..<i).compareNumber(right.slice(second..<j))
            if order != 0 { return order }
        }
        return 0
    }

    private static func weight(_ bytes: VersionBytes, _ index: Int) -> Int {
        guard index < bytes.count, !isNumeral(bytes[index]) else { return 0 }
        let byte = bytes[index]
        if byte == UInt8(ascii: "~") { return -1 }
        return isAlphabetic(byte) ? Int(byte) : Int(byte) + 256
    }
}
