import BOM
import Bytes
import Foundation
import Testing

struct SPDX3WriterTests {
    /// The elements of a document by the part of their ids after the `#`, and their order.
    private struct Graph {
        var elements: [[String: Any]]

        init(_ bytes: [UInt8]) throws {
            let top = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect(top["@context"] as? String == "https://spdx.org/rdf/3.0.1/spdx-context.jsonld")
            elements = try #require(top["@graph"] as? [[String: Any]])
        }

        static func name(_ iri: Any?) -> String {
            (iri as? String ?? "").split(separator: "#").last.map(String.init) ?? ""
        }

        func all(_ type: String) -> [[String: Any]] { elements.filter { $0["type"] as? String == type } }

        /// `from name to to`, for relationships of a type.
        func relations(_ type: String = "Relationship") -> [String] {
            all(type).map { it in
                let to = (it["to"] as? [String] ?? []).map { Self.name($0) }.joined(separator: " ")
                return "\(Self.name(it["from"])) \(it["relationshipType"] ?? "") \(to)"
            }
        }
    }

    private func sample() -> WriterSample {
        var it = WriterSample()
        it.document.name = "Cart"
        it.document.created = "2026-01-02T03:04:05Z"
        it.document.creators = [Agent(.person, name: "Ann", email: "ann@example.org"), Agent(.tool, name: "scan-1")]
        it.root = Component(ref: "root", name: "cart")
        var dates = Component(ref: "a", name: "dates")
        dates.version = "1.0"
        dates.purl = "pkg:npm/dates@1.0"
        dates.licenses = [LicenseClaim(.expression("MIT AND LicenseRef-own"), text: "ours")]
        dates.concludedLicenses = [LicenseClaim(.none)]
        dates.supplier = Agent(.organization, name: "Acme")
        dates.cpes = ["cpe:2.3:a:acme:dates:1.0:*:*:*:*:*:*:*"]
        dates.hashes = [
            Hash(algorithm: "SHA3-256", value: String(repeating: "a", count: 64)), Hash(algorithm: "X", value: "1"),
        ]
        dates.externalReferences = [
            ExternalReference(kind: "vcs", url: "https://example.org/dates.git"),
            ExternalReference(kind: "poem", url: "https://example.org/poem"),
        ]
        var pad = Component(ref: "b", name: "pad")
        pad.licenses = [LicenseClaim(.id("MIT"))]
        pad.supplier = Agent(.organization, name: "Acme")
        pad.parent = "a"
        it.components = [dates, pad]
        it.edges = [
            (
                "root",
                [
                    Dependency(from: "root", to: "a"), Dependency(from: "root", to: "b"),
                    Dependency(from: "root", to: "no"),
                ]
            ),
            (
                "a",
                [
                    Dependency(from: "a", to: "b", kind: .dependsOn, label: "TEST_DEPENDENCY_OF"),
                    Dependency(from: "a", to: "b", kind: .other, label: "PATCH_FOR"),
                    Dependency(from: "a", to: "NONE", kind: .other, label: "BUILD_TOOL_OF"),
                ]
            ),
        ]
        var flaw = VulnerabilityClaim(id: "CVE-2026-1")
        var rating = VulnerabilityClaim.Rating()
        rating.vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
        flaw.ratings = [rating, VulnerabilityClaim.Rating()]
        flaw.weaknesses = [79]
        flaw.affects = [.init(ref: "a"), .init(ref: "a"), .init(ref: "gone")]
        var analysis = VulnerabilityClaim.Analysis()
        analysis.state = "not_affected"
        analysis.justification = "code_not_reachable"
        analysis.detail = "no call"
        flaw.analysis = analysis
        it.vulnerabilities = [flaw]
        return it
    }

