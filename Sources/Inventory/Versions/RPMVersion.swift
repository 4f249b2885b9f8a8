/// Versions of RPM packages: `[epoch:]version[-release]`, ordered as `rpmVersionCompare` and `rpmvercmp` of rpm 4.15 do.
///
/// When only one side names a release, the release does not decide, as in rpm's dependencies.
enum RPMVersion {
    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        guard let left = Parts(left), let right = Parts(right) else { return nil }
        var order = left.epoch.compareNumber(right.epoch)
        if order != 0 { return order }
        order = compareLabel(left.version, right.version)
        if order != 0 || left.release.isEmpty || right.release.isEmpty { return order }
        return compareLabel(left.release, right.release)
    }

    /// The version without the architecture that may follow its release.
    static func withoutArchitecture(_ version: String) -> String {
        guard let point = version.lastIndex(of: "."), let hyphen = version.firstIndex(of: "-"), hyphen < point,
            architectures.contains(String(version[version.index(after: point)...]))
        else { return version }
        return String(version[..<point])
    }

    /// The architectures in rpm's `rpmrc` that packages are built for, and the words for source packages.
    private static let architectures: Set<String> = [
        "aarch64", "armv6hl", "armv7hl", "armv7hnl", "i386", "i486", "i586", "i686", "ia64", "loongarch64", "noarch",
        "nosrc", "ppc", "ppc64", "ppc64le", "riscv64", "s390", "s390x", "sparc64", "src", "x86_64", "x86_64_v2",
    ]

    private struct Parts {
        let epoch: VersionBytes
        let version: VersionBytes
        let release: VersionBytes

        init?(_ bytes: VersionBytes) {
            var start = 0
            if let colon = bytes.place(of: UInt8(ascii: ":")) {
                guard bytes.endOfDigits(0) == colon else { return nil }
                start = colon + 1
            }
            epoch = bytes.slice(0..<max(0, start - 1))
            let hyphen = bytes.place(of: UInt8(ascii: "-"), from: start) ?? bytes.count
            guard hyphen > start else { return nil }
            version = bytes.slice(start..<hyphen)
            release = bytes.slice(min(hyphen + 1, bytes.count)..<bytes.count)
            guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        }
    }

    private static func compareLabel(_ left: VersionBytes, _ right: VersionBytes) -> Int {
        let tilde = UInt8(ascii: "~")
        let caret = UInt8(ascii: "^")
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            while i < left.count, !isSegment(left[i]), left[i] != tilde, left[i] != caret { i += 1 }
            while j < right.count, !isSegment(right[j]), right[j] != tilde, right[j] != caret { j += 1 }
            let (a, b) = (i < left.count ? left[i] : 0, j < right.count ? right[j] : 0)
            // A tilde is below everything, even the end.
            if a == tilde || b == tilde {
                if a != tilde { return 1 }
                if b != tilde { return -1 }
                i += 1
                j += 1
                continue
            }
            // A caret is above the end of the text and below everything else.
            if a == caret || b == caret {
                if i == left.count { return -1 }
                if j == right.count { return 1 }
                if a != caret { return 1 }
                if b != caret { return -1 }
                i += 1
                j += 1
                continue
            }
            guard i < left.count, j < right.count else { break }
            let (first, second) = (i, j)
            let isNumber = isNumeral(a)
            i = isNumber ? left.endOfDigits(i) : endOfLetters(left, i)
            j = isNumber ? right.endOfDigits(j) : endOfLetters(right, j)
            // Numbers count as newer than letters.
            if j == second { return isNumber ? 1 : -1 }
            let (x, y) = (left.slice(first..<i), right.slice(second..<j))
            let order = isNumber ? x.compareNumber(y) : x.compareBytes(y)
            if order != 0 { return order }
        }
        return sign(i < left.count ? 1 : 0, j < right.count ? 1 : 0)
    }

    private static func isSegment(_ byte: UInt8) -> Bool { isNumeral(byte) || isAlphabetic(byte) }

    private static func endOfLetters(_ bytes: VersionBytes, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, isAlphabetic(bytes[end]) { end += 1 }
        return end
    }
}
