import BOM
import Testing

private func read(_ bytes: [UInt8]) throws -> Collector {
    var found = Collector()
    try BOMReader.read(bytes: bytes, into: &found)
    return found
}

/// SPDX in RDF/XML and in workbooks has the same content as in JSON.
@Suite struct RDFReaderTests {
    private static func rdf(_ content: String) -> String {
        """
        <rdf:RDF xmlns:s="http://spdx.org/rdf/terms#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:doap="http://usefulinc.com/ns/doap#">\(content)</rdf:RDF>
        """
    }

    /// The package is inside a relationship of the document, its file elsewhere; attributes are properties, too.
    private static let told = rdf(
        """
        <s:SpdxDocument rdf:about="https://x/d#SPDXRef-DOCUMENT" s:specVersion="SPDX-2.3">
          <s:dataLicense rdf:resource="http://spdx.org/licenses/CC0-1.0"/><s:name>it</s:name>
          <s:creationInfo><s:CreationInfo><s:created>2026-01-01T00:00:00Z</s:created><s:creator>Tool: gen-1</s:creator>
            <s:creator>Person: Änn (a@x)</s:creator></s:CreationInfo></s:creationInfo>
          <s:relationship><s:Relationship>
            <s:relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/>
            <s:relatedSpdxElement><s:Package rdf:about="https://x/d#SPDXRef-a">
              <s:name>a</s:name><s:versionInfo>1.10</s:versionInfo>
              <s:downloadLocation rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
              <s:filesAnalyzed>false</s:filesAnalyzed><doap:homepage>https://a.example/</doap:homepage>
              <s:primaryPackagePurpose rdf:resource="http://spdx.org/rdf/terms#purpose_operatingSystem"/>
              <s:checksum><s:Checksum><s:algorithm rdf:resource="http://spdx.org/rdf/terms#checksumAlgorithm_md5"/>
                <s:checksumValue>0123456789abcdef0123456789abcdef</s:checksumValue></s:Checksum></s:checksum>
              <s:externalRef><s:ExternalRef>
                <s:referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_packageManager"/>
                <s:referenceType rdf:resource="http://spdx.org/rdf/references/purl"/>
                <s:referenceLocator>pkg:npm/a@1.10</s:referenceLocator></s:ExternalRef></s:externalRef>
              <s:licenseDeclared><s:DisjunctiveLicenseSet>
                <s:member><s:WithExceptionOperator><s:member rdf:resource="http://spdx.org/licenses/GPL-2.0-only"/>
                  <s:licenseException><s:LicenseException rdf:about="http://spdx.org/licenses/Classpath-exception-2.0"/>
                  </s:licenseException></s:WithExceptionOperator></s:member>
                <s:member rdf:resource="https://x/d#LicenseRef-1"/></s:DisjunctiveLicenseSet></s:licenseDeclared>
              <s:relationship rdf:parseType="Resource">
                <s:relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_buildDependencyOf"/>
                <s:relatedSpdxElement rdf:resource="https://x/d#SPDXRef-b"/></s:relationship>
            </s:Package></s:relatedSpdxElement></s:Relationship></s:relationship>
        </s:SpdxDocument>
        <rdf:Description rdf:about="https://x/d#SPDXRef-b"><rdf:type rdf:resource="http://spdx.org/rdf/terms#Package"/>
          <s:name>b</s:name><s:downloadLocation>https://b/</s:downloadLocation></rdf:Description>
        <s:ExtractedLicensingInfo rdf:about="https://x/d#LicenseRef-1"><s:licenseId>LicenseRef-1</s:licenseId>
          <s:extractedText>all &lt;b&gt; rights</s:extractedText></s:ExtractedLicensingInfo>
        """)

