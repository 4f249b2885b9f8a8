/// RubyGems' versions (`Gem::Version`) are runs of digits and runs of letters. Letters mark a pre-release and are
/// below any number.
enum GemVersion {
    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        if let plain = comparePlain(left, right) { return plain }
        guard let first = segments(left), let second = segments(right) else { return nil }
        for index in 0..<max(first.count, second.count) {
            let a = index < first.count ? first[index] : nil
            let b = index < second.count ? second[index] : nil
            let (isLeftWord, isRightWord) = (a?.isWord ?? false, b?.isWord ?? false)
            if isLeftWord != isRightWord { return isLeftWord ? -1 : 1 }
            let (x, y) = (a?.bytes ?? left.slice(0..<0), b?.bytes ?? right.slice(0..<0))
            let order = isLeftWord ? x.compareBytes(y) : x.compareNumber(y)
            if order != 0 { return order }
        }
        return 0
    }

    /// The version without the platform that Bundler and file names append: `1.13.1` for `1.13.1-x86_64-linux`
    /// (`Gem::Platform`: CPU, system and version between hyphens). A hyphen before any other word begins a
    /// pre-release.
    static func withoutPlatform(_ version: String) -> String {
        guard let hyphen = version.firstIndex(of: "-") else { return version }
        let platform = version[version.index(after: hyphen)...].lowercased()
        let first = platform.prefix { $0 != "-" }
        return platforms.contains(String(first)) ? String(version[..<hyphen]) : version
    }

    /// The words that begin a platform: a processor, or a system that stands alone.
    private static let platforms: Set<String> = [
        "aarch64", "aarch64_be", "arm", "arm64", "armv5tejl", "armv6", "armv6l", "armv7", "armv7l", "armv8", "i386",
        "i486", "i586", "i686", "loongarch64", "mips64el", "powerpc", "powerpc64", "ppc", "ppc64", "ppc64le", "riscv64",
        "s390x", "sparc", "universal", "wasm32", "x64", "x86", "x86_64", "amd64", "dalvik", "darwin", "dotnet",
        "freebsd", "java", "jruby", "linux", "macruby", "mingw", "mingw32", "mswin", "mswin32", "mswin64", "openbsd",
        "ruby", "solaris",
    ]

    private struct Segment {
        var bytes: VersionBytes
        var isWord: Bool
    }

    private static let pre: StaticString = "pre"

    /// The canonical segments: trailing zeros are dropped from the numbers before the first word, and from the whole.
    private static func segments(_ bytes: VersionBytes) -> [Segment]? {
        guard isNumeral(bytes[0]) else { return nil }
        var found: [Segment] = []
        var firstWord: Int?
        var index = 0
        while index < bytes.count {
            let start = index
            if isNumeral(bytes[index]) {
                index = bytes.endOfDigits(index)
                found.append(Segment(bytes: bytes.slice(start..<index), isWord: false))
            } else if isAlphabetic(bytes[index]) {
                while index < bytes.count, isAlphabetic(bytes[index]) { index += 1 }
                firstWord = firstWord ?? found.count
                found.append(Segment(bytes: bytes.slice(start..<index), isWord: true))
            } else if bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: "-") {
                // A hyphen stands for `.pre.`.
                if bytes[index] == UInt8(ascii: "-") {
                    firstWord = firstWord ?? found.count
                    let word = UnsafeBufferPointer(start: pre.utf8Start, count: pre.utf8CodeUnitCount)
                    found.append(Segment(bytes: word, isWord: true))
                }
                index += 1
                guard index < bytes.count, isNumeral(bytes[index]) || isAlphabetic(bytes[index]) else { return nil }
            } else {
                return nil
            }
        }
        while let last = found.last, !last.isWord, last.bytes.isZero { found.removeLast() }
        if let firstWord, firstWord < found.count {
            var end = firstWord
            while end > 0, found[end - 1].bytes.isZero { end -= 1 }
            found.removeSubrange(end..<firstWord)
        }
        return found
    }
}
