// DESIGN. Each ecosystem orders versions by its own rules. A scheme is one set of such rules, as a pure function over
// the bytes of two texts. It builds no tree, and an array only where the rules need one. The order of a scheme has no
// place for a version that breaks the scheme's rules. `compare` then returns nil instead of guessing, and callers use
// lists of versions.

/// The bytes of a version during a comparison.
typealias VersionBytes = UnsafeBufferPointer<UInt8>

/// Rules by which versions are ordered.
package enum VersionScheme: UInt8, Sendable, CaseIterable {
    /// Semantic Versioning 2.0.0, read leniently: a leading `v` is allowed, and absent parts are 0.
    case semantic
    /// The same for Go modules (go.dev/ref/mod#versions): pseudo-versions, `+incompatible`, the `go1.20.1` of toolchains.
    case go
    /// NuGet: a fourth number, and letters regardless of case.
    case nuget
    /// Python: PEP 440.
    case python
    /// Maven's `ComparableVersion` (3.8).
    case maven
    /// RubyGems' `Gem::Version`.
    case gem
    /// Composer's version parser with PHP's `version_compare`.
    case composer
    /// Debian Policy §5.6.12.
    case debian
    /// apk-tools 2.
    case alpine
    /// `rpmvercmp` of rpm with epoch and release.
    case rpm
    /// Numbers between points and hyphens; the shorter version comes first: CRAN, Hackage.
    case numbers
    /// Dart's `pub_semver`: Semantic Versioning, but build numbers count.
    case pub

    /// The longest version that is read, in bytes.
    package static let lengthLimit = 256

    /// Negative when `left` is lower than `right`, 0 when they are equal, positive when `left` is higher; nil when the
    /// scheme does not know one of the versions.
    package func compare(_ left: String, _ right: String) -> Int? {
        withBytes(left) { left in withBytes(right) { right in compare(left, right) } }
    }

    /// Whether the text is a version of the scheme.
    package func recognizes(_ text: String) -> Bool { compare(text, text) != nil }

    func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        guard 1...Self.lengthLimit ~= left.count, 1...Self.lengthLimit ~= right.count else { return nil }
        return switch self {
        case .semantic: SemanticVersion.compare(left, right, as: .semantic)
        case .go: SemanticVersion.compare(left, right, as: .go)
        case .nuget: SemanticVersion.compare(left, right, as: .nuget)
        case .python: PythonVersion.compare(left, right)
        case .maven: MavenVersion.compare(left, right)
        case .gem: GemVersion.compare(left, right)
        case .composer: ComposerVersion.compare(left, right)
        case .debian: DebianVersion.compare(left, right)
        case .alpine: AlpineVersion.compare(left, right)
        case .rpm: RPMVersion.compare(left, right)
        case .numbers: NumberVersion.compare(left, right)
        case .pub: SemanticVersion.compare(left, right, as: .pub)
        }
    }

    /// A version without a suffix that an advisory database appends although it is no part of the version. Red Hat's
    /// records have had the architecture there (`1.2-3.el9.x86_64`, ossf/osv-schema issue 294).
    package func cleaned(_ version: String) -> String {
        self == .rpm ? RPMVersion.withoutArchitecture(version) : version
    }
}

/// Calls a closure with the bytes of a text; without a copy where the text is stored as one piece.
@inline(__always)
func withBytes<Result>(_ text: String, _ body: (VersionBytes) -> Result) -> Result {
    if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = text
    return copy.withUTF8(body)
}
