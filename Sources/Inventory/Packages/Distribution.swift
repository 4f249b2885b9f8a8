// DESIGN. One table gives three facts for each distribution: the package URLs that name it, OSV's names for it and its
// advisories, and the order of its versions. docs/matching.md has the public page of each row. Advisories name a release in
// OSV's words, package URLs in the words of `/etc/os-release` or of a generator. One function normalises both, so that equal
// releases are equal texts.

/// A distribution whose packages have package URLs.
struct Distribution: Sendable {
    /// OSV's ecosystem; where OSV has none, the distribution's own name.
    let name: String
    /// The naming of its releases; nil where OSV has no advisories of the distribution.
    let form: ReleaseForm?
    /// Whether advisories name binary packages in addition to source packages.
    let namesBinaries: Bool
    /// The order of versions of its packages.
    let scheme: VersionScheme
    /// The beginnings of the names of its own advisories: the part before the first hyphen, in capitals (OSV schema,
    /// "id"; the distribution's own pages where OSV has none).
    let advisories: [String]
    /// Types of package URLs with their namespaces that name it.
    fileprivate let purls: [String]

    private init(
        _ name: String, _ form: ReleaseForm?, _ scheme: VersionScheme, _ purls: [String], _ advisories: [String] = [],
        namesBinaries: Bool = false
    ) {
        self.name = name
        self.form = form
        self.scheme = scheme
        self.purls = purls
        self.advisories = advisories
        self.namesBinaries = namesBinaries
    }

    /// The distribution of a package URL; nil without a known one.
    ///
    /// For a package URL without a namespace, `distro=debian-12` names the distribution.
    static func of(_ purl: PackageURL) -> Distribution? {
        if !purl.namespace.isEmpty { return byPURL["\(purl.type)/\(purl.namespace)"] }
        guard let distro = purl.qualifier("distro")?.lowercased(), let hyphen = distro.lastIndex(of: "-") else {
            return nil
        }
        return byPURL["\(purl.type)/\(distro[..<hyphen])"]
    }

    /// The distribution of an ecosystem of OSV, without its release; nil for ecosystems that are no distribution.
    static func ofEcosystem(_ name: String) -> Distribution? { byEcosystem[name] }

    /// Whether a name has the form of a distribution's advisory.
    static func hasAdvisory(_ name: String) -> Bool {
        guard let hyphen = name.utf8.firstIndex(of: UInt8(ascii: "-")) else { return false }
        return firstWords.contains(String(name[..<hyphen]).uppercased())
    }

    private static let byPURL = Dictionary(
        all.flatMap { distribution in distribution.purls.map { ($0, distribution) } },
        uniquingKeysWith: { first, _ in first })

    private static let byEcosystem = Dictionary(
        uniqueKeysWithValues: all.filter { $0.form != nil }.map { ($0.name, $0) })

    private static let firstWords = Set(all.flatMap(\.advisories))

    private static let all: [Distribution] = [
        deb("Debian", .debian, ["debian"], ["DSA", "DLA", "DTSA", "DEBIAN"]),
        deb("Ubuntu", .ubuntu, ["ubuntu"], ["USN", "LSN", "UBUNTU"]),
        deb("Echo", .rolling, ["echo"], ["ECHO"]),
        apk("Alpine", .alpine, ["alpine"], ["ALPINE"]),
        apk("Alpaquita", .whole, ["alpaquita"], ["BELL"]),
        apk("BellSoft Hardened Containers", .whole, ["bellsoft-hardened-containers"], ["BELL"]),
        apk("Wolfi", .rolling, ["wolfi"], ["CGA"], namesBinaries: true),
        apk("Chainguard", .rolling, ["chainguard"], ["CGA"], namesBinaries: true),
        apk("MinimOS", .rolling, ["minimos"], ["MINI"], namesBinaries: true),
        apk("CleanStart", .rolling, ["cleanstart", "clnstrt"], ["CLEANSTART"], namesBinaries: true),
        rpm("Red Hat", .major, ["redhat", "rhel"], ["RHSA", "RHBA", "RHEA"]),
        rpm("AlmaLinux", .major, ["almalinux", "alma"], ["ALSA", "ALBA", "ALEA"]),
        rpm("Rocky Linux", .major, ["rocky", "rocky-linux", "rockylinux"], ["RLSA", "RXSA"]),
        rpm("SUSE", .suse, ["suse", "sles", "sled", "sle-micro", "sl-micro", "slem"], ["SUSE"]),
        rpm(
            "openSUSE", .openSUSE,
            [
                "opensuse", "opensuse-leap", "opensuse-leap-micro", "opensuse-tumbleweed", "opensuse.leap",
                "opensuse.tumbleweed",
            ], ["OPENSUSE"]),
        rpm("Azure Linux", .major, ["azurelinux", "azure-linux", "mariner", "cbl-mariner"], ["AZL"]),
        rpm("Photon OS", .whole, ["photon"], ["PHSA"]),
        rpm("Mageia", .major, ["mageia"], ["MGASA"]),
        rpm("openEuler", .openEuler, ["openeuler"], ["OESA"]),
        // OSV has no advisories of these.
        rpm("Amazon Linux", nil, ["amazon", "amzn", "amazonlinux"], ["ALAS", "ALAS2", "ALAS2023"]),
        rpm("Oracle Linux", nil, ["oracle", "ol", "oraclelinux"], ["ELSA"]),
        rpm("CentOS", nil, ["centos"], ["CESA"]),
        rpm("Fedora", nil, ["fedora"], ["FEDORA"]),
        deb("Kali Linux", nil, ["kali"], []),
        deb("Raspbian", nil, ["raspbian"], []),
        .init("Arch Linux", nil, .rpm, ["alpm/arch"], ["ASA"]),
    ]

