/// An ecosystem in OSV's naming (OSV schema 1.7, "Defined ecosystems"), with the rules for its package names and the order of
/// its versions.
///
/// After a colon, OSV's name has a release (`Debian:12`) or the address of a registry (`Maven:https://…`).
package struct Ecosystem: Sendable, Hashable {
    /// The name without a release or an address: `Debian`, `npm`. Two names of one ecosystem are equal in this form.
    package let name: String
    /// The release in the form that `PackageKey` makes from a purl: `12`, `v3.16`, `22.04`; empty for ecosystems
    /// without releases.
    package let release: String
    /// The address of the registry, or empty for the ecosystem's own.
    package let registry: String

    /// The order of versions; nil where no order is known and only lists of versions count.
    package var scheme: VersionScheme? { Self.scheme(of: name) }

    /// The order of versions in an ecosystem, for all of its releases.
    static func scheme(of place: String) -> VersionScheme? {
        if let scheme = schemes[place] { return scheme }
        let name = String(place.prefix { $0 != ":" })
        return schemes[name] ?? Distribution.ofEcosystem(name)?.scheme
    }

    /// The ecosystem without its release; `other` for ecosystems that this program does not know.
    package static func word(ofPlace place: String) -> String {
        let name = String(place.prefix { $0 != ":" })
        return schemes[name] != nil || Distribution.ofEcosystem(name) != nil ? name : "other"
    }

    /// Whether the advisory's name belongs to somebody who packages other people's software: a distribution or
    /// Bitnami.
    package static func isOfPackagers(advisory name: String) -> Bool {
        Distribution.hasAdvisory(name) || name.hasPrefix("BIT-")
    }

    /// Ecosystems of registries; `Distribution` has the others.
    private static let schemes: [String: VersionScheme] = [
        "npm": .semantic, "crates.io": .semantic, "Pub": .pub, "Hex": .semantic, "SwiftURL": .semantic,
        "GitHub Actions": .semantic, "Bitnami": .semantic, "Julia": .semantic, "GIT": .semantic, "Go": .go,
        "NuGet": .nuget, "PyPI": .python, "Maven": .maven, "RubyGems": .gem, "Packagist": .composer, "CRAN": .numbers,
        "Hackage": .numbers,
    ]

    /// The names of ecosystems of registries, in their order.
    package static var registries: [String] { schemes.keys.sorted() }

    /// Reads OSV's name. Nil when no purl can show that a package belongs to this release: Red Hat's extended support streams,
    /// Ubuntu's special builds.
    package init?(_ text: String) {
        let colon = text.firstIndex(of: ":")
        let name = String(colon.map { text[..<$0] } ?? text[...])
        let rest = colon.map { String(text[text.index(after: $0)...]) } ?? ""
        self.name = name
        if rest.hasPrefix("http://") || rest.hasPrefix("https://") {
            release = ""
            registry = Self.registry(rest)
            return
        }
        registry = ""
        let parts = rest.split(separator: ":").map(String.init)
        switch name {
        case "Ubuntu":
            // `22.04:LTS`, `Pro:18.04:LTS`. Machines without Pro have the same packages, but without the fix.
            let release = parts.first { $0.first?.isNumber ?? false }
            guard let release, parts.allSatisfy({ $0 == release || $0 == "LTS" || $0 == "Pro" }) else { return nil }
            self.release = release
        case "Red Hat":
            // `enterprise_linux:8::baseos`, a part of a CPE.
            guard parts.first == "enterprise_linux", parts.count > 1 else { return nil }
            release = String(parts[1].prefix { $0 != "." })
        case "Debian": release = ReleaseForm.debian.release(rest) ?? ""
        case "AlmaLinux", "Rocky Linux", "Azure Linux": release = ReleaseForm.major.release(rest) ?? ""
        case "openEuler": release = ReleaseForm.openEuler.release(rest.lowercased()) ?? ""
        case "SUSE": release = Self.named(rest, ["Linux Enterprise ", "Linux Micro ", "Package Hub "], .suse)
        case "openSUSE": release = Self.named(rest, ["Leap ", "Tumbleweed"], .openSUSE)
        default:
            release = rest
        }
    }

    /// The release that a product of SUSE belongs to; other products (`Manager Server 4.3`) count as releases of their
    /// own.
    private static func named(_ product: String, _ products: [String], _ form: ReleaseForm) -> String {
        guard products.contains(where: product.hasPrefix) else { return product }
        return form.release(product.lowercased()) ?? product
    }

    /// Whether advisories are about single releases, so that a package without a release matches none.
    package var hasReleases: Bool {
        guard let form = Distribution.ofEcosystem(name)?.form else { return false }
        return form != .rolling
    }

    /// The address in one spelling: without the scheme and a slash at its end, in lower case.
    static func registry(_ address: String) -> String {
        var text = address.lowercased()[...]
        if let scheme = text.firstRange(of: "://") { text = text[scheme.upperBound...] }
        while text.last == "/" { text.removeLast() }
        return String(text)
    }
}
