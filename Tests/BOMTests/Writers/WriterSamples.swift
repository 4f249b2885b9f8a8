import BOM
import Bytes
import Synchronization

/// A hand-made bill of materials that fills every field, and has many faults to repair.
struct WriterSample {
    var document = BOMDocument(standard: .cycloneDX, version: "1.5")
    var root: Component?
    var components: [Component] = []
    var edges: [(ref: String, edges: [Dependency])] = []
    var vulnerabilities: [VulnerabilityClaim] = []

    static let digest = "0123456789abcdef0123456789abcdef01234567"

    static var full: WriterSample {
        var it = WriterSample()
        it.document.name = "Cart"
        it.document.created = "2026-01-02T03:04:05.678+02:00"
        it.document.creators = [
            Agent(.organization, name: "Example (Shop) Ltd", email: "sbom@example.org"),
            Agent(.person, name: "Jane Doe"),
        ]
        it.document.tools = ["scanner-1.2"]
        it.document.comment = "line one\nline \"two\""
        it.document.properties = [Property(name: "a", value: "b")]
        var own = ExtractedLicense(id: "LicenseRef-Own_1")
        own.text = "You may."
        own.name = "Own licence"
        own.urls = ["https://example.org/own", "not a link"]
        it.document.extractedLicenses = [own]

        var root = Component(ref: "root", name: "Cart")
        root.kind = .application
        root.version = "1.0"
        root.supplier = Agent(.organization, name: "Example Ltd", email: "a@example.org", urls: ["https://example.org"])
        it.root = root

        it.components = [dates] + others
        it.edges = graph
        it.vulnerabilities = [hole]
        return it
    }

    /// A component with every field.
    private static var dates: Component {
        var dates = Component(ref: "pkg:maven/org.example/dates@2.4", name: "dates")
        dates.group = "org.example"
        dates.version = "2.4"
        dates.purl = "pkg:maven/org.example/dates@2.4"
        dates.cpes = ["cpe:2.3:a:example:dates:2.4:*:*:*:*:*:*:*", "cpe:/a:example:dates:2.4", "cpe:broken one"]
        dates.supplier = Agent(.person, name: "A. Writer", email: "writer@example.org")
        dates.originator = Agent(.organization, name: "Origin (Old)")
        dates.author = "A. Writer"
        dates.publisher = "Publisher"
        dates.description = "Pretend date tools\u{1} with a control character"
        dates.summary = "Dates"
        dates.comment = "A comment"
        dates.copyright = "Copyright 2021 A. Writer"
        dates.homepage = "https://example.org/dates"
        dates.downloadLocation = "git+https://example.org/dates.git@v2.4#sub"
        dates.fileName = "./lib/dates-2.4.jar"
        dates.sourceInfo = "from the shelf"
        dates.hashes = [
            Hash(algorithm: "SHA-1", value: digest),
            Hash(algorithm: "SHA3-256", value: String(repeating: "ab", count: 32)),
            Hash(algorithm: "SHA-224", value: String(repeating: "0", count: 56)),
            Hash(algorithm: "MD5", value: "short"),
        ]
        dates.licenses = [LicenseClaim(.id("Apache-2.0"), url: "https://www.apache.org/licenses/LICENSE-2.0")]
        dates.concludedLicenses = [LicenseClaim(.expression("Apache-2.0 OR (mit and LicenseRef-Own_1)"))]
        dates.licenseComment = "read by hand"
        dates.attributionTexts = ["Thanks"]
        dates.externalReferences = references
        dates.properties = [Property(name: "p", value: "v")]
        dates.scope = "required"
        dates.locations = ["/app/lib/dates-2.4.jar"]
        dates.releaseDate = "2021-05-06T07:08:09Z"
        return dates
    }

    private static var references: [ExternalReference] {
        var references = [
            ExternalReference(kind: "website", url: "https://example.org/dates"),
            ExternalReference(kind: "vcs", url: "git@example.org:dates/dates.git", comment: "the source"),
            ExternalReference(kind: "threat-model", url: "https://example.org/a b{c}"),
            ExternalReference(kind: "SECURITY advisory", url: "https://example.org/advisory"),
            ExternalReference(kind: "OTHER my own_type", url: "x: y"),
            ExternalReference(kind: "PERSISTENT-ID swh", url: "swh:1:cnt:94a9ed024d3859793618152ea559a168bbcbb5e2"),
            ExternalReference(kind: "PACKAGE-MANAGER npm", url: "no version"),
        ]
        references[1].hashes = [Hash(algorithm: "SHA-256", value: String(repeating: "c", count: 64))]
        return references
    }

