import BOM
import Foundation
import Testing

private func read(_ text: String) throws -> (Collector, DependencyGraph) {
    var found = Collector()
    let graph = try BOMReader.read(bytes: Array(text.utf8), into: &found)
    return (found, graph)
}

private func bom(_ version: String, _ body: String) -> String {
    "<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/\(version)\" version=\"1\">\(body)</bom>"
}

private func refusal(_ text: String) -> String {
    var found = Collector()
    do {
        try BOMReader.read(bytes: Array(text.utf8), into: &found)
        return ""
    } catch {
        #expect(found.documents.isEmpty)
        return "\(error)"
    }
}

@Suite struct XMLReaderTests {
    /// A CycloneDX document with everything that the reader knows.
    private static let everything = """
        <?xml version="1.0" encoding="UTF-8"?>
        <bom xmlns="http://cyclonedx.org/schema/bom/1.6" xmlns:o="urn:other" serialNumber="urn:uuid:1" version="1" o:x="y">
          <metadata>
            <timestamp>2026-01-01T00:00:00Z</timestamp>
            <tools><components><component type="application"><name>gen</name><version>2</version></component></components></tools>
            <authors><author bom-ref="au"><name>Ann</name><email>a@x</email></author></authors>
            <component type="application" bom-ref="app"><name>App</name><version>1</version></component>
            <licenses><license><id>CC0-1.0</id></license></licenses>
          </metadata>
          <components>
            <component type="library" bom-ref="a" mime-type="text/plain">
              <o:foreign><name>not this</name></o:foreign>
              <supplier><name>S &amp; T</name><url>s1</url><url>s2</url><contact><email>e</email></contact></supplier>
              <name> A </name><version>1.10</version><description/>
              <scope>required</scope>
              <hashes><hash alg="SHA-1">
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
              </hash></hashes>
              <licenses>
                <license acknowledgement="declared"><id>MIT</id><text encoding="base64">SGkg4oKs</text><url>u</url></license>
                <license><name>N</name><text> kept <![CDATA[<as> it]]> stands </text></license>
                <expression acknowledgement="concluded">MIT OR Apache-2.0</expression>
              </licenses>
              <cpe>cpe:2.3:a:b</cpe><purl>pkg:npm/a@1.10?x=1&amp;y=2</purl>
              <pedigree><ancestors><component type="library"><name>old</name></component></ancestors>
                <commits><commit><uid>1</uid></commit></commits><notes>n</notes></pedigree>
              <externalReferences><reference type="website"><url>w</url></reference></externalReferences>
              <properties><property name="k">v</property></properties>
              <components><component type="file" bom-ref="a2"><name>inner</name></component></components>
              <evidence>
                <identity><field>purl</field><confidence>0.9</confidence><tools><tool ref="t"/></tools></identity>
                <occurrences><occurrence><location>/x/y</location><line>3</line></occurrence></occurrences>
                <licenses><license><id>ISC</id></license></licenses>
                <copyright><text>(c) 1</text><text>(c) 2</text></copyright>
              </evidence>
            </component>
          </components>
          <services><service bom-ref="svc"><provider><name>P</name></provider><name>svc</name>
            <endpoints><endpoint>https://e</endpoint></endpoints><authenticated>true</authenticated>
            <data><classification flow="inbound">PII</classification>
              <dataflow name="d"><classification flow="outbound">PIFI</classification>
                <source><url>u</url></source></dataflow></data></service></services>
          <dependencies>
            <dependency ref="app"><dependency ref="a"/></dependency>
            <dependency ref="a"><dependency ref="a2"/><provides ref="svc"/></dependency>
          </dependencies>
          <compositions><composition><aggregate>complete</aggregate>
            <dependencies><dependency ref="a"/></dependencies></composition></compositions>
          <vulnerabilities><vulnerability bom-ref="v"><id>CVE-1</id><source><name>NVD</name><url>n</url></source>
            <references><reference><id>GHSA-1</id><source/></reference></references>
            <ratings><rating><source><name>NVD</name></source><score>9.8</score><severity>critical</severity>
              <method>CVSSv31</method><vector>AV:N</vector></rating></ratings>
            <cwes><cwe>79</cwe></cwes>
            <credits><individuals><individual><name>I</name></individual></individuals></credits>
            <analysis><state>not_affected</state><justification>code_not_present</justification>
              <responses><response>update</response></responses><detail>d</detail></analysis>
            <affects><target><ref>a</ref><versions><version><range>vers:npm/&lt;2</range><status>affected</status>
              </version></versions></target></affects></vulnerability></vulnerabilities>
        </bom>
        """
    /// The same as JSON.
    private static let everythingAsJSON = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:1","metadata":{
          "timestamp":"2026-01-01T00:00:00Z","tools":{"components":[{"type":"application","name":"gen","version":"2"}]},
          "authors":[{"name":"Ann","email":"a@x"}],
          "component":{"type":"application","bom-ref":"app","name":"App","version":"1"},
          "licenses":[{"license":{"id":"CC0-1.0"}}]},
        "components":[{"type":"library","bom-ref":"a","mime-type":"text/plain",
          "supplier":{"name":"S & T","url":["s1","s2"],"contact":[{"email":"e"}]},"name":"A","version":"1.10",
          "scope":"required","hashes":[{"alg":"SHA-1","content":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],
          "licenses":[{"license":{"acknowledgement":"declared","id":"MIT","text":{"encoding":"base64","content":"SGkg4oKs"},"url":"u"}},
            {"license":{"name":"N","text":{"content":" kept <as> it stands "}}},
            {"expression":"MIT OR Apache-2.0","acknowledgement":"concluded"}],
          "cpe":"cpe:2.3:a:b","purl":"pkg:npm/a@1.10?x=1&y=2",
          "pedigree":{"ancestors":[{"type":"library","name":"old"}],"commits":[{"uid":"1"}],"notes":"n"},
          "externalReferences":[{"type":"website","url":"w"}],"properties":[{"name":"k","value":"v"}],
          "components":[{"type":"file","bom-ref":"a2","name":"inner"}],
          "evidence":{"identity":[{"field":"purl","confidence":0.9,"tools":["t"]}],
            "occurrences":[{"location":"/x/y","line":3}],"licenses":[{"license":{"id":"ISC"}}],
            "copyright":[{"text":"(c) 1"},{"text":"(c) 2"}]}}],
        "services":[{"bom-ref":"svc","provider":{"name":"P"},"name":"svc","endpoints":["https://e"],"authenticated":true,
          "data":[{"flow":"inbound","classification":"PII"},{"name":"d","flow":"outbound","classification":"PIFI","source":["u"]}]}],
        "dependencies":[{"ref":"app","dependsOn":["a"]},{"ref":"a","dependsOn":["a2"],"provides":["svc"]}],
        "compositions":[{"aggregate":"complete","dependencies":["a"]}],
        "vulnerabilities":[{"bom-ref":"v","id":"CVE-1","source":{"name":"NVD","url":"n"},
          "references":[{"id":"GHSA-1","source":null}],
          "ratings":[{"source":{"name":"NVD"},"score":9.8,"severity":"critical","method":"CVSSv31","vector":"AV:N"}],
          "cwes":[79],"credits":{"individuals":[{"name":"I"}]},
          "analysis":{"state":"not_affected","justification":"code_not_present","response":["update"],"detail":"d"},
          "affects":[{"ref":"a","versions":[{"range":"vers:npm/<2","status":"affected"}]}]}]}
        """#

    @Test func `A CycloneDX document becomes what its JSON becomes`() throws {
        let (xml, graph) = try read(Self.everything)
        let (json, _) = try read(Self.everythingAsJSON)
        #expect(xml.components == json.components && xml.vulnerabilities == json.vulnerabilities)
        #expect(xml.dependencies == json.dependencies && xml.documents == json.documents)
        #expect(xml.warnings == json.warnings)
        #expect(graph.levels().maximum == 2 && xml.components.count == 4)
    }

    @Test(arguments: ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
    func `Every version is read, a prefix or an encoding makes no difference`(version: String) throws {
        let body = "<c:components><c:component type=\"library\"><c:name>\u{E9}</c:name></c:component></c:components>"
        let text =
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"
            + "<c:bom xmlns:c=\"http://cyclonedx.org/schema/bom/\(version)\">\(body)</c:bom>"
        var found = Collector()
        try BOMReader.read(bytes: Array(try #require(text.data(using: .isoLatin1))), into: &found)
        #expect(found.components.map(\.name) == ["é"] && found.document?.version == version)
        let wide = text.replacing("ISO-8859-1", with: "UTF-16")
        var again = Collector()
        try BOMReader.read(bytes: Array(try #require(wide.data(using: .utf16))), into: &again)
        #expect(again.components == found.components)
    }

    @Test func `SPDX elements may repeat in any order`() throws {
        let (found, _) = try read(
            """
            <Document><SPDXID>SPDXRef-DOCUMENT</SPDXID><spdxVersion>SPDX-2.3</spdxVersion>
            <packages><SPDXID>SPDXRef-a</SPDXID><name>a</name><filesAnalyzed>false</filesAnalyzed>
              <checksums><algorithm>MD5</algorithm><checksumValue>\(String(repeating: "0", count: 32))</checksumValue></checksums>
              <externalRefs><referenceCategory>PACKAGE-MANAGER</referenceCategory><referenceType>purl</referenceType>
                <referenceLocator>pkg:npm/a@1</referenceLocator></externalRefs></packages>
            <relationships><spdxElementId>SPDXRef-DOCUMENT</spdxElementId><relationshipType>DESCRIBES</relationshipType>
              <relatedSpdxElement>SPDXRef-a</relatedSpdxElement></relationships>
            <packages><SPDXID>SPDXRef-b</SPDXID><name>b</name></packages>
            <hasExtractedLicensingInfos><licenseId>LicenseRef-1</licenseId><extractedText> as it
              stands</extractedText></hasExtractedLicensingInfos></Document>
            """)
        #expect(found.components.map(\.purl) == ["pkg:npm/a@1", ""] && found.components[0].hashes.count == 1)
        #expect(found.document?.describes == ["SPDXRef-a"])
        #expect(found.document?.extractedLicenses.first?.text == " as it\n  stands")
    }

    @Test func `What is no such document is refused`() {
        #expect(refusal("<html/>").contains("<html>"))
        #expect(refusal("<bom xmlns=\"urn:x\"/>").contains("urn:x"))
        #expect(refusal(bom("0.9", "")).contains("0.9"))
        #expect(refusal(bom("1.5", "<components></bom>")).contains("not well-formed"))
        #expect(
            refusal(bom("1.5", "<components><component><name>a</name><name>b</name></component></components>"))
                .contains("twice"))
        #expect(refusal(bom("1.5", "&unknown;")).contains("unknown"))
        let nested = String(repeating: "<components><component bom-ref=\"a\"><name>a</name>", count: 100)
        let end = String(repeating: "</component></components>", count: 100)
        #expect(refusal(bom("1.5", nested + end)).contains("deeper"))
    }

    @Test func `A document type is refused before its entities mean anything`() {
        var bomb = "<!DOCTYPE bom [<!ENTITY a \"aaaaaaaaaa\">"
        for (name, value) in zip("bcdefghijk", "abcdefghij") {
            bomb += "<!ENTITY \(name) \"\(String(repeating: "&\(value);", count: 10))\">"
        }
        let body = "<components><component><name>&k;</name></component></components>"
        let head = "<?xml version=\"1.0\"?>"
        #expect(refusal(head + bomb + "]>" + bom("1.5", body).dropFirst(21)).contains("DOCTYPE"))
        let outside = "<!DOCTYPE bom [<!ENTITY k SYSTEM \"file:///etc/passwd\">]>"
        #expect(refusal(head + outside + bom("1.5", body).dropFirst(21)).contains("DOCTYPE"))
        #expect(
            refusal(head + "<!DOCTYPE bom SYSTEM \"http://127.0.0.1:1/x.dtd\">" + bom("1.5", body).dropFirst(21))
                .contains("DOCTYPE"))
    }

    /// Found by fuzzing: libxml2 stops at bytes that it cannot convert without an error, and the reader waited
    /// forever.
    @Test func `A text whose bytes are not of its encoding is refused`() {
        let head = Array("<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n<bom a=\"".utf8)
        let text = head + [0xE0] + Array("\"/>".utf8)
        var found = Collector()
        #expect(throws: BOMError.self) { try BOMReader.read(bytes: text, into: &found) }
    }
}
