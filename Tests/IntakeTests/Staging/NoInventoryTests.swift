import BOM
import Database
import Jobs
import Testing

@testable import Intake

/// A document without components is no inventory: product and project keep their content.
@Suite struct NoInventoryTests {
    private static let namespace = "http://cyclonedx.org/schema/bom/1.5"
    private static let root = #""metadata":{"component":{"type":"application","name":"shop","bom-ref":"root"}}"#
    private static let statement =
        #""vulnerabilities":[{"id":"CVE-1","analysis":{"state":"not_affected"},"affects":[{"ref":"root"}]}]"#

    /// Documents without content, in each syntax.
    static let empty = [
        #"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":null}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[null],"dependencies":[]}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5",\#(root),"components":[]}"#,
        #"{"components":[],"services":[{"name":"pay"}],"bomFormat":"CycloneDX","specVersion":"1.5"}"#,
        #"<bom xmlns="\#(namespace)" version="1"><components/></bom>"#,
        #"<bom xmlns="\#(namespace)" version="1"><metadata><component type="application"><name>a</name></component></metadata></bom>"#,
        #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","packages":[],"relationships":[]}"#,
        "SPDXVersion: SPDX-2.3\nDocumentName: d\nSPDXID: SPDXRef-DOCUMENT\n",
        "spdxVersion: SPDX-2.3\nname: d\npackages: []\n",
        #"{"sbom":{"spdxVersion":"SPDX-2.3","name":"d","packages":[]}}"#,
        // A component without any name does not count.
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library"}]}"#,
    ]

    static let statements = [
        #"{"bomFormat":"CycloneDX","specVersion":"1.5",\#(statement)}"#,
        #"{\#(statement),\#(root),"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}"#,
        #"<bom xmlns="\#(namespace)" version="1"><vulnerabilities><vulnerability><id>CVE-1</id></vulnerability></vulnerabilities></bom>"#,
    ]

    static let foreign = [
        #"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#,
        #"{"document":{"csaf_version":"2.0","category":"csaf_vex"}}"#,
    ]

    private func refusal(_ text: String, project: String, on bench: Workbench) throws -> String? {
        do {
            try bench.sbom(text, project: project)
            return nil
        } catch WorkError.hopeless(let why) {
            return why
        }
    }

