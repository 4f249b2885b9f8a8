// DESIGN. One table says which distribution a package URL names and what OSV calls it (docs/matching.md has the public
// page of each row). An advisory names the release in OSV's words, a package URL in those of `/etc/os-release` or of a
// generator: both go through the same form, so that equal releases are equal texts.

/// A distribution whose packages have package URLs.
struct Distribution: Sendable {
    /// OSV's ecosystem; where OSV has none, the distribution's own name.
    let name: String
    /// How its releases are called; nil where OSV has no advisories of the distribution.
    let form: ReleaseForm?
    /// Whether advisories name binary packages, too, and not source packages alone.
    let namesBinaries: Bool

    private init(_ name: String, _ form: ReleaseForm?, namesBinaries: Bool = false) {
        self.name = name
        self.form = form
        self.namesBinaries = namesBinaries
    }

    /// The distribution of a package URL; nil where it names none that is known.
    ///
    /// Where there is no namespace, `distro=debian-12` names the distribution, too.
    static func of(_ purl: PackageURL) -> Distribution? {
        if !purl.namespace.isEmpty { return known["\(purl.type)/\(purl.namespace)"] }
        guard let distro = purl.qualifier("distro")?.lowercased(), let hyphen = distro.lastIndex(of: "-") else {
            return nil
        }
        return known["\(purl.type)/\(distro[..<hyphen])"]
    }

    /// By type and namespace of the package URL.
    private static let known: [String: Distribution] = [
        "deb/debian": .init("Debian", .debian),
        "deb/ubuntu": .init("Ubuntu", .ubuntu),
        "deb/echo": .init("Echo", .rolling),
        "apk/alpine": .init("Alpine", .alpine),
        "apk/alpaquita": .init("Alpaquita", .whole),
        "apk/bellsoft-hardened-containers": .init("BellSoft Hardened Containers", .whole),
        "apk/wolfi": .init("Wolfi", .rolling, namesBinaries: true),
        "apk/chainguard": .init("Chainguard", .rolling, namesBinaries: true),
        "apk/minimos": .init("MinimOS", .rolling, namesBinaries: true),
        "apk/cleanstart": .init("CleanStart", .rolling, namesBinaries: true),
        "apk/clnstrt": .init("CleanStart", .rolling, namesBinaries: true),
        "rpm/redhat": rpm("Red Hat", .major),
        "rpm/rhel": rpm("Red Hat", .major),
        "rpm/almalinux": rpm("AlmaLinux", .major),
        "rpm/alma": rpm("AlmaLinux", .major),
        "rpm/rocky": rpm("Rocky Linux", .major),
        "rpm/rocky-linux": rpm("Rocky Linux", .major),
        "rpm/rockylinux": rpm("Rocky Linux", .major),
        "rpm/suse": rpm("SUSE", .suse),
        "rpm/sles": rpm("SUSE", .suse),
        "rpm/sled": rpm("SUSE", .suse),
        "rpm/sle-micro": rpm("SUSE", .suse),
        "rpm/sl-micro": rpm("SUSE", .suse),
        "rpm/slem": rpm("SUSE", .suse),
        "rpm/opensuse": rpm("openSUSE", .openSUSE),
        "rpm/opensuse-leap": rpm("openSUSE", .openSUSE),
        "rpm/opensuse-leap-micro": rpm("openSUSE", .openSUSE),
        "rpm/opensuse-tumbleweed": rpm("openSUSE", .openSUSE),
        "rpm/opensuse.leap": rpm("openSUSE", .openSUSE),
        "rpm/opensuse.tumbleweed": rpm("openSUSE", .openSUSE),
        "rpm/azurelinux": rpm("Azure Linux", .major),
        "rpm/azure-linux": rpm("Azure Linux", .major),
        "rpm/mariner": rpm("Azure Linux", .major),
        "rpm/cbl-mariner": rpm("Azure Linux", .major),
        "rpm/photon": rpm("Photon OS", .whole),
        "rpm/mageia": rpm("Mageia", .major),
        "rpm/openeuler": rpm("openEuler", .openEuler),
        // OSV has no advisories of these.
        "rpm/amazon": rpm("Amazon Linux", nil),
        "rpm/amzn": rpm("Amazon Linux", nil),
        "rpm/amazonlinux": rpm("Amazon Linux", nil),
        "rpm/oracle": rpm("Oracle Linux", nil),
        "rpm/ol": rpm("Oracle Linux", nil),
        "rpm/oraclelinux": rpm("Oracle Linux", nil),
        "rpm/centos": rpm("CentOS", nil),
        "rpm/fedora": rpm("Fedora", nil),
        "deb/kali": .init("Kali Linux", nil),
        "deb/raspbian": .init("Raspbian", nil),
        "alpm/arch": .init("Arch Linux", nil),
    ]

    private static func rpm(_ name: String, _ form: ReleaseForm?) -> Distribution {
        .init(name, form, namesBinaries: true)
    }

    /// The ecosystem with the release that the package URL names: `Debian:12`; nil when it names none.
    func place(of purl: PackageURL) -> String? {
        guard let form else { return nil }
        if form == .rolling { return name }
        for qualifier in ["distro", "distro_name"] {
            guard let text = purl.qualifier(qualifier),
                let release = form.release(form.readsNames ? text.lowercased() : Self.bare(text, purl.namespace))
            else { continue }
            return "\(name):\(release)"
        }
        return nil
    }