    private static let json = #"""
        {"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3","name":"it","dataLicense":"CC0-1.0","documentNamespace":
         "https://x/d","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: gen-1","Person: Änn (a@x)"]},
         "packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1.10","downloadLocation":"NOASSERTION",
          "filesAnalyzed":false,"homepage":"https://a.example/","primaryPackagePurpose":"OPERATING-SYSTEM",
          "checksums":[{"algorithm":"MD5","checksumValue":"0123456789abcdef0123456789abcdef"}],
          "licenseDeclared":"(GPL-2.0-only WITH Classpath-exception-2.0 OR LicenseRef-1)",
          "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/a@1.10"}]},
          {"SPDXID":"SPDXRef-b","name":"b","downloadLocation":"https://b/"}],
         "relationships":[
          {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"},
          {"spdxElementId":"SPDXRef-a","relationshipType":"BUILD_DEPENDENCY_OF","relatedSpdxElement":"SPDXRef-b"}],
         "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-1","extractedText":"all <b> rights"}]}
        """#

    @Test func `RDF gives the same parts as JSON`() throws {
        let (rdf, json) = try (read(Array(Self.told.utf8)), read(Array(Self.json.utf8)))
        #expect(rdf.components == json.components)
        #expect(rdf.components.map(\.name) == ["a", "b"])
        #expect(rdf.document == json.document)
        #expect(rdf.document?.extractedLicenses.first?.text == "all <b> rights")
        #expect(rdf.dependencies == json.dependencies)
        #expect(rdf.dependencies.count == 1)
        #expect(rdf.warnings.isEmpty)
    }

    @Test func `RDF that says nothing of SPDX is refused`() throws {
        for (content, word) in [
            ("", "SpdxDocument"), ("<s:Package/>", "SpdxDocument"), ("<s:SpdxDocument>", "not well-formed"),
            (
                // A licence set that contains itself is endless.
                """
                <s:SpdxDocument rdf:about="d"/><s:Package rdf:about="#p"><s:name>p</s:name><s:licenseConcluded>
                <s:ConjunctiveLicenseSet rdf:nodeID="l"><s:member rdf:nodeID="l"/></s:ConjunctiveLicenseSet>
                </s:licenseConcluded></s:Package>
                """, "nested"
            ),
        ] {
            let error = #expect(throws: BOMError.self) { try read(Array(Self.rdf(content).utf8)) }
            #expect("\(error as Any)".contains(word), "\(error as Any)")
        }
    }

    @Test(arguments: ["2.2", "2.3"]) func `every syntax of SPDX is read as it was written`(version: String) throws {
        let outputs = try WriterSample.full.outputs().filter { $0.kind.hasPrefix("spdx") && $0.version == version }
        #expect(outputs.count == 5)
        let json = try read(try #require(outputs.first { $0.kind == "spdx-json" }).bytes)
        for output in outputs {
            let found = try read(output.bytes)
            for (one, other) in zip(found.components, json.components) {
                var other = other
                // XML cannot contain control characters.
                if output.kind == "spdx-xml" { other.description.replace("\u{1}", with: "\u{FFFD}") }
                #expect(one == other, "\(output.kind): \(one.name)")
            }
            #expect(found.components.count == json.components.count)
            #expect(found.dependencies == json.dependencies, "\(output.kind)")
            // Unknown properties are kept unchanged, member by member.
            var (one, other) = (try #require(found.document), try #require(json.document))
            (one.extra, other.extra) = ("", "")
            // Tag-value must quote a licence that is called NOASSERTION, to distinguish it from the keyword.
            one.extractedLicenses.removeAll { $0.text == "NOASSERTION" }
            other.extractedLicenses.removeAll { $0.text == "NOASSERTION" }
            #expect(one == other, "\(output.kind)")
        }
    }

    @Test func `a workbook of something else is refused`() throws {
        let xlsx = try #require(try WriterSample.full.outputs().first { $0.kind == "spdx-xlsx" })
        var broken = xlsx.bytes
        broken.removeLast(40)
        #expect(throws: BOMError.self) { try read(broken) }
    }
}
