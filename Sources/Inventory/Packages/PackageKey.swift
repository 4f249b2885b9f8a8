// DESIGN. A package is found by one text, which advisories and package URLs give in the same form: the ecosystem, its
// release if it has one, and the name in the form that the registry compares. Two packages are the same exactly when
// their texts are equal.

/// The key under which an advisory and a library name the same package, and the library's version for the comparison.
package struct PackageKey: Sendable, Hashable {
    /// `npm/@scope/name`, `Debian:12/openssl`, `Maven/group:artifact`.
    package let text: String
    package let scheme: VersionScheme?
    /// The version in the ecosystem's spelling; empty for an advisory.
    package let version: String
    /// The registry that the package is known to come from, or empty.
    package let registry: String

    private init(
        _ ecosystem: String, _ name: String, scheme: VersionScheme?, version: String = "", registry: String = ""
    ) {
        text = "\(ecosystem)/\(name)"
        self.scheme = scheme
        self.version = version
        self.registry = registry
    }

    // MARK: From an advisory

    /// The key of a package that an advisory names; nil where no library could match it for certain.
    package init?(ecosystem text: String, name: String) {
        guard let ecosystem = Ecosystem(text), !name.isEmpty, name.utf8.count <= 512 else { return nil }
        if ecosystem.hasReleases, ecosystem.release.isEmpty { return nil }
        let place = ecosystem.release.isEmpty ? ecosystem.name : "\(ecosystem.name):\(ecosystem.release)"
        self.init(
            place, Self.normal(name, in: ecosystem.name), scheme: ecosystem.scheme, registry: ecosystem.registry)
    }

    /// The key of a source repository, for advisories without a package.
    package init?(repository address: String) {
        guard let name = Self.repository(address) else { return nil }
        self.init("GIT", name, scheme: .semantic)
    }

    /// The order of versions for the package with this text.
    package static func scheme(of text: String) -> VersionScheme? {
        text.firstIndex(of: "/").flatMap { Ecosystem.scheme(of: String(text[..<$0])) }
    }

    /// The name in the form that the registry compares.
    private static func normal(_ name: String, in ecosystem: String) -> String {
        switch ecosystem {
        case "NuGet", "Hex", "Packagist", "GitHub Actions", "Go", "Bitnami": name.lowercased()
        // Both spellings are one crate.
        case "crates.io": String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        case "PyPI": python(name)
        case "Pub": name.lowercased()
        case "SwiftURL": repository(name) ?? name.lowercased()
        default: name
        }
    }

    /// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
    private static func python(_ name: String) -> String {
        var text = ""
        var isRun = false
        for character in name.lowercased() {
            if character == "-" || character == "_" || character == "." {
                if !isRun { text.append("-") }
                isRun = true
            } else {
                text.append(character)
                isRun = false
            }
        }
        return text
    }

    /// `github.com/owner/name` from an address in any spelling; nil for other addresses.
    private static func repository(_ address: String) -> String? {
        var text = Ecosystem.registry(address)[...]
        if text.hasSuffix(".git") { text.removeLast(4) }
        return text.contains("/") ? String(text) : nil
    }

    // MARK: From a library

    /// The ecosystem with its release: `npm`, `Debian:12`.
    package var place: String { Self.place(of: text) }

    /// The ecosystem with its release, read from the text of a package key.
    package static func place(of text: String) -> String { String(text.prefix { $0 != "/" }) }

    /// Whether the ecosystem's order has a place for the version. Without a place, only lists of versions count.
    package var isOrdered: Bool { scheme?.recognizes(version) ?? false }

    /// The keys under which advisories may name a package; empty for packages that no key identifies with certainty.
    package static func keys(of purl: PackageURL, evidence: MatchingEvidence = .none) -> [PackageKey] {
        switch find(purl, evidence: evidence) {
        case .success(let keys): keys
        case .failure: []
        }
    }

    /// The reason why advisories cannot be looked up for a component; nil when they can.
    ///
    /// - Parameters:
    ///   - purl: nil where the document has no readable package URL.
    ///   - isCovered: whether advisories of an ecosystem are loaded, as for `Lookup.obstacle`.
    package static func obstacle(
        of purl: PackageURL?, evidence: MatchingEvidence = .none, isCovered: (String) -> Bool = { _ in true }
    ) -> MatchingObstacle? {
        Lookup(find(purl, evidence: evidence)).obstacle(isCovered: isCovered)
    }

    /// The largest size of a text in bytes: no advisory has a longer one, and databases keep the text in an index.
    private static let textLimit = 2200

    /// The keys of a library, each once, or the reason why it has none.
    ///
    /// - Parameter purl: nil where the document has no readable package URL.
    package static func find(
        _ purl: PackageURL?, evidence: MatchingEvidence = .none
    ) -> Result<[PackageKey], MatchingObstacle> {
        guard let purl else { return .failure(.noPackageURL) }
        return read(purl, evidence).flatMap { all in
            let keys = all.filter { $0.text.utf8.count <= textLimit }
            if keys.isEmpty, !all.isEmpty { return .failure(.noPackageURL) }
            if keys.count < 2 { return .success(keys) }
            var seen: Set<String> = []
            return .success(keys.filter { seen.insert($0.text).inserted })
        }
    }

    /// The keys of a package, or the obstacle.
    private static func read(
        _ purl: PackageURL, _ evidence: MatchingEvidence
    ) -> Result<[PackageKey], MatchingObstacle> {
        let version = purl.version.isEmpty ? evidence.version : purl.version
        switch purl.type {
        case "deb", "apk", "rpm", "alpm": return system(purl, version, evidence.source)
        default: break
        }
        let names = names(of: purl, evidence)
        guard !names.isEmpty else { return .failure(.noAdvisories(of: purl.type)) }
        guard !version.isEmpty else { return .failure(.noVersion) }
        let registry = purl.qualifier("repository_url").map(Ecosystem.registry) ?? ""
        return .success(
            names.compactMap { key($0, $1, version: self.version(version, in: $0), registry: registry) })
    }

    /// Nil for a name that no registry accepts.
    private static func key(_ place: String, _ name: String, version: String, registry: String = "") -> PackageKey? {
        guard name.utf8.count <= 512 else { return nil }
        return PackageKey(
            place, normal(name, in: place), scheme: Ecosystem.scheme(of: place), version: version, registry: registry)
    }

    private static func system(
        _ purl: PackageURL, _ version: String, _ source: SourcePackage?
    ) -> Result<[PackageKey], MatchingObstacle> {
        guard let distribution = Distribution.of(purl) else { return .failure(.unknownDistribution) }
        guard distribution.form != nil else { return .failure(.noAdvisories(of: distribution.name)) }
        guard !version.isEmpty else { return .failure(.noVersion) }
        guard let place = distribution.place(of: purl) else { return .failure(.unknownDistribution) }
        let package = SystemPackage(purl, version: version, of: distribution, source: source)
        return .success(package.names.compactMap { key(place, $0.name, version: $0.version) })
    }

    /// The ecosystems of a package outside distributions, each with the package's name in it; empty where OSV has no
    /// ecosystem for the type.
    private static func names(of purl: PackageURL, _ evidence: MatchingEvidence) -> [(ecosystem: String, name: String)]
    {
        switch purl.type {
        case "npm": return npm(purl, evidence.name)
        case "pypi": return [("PyPI", purl.name)]
        case "maven": return [("Maven", "\(purl.namespace):\(purl.name)")]
        case "golang": return modules(of: purl).map { ("Go", $0) }
        case "cargo": return [("crates.io", purl.name)]
        case "nuget": return [("NuGet", purl.name)]
        case "gem": return [("RubyGems", purl.name)]
        case "composer": return [("Packagist", purl.path)]
        case "pub": return [("Pub", purl.name)]
        case "hex": return [("Hex", purl.path)]
        case "swift": return [("SwiftURL", purl.path)]
        case "cran": return [("CRAN", purl.name)]
        case "hackage": return [("Hackage", purl.name)]
        case "julia": return [("Julia", purl.name)]
        case "bitnami": return [("Bitnami", purl.name)]
        case "githubactions": return [("GitHub Actions", purl.path)]
        case "github":
            return [("GitHub Actions", purl.path), ("GIT", "github.com/\(purl.path)".lowercased())]
        case "gitlab": return [("GIT", "gitlab.com/\(purl.path)".lowercased())]
        case "bitbucket": return [("GIT", "bitbucket.org/\(purl.path)".lowercased())]
        default: return []
        }
    }

    /// npm distinguishes packages by case (purl-spec, issue 872), but some generators write package URLs in lower case. Where
    /// the document spells the name in another case, the package may be either of the two.
    private static func npm(_ purl: PackageURL, _ spelled: String) -> [(ecosystem: String, name: String)] {
        if spelled.isEmpty || spelled == purl.name || spelled.lowercased() != purl.name { return [("npm", purl.path)] }
        return [("npm", purl.path), ("npm", purl.namespace.isEmpty ? spelled : "\(purl.namespace)/\(spelled)")]
    }

    /// The modules that a package URL of Go may mean (go.dev/ref/mod#module-path).
    ///
    /// Syft cuts a module's path after three segments and writes the rest as the subpath, so the subpath is a part of the
    /// path. In other package URLs the subpath is a package inside the module, or another module below it, because the
    /// path of a module begins the paths of its packages.
    private static func modules(of purl: PackageURL) -> [String] {
        let path = purl.path
        // cyclonedx-gomod calls the standard library `std`, the Go vulnerability database `stdlib`.
        if path == "std" { return ["stdlib"] }
        if purl.subpath.isEmpty || purl.qualifier("type") == "package" { return [path] }
        let whole = "\(path)/\(purl.subpath)"
        if purl.namespace.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1 { return [whole] }
        var modules = [whole]
        while let slash = modules[modules.count - 1].lastIndex(of: "/"), modules.count < 20 {
            let shorter = String(modules[modules.count - 1][..<slash])
            if shorter.utf8.count < path.utf8.count { break }
            modules.append(shorter)
        }
        return modules
    }

    /// The version as advisories of the ecosystem spell it.
    private static func version(_ version: String, in ecosystem: String) -> String {
        switch ecosystem {
        case "Bitnami": withoutRevision(version)
        case "RubyGems": GemVersion.withoutPlatform(version)
        default: version
        }
    }

    /// Bitnami counts the builds of a version behind a hyphen. The order would read this number as a pre-release.
    private static func withoutRevision(_ version: String) -> String {
        guard let hyphen = version.lastIndex(of: "-") else { return version }
        let revision = version[version.index(after: hyphen)...]
        return !revision.isEmpty && revision.allSatisfy(\.isNumber) ? String(version[..<hyphen]) : version
    }
}
