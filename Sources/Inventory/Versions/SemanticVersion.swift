/// Semantic Versioning 2.0.0 §9–11, with the variants of Go, NuGet and Dart.
///
/// The reader is as lenient as package managers are: a leading `v` or `=` is allowed, absent numbers are 0, and numbers
/// may have leading zeros. Build metadata has no effect on the order (§10), so `+incompatible` has none. Dart's build
/// metadata counts (pub_semver, `Version.compareTo`).
struct SemanticVersion {
    enum Dialect { case semantic, go, nuget, pub }

    /// Up to four numbers, as positions in the bytes.
    private var starts = InlineArray<4, Int32>(repeating: 0)
    private var ends = InlineArray<4, Int32>(repeating: 0)
    private var prerelease = 0..<0
    private var hasPrerelease = false
    /// The pre-release of a Go toolchain consists of letters and a number without a point
    /// (go.dev/doc/toolchain#version).
    private var isToolchain = false
    /// The text after the plus sign.
    private var build = 0..<0
    private let bytes: VersionBytes

    static func compare(_ left: VersionBytes, _ right: VersionBytes, as dialect: Dialect) -> Int? {
        guard let left = SemanticVersion(left, dialect), let right = SemanticVersion(right, dialect) else { return nil }
        for index in 0..<4 {
            let order = left.number(index).compareNumber(right.number(index))
            if order != 0 { return order }
        }
        // §11.3: a pre-release is lower than its version.
        if left.hasPrerelease != right.hasPrerelease { return left.hasPrerelease ? -1 : 1 }
        let order = compare(left.identifiers, right.identifiers, ignoringCase: dialect == .nuget)
        if order != 0 || dialect != .pub { return order }
        return compare(
            Identifiers(left.bytes.slice(left.build)), Identifiers(right.bytes.slice(right.build)), ignoringCase: false)
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
        isToolchain = dialect == .go && index < bytes.count && isAlphabetic(bytes[index])
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
            build = (index + 1)..<bytes.count
        }
    }

    private var identifiers: Identifiers { Identifiers(bytes.slice(prerelease), splitsNumbers: isToolchain) }

    private func number(_ index: Int) -> VersionBytes { bytes.slice(Int(starts[index])..<Int(ends[index])) }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        isNumeral(byte) || isAlphabetic(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// The identifiers of a pre-release or a build, one after the other.
    private struct Identifiers {
        let bytes: VersionBytes
        /// Whether `rc1` counts as two identifiers, `rc` and `1`.
        let splitsNumbers: Bool
        private var index = 0

        init(_ bytes: VersionBytes, splitsNumbers: Bool = false) {
            self.bytes = bytes
            self.splitsNumbers = splitsNumbers
        }

        mutating func next() -> VersionBytes? {
            guard index < bytes.count else { return nil }
            let start = index
            var end = index
            if splitsNumbers {
                let isNumber = isNumeral(bytes[start])
                while end < bytes.count, isNumeral(bytes[end]) == isNumber, bytes[end] != UInt8(ascii: ".") { end += 1 }
                index = end < bytes.count && bytes[end] == UInt8(ascii: ".") ? end + 1 : end
            } else {
                end = bytes.place(of: UInt8(ascii: "."), from: start) ?? bytes.count
                index = end + 1
            }
            return bytes.slice(start..<end)
        }
    }

    /// §11.4: identifiers are compared one by one. Numbers are compared by value and are below words, and a shorter
    /// row is below a longer one.
    private static func compare(_ left: Identifiers, _ right: Identifiers, ignoringCase: Bool) -> Int {
        var (left, right) = (left, right)
        while true {
            guard let first = left.next() else { return right.next() == nil ? 0 : -1 }
            guard let second = right.next() else { return 1 }
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
        }
    }
}
