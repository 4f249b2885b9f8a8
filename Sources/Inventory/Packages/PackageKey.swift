// DESIGN. A package is found by one text, made alike from an advisory and from a package URL: the ecosystem, its release
// where it has some, and the name as the registry compares names. Equal texts are the same package; nothing else is.

/// What an advisory and a library call the same package, and which of the library's versions is meant.
package struct PackageKey: Sendable, Hashable {
    /// `npm/@scope/name`, `Debian:12/openssl`, `Maven/group:artifact`.
    package let text: String
    package let scheme: VersionScheme?
    /// The version in the ecosystem's spelling; empty for an advisory.
    package let version: String
    /// The registry that the package surely comes from, or empty.
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

    /// The key of a package that an advisory names; nil where no library can be known to be it.
    package init?(ecosystem text: String, name: String) {
        guard let ecosystem = Ecosystem(text), !name.isEmpty, name.utf8.count <= 512 else { return nil }
        if ecosystem.hasReleases, ecosystem.release.isEmpty { return nil }
        let place = ecosystem.release.isEmpty ? ecosystem.name : "\(ecosystem.name):\(ecosystem.release)"
        self.init(
            place, Self.normal(name, in: ecosystem.name), scheme: ecosystem.scheme, registry: ecosystem.registry)
    }

    /// The key of a source repository, for advisories that name no package.
    package init?(repository address: String) {
        guard let name = Self.repository(address) else { return nil }
        self.init("GIT", name, scheme: .semantic)
    }

    /// The order of versions of the package with this text.
    package static func scheme(of text: String) -> VersionScheme? {
        text.firstIndex(of: "/").flatMap { Ecosystem.scheme(of: String(text[..<$0])) }
    }

    /// The name as the registry compares names.
    private static func normal(_ name: String, in ecosystem: String) -> String {
        switch ecosystem {
        case "npm", "NuGet", "Hex", "Packagist", "GitHub Actions", "Go", "Bitnami": name.lowercased()
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

    /// `github.com/owner/name` of an address in any of its spellings; nil when it is none.
    private static func repository(_ address: String) -> String? {
        var text = Ecosystem.registry(address)[...]
        if text.hasSuffix(".git") { text.removeLast(4) }
        return text.contains("/") ? String(text) : nil
    }

    // MARK: From a library

    /// The keys under which advisories may name a package; none for what no advisory names so that it is surely this one.
    package static func keys(of purl: PackageURL) -> [PackageKey] {
        let registry = purl.qualifier("repository_url").map(Ecosystem.registry) ?? ""
        func key(_ ecosystem: String, _ name: String, _ version: String? = nil) -> [PackageKey] {
            guard !(version ?? purl.version).isEmpty, name.utf8.count <= 512 else { return [] }
            return [
                PackageKey(
                    ecosystem, normal(name, in: ecosystem), scheme: Ecosystem.scheme(of: ecosystem),
                    version: version ?? purl.version, registry: registry)
            ]
        }
        switch purl.type {
        case "npm": return key("npm", purl.path)
        case "pypi": return key("PyPI", purl.name)
        case "maven": return key("Maven", "\(purl.namespace):\(purl.name)")
        case "golang": return key("Go", purl.path)
        case "cargo": return key("crates.io", purl.name)
        case "nuget": return key("NuGet", purl.name)
        case "gem": return key("RubyGems", purl.name)
        case "composer": return key("Packagist", purl.path)
        case "pub": return key("Pub", purl.name)
        case "hex": return key("Hex", purl.path)
        case "swift": return key("SwiftURL", purl.path)
        case "cran": return key("CRAN", purl.name)
        case "hackage": return key("Hackage", purl.name)
        case "julia": return key("Julia", purl.name)
        case "bitnami": return key("Bitnami", purl.name, withoutRevision(purl.version))
        case "githubactions": return key("GitHub Actions", purl.path)
        case "github":
            return key("GitHub Actions", purl.path) + key("GIT", "github.com/\(purl.path)".lowercased())
        case "gitlab": return key("GIT", "gitlab.com/\(purl.path)".lowercased())
        case "bitbucket": return key("GIT", "bitbucket.org/\(purl.path)".lowercased())
        case "deb", "apk", "rpm":
            return SystemPackage(purl)?.keys.flatMap { key($0.ecosystem, $0.name, $0.version) } ?? []
        default: return []
        }
    }

    /// Bitnami counts its builds of a version behind a hyphen, which would be a pre-release.
    private static func withoutRevision(_ version: String) -> String {
        guard let hyphen = version.lastIndex(of: "-") else { return version }
        let revision = version[version.index(after: hyphen)...]
        return !revision.isEmpty && revision.allSatisfy(\.isNumber) ? String(version[..<hyphen]) : version
    }
}
