/// A package of a Linux distribution: advisories count for one release of it and name the source package.
struct SystemPackage {
    /// Where advisories may name it: under its source package, those of RPM distributions under its own name, too.
    private(set) var keys: [(ecosystem: String, name: String, version: String)] = []

    /// Nil when the purl does not tell the release.
    init?(_ purl: PackageURL) {
        guard !purl.version.isEmpty, let ecosystem = Self.ecosystem(of: purl) else { return nil }
        let version = Self.withEpoch(purl.version, of: purl)
        let source = Self.source(of: purl)
        switch purl.type {
        case "rpm":
            keys = [(ecosystem, purl.name, version)]
            // The source's release is the package's.
            if let source, source.name != purl.name {
                keys.append((ecosystem, source.name, source.version.isEmpty ? version : source.version))
            }
        default:
            // Without a word on it, a package has the name of its source.
            let name = source?.name ?? purl.name
            keys = [(ecosystem, name, source.flatMap { $0.version.isEmpty ? nil : $0.version } ?? version)]
        }
    }

    private static func withEpoch(_ version: String, of purl: PackageURL) -> String {
        guard purl.type == "rpm", let epoch = purl.qualifier("epoch"), !version.contains(":") else { return version }
        return "\(epoch):\(version)"
    }

    /// The source package as generators tell it: `upstream=name@version`, `upstream=name-version-release.src.rpm`,
    /// `source=name`, `origin=name`.
    private static func source(of purl: PackageURL) -> (name: String, version: String)? {
        guard let text = purl.qualifier("upstream") ?? purl.qualifier("source") ?? purl.qualifier("origin") else {
            return nil
        }
        if text.hasSuffix(".src.rpm") {
            let parts = text.dropLast(8).split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count > 2 else { return nil }
            let version = parts[(parts.count - 2)...].joined(separator: "-")
            return (parts.dropLast(2).joined(separator: "-"), withEpoch(version, of: purl))
        }
        if let at = text.lastIndex(of: "@"), at > text.startIndex {
            return (String(text[..<at]), String(text[text.index(after: at)...]))
        }
        return text.isEmpty ? nil : (text, "")
    }

    /// OSV's ecosystem with the release.
    private static func ecosystem(of purl: PackageURL) -> String? {
        let system = purl.namespace
        switch (purl.type, system) {
        case ("apk", "wolfi"): return "Wolfi"
        case ("apk", "chainguard"): return "Chainguard"
        default: break
        }
        guard var release = purl.qualifier("distro")?.lowercased() ?? purl.qualifier("distro_name")?.lowercased() else {
            return nil
        }
        // `debian-11`, `alpine-3.16.2`, `rhel-8.6` or the release alone.
        if let hyphen = release.lastIndex(of: "-"), release[release.index(after: hyphen)...].first?.isNumber ?? false {
            release = String(release[release.index(after: hyphen)...])
        }
        if release.hasPrefix("v") { release.removeFirst() }
        let parts = release.split(separator: ".").map(String.init)
        switch (purl.type, system) {
        case ("deb", "debian"):
            if let number = debianNames[release] { return "Debian:\(number)" }
            return number(parts.first).map { "Debian:\($0)" }
        case ("deb", "ubuntu"):
            if let number = ubuntuNames[release] { return "Ubuntu:\(number)" }
            return parts.count > 1 && number(parts[0]) != nil ? "Ubuntu:\(parts[0]).\(parts[1])" : nil
        case ("apk", "alpine"):
            return parts.count > 1 && number(parts[0]) != nil ? "Alpine:v\(parts[0]).\(parts[1])" : nil
        case ("rpm", "redhat"), ("rpm", "rhel"): return number(parts.first).map { "Red Hat:\($0)" }
        case ("rpm", "almalinux"), ("rpm", "alma"): return number(parts.first).map { "AlmaLinux:\($0)" }
        case ("rpm", "rocky"), ("rpm", "rocky-linux"), ("rpm", "rockylinux"):
            return number(parts.first).map { "Rocky Linux:\($0)" }
        case ("rpm", "photon"): return number(parts.first) == nil ? nil : "Photon OS:\(release)"
        case ("rpm", "mageia"): return number(parts.first).map { "Mageia:\($0)" }
        case (_, _): return nil
        }
    }

    private static func number(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return text
    }

    private static let debianNames = [
        "wheezy": 7, "jessie": 8, "stretch": 9, "buster": 10, "bullseye": 11, "bookworm": 12, "trixie": 13, "forky": 14,
    ]
    private static let ubuntuNames = [
        "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
        "oracular": "24.10", "plucky": "25.04", "questing": "25.10",
    ]
}