    @Test(arguments: empty)
    func `An empty document is refused, and the project keeps its inventory`(text: String) throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1")]))
        let before = try bench.dump().filter { !$0.hasPrefix("scan") }
        let why = try #require(try refusal(text, project: "Project", on: bench))
        #expect(why.contains("no components"), "\(why)")
        #expect(try refusal(text, project: "Other", on: bench) != nil)
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM project") == 1)
        #expect(try bench.number("SELECT count(*) FROM project p JOIN occurrence o ON o.scan = p.scan") == 2)
        #expect(try bench.dump().filter { !$0.hasPrefix("scan") } == before)
    }

    @Test(arguments: foreign)
    func `Statements of other standards are called VEX, and the project keeps its inventory`(text: String) throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1")]))
        let why = try #require(try refusal(text, project: "Project", on: bench))
        #expect(why.contains("VEX document"), "\(why)")
        #expect(try refusal(text, project: "Other", on: bench) != nil)
        #expect(try bench.number("SELECT count(*) FROM project") == 1)
        #expect(try bench.number("SELECT count(*) FROM project p JOIN occurrence o ON o.scan = p.scan") == 2)
    }

    @Test(arguments: statements)
    func `Statements alone never empty a project`(text: String) throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1")]))
        let result = try bench.sbom(text)
        #expect(result.libraries == 2 && result.warnings.contains { $0.contains("VEX") }, "\(result.warnings)")
        #expect(try bench.number("SELECT count(*) FROM project p JOIN occurrence o ON o.scan = p.scan") == 2)
        let fresh = try bench.sbom(text, project: "Other")
        #expect(fresh.libraries == 0 && fresh.warnings.contains { $0.contains("VEX") }, "\(fresh.warnings)")
        // An SBOM takes their place.
        #expect(try bench.sbom(cycloneDX([("a", "1")]), project: "Other").libraries == 1)
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM scan") == 2)
    }

    @Test(arguments: Engine.allCases)
    func `Statements that came as an SBOM outlive the next one`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let claim = #"{"id":"CVE-2099-1","affects":[{"ref":"a"}]}"#
        let inventory = cycloneDX([("a", "1"), ("b", "1")], more: ",\"vulnerabilities\":[\(claim)]")
        let first = try bench.sbom(inventory)
        let states: SQL = "SELECT subject, state FROM alert WHERE type = 'SECURITY_VULNERABILITY'"
        #expect(try bench.texts(states) == ["CVE-2099-1|OPEN"])
        let result = try bench.sbom(
            #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","vulnerabilities":[{"id":"CVE-2099-1",
             "analysis":{"state":"not_affected"},"affects":[{"ref":"pkg:npm/a@1"}]}]}
            """#)
        #expect(result.projectToken == first.projectToken && result.libraries == 2)
        #expect(try bench.texts(states) == ["CVE-2099-1|IGNORED"])
        try bench.sbom(inventory)
        #expect(try bench.texts(states) == ["CVE-2099-1|IGNORED"])
        #expect(try bench.number("SELECT count(*) FROM vex_document WHERE state = 'CURRENT'") == 1)
    }

    @Test func `One component is an inventory, also below the described one, and so is a described package`() throws {
        let bench = try Workbench()
        let nested = #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"shop",
             "components":[{"type":"library","name":"in"}]}}}
            """#
        #expect(try bench.sbom(nested).libraries == 1)
        let package =
            #"{"spdxVersion":"SPDX-2.3","name":"d","documentDescribes":["a"],"packages":[{"SPDXID":"a","name":"a"}]}"#
        #expect(try bench.sbom(package).libraries == 1)
        let service = #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a"}],"services":[{"name":"s"}]}
            """#
        #expect(try bench.sbom(service).libraries == 2)
    }

    @Test func `Files alone are kept, with a warning`() throws {
        let bench = try Workbench()
        let text = #"""
            {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","files":[{"SPDXID":"f","fileName":"./a.c"}]}
            """#
        let result = try bench.sbom(text)
        #expect(result.libraries == 0 && result.warnings.contains { $0.contains("1 files and no package") })
        #expect(try bench.texts("SELECT path FROM source_file") == ["./a.c"])
    }

    // MARK: Versions

    private func versioned(_ version: String, name: String = "billing") -> String {
        cycloneDX(root: name, [("a", "1")]).replacing(#""version":"1.0"}}"#, with: #""version":"\#(version)"}}"#)
    }

    @Test func `Another version in the place of the one that is shown is a warning`() throws {
        let bench = try Workbench()
        #expect(try bench.sbom(versioned("1.0")).warnings.isEmpty)
        #expect(try bench.sbom(versioned("1.0")).warnings.isEmpty)
        let replaced = try bench.sbom(versioned("2.0")).warnings
        #expect(replaced.count == 1 && replaced[0].hasPrefix("billing 2.0 takes the place of billing 1.0"))
        #expect(replaced[0].contains("--project-version"))
        #expect(
            try bench.sbom(versioned("1.0", name: "shipping")).warnings.first?.hasPrefix("shipping 1.0 takes") == true)
        // An unknown version is not reported as replaced.
        #expect(try bench.sbom(versioned("")).warnings.isEmpty)
        #expect(try bench.sbom(versioned("3.0")).warnings.isEmpty)
        #expect(try bench.sbom(versioned("4.0"), project: "Project - 4.0").warnings.isEmpty)
    }

    @Test func `Vulnerabilities that only the product as a whole has are those of its own component`() throws {
        let bench = try Workbench()
        func document(_ vulnerabilities: String) -> String {
            #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
             "metadata":{"component":{"type":"application","bom-ref":"root","name":"billing","version":"1"}},
             "components":[{"type":"library","bom-ref":"a","name":"a","version":"1","purl":"pkg:npm/a@1"}],
             "vulnerabilities":[\#(vulnerabilities)]}
            """#
        }
        let open = try bench.sbom(document(#"{"id":"CVE-2099-1","affects":[{"ref":"root"}]}"#))
        #expect(open.warnings.isEmpty && open.libraries == 2)
        let alerts: SQL = """
            SELECT l.artifact, a.subject, a.state FROM alert a JOIN library l ON l.id = a.library
            WHERE a.type = 'SECURITY_VULNERABILITY' ORDER BY l.artifact
            """
        #expect(try bench.texts(alerts) == ["billing|CVE-2099-1|OPEN"])
        let settled = try bench.sbom(
            document(#"{"id":"CVE-2099-1","analysis":{"state":"not_affected"},"affects":[{"ref":"root"}]}"#)
        ).warnings
        #expect(settled.count == 1 && settled[0].contains("decide nothing yet"))
        // A claim about a component causes an alert, whatever other claims say about the product.
        let both = try bench.sbom(document(#"{"id":"CVE-2099-1","affects":[{"ref":"root"},{"ref":"a"}]}"#))
        #expect(both.warnings.isEmpty)
        #expect(try bench.texts(alerts) == ["a|CVE-2099-1|OPEN", "billing|CVE-2099-1|RESOLVED"])
    }

    @Test func `An older document in the place of a newer one is a warning`() throws {
        let bench = try Workbench()
        func made(_ time: String) -> String {
            cycloneDX(root: "billing", [("a", "1")])
                .replacing(#""metadata":{"#, with: #""metadata":{"timestamp":"\#(time)","#)
        }
        #expect(try bench.sbom(made("2026-03-01T10:00:00Z")).warnings.isEmpty)
        #expect(try bench.sbom(made("2026-03-01T12:00:00+02:00")).warnings.isEmpty)
        let older = try bench.sbom(made("2026-03-01T09:59:59Z")).warnings
        #expect(older.count == 1 && older[0].contains("2026-03-01 09:59:59"))
        #expect(older.first?.contains("2026-03-01 10:00:00") == true)
        #expect(try bench.sbom(made("2026-03-01T10:00:00Z")).warnings.isEmpty)
        // An unreadable time counts as absent.
        #expect(try bench.sbom(made("yesterday")).warnings.isEmpty)
    }

    @Test func `A package that the document describes and lists has a version, too`() throws {
        let bench = try Workbench()
        func document(_ version: String) -> String {
            """
            SPDXVersion: SPDX-2.3
            SPDXID: SPDXRef-DOCUMENT
            DocumentName: d
            PackageName: billing
            SPDXID: SPDXRef-a
            PackageVersion: \(version)
            PackageName: other
            SPDXID: SPDXRef-b
            Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
            """
        }
        #expect(try bench.sbom(document("1.0")).libraries == 2)
        #expect(
            try bench.sbom(document("1.1")).warnings.contains {
                $0.hasPrefix("billing 1.1 takes the place of billing 1.0")
            })
    }
}