    @Test func `elements, and how they name each other`() throws {
        let graph = try Graph(try sample().spdx3())
        let ids = graph.elements.compactMap { $0["spdxId"] as? String }
        #expect(Set(ids).count == ids.count)
        #expect(graph.all("CreationInfo").count == 1)
        #expect(graph.all("Organization").map { $0["name"] as? String } == ["Acme"])
        #expect(graph.all("software_Package").map { $0["name"] as? String } == ["cart", "dates", "pad"])
        #expect(graph.all("Tool").map { $0["name"] as? String } == ["Waybill-1.0", "scan-1"])
        let bill = try #require(graph.all("software_Sbom").first)
        #expect(
            (bill["element"] as? [String])?.map(Graph.name) == [
                "SPDXRef-Package-cart", "SPDXRef-Package-dates-1.0.tgz", "SPDXRef-Package-pad",
            ])
        let document = try #require(graph.all("SpdxDocument").first)
        #expect((document["rootElement"] as? [String])?.map(Graph.name) == ["SPDXRef-SBOM"])
        #expect(
            graph.relations() == [
                "SPDXRef-Package-dates-1.0.tgz hasDeclaredLicense SPDXRef-License-MIT-AND-LicenseRef-own",
                "SPDXRef-Package-dates-1.0.tgz hasConcludedLicense expandedlicensing_NoneLicense",
                "SPDXRef-Package-pad hasDeclaredLicense SPDXRef-License-MIT",
                "SPDXRef-Package-dates-1.0.tgz contains SPDXRef-Package-pad",
                "SPDXRef-Package-cart dependsOn SPDXRef-Package-dates-1.0.tgz SPDXRef-Package-pad",
                "SPDXRef-Package-pad patchedBy SPDXRef-Package-dates-1.0.tgz",
                "SPDXRef-Package-dates-1.0.tgz other NoneElement",
                "SPDXRef-Package-dates-1.0.tgz hasAssociatedVulnerability SPDXRef-Vulnerability-CVE-2026-1",
            ])
        let scoped = try #require(graph.all("LifecycleScopedRelationship").first)
        #expect(scoped["scope"] as? String == "test")
        let text = try #require(graph.all("simplelicensing_SimpleLicensingText").first)
        #expect(Graph.name(text["spdxId"]) == "LicenseRef-own")
        #expect(text["simplelicensing_licenseText"] as? String == "ours")
    }

    @Test func `a package and what is known of its vulnerability`() throws {
        let graph = try Graph(try sample().spdx3())
        let dates = graph.all("software_Package")[1]
        #expect(dates["software_packageUrl"] as? String == "pkg:npm/dates@1.0")
        #expect(dates["software_primaryPurpose"] as? String == "library")
        #expect(Graph.name(dates["suppliedBy"]) == "SPDXRef-Organization-Acme")
        let hashes = try #require(dates["verifiedUsing"] as? [[String: Any]])
        #expect(hashes.map { $0["algorithm"] as? String } == ["sha3_256"])
        let identifiers = try #require(dates["externalIdentifier"] as? [[String: Any]])
        #expect(identifiers.map { $0["externalIdentifierType"] as? String } == ["cpe23"])
        let references = try #require(dates["externalRef"] as? [[String: Any]])
        #expect(references.map { $0["externalRefType"] as? String } == ["vcs", "other"])
        #expect(references[1]["comment"] as? String == "poem")
        let score = try #require(graph.all("security_CvssV3VulnAssessmentRelationship").first)
        #expect(score["security_score"] as? Double == 9.8)
        #expect(score["security_severity"] as? String == "critical")
        let statement = try #require(graph.all("security_VexNotAffectedVulnAssessmentRelationship").first)
        #expect(statement["relationshipType"] as? String == "doesNotAffect")
        #expect(statement["security_justificationType"] as? String == "vulnerableCodeNotInExecutePath")
        #expect(statement["security_impactStatement"] as? String == "code_not_reachable: no call")
    }

    @Test func `steps out of turn and bad heads are refused`() throws {
        var writer = SPDX3Writer(tool: BOMTool(version: "1.0"))
        var sink = ByteSink()
        #expect(throws: SinkError.self) {
            try writer.component(Component(ref: "a", name: "a"), advisories: [], to: &sink)
        }
        var document = BOMDocument(standard: .spdx, version: "3.0")
        document.created = "yesterday"
        document.identifier = "https://example.org/x"
        #expect(throws: SinkError.self) { try writer.begin(document, root: nil, to: &sink) }
        document.created = "2026-01-01"
        document.identifier = "https://example.org/x#y"
        #expect(throws: SinkError.self) { try writer.begin(document, root: nil, to: &sink) }
    }
}
