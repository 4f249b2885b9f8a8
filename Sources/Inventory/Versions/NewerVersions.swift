/// A version of a package that a registry has.
package struct Release: Sendable, Hashable {
    package let version: String
    /// Milliseconds since 1970, UTC; nil where the registry gives no time.
    package let published: Int64?

    package init(_ version: String, published: Int64? = nil) {
        self.version = version
        self.published = published
    }
}

/// The versions that are newer than the one in use: reports.md §5 and mend-api.md, `outdatedModel`.
///
/// Pre-releases do not count as newer, because nobody should have to change to them.
package struct NewerVersions: Sendable, Hashable {
    package let newest: String
    package let newestPublished: Int64?
    /// When the version in use was published.
    package let published: Int64?
    /// The number of releases between the version in use and the newest.
    package let between: Int
    /// Whether the first number of the newest version differs.
    package let isMajor: Bool
    /// The newest version with the same first number; empty when the version in use is that one.
    package let newestMinor: String

    package init(
        newest: String, newestPublished: Int64?, published: Int64?, between: Int, isMajor: Bool, newestMinor: String
    ) {
        self.newest = newest
        self.newestPublished = newestPublished
        self.published = published
        self.between = between
        self.isMajor = isMajor
        self.newestMinor = newestMinor
    }

    /// Nil when no newer version is known.
    package init?(than version: String, among releases: [Release], scheme: VersionScheme) {
        var newer: Set<String> = []
        var (newest, minor): (Release?, Release?) = (nil, nil)
        var published: Int64?
        let major = Self.major(version)
        func isHigher(_ release: Release, _ other: Release?) -> Bool {
            guard let other else { return true }
            let order = scheme.compare(release.version, other.version) ?? 0
            // If a version has two spellings, the same one is always chosen.
            return order > 0 || order == 0 && release.version < other.version
        }
        for release in releases {
            guard let order = scheme.compare(release.version, version) else { continue }
            if order == 0 { published = published ?? release.published }
            guard order > 0, !Self.isPrerelease(release.version, scheme) else { continue }
            newer.insert(release.version)
            if isHigher(release, newest) { newest = release }
            if Self.major(release.version) == major, isHigher(release, minor) { minor = release }
        }
        guard let newest else { return nil }
        self.init(
            newest: newest.version, newestPublished: newest.published, published: published, between: newer.count - 1,
            isMajor: Self.major(newest.version) != major, newestMinor: minor?.version ?? "")
    }

    /// The first number of a version without leading zeros; an epoch and other characters before it are skipped.
    private static func major(_ version: String) -> String {
        let behind = version.split(separator: ":", maxSplits: 1).last ?? ""
        let digits = behind.drop { !$0.isNumber }.prefix { $0.isNumber }
        return String(digits.drop { $0 == "0" })
    }

    private static let words: Set<String> = [
        "alpha", "beta", "canary", "cr", "dev", "ea", "experimental", "incubating", "insiders", "milestone", "next",
        "nightly", "pre", "preview", "rc", "snapshot", "test", "unstable",
    ]
    /// In distributions `1.1.1c` and `+b1` are releases.
    private static let letters: Set<String> = ["a", "b", "c", "m"]

    /// Whether a version is a pre-release: a hyphen marks it where that is the rule (semver.org §9), elsewhere one of
    /// the words that registries use.
    static func isPrerelease(_ version: String, _ scheme: VersionScheme) -> Bool {
        switch scheme {
        case .semantic, .go, .nuget, .pub: return version.prefix { $0 != "+" }.contains("-")
        case .python, .maven, .gem, .composer, .debian, .alpine, .rpm, .numbers: break
        }
        let isOfDistribution = scheme == .debian || scheme == .alpine || scheme == .rpm
        return version.lowercased().split { !$0.isLetter }.contains { word in
            words.contains(String(word)) || !isOfDistribution && letters.contains(String(word))
        }
    }
}
