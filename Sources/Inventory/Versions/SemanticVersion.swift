/// Semantic Versioning 2.0.0 §9–11, and what Go and NuGet make of it.
///
/// Read leniently as package managers do: a leading `v` or `=`, absent numbers are 0, zeros in front of numbers. Build
/// metadata has no part in the order (§10), so `+incompatible` has none.
struct SemanticVersion {
    enum Dialect { case semantic, go, nuget }

    /// Up to four numbers, as places in the bytes.
    private var starts = InlineArray<4, Int32>(repeating: 0)
    private var ends = InlineArray<4, Int32>(repeating: 0)
    private var prerelease = 0..<0
    private var hasPrerelease = false
    private let bytes: VersionBytes

    static func compare(_ left: VersionBytes, _ right: VersionBytes, as dialect: Dialect) -> Int? {
        guard let left = SemanticVersion(left, dialect), let right = SemanticVersion(right, dialect) else { return nil }
        for index in 0..<4 {
            let order = left.number(index).compareNumber(right.number(index))
            if order != 0 { return order }
        }
        // §11.3: a pre-release is lower than the version itself.
        if !left.hasPrerelease || !right.hasPrerelease {
            return sign(left.hasPrerelease ? 0 : 1, right.hasPrerelease ? 0 : 1)
        }
        return comparePrerelease(
            left.bytes.slice(left.prerelease), right.bytes.slice(right.prerelease), ignoringCase: dialect == .nuget)
    }

    private init?(_ bytes: VersionBytes, _ dialect: Dialect) {
        self.bytes = bytes
        var index = 0
        if dialect == .go, bytes.count > 2, bytes[0] == UInt8(ascii: "g"), bytes[1] == UInt8(ascii: "o") {
            index = 2
        } else if bytes[0] | 32 == UInt8(ascii: "v") || bytes[0] == UInt8(ascii: "=") {
            index = 1
        }
        let limit = dialect == .nuget ? 4 : 3
        var part = 0
        while true {
            let end = bytes.endOfDigits(index)
            guard end > index, part < limit else { return nil }
            starts[part] = Int32(index)
            ends[part] = Int32(end)
            part += 1
            index = end
            guard index < bytes.count, bytes[index] == UInt8(ascii: ".") else { break }
            index += 1
        }
        // Toolchains are called `go1.21rc2`.
        let isToolchain = dialect == .go && index < bytes.count && isAlphabetic(bytes[index])
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || isToolchain {
            if !isToolchain { index += 1 }
            let start = index
            while index < bytes.count, Self.isIdentifier(bytes[index]) || bytes[index] == UInt8(ascii: ".") {
                index += 1
            }
            guard index > start else { return nil }
            prerelease = start..<index
            hasPrerelease = true
        }
        if index < bytes.count {
            guard bytes[index] == UInt8(ascii: "+") else { return nil }
        }
    }

    private func number(_ index: Int) -> VersionBytes { bytes.slice(Int(starts[index])..<Int(ends[index])) }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        isNumeral(byte) || isAlphabetic(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// §11.4: identifier by identifier; numbers by value and below words, a shorter row below a longer one.
    private static func comparePrerelease(_ left: VersionBytes, _ right: VersionBytes, ignoringCase: Bool) -> Int {
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let endOfLeft = left.place(of: UInt8(ascii: "."), from: i) ?? left.count
            let endOfRight = right.place(of: UInt8(ascii: "."), from: j) ?? right.count
            let (first, second) = (left.slice(i..<endOfLeft), right.slice(j..<endOfRight))
            let isFirstNumber = first.allSatisfy(isNumeral)
            let isSecondNumber = second.allSatisfy(isNumeral)
            let order: Int
            if isFirstNumber, isSecondNumber {
                order = first.compareNumber(second)
            } else if isFirstNumber != isSecondNumber {
                order = isFirstNumber ? -1 : 1
            } else {
                order = first.compareBytes(second, ignoringCase: ignoringCase)
            }
            if order != 0 { return order }
            i = endOfLeft + 1
            j = endOfRight + 1
        }
        return sign(i < left.count ? 1 : 0, j < right.count ? 1 : 0)
    }
}
