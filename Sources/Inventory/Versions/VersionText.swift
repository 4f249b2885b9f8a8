// Pieces of versions that all schemes are made of.

@inline(__always) func isNumeral(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
@inline(__always) func isAlphabetic(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }
@inline(__always) func lowered(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

extension UnsafeBufferPointer<UInt8> {
    /// The end of the run of digits that starts at `start`.
    @inline(__always)
    func endOfDigits(_ start: Int) -> Int {
        var index = start
        while index < count, isNumeral(self[index]) { index += 1 }
        return index
    }

    /// The first position of the byte from `start` on, or nil.
    @inline(__always)
    func place(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    @inline(__always)
    func slice(_ range: Range<Int>) -> VersionBytes { VersionBytes(rebasing: self[range]) }

    /// Compares bytes; where one text begins with the other, the shorter comes first.
    func compareBytes(_ other: VersionBytes, ignoringCase: Bool = false) -> Int {
        var index = 0
        while index < count, index < other.count {
            let left = ignoringCase ? lowered(self[index]) : self[index]
            let right = ignoringCase ? lowered(other[index]) : other[index]
            if left != right { return left < right ? -1 : 1 }
            index += 1
        }
        return sign(count, other.count)
    }

    /// Compares runs of digits as numbers of any size.
    func compareNumber(_ other: VersionBytes) -> Int {
        var left = 0
        while left < count, self[left] == 48 { left += 1 }
        var right = 0
        while right < other.count, other[right] == 48 { right += 1 }
        if count - left != other.count - right { return sign(count - left, other.count - right) }
        while left < count {
            if self[left] != other[right] { return self[left] < other[right] ? -1 : 1 }
            left += 1
            right += 1
        }
        return 0
    }

    /// Whether all digits are zeros; true for an empty run.
    var isZero: Bool { allSatisfy { $0 == 48 } }

    /// Whether the bytes equal this lower-case text, regardless of case.
    func equals(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where lowered(self[index]) != word.utf8Start[index] { return false }
        return true
    }
}

@inline(__always)
func sign(_ left: Int, _ right: Int) -> Int { left == right ? 0 : left < right ? -1 : 1 }

/// Compares numbers between points, an absent number as 0. Most versions of most ecosystems have this form.
///
/// Nil when one of the texts contains anything else; the scheme's own rules then decide.
func comparePlain(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
    var (i, j, result) = (0, 0, 0)
    while i < left.count || j < right.count {
        let endOfLeft = left.endOfDigits(i)
        let endOfRight = right.endOfDigits(j)
        // Past its end a version counts as an endless row of zeros. A part without digits inside it makes it no plain
        // version.
        guard i >= left.count || endOfLeft > i, j >= right.count || endOfRight > j else { return nil }
        if result == 0 {
            result = left.slice(min(i, left.count)..<max(endOfLeft, min(i, left.count)))
                .compareNumber(right.slice(min(j, right.count)..<max(endOfRight, min(j, right.count))))
        }
        guard let nextLeft = left.next(after: endOfLeft), let nextRight = right.next(after: endOfRight) else {
            return nil
        }
        (i, j) = (nextLeft, nextRight)
    }
    return result
}

extension UnsafeBufferPointer<UInt8> {
    /// The position after the point at `end`; nil when another character is there, or nothing follows the point.
    @inline(__always)
    fileprivate func next(after end: Int) -> Int? {
        if end >= count { return count }
        guard self[end] == UInt8(ascii: "."), end + 1 < count else { return nil }
        return end + 1
    }
}

/// Numbers between points and hyphens, without further rules (R's `package_version`, Haskell's `Version`).
enum NumberVersion {
    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        var (i, j, result) = (0, 0, 0)
        while i < left.count || j < right.count {
            let endOfLeft = left.endOfDigits(min(i, left.count))
            let endOfRight = right.endOfDigits(min(j, right.count))
            let (hasLeft, hasRight) = (i < left.count, j < right.count)
            guard !hasLeft || endOfLeft > i, !hasRight || endOfRight > j else { return nil }
            if result == 0 {
                if hasLeft, hasRight {
                    result = left.slice(i..<endOfLeft).compareNumber(right.slice(j..<endOfRight))
                } else {
                    result = hasLeft ? 1 : -1
                }
            }
            guard let nextLeft = next(left, endOfLeft), let nextRight = next(right, endOfRight) else { return nil }
            (i, j) = (nextLeft, nextRight)
        }
        return result
    }

    private static func next(_ bytes: VersionBytes, _ end: Int) -> Int? {
        if end >= bytes.count { return bytes.count }
        guard bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: "-"), end + 1 < bytes.count else {
            return nil
        }
        return end + 1
    }
}