    /// Components that are nested, listed twice, or have values that cannot be kept.
    private static var others: [Component] {
        var slug = Component(ref: "slug", name: "tiny-slug")
        slug.version = "1.0.3"
        slug.purl = "pkg:npm/tiny-slug@1.0.3"
        slug.licenses = [LicenseClaim(.id("BSD-3")), LicenseClaim(.name("My Licence"), text: "Be kind.")]
        slug.copyright = "NONE"
        slug.homepage = "localhost"
        slug.downloadLocation = "somewhere"
        slug.releaseDate = "yesterday"
        var inner = Component(ref: "inner", name: "inner")
        inner.parent = "slug"
        inner.licenses = [LicenseClaim(.expression("MIT OR Apache-2.0"))]
        inner.kind = .cryptographicAsset
        var innermost = Component(ref: "innermost", name: "innermost")
        innermost.parent = "inner"
        innermost.licenses = [LicenseClaim(.expression("GPL-2.0-only WITH No-Such-exception"))]
        innermost.kind = .deviceDriver
        var twin = Component(ref: "slug", name: "tiny-slug")
        twin.version = "1.0.3"
        twin.purl = "not a purl"
        twin.licenses = [LicenseClaim(.expression("MIT AND (GPLv2+ OR ???"))]
        var odd = Component(ref: "urn:cdx:odd", name: "")
        odd.kind = .source
        odd.licenses = [LicenseClaim(.noAssertion)]
        odd.concludedLicenses = [LicenseClaim(.none)]
        var other = Component(ref: "", name: "näme with/sign\n")
        other.licenses = [
            LicenseClaim(
                .expression(
                    "Apache-2.0+ AND DocumentRef-x:LicenseRef-y AND NOASSERTION AND GPL-2.0-with-classpath-exception")),
            LicenseClaim(.name("My Licence"), text: "Be cruel."), LicenseClaim(.name("Apache License, Version 2.0")),
        ]
        other.kind = .operatingSystem
        var service = Component(ref: "service", name: "a service")
        service.kind = .service
        service.supplier = Agent(.tool, name: "Provider")
        return [slug, inner, innermost, twin, odd, service, other]
    }

    private static var graph: [(ref: String, edges: [Dependency])] {
        [
            (
                "root",
                [
                    .init(from: "root", to: "pkg:maven/org.example/dates@2.4"), .init(from: "root", to: "slug"),
                    .init(from: "root", to: "nowhere"),
                ]
            ),
            (
                "slug",
                [
                    .init(from: "slug", to: "inner", kind: .contains),
                    .init(from: "slug", to: "service", kind: .dependsOn, label: "DEV_DEPENDENCY_OF"),
                    .init(from: "slug", to: "slug"), .init(from: "slug", to: "service"),
                    .init(from: "slug", to: "inner", kind: .other, label: "SPECIFICATION_FOR"),
                    .init(from: "slug", to: "inner", kind: .other, label: "NO SUCH"),
                ]
            ),
            ("slug", [.init(from: "slug", to: "inner")]),
            ("nowhere", [.init(from: "nowhere", to: "slug")]),
        ]
    }

