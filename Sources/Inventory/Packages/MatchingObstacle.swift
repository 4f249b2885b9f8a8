/// The reason why a component cannot be matched with advisories. Such a component was never looked up, so it must not
/// count as clean.
package enum MatchingObstacle: Error, Sendable, Hashable {
    /// It has no readable package URL.
    case noPackageURL
    /// Its version is unknown.
    case noVersion
    /// The ecosystem's order has no place for the version (`latest`, a commit): only lists of versions can name it.
    case versionNotOrdered(in: String)
    /// A package of a distribution where the package URL names no distribution or no release.
    case unknownDistribution
    /// No advisories of the ecosystem are loaded. The value names the ecosystem with its release. Where OSV has no
    /// such ecosystem, it names the distribution (`Amazon Linux`) or the type of the package URL (`conda`).
    case noAdvisories(of: String)

    /// The kinds in the order in which they are shown.
    package enum Kind: String, Sendable, CaseIterable {
        case noPackageURL = "no-purl"
        case noVersion = "no-version"
        case versionNotOrdered = "version-not-ordered"
        case unknownDistribution = "unknown-distribution"
        case noAdvisories = "no-advisories"
    }

    package var kind: Kind {
        switch self {
        case .noPackageURL: .noPackageURL
        case .noVersion: .noVersion
        case .versionNotOrdered: .versionNotOrdered
        case .unknownDistribution: .unknownDistribution
        case .noAdvisories: .noAdvisories
        }
    }

    /// The ecosystem, distribution or type that the obstacle names, or empty.
    package var subject: String {
        switch self {
        case .versionNotOrdered(let subject), .noAdvisories(let subject): subject
        case .noPackageURL, .noVersion, .unknownDistribution: ""
        }
    }

    /// For people: `version not understood by the order of npm`.
    package var description: String {
        switch self {
        case .noPackageURL: "no package URL"
        case .noVersion: "no version"
        case .versionNotOrdered(let place): "version not understood by the order of \(place)"
        case .unknownDistribution: "unknown distribution"
        case .noAdvisories(let subject): "no advisories for \(subject)"
        }
    }
}

extension MatchingObstacle: CustomStringConvertible {}