    private static func deb(
        _ name: String, _ form: ReleaseForm?, _ namespaces: [String], _ advisories: [String]
    ) -> Distribution {
        .init(name, form, .debian, namespaces.map { "deb/\($0)" }, advisories)
    }

    private static func apk(
        _ name: String, _ form: ReleaseForm?, _ namespaces: [String], _ advisories: [String],
        namesBinaries: Bool = false
    ) -> Distribution {
        .init(name, form, .alpine, namespaces.map { "apk/\($0)" }, advisories, namesBinaries: namesBinaries)
    }

    private static func rpm(
        _ name: String, _ form: ReleaseForm?, _ namespaces: [String], _ advisories: [String]
    ) -> Distribution {
        .init(name, form, .rpm, namespaces.map { "rpm/\($0)" }, advisories, namesBinaries: true)
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

    /// A release in lower case without the distribution's name: from `debian-11`, `alpine-3.16.2`, `v3.16`,
    /// `alpaquita-stream`, or the release alone.
    private static func bare(_ text: String, _ namespace: String) -> String {
        let text = text.lowercased()
        guard text.hasPrefix(namespace) else { return text }
        let rest = text.dropFirst(namespace.count)
        return rest.isEmpty ? "" : rest.first == "-" ? String(rest.dropFirst()) : text
    }
}

/// The naming of a distribution's releases.
enum ReleaseForm: Sendable {
    /// The distribution has only one release.
    case rolling
    /// The first number: `9` for `9.2`.
    case major
    /// The whole text: `4.0`, `stream`.
    case whole
    /// The number of a release, which may be given by its name: `12` for `bookworm`.
    case debian
    /// `22.04`, also for `jammy`.
    case ubuntu
    /// `v3.16` for `3.16.2`, or `edge`.
    case alpine
    /// `15.5` for all products and modules of SUSE Linux Enterprise 15 SP5, because they share one code base; `Micro
    /// 5.5`.
    case suse
    /// `Leap 15.6`, `Leap Micro 5.5`, `Tumbleweed`.
    case openSUSE
    /// `22.03-lts-sp3`.
    case openEuler

    /// Whether the name of the product says which release it is.
    var readsNames: Bool { self == .suse || self == .openSUSE || self == .openEuler }

    /// The release in the form of package keys, from a text in lower case; nil when the text names no release.
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

    /// The text after the last hyphen that precedes a number: `8.6` for `rhel-8.6`.
    private static func tail(_ text: String) -> String {
        guard let hyphen = text.lastIndex(of: "-"), text[text.index(after: hyphen)...].first?.isNumber ?? false else {
            return text
        }
        return String(text[text.index(after: hyphen)...])
    }

    /// At most two numbers, separated by points, from the beginning.
    private static func numbers(_ text: String) -> [String] {
        var found: [String] = []
        for part in text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false) {
            let digits = part.utf8.prefix { $0 >= 48 && $0 <= 57 }
            guard !digits.isEmpty, found.count < 2 else { break }
            found.append(String(part.prefix(digits.count)))
            // `12 (bookworm)` gives the number at its head; `3.24_alpha` ends before the underscore.
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

    /// OSV's form is `22.03-LTS-SP3`. A bare `openeuler-22.03` names no service pack, so it is the release without
    /// one.
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
