import BOM
import Testing

@Suite struct FactsTests {
    private func component() -> Component {
        var component = Component(ref: "", name: "na\"me\\ \u{1} \u{7f} ü 🙂\n")
        component.kind = .operatingSystem
        component.group = "g"
        component.version = "1"
        component.purl = "pkg:npm/x@1"
        component.cpes = ["cpe:2.3:a", "cpe:2.3:b"]
        component.supplier = Agent(.organization, name: "", email: "e", urls: ["u", "v"])
        component.originator = Agent(.person, name: "p")
        component.author = "author"
        component.publisher = "publisher"
        component.description = "description"
        component.summary = "summary"
        component.comment = "comment"
        component.copyright = "copyright"
        component.homepage = "homepage"
        component.downloadLocation = "NONE"
        component.fileName = "file"
        component.sourceInfo = "info"
        component.hashes = [Hash(algorithm: "SHA-1", value: "00"), Hash(algorithm: "MD5", value: "11")]
        component.licenses = [
            LicenseClaim(.id("MIT")), LicenseClaim(.name(""), text: "text", url: "url"),
            LicenseClaim(.expression("A OR B")), LicenseClaim(.none), LicenseClaim(.noAssertion),
        ]
        component.concludedLicenses = [LicenseClaim(.noAssertion)]
        component.licenseComment = "c"
        component.attributionTexts = ["t", ""]
        var reference = ExternalReference(kind: "vcs", url: "https://example.org", comment: "c")
        reference.hashes = [Hash(algorithm: "SHA-256", value: "22")]
        component.externalReferences = [reference]
        component.properties = [Property(name: "n", value: ""), Property(name: "", value: "v")]
        component.releaseDate = "2026-01-01"
        component.extra = #"{"a":[1,2]}"#
        return component
    }

    @Test func `A component comes back as it was`() throws {
        let component = component()
        let text = ComponentFacts.encode(component)
        #expect(try ComponentFacts.decode(text) == component)
        #expect(ComponentFacts.encode(try ComponentFacts.decode(text)) == text)
        #expect(try ComponentFacts.decode(ComponentFacts.encode(Component(ref: "", name: ""))).name == "")
    }

    @Test func `Where a component stands is no fact of it, but is kept with a root`() throws {
        var placed = component()
        placed.ref = "r"
        placed.scope = "optional"
        placed.parent = ""
        placed.locations = ["/a", "/b"]
        #expect(ComponentFacts.encode(placed) == ComponentFacts.encode(component()))
        let document = DocumentFacts(document: BOMDocument(standard: .spdx, version: "2.3"), root: placed)
        #expect(try DocumentFacts.decode(document.encode()) == document)
    }

    @Test(arguments: Component.Kind.allCases) func `Every kind comes back`(kind: Component.Kind) throws {
        var component = Component(ref: "", name: "n")
        component.kind = kind
        #expect(try ComponentFacts.decode(ComponentFacts.encode(component)).kind == kind)
    }

    @Test func `A document comes back as it was`() throws {
        var document = BOMDocument(standard: .cycloneDX, version: "1.6")
        document.name = "n"
        document.identifier = "urn:uuid:1"
        document.created = "2026-01-01T00:00:00Z"
        document.creators = [Agent(.tool, name: "t")]
        document.tools = ["a-1", "b-2"]
        document.comment = "c"
        document.dataLicense = "CC0-1.0"
        document.describes = ["x", "y"]
        var license = ExtractedLicense(id: "LicenseRef-1")
        license.name = "n"
        license.text = "t"
        license.urls = ["u"]
        license.comment = "c"
        document.extractedLicenses = [license]
        document.properties = [Property(name: "a", value: "b")]
        document.extra = "{}"
        let facts = DocumentFacts(document: document, root: nil)
        #expect(try DocumentFacts.decode(facts.encode()) == facts)
    }

    @Test func `Files and vulnerabilities come back as they were`() throws {
        var file = SourceFile(ref: "f", path: "/f")
        file.hashes = [Hash(algorithm: "SHA-1", value: "00")]
        file.licenses = [LicenseClaim(.id("MIT"))]
        file.concludedLicenses = [LicenseClaim(.none)]
        file.copyright = "c"
        file.component = "p"
        file.extra = "{}"
        #expect(try SourceFileFacts.decode(SourceFileFacts.encode(file)) == file)

        var claim = VulnerabilityClaim(id: "CVE-2099-1")
        claim.ref = "r"
        claim.sourceName = "s"
        claim.sourceURL = "u"
        claim.aliases = ["GHSA-1"]
        var rating = VulnerabilityClaim.Rating()
        rating.score = 9.1
        rating.severity = "critical"
        rating.method = "CVSSv31"
        rating.vector = "CVSS:3.1/AV:N"
        rating.source = "NVD"
        rating.sourceURL = "https://nvd.nist.gov"
        rating.justification = "j"
        claim.ratings = [rating, .init()]
        claim.weaknesses = [79, 89]
        claim.description = "d"
        claim.detail = "e"
        claim.recommendation = "f"
        claim.workaround = "w"
        claim.advisories = ["https://example.org/a", "https://example.org/b"]
        claim.advisoryTitles = ["https://example.org/b": "B"]
        claim.rejected = "4"
        claim.credits = [Agent(.person, name: "p", email: "e"), Agent(.organization, name: "o", urls: ["u"])]
        claim.created = "1"
        claim.published = "2"
        claim.updated = "3"
        var analysis = VulnerabilityClaim.Analysis()
        analysis.state = "not_affected"
        analysis.justification = "code_not_present"
        analysis.responses = ["update"]
        analysis.detail = "d"
        analysis.firstIssued = "5"
        analysis.lastUpdated = "6"
        claim.analysis = analysis
        var affected = VulnerabilityClaim.Affected(ref: "x")
        var version = VulnerabilityClaim.Affected.Version()
        version.range = "vers:npm/<2"
        version.status = "unaffected"
        affected.versions = [version, .init()]
        claim.affects = [affected]
        claim.properties = [Property(name: "p", value: "q")]
        claim.extra = "{}"
        #expect(try VulnerabilityFacts.decode(VulnerabilityFacts.encode(claim)) == claim)
    }

    @Test(arguments: ["", "{", "[]", #"{"name":1}"#, #"{"name":"a"} x"#])
    func `A text that is no facts is an error that says so`(text: String) {
        #expect(throws: FactsError.self) { try ComponentFacts.decode(text) }
    }
}
