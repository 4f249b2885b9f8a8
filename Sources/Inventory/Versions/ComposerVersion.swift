/// Composer's versions: `VersionParser::normalize` of composer/semver, ordered as PHP's `version_compare` does.
///
/// Branches (`dev-main`, `2.x-dev`) are no versions: their place in the order is unknown.
struct ComposerVersion {
    private let bytes: VersionBytes
    private var numbers = 0..<0
    /// The rank: dev 0, alpha 1, beta 2, RC 3, stable 4, patch 5.
    private var stability = 4
    private var stabilityNumbers = 0..<0
    private var isDevelopment = false

    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        if let plain = comparePlain(left, right) { return plain }
        guard let left = ComposerVersion(left), let right = ComposerVersion(right) else { return nil }
        let order = comparePlain(left.bytes.slice(left.numbers), right.bytes.slice(right.numbers)) ?? 0
        if order != 0 { return order }
        if left.stability != right.stability { return sign(left.stability, right.stability) }
        let numbers = compareNumbers(
            left.bytes.slice(left.stabilityNumbers), right.bytes.slice(right.stabilityNumbers))
        if numbers != 0 { return numbers }
        return sign(left.isDevelopment ? 0 : 1, right.isDevelopment ? 0 : 1)
    }

    /// `beta` is below `beta0`; the rest is compared number by number.
    private static func compareNumbers(_ left: VersionBytes, _ right: VersionBytes) -> Int {
        if left.isEmpty || right.isEmpty { return sign(left.count, right.count) }
        return NumberVersion.compare(left, right) ?? left.compareBytes(right)
    }

    private init?(_ bytes: VersionBytes) {
        self.bytes = bytes
        var index = bytes[0] | 32 == UInt8(ascii: "v") ? 1 : 0
        let start = index
        index = bytes.endOfDigits(index)
        guard index > start else { return nil }
        while index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), isNumeral(bytes[index + 1]) {
            index = bytes.endOfDigits(index + 1)
        }
        numbers = start..<index
        readStability(&index)
        if let end = word("dev", from: index) {
            index = end
            isDevelopment = true
            // `1.0-dev` is below every other `1.0`.
            if stability == 4 { stability = 0 }
        }
        // Build metadata has no part in the order.
        guard index == bytes.count || bytes[index] == UInt8(ascii: "+") else { return nil }
    }

    private mutating func readStability(_ index: inout Int) {
        // Where one word begins with another, the longer word comes first.
        let words: [(StaticString, Int)] = [
            ("stable", 4), ("beta", 2), ("b", 2), ("rc", 3), ("alpha", 1), ("a", 1), ("patch", 5), ("pl", 5), ("p", 5),
        ]
        for (word, rank) in words {
            guard let end = self.word(word, from: index) else { continue }
            stability = rank
            var last = end
            if last + 1 < bytes.count, bytes[last] == UInt8(ascii: ".") || bytes[last] == UInt8(ascii: "-"),
                isNumeral(bytes[last + 1])
            {
                last += 1
            }
            let first = last
            last = bytes.endOfDigits(last)
            while last > first, last + 1 < bytes.count,
                bytes[last] == UInt8(ascii: ".") || bytes[last] == UInt8(ascii: "-"),
                isNumeral(bytes[last + 1])
            {
                last = bytes.endOfDigits(last + 1)
            }
            stabilityNumbers = rank == 4 ? 0..<0 : first..<last
            index = last
            return
        }
    }

    /// The end of the word, which may follow a separator; nil when the text has another word here.
    private func word(_ word: StaticString, from start: Int) -> Int? {
        var index = start
        if index < bytes.count,
            bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "_")
        {
            index += 1
        }
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes.slice(index..<end).equals(word) else { return nil }
        return end < bytes.count && isAlphabetic(bytes[end]) ? nil : end
    }
}