    /// A vulnerability with every field.
    private static var hole: VulnerabilityClaim {
        var hole = VulnerabilityClaim(id: "CVE-2099-0001")
        hole.ref = "hole"
        hole.sourceName = "NVD"
        hole.sourceURL = "https://nvd.nist.gov/vuln/detail/CVE-2099-0001"
        hole.aliases = ["GHSA-aaaa-bbbb-cccc", "CVE-2099-0001"]
        hole.ratings = ratings
        hole.weaknesses = [79, 0]
        hole.description = "Invented."
        hole.detail = "More."
        hole.recommendation = "Upgrade"
        hole.workaround = "Turn it off."
        hole.advisories = ["https://example.org/a", ""]
        hole.advisoryTitles = ["https://example.org/a": "A hole in dates"]
        hole.rejected = "2099-03-01T00:00:00Z"
        hole.credits = [
            Agent(.organization, name: "Finders", urls: ["https://example.org/finders"]),
            Agent(.person, name: "Jane Doe", email: "jane@example.org"),
        ]
        hole.created = "2099-01-02"
        hole.published = "2099-01-02T00:00:00+01:00"
        hole.updated = "soon"
        var analysis = VulnerabilityClaim.Analysis()
        analysis.state = "not_affected"
        analysis.justification = "code_not_reachable"
        analysis.responses = ["update", "pray"]
        analysis.detail = "Not called."
        analysis.firstIssued = "2099-01-03T00:00:00Z"
        analysis.lastUpdated = "later"
        hole.analysis = analysis
        var affected = VulnerabilityClaim.Affected(ref: "pkg:maven/org.example/dates@2.4")
        var range = VulnerabilityClaim.Affected.Version()
        range.range = "vers:maven/<2.5"
        var version = VulnerabilityClaim.Affected.Version()
        version.version = "2.4"
        version.status = "unaffected"
        affected.versions = [range, version, .init()]
        hole.affects = [affected, .init(ref: "nowhere"), affected]
        hole.properties = [Property(name: "x", value: "y")]
        return hole
    }

    private static var ratings: [VulnerabilityClaim.Rating] {
        var four = VulnerabilityClaim.Rating()
        four.method = "CVSSv4"
        four.score = 8.7
        four.severity = "High"
        four.vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"
        var three = VulnerabilityClaim.Rating()
        three.method = "CVSSv3"
        three.source = "NVD"
        three.sourceURL = "https://nvd.nist.gov"
        three.justification = "Only a crash."
        three.score = 7.5
        three.vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
        var strange = VulnerabilityClaim.Rating()
        strange.method = "guess"
        strange.severity = "terrible"
        strange.score = .infinity
        return [four, three, strange]
    }

    /// The document in the output of one writer.
    func write(with writer: inout some BOMWriter, namespace: String) throws -> [UInt8] {
        let file = Memory()
        var sink = ByteSink(threshold: 64) { (bytes) throws(SinkError) in
            file.bytes.withLock { $0.append(contentsOf: bytes) }
        }
        try emit(with: &writer, namespace: namespace, to: &sink)
        try sink.flush()
        return file.bytes.withLock { $0 }
    }

    private func emit(with writer: inout some BOMWriter, namespace: String, to sink: inout ByteSink) throws {
        var document = self.document
        document.identifier = namespace
        try writer.begin(document, root: root, to: &sink)
        for (index, component) in components.enumerated() {
            let advisories = index == 0 ? vulnerabilities.map { Advisory(id: $0.id) } : []
            try writer.component(component, advisories: advisories, to: &sink)
        }
        for (ref, edges) in edges { try writer.dependencies(of: ref, edges, to: &sink) }
        for vulnerability in vulnerabilities { try writer.vulnerability(vulnerability, to: &sink) }
        try writer.end(to: &sink)
    }

    /// The destination of a test's bytes.
    private final class Memory: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    static let serial = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"
    static let namespace = "https://waybill.example.org/spdx/cart-1"

    func cycloneDX(_ version: CycloneDXVersion) throws -> [UInt8] { try cycloneDX(version, as: JSONTree.self) }

    func cycloneDX<Tree: TreeWriter>(_ version: CycloneDXVersion, as _: Tree.Type) throws -> [UInt8] {
        var writer = CycloneDXWriter<Tree>(version: version, tool: BOMTool(version: "1.0"))
        return try write(with: &writer, namespace: Self.serial)
    }

    func spdx(_ version: SPDXVersion) throws -> [UInt8] { try spdx(version, as: JSONTree.self) }

    func spdx<Tree: TreeWriter>(_ version: SPDXVersion, as _: Tree.Type) throws -> [UInt8] {
        var writer = SPDXWriter<Tree>(version: version, tool: BOMTool(version: "1.0"))
        return try write(with: &writer, namespace: Self.namespace)
    }

    func spdx3() throws -> [UInt8] {
        var writer = SPDX3Writer(tool: BOMTool(version: "1.0"))
        return try write(with: &writer, namespace: Self.namespace)
    }

