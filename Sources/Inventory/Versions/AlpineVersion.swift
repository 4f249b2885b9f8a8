/// Versions of Alpine packages, ordered as `apk_version_compare` of apk-tools 3 does (apk-package(5), "Package versions"):
/// `number{.number}{letter}{_suffix{number}}{~hash}{-r number}`.
struct AlpineVersion {
    /// The kinds of parts, in the order in which they may follow each other. Where two versions begin to differ, the one whose
    /// part has the later kind is lower.
    private enum Token: Int { case first, number, letter, suffix, suffixNumber, hash, revision, end }

    private static let before: [StaticString] = ["alpha", "beta", "pre", "rc"]
    private static let after: [StaticString] = ["cvs", "svn", "git", "hg", "p"]

    private let bytes: VersionBytes
    /// The current token, its bytes, and, for a suffix, its rank; the rank is negative for suffixes before the
    /// release.
    private var token = Token.first
    private var value: Range<Int>
    private var rank = 0

    private init?(_ bytes: VersionBytes) {
        self.bytes = bytes
        value = 0..<bytes.endOfDigits(0)
        guard !value.isEmpty else { return nil }
    }

    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        guard isVersion(left), isVersion(right), var a = AlpineVersion(left), var b = AlpineVersion(right) else {
            return nil
        }
        while a.token == b.token, a.token != .end {
            let order = a.compareValue(with: b)
            if order != 0 { return order }
            guard a.advance(), b.advance() else { return nil }
        }
        if a.token == b.token { return 0 }
        // The longer version is higher, unless its next part is a pre-release.
        if a.token == .suffix, a.rank < 0 { return -1 }
        if b.token == .suffix, b.rank < 0 { return 1 }
        return sign(b.token.rawValue, a.token.rawValue)
    }

    private static func isVersion(_ bytes: VersionBytes) -> Bool {
        guard var version = AlpineVersion(bytes) else { return false }
        while version.token != .end { if !version.advance() { return false } }
        return true
    }

    private func compareValue(with other: AlpineVersion) -> Int {
        let (left, right) = (bytes.slice(value), other.bytes.slice(other.value))
        switch token {
        // Leading zeros make a fraction: 1.05 is below 1.1.
        case .number where left.first == 48 || right.first == 48: return left.compareBytes(right)
        case .first, .number, .suffixNumber, .revision: return left.compareNumber(right)
        case .letter, .hash: return left.compareBytes(right)
        case .suffix: return sign(rank, other.rank)
        case .end: return 0
        }
    }

    /// Reads the next token; false when the text continues with something else.
    private mutating func advance() -> Bool {
        let index = value.upperBound
        guard index < bytes.count else {
            token = .end
            return true
        }
        let byte = bytes[index]
        switch (byte, token) {
        case (UInt8(ascii: "."), .first), (UInt8(ascii: "."), .number):
            token = .number
            value = (index + 1)..<bytes.endOfDigits(index + 1)
        case (97...122, .first), (97...122, .number):
            token = .letter
            value = index..<(index + 1)
        case (48...57, .suffix):
            token = .suffixNumber
            value = index..<bytes.endOfDigits(index)
        case (UInt8(ascii: "_"), _) where token.rawValue < Token.hash.rawValue:
            return takeSuffix(from: index + 1)
        case (UInt8(ascii: "~"), _) where token.rawValue < Token.hash.rawValue:
            var end = index + 1
            while end < bytes.count, isNumeral(bytes[end]) || (97...102).contains(bytes[end]) { end += 1 }
            token = .hash
            value = (index + 1)..<end
        case (UInt8(ascii: "-"), _) where token.rawValue < Token.revision.rawValue:
            guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "r") else { return false }
            token = .revision
            value = (index + 2)..<bytes.endOfDigits(index + 2)
        case (_, _): return false
        }
        return !value.isEmpty
    }

    private mutating func takeSuffix(from start: Int) -> Bool {
        var end = start
        while end < bytes.count, isAlphabetic(bytes[end]) { end += 1 }
        let word = bytes.slice(start..<end)
        value = start..<end
        token = .suffix
        if let place = Self.before.firstIndex(where: { word.equals($0) }) {
            rank = place - Self.before.count
        } else if let place = Self.after.firstIndex(where: { word.equals($0) }) {
            rank = place + 1
        } else {
            return false
        }
        return true
    }
}