    /// `debian-11`, `alpine-3.16.2`, `v3.16`, `alpaquita-stream`, or the release alone: in lower case, without the name of
    /// the distribution before it.
    private static func bare(_ text: String, _ namespace: String) -> String {
        let text = text.lowercased()
        guard text.hasPrefix(namespace) else { return text }
        let rest = text.dropFirst(namespace.count)
        return rest.isEmpty ? "" : rest.first == "-" ? String(rest.dropFirst()) : text
    }
}

/// How a distribution's releases are called.
enum ReleaseForm: Sendable {
    /// There is one release only.
    case rolling
    /// The first number: `9` of `9.2`.
    case major
    /// The whole: `4.0`, `stream`.
    case whole
    /// The number of a release, also by its name: `12` of `bookworm`.
    case debian
    /// `22.04`, also of `jammy`.
    case ubuntu
    /// `v3.16` of `3.16.2`, `edge`.
    case alpine
    /// `15.5` of all products and modules of SUSE Linux Enterprise 15 SP5, which are parts of one code base; `Micro 5.5`.
    case suse
    /// `Leap 15.6`, `Leap Micro 5.5`, `Tumbleweed`.
    case openSUSE
    /// `22.03-lts-sp3`.
    case openEuler

    /// Whether the name of the product says which release it is.
    var readsNames: Bool { self == .suse || self == .openSUSE || self == .openEuler }

    /// The release as package keys have it, of a text in lower case; nil when the text names none.
    func release(_ text: String) -> String? {
        switch self {
        case .rolling: return ""
        case .whole: return text.isEmpty ? nil : Self.tail(text)
        case .major: return Self.numbers(Self.tail(text)).first
        case .debian:
            let tail = Self.tail(text)
            return Self.debianNames[tail].map(String.init) ?? (tail == "sid" ? tail : Self.numbers(tail).first)
        case .ubuntu:
            let tail = Self.tail(text)
            let numbers = Self.numbers(tail)
            return Self.ubuntuNames[tail] ?? (numbers.count > 1 ? "\(numbers[0]).\(numbers[1])" : nil)
        case .alpine:
            let tail = Self.tail(text)
            if tail == "edge" { return tail }
            let numbers = Self.numbers(tail.hasPrefix("v") ? String(tail.dropFirst()) : tail)
            return numbers.count > 1 ? "v\(numbers[0]).\(numbers[1])" : nil
        case .suse: return Self.suse(text)
        case .openSUSE: return Self.openSUSE(text)
        case .openEuler: return Self.openEuler(text)
        }
    }

    /// What follows the last hyphen before a number: `8.6` of `rhel-8.6`.
    private static func tail(_ text: String) -> String {
        guard let hyphen = text.lastIndex(of: "-"), text[text.index(after: hyphen)...].first?.isNumber ?? false else {
            return text
        }
        return String(text[text.index(after: hyphen)...])
    }

    /// The numbers at the beginning, between points, at most two.
    private static func numbers(_ text: String) -> [String] {
        var found: [String] = []
        for part in text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false) {
            let digits = part.utf8.prefix { $0 >= 48 && $0 <= 57 }
            guard !digits.isEmpty, found.count < 2 else { break }
            found.append(String(part.prefix(digits.count)))
            // `12 (bookworm)` is a number with more behind it, `3.24_alpha` ends there.
            if digits.count < part.utf8.count { break }
        }
        return found
    }

    private static func words(_ text: String) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == ".") }
    }

    private static func firstNumber(_ words: [Substring]) -> Int? {
        words.firstIndex { $0.first?.isNumber ?? false }
    }

    /// `sles-15.5`, `suse linux enterprise server 15 sp5`, `linux enterprise module for basesystem 15 sp5`,
    /// `sle-micro-5.5`.
    private static func suse(_ text: String) -> String? {
        let words = words(text)
        guard let place = firstNumber(words) else { return nil }
        let number = String(words[place])
        if text.contains("micro") || words.contains("slem") { return "Micro \(number)" }
        if place + 1 < words.count, words[place + 1].hasPrefix("sp") {
            let pack = words[place + 1].dropFirst(2)
            if !pack.isEmpty, pack.allSatisfy(\.isNumber) { return "\(number).\(pack)" }
        }
        return number
    }

    private static func openSUSE(_ text: String) -> String? {
        if text.contains("tumbleweed") { return "Tumbleweed" }
        let words = words(text)
        guard let place = firstNumber(words) else { return nil }
        return text.contains("micro") ? "Leap Micro \(words[place])" : "Leap \(words[place])"
    }

    /// OSV: `22.03-LTS-SP3`; `openeuler-22.03` alone does not name the service pack and is the release without one.
    private static func openEuler(_ text: String) -> String? {
        let words = words(text)
        guard let place = firstNumber(words) else { return nil }
        let rest = words[(place + 1)...]
        var release = "\(words[place])"
        if rest.contains("lts") { release += "-lts" }
        if let pack = rest.first(where: { $0.hasPrefix("sp") }) { release += "-\(pack)" }
        return release
    }

    private static let debianNames = [
        "wheezy": 7, "jessie": 8, "stretch": 9, "buster": 10, "bullseye": 11, "bookworm": 12, "trixie": 13, "forky": 14,
        "duke": 15,
    ]
    private static let ubuntuNames = [
        "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
        "oracular": "24.10", "plucky": "25.04", "questing": "25.10",
    ]
}
