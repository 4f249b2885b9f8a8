/// Python's versions: PEP 440, the normalisations of its appendix included.
struct PythonVersion {
    private let bytes: VersionBytes
    private var epoch = 0..<0
    private var release = 0..<0
    /// 0 for `a`, 1 for `b`, 2 for `rc`; -1, below all of them, for a dev release of a final; 3, above them, for a
    /// final.
    private var preRank = 3
    private var pre = 0..<0
    private var hasPost = false
    private var post = 0..<0
    private var hasDev = false
    private var dev = 0..<0
    private var local = 0..<0

    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        if let plain = comparePlain(left, right) { return plain }
        guard let left = PythonVersion(left), let right = PythonVersion(right) else { return nil }
        var order = left.number(left.epoch).compareNumber(right.number(right.epoch))
        if order != 0 { return order }
        order = comparePlain(left.number(left.release), right.number(right.release)) ?? 0
        if order != 0 { return order }
        order = sign(left.preRank, right.preRank)
        if order != 0 { return order }
        order = left.number(left.pre).compareNumber(right.number(right.pre))
        if order != 0 { return order }
        order = compare(left.hasPost, left.number(left.post), right.hasPost, right.number(right.post), absent: -1)
        if order != 0 { return order }
        order = compare(left.hasDev, left.number(left.dev), right.hasDev, right.number(right.dev), absent: 1)
        if order != 0 { return order }
        return compareLocal(left.number(left.local), right.number(right.local))
    }

    private static func compare(
        _ hasLeft: Bool, _ left: VersionBytes, _ hasRight: Bool, _ right: VersionBytes, absent: Int
    ) -> Int {
        if hasLeft, hasRight { return left.compareNumber(right) }
        if hasLeft == hasRight { return 0 }
        return hasLeft ? -absent : absent
    }

    /// Compares segments: a number is greater than a word, and a list is greater than its own beginning.
    private static func compareLocal(_ left: VersionBytes, _ right: VersionBytes) -> Int {
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let endOfLeft = segment(left, i)
            let endOfRight = segment(right, j)
            let (first, second) = (left.slice(i..<endOfLeft), right.slice(j..<endOfRight))
            let (isNumber, isOther) = (first.allSatisfy(isNumeral), second.allSatisfy(isNumeral))
            let order =
                isNumber != isOther
                ? (isNumber ? 1 : -1)
                : isNumber ? first.compareNumber(second) : first.compareBytes(second, ignoringCase: true)
            if order != 0 { return order }
            i = endOfLeft + 1
            j = endOfRight + 1
        }
        return sign(i < left.count ? 1 : 0, j < right.count ? 1 : 0)
    }

    private static func segment(_ bytes: VersionBytes, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, isNumeral(bytes[end]) || isAlphabetic(bytes[end]) { end += 1 }
        return end
    }

    private func number(_ range: Range<Int>) -> VersionBytes { bytes.slice(range) }

    private init?(_ bytes: VersionBytes) {
        self.bytes = bytes
        var index = 0
        if bytes[0] | 32 == UInt8(ascii: "v") { index = 1 }
        let end = bytes.endOfDigits(index)
        guard end > index else { return nil }
        if end < bytes.count, bytes[end] == UInt8(ascii: "!") {
            epoch = index..<end
            index = end + 1
        }
        let start = index
        index = bytes.endOfDigits(index)
        guard index > start else { return nil }
        while index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), isNumeral(bytes[index + 1]) {
            index = bytes.endOfDigits(index + 1)
        }
        release = start..<index
        readPre(&index)
        readPost(&index)
        if let (word, digits) = word(["dev"], from: index) {
            _ = word
            hasDev = true
            dev = digits
            index = digits.upperBound
        }
        if preRank == 3, !hasPost, hasDev { preRank = -1 }
        guard readLocal(&index), index == bytes.count else { return nil }
    }

    private mutating func readPre(_ index: inout Int) {
        // Where one word begins with another, the longer word comes first.
        let words: [StaticString] = ["alpha", "a", "beta", "b", "preview", "pre", "rc", "c"]
        guard let (word, digits) = word(words, from: index) else { return }
        preRank = word < 2 ? 0 : word < 4 ? 1 : 2
        pre = digits
        index = digits.upperBound
    }

    private mutating func readPost(_ index: inout Int) {
        if let (_, digits) = word(["post", "rev", "r"], from: index) {
            hasPost = true
            post = digits
            index = digits.upperBound
        } else if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "-"), isNumeral(bytes[index + 1]) {
            // PEP 440's "implicit post releases": `1.0-1`.
            hasPost = true
            post = (index + 1)..<bytes.endOfDigits(index + 1)
            index = post.upperBound
        }
    }

    private mutating func readLocal(_ index: inout Int) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "+") else { return true }
        let start = index + 1
        index = start
        while true {
            let end = Self.segment(bytes, index)
            guard end > index else { return false }
            index = end
            guard index < bytes.count, Self.isSeparator(bytes[index]) else { break }
            index += 1
        }
        local = start..<index
        return true
    }

    /// Reads one of the words. Separators may stand before the word and before its number, and the number may be
    /// absent.
    private func word(_ words: [StaticString], from start: Int) -> (Int, Range<Int>)? {
        var index = start
        if index < bytes.count, Self.isSeparator(bytes[index]) { index += 1 }
        for (number, word) in words.enumerated() {
            let end = index + word.utf8CodeUnitCount
            guard end <= bytes.count, bytes.slice(index..<end).equals(word) else { continue }
            // A longer word is another word.
            if end < bytes.count, isAlphabetic(bytes[end]), !bytes.slice(end..<bytes.count).startsWord { continue }
            var first = end
            if first + 1 < bytes.count, Self.isSeparator(bytes[first]), isNumeral(bytes[first + 1]) { first += 1 }
            let last = bytes.endOfDigits(first)
            return (number, last > first ? first..<last : end..<end)
        }
        return nil
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a word of a post or dev release begins here: `1.0adev1`, `1.0rcpost2`.
    fileprivate var startsWord: Bool {
        let words: [StaticString] = ["post", "rev", "r", "dev"]
        return words.contains { word in
            count >= word.utf8CodeUnitCount && slice(0..<word.utf8CodeUnitCount).equals(word)
        }
    }
}