    /// The spreadsheet, with the facts that it could not express.
    func workbook(_ version: SPDXVersion) throws -> (bytes: [UInt8], losses: [BOMLoss: Int]) {
        let file = Memory()
        let losses = try SPDXWorkbook(version: version, tool: BOMTool(version: "1.0"), time: 0).write(
            to: { bytes throws(SinkError) in file.bytes.withLock { $0.append(contentsOf: bytes) } },
            { writer, sink in try emit(with: &writer, namespace: Self.namespace, to: &sink) })
        return (file.bytes.withLock { $0 }, losses)
    }

    /// Every output: the validator's kind, the version, the ending, the bytes.
    func outputs() throws -> [Output] {
        var all: [Output] = []
        for version in SPDXVersion.allCases {
            all += [
                Output("spdx-json", version.rawValue, "json", try spdx(version)),
                Output("spdx-xml", version.rawValue, "xml", try spdx(version, as: XMLTree.self)),
                Output("spdx-yaml", version.rawValue, "yaml", try spdx(version, as: YAMLTree.self)),
                Output("spdx-tv", version.rawValue, "spdx", try spdx(version, as: TagValueTree.self)),
                Output("spdx-xlsx", version.rawValue, "xlsx", try workbook(version).bytes),
            ]
        }
        all.append(Output("spdx-jsonld", SPDX3Writer.version, "json", try spdx3()))
        for version in CycloneDXVersion.allCases {
            all += [
                Output("cyclonedx-json", version.rawValue, "json", try cycloneDX(version)),
                Output("cyclonedx-xml", version.rawValue, "xml", try cycloneDX(version, as: XMLTree.self)),
            ]
        }
        return all
    }

    struct Output: Equatable {
        let kind: String
        let version: String
        let ending: String
        let bytes: [UInt8]

        init(_ kind: String, _ version: String, _ ending: String, _ bytes: [UInt8]) {
            (self.kind, self.version, self.ending, self.bytes) = (kind, version, ending, bytes)
        }
    }

    /// Texts that some syntax may misread.
    static let traps = [
        "a: b # c", "- x", "{[}]", "yes", "~", "2020-01-01", "1.10", "0x1F", "\"quoted\" \\ back\\", "'", "%TAG", "| x",
        ">",
        "\u{85}next\u{2028}line\u{2029}\u{feff}\u{7f}\u{9f}\u{1}\u{fffe}", "<text>a</text>", "</text>", "a </text> b",
        "]]>",
        "&amp;<b attr='x'>", "=1+1", "@SUM(A1)", "+1", "-1", "_x000D_", "a_x0041_b", "line\r\nline\rline\n\tend",
        " blank ",
        "Tool: x", "Person: y", "SHA1: abc", "NONE", "NOASSERTION", "Created", "PackageName", "2020-01-01T00:00:00Z",
        "\u{1F600}", "# comment", "#N/A", "TRUE", "null", "\u{a0}", "---", "...", "!tag", "*alias", "&anchor",
    ]

    /// A component for each trap, with the trap in every field for texts.
    static var hostile: WriterSample {
        var it = WriterSample()
        it.document.name = traps[0]
        it.document.created = "2026-01-02T03:04:05Z"
        it.document.comment = traps.joined(separator: "\n")
        var root = Component(ref: "root", name: traps[14])
        root.kind = .application
        it.root = root
        for (index, trap) in traps.enumerated() {
            var component = Component(ref: trap.contains("\u{1}") ? "ref \(index)" : "\(trap) \(index)", name: trap)
            component.version = trap
            component.purl = "pkg:generic/trap@\(index)"
            component.group = trap
            component.author = trap
            component.publisher = trap
            component.supplier = Agent(.organization, name: trap)
            component.description = trap
            component.summary = trap
            component.comment = trap
            component.copyright = trap
            component.fileName = trap
            component.sourceInfo = trap
            component.licenseComment = trap
            component.attributionTexts = [trap, trap]
            component.licenses = [LicenseClaim(.name(trap), text: trap)]
            component.homepage = trap
            component.externalReferences = [ExternalReference(kind: "vcs", url: trap, comment: trap)]
            component.properties = [Property(name: trap, value: trap)]
            component.locations = [trap]
            it.components.append(component)
        }
        it.components[0].description = String(repeating: "0123456789", count: 4000)
        it.edges = [("root", it.components.map { Dependency(from: "root", to: $0.ref) })]
        return it
    }
}
