import BOM
import Foundation
import Testing

private func read(_ text: String) throws -> Collector {
    var found = Collector()
    try BOMReader.read(bytes: Array(text.utf8), into: &found)
    return found
}

/// Documents of real generators that break the standards and are read by their meaning.
@Suite struct OddFileTests {
    // MARK: null

    /// Each kind of list and member that a reader knows; without brackets, braces and colons in texts.
    private static let cycloneDX = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn","version":1,"metadata":{"timestamp":"t",
        "tools":{"components":[{"name":"syft","version":"1"}],"services":[{"name":"s"}]},"authors":[{"name":"A","email":"e"}],
        "component":{"type":"application","name":"app","version":"1","bom-ref":"root"},"manufacture":{"name":"m"},
        "supplier":{"name":"s","url":["u"],"contact":[{"name":"c","email":"e"}]},"licenses":[{"license":{"id":"MIT"}}],
        "properties":[{"name":"n","value":"v"}]},"components":[{"type":"library","bom-ref":"a","group":"g","name":"a",
        "version":"1","purl":"pkg","cpe":"c","supplier":{"name":"s","url":["u"],"contact":[{"name":"c"}]},
        "manufacturer":{"name":"m"},"author":"x","authors":[{"name":"y","email":"z"}],"publisher":"p","description":"d",
        "scope":"required","hashes":[{"alg":"SHA-1","content":"ab"}],"licenses":[{"license":{"id":"MIT","text":{"content":"t",
        "encoding":"base64"},"url":"u"}},{"expression":"MIT"}],"copyright":"c","externalReferences":[{"type":"vcs","url":"u",
        "comment":"c","hashes":[{"alg":"MD5","content":"x"}]}],"properties":[{"name":"n","value":"v"}],
        "components":[{"type":"file","name":"in","bom-ref":"in"}],"evidence":{"occurrences":[{"location":"l"}],
        "copyright":[{"text":"t"}],"licenses":[{"license":{"name":"x"}}],"identity":[{"field":"purl"}]},"swid":{"tagId":"t"}}],
        "services":[{"name":"s","provider":{"name":"p"},"endpoints":["e"]}],"dependencies":[{"ref":"root","dependsOn":["a"],
        "provides":["a"]}],"vulnerabilities":[{"bom-ref":"v","id":"CVE-1","source":{"name":"n","url":"u"},"references":[{"id":"G",
        "source":{"name":"g"}}],"ratings":[{"source":{"name":"n"},"score":1,"severity":"low","method":"CVSSv3","vector":"v"}],
        "cwes":[79],"description":"d","detail":"d","recommendation":"r","advisories":[{"title":"t","url":"u"}],"created":"c",
        "published":"p","updated":"u","analysis":{"state":"not_affected","justification":"j","response":["update"],
        "detail":"d"},"affects":[{"ref":"a","versions":[{"version":"1","status":"affected"}]}],"properties":[{"name":"n",
        "value":"v"}]}],"properties":[{"name":"n","value":"v"}],"externalReferences":[{"type":"bom","url":"u"}]}
        """#

    private static let spdx = #"""
        {"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"n","documentNamespace":"ns",
        "comment":"c","creationInfo":{"created":"t","creators":["Tool x"],"licenseListVersion":"3"},
        "documentDescribes":["SPDXRef-a"],"externalDocumentRefs":[{"externalDocumentId":"DocumentRef-x"}],
        "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-1","name":"n","extractedText":"t","seeAlsos":["u"],
        "comment":"c"}],"packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","packageFileName":"f","supplier":"s",
        "originator":"o","downloadLocation":"d","filesAnalyzed":true,"packageVerificationCode":{"packageVerificationCodeValue":"v"},
        "checksums":[{"algorithm":"SHA1","checksumValue":"ab"}],"homepage":"h","sourceInfo":"s","licenseConcluded":"MIT",
        "licenseInfoFromFiles":["MIT"],"licenseDeclared":"MIT","licenseComments":"l","copyrightText":"c","summary":"s",
        "description":"d","comment":"c","externalRefs":[{"referenceCategory":"SECURITY","referenceType":"advisory",
        "referenceLocator":"l","comment":"c"}],"attributionTexts":["t"],"primaryPackagePurpose":"LIBRARY",
        "releaseDate":"r","hasFiles":["SPDXRef-f"],"annotations":[{"comment":"c"}]}],"files":[{"SPDXID":"SPDXRef-f",
        "fileName":"f","fileTypes":["SOURCE"],"checksums":[{"algorithm":"SHA1","checksumValue":"ab"}],"licenseConcluded":"MIT",
        "licenseInfoInFiles":["MIT"],"copyrightText":"c"}],"snippets":[{"SPDXID":"SPDXRef-s","ranges":[{"x":1}]}],
        "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"}]}
        """#

    /// The end of the value that begins at an index of a JSON text.
    private static func end(of start: String.Index, in text: String) -> String.Index {
        var (depth, isInText, index) = (0, false, start)
        while index < text.endIndex {
            let character = text[index]
            if character == "\"" { isInText.toggle() }
            if !isInText {
                if depth == 0, index > start, ",]}".contains(character) { return index }
                if "{[".contains(character) { depth += 1 }
                if "}]".contains(character) { depth -= 1 }
            }
            index = text.index(after: index)
        }
        return index
    }

    @Test(arguments: [cycloneDX, spdx])
    func `Each member may be null`(text: String) throws {
        // These members identify the document.
        let needed = ["bomFormat", "specVersion", "spdxVersion"]
        var count = 0
        for match in text.matches(of: /"([A-Za-z-]+)":/) where !needed.contains(String(match.1)) {
            var changed = text
            changed.replaceSubrange(
                match.range.upperBound..<Self.end(of: match.range.upperBound, in: text), with: "null")
            #expect(
                throws: Never.self, "\(match.1) at \(text.distance(from: text.startIndex, to: match.range.lowerBound))"
            ) {
                _ = try read(changed)
            }
            count += 1
        }
        #expect(count > 50)
    }

    @Test(arguments: [cycloneDX, spdx])
    func `Each list may hold null, and loses nothing by it`(text: String) throws {
        let whole = try read(text)
        var count = 0
        for match in text.matches(of: /\[/) {
            let end = Self.end(of: match.range.lowerBound, in: text)
            var changed = text
            changed.replaceSubrange(text.index(before: end)..<end, with: ",null,null]")
            changed.replaceSubrange(match.range, with: "[null,")
            let odd = try read(changed)
            let place = "\(text[..<match.range.lowerBound].suffix(40))"
            #expect(odd.components.map(\.name) == whole.components.map(\.name), "\(place)")
            #expect(odd.components.map(\.hashes) == whole.components.map(\.hashes), "\(place)")
            #expect(odd.components.map(\.licenses) == whole.components.map(\.licenses), "\(place)")
            #expect(odd.components.map(\.locations) == whole.components.map(\.locations), "\(place)")
            #expect(odd.vulnerabilities.map(\.affects) == whole.vulnerabilities.map(\.affects), "\(place)")
            #expect(odd.files.map(\.ref) == whole.files.map(\.ref), "\(place)")
            #expect(odd.dependencies == whole.dependencies, "\(place)")
            #expect(odd.document?.describes == whole.document?.describes, "\(place)")
            #expect(odd.warnings == whole.warnings, "\(place)")
            count += 1
        }
        #expect(count > 14)
    }

    @Test func `YAML writes nothing in several ways`() throws {
        let found = try read(
            """
            spdxVersion: SPDX-2.2.1
            SPDXID: SPDXRef-DOCUMENT
            name: ~
            documentDescribes: [null, SPDXRef-a]
            packages:
            - ~
            - SPDXID: SPDXRef-a
              name: a
              checksums: null
              licenseConcluded:
              attributionTexts: [~]
            relationships:
            """)
        #expect(found.components.map(\.name) == ["a"] && found.document?.describes == ["SPDXRef-a"])
        #expect(found.document?.version == "2.2" && found.warnings.isEmpty)
    }

    // MARK: Versions

    @Test(arguments: [("SPDX-2.2.1", "2.2"), ("SPDX-2.3.1", "2.3"), ("SPDX-2.1.13", "2.1"), ("SPDX-2.3", "2.3")])
    func `A corrected edition of SPDX is read as its version`(text: String, version: String) throws {
        let package = #""packages":[{"SPDXID":"SPDXRef-a","name":"a"}]"#
        #expect(try read(#"{"spdxVersion":"\#(text)",\#(package)}"#).document?.version == version)
        #expect(try read(#"{\#(package),"spdxVersion":"\#(text)"}"#).document?.version == version)
        #expect(try read("SPDXVersion: \(text)\nPackageName: a\nSPDXID: SPDXRef-a\n").document?.version == version)
        #expect(try read("spdxVersion: \(text)\npackages:\n- name: a\n").document?.version == version)
        #expect(
            try read("<Document><spdxVersion>\(text)</spdxVersion><packages><name>a</name></packages></Document>")
                .document?.version == version)
    }

    @Test(arguments: ["SPDX-2.4", "SPDX-2.2.", "SPDX-2.2.x", "SPDX-2.2.1.1", "SPDX-3.0.1", "2.2.1", "SPDX-"])
    func `Another version is refused`(text: String) {
        #expect(throws: BOMError.self) { try read(#"{"spdxVersion":"\#(text)"}"#) }
    }

    // MARK: Wrappers

    private static let inner = #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a"}]}"#
    private static let packages = #""packages":[{"name":"b"},{"name":"c"}]"#

    @Test(arguments: [
        (#"{"sbom":\#(inner)}"#, ["a"]), (#"{"sbom":{"spdxVersion":"SPDX-2.3",\#(packages)}}"#, ["b", "c"]),
        (#"{"sbom":{\#(packages),"spdxVersion":"SPDX-2.3"},"url":"https://api.github.com"}"#, ["b", "c"]),
        (#"{"generated":{"at":[1]}, "sbom": \#(inner) , "more":[{}]} "#, ["a"]),
        // Members of the document take precedence over a foreign member with the same name.
        (#"{"sbom":{"x":1},"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"d"}]}"#, ["d"]),
    ])
    func `The answer of GitHub's dependency graph is read as the document in it`(text: String, names: [String]) throws {
        #expect(try read(text).components.map(\.name) == names)
        var found = Collector()
        let wide = try #require(text.data(using: .utf16LittleEndian))
        try BOMReader.read(bytes: Array(wide), into: &found)
        #expect(found.components.map(\.name) == names)
    }

    @Test(arguments: [
        (#"{"sbom":\#(inner)"#, "too early"), (#"{"sbom":\#(inner)}}"#, "end of the text"),
        (#"{"sbom":{"sbom":\#(inner)}}"#, "sbom"), (#"{"sbom":null}"#, "sbom"), (#"{"sbom":[\#(inner)]}"#, "sbom"),
        (#"{"sbom":{"spdxVersion":"SPDX-9"}}"#, "SPDX-9"),
    ])
    func `A wrapper that is broken or empty is refused`(text: String, sign: String) {
        let error = #expect(throws: BOMError.self) { try read(text) }
        #expect(error.map { "\($0)".contains(sign) } == true, "\(String(describing: error))")
    }

    // MARK: Packing

    @Test(arguments: [
        (
            "zstd",
            "KLUv/SB7BQMAcgYVF4Crxtg/dpZsKBWTPQwBSLJEuj1wMCsjURIdAOplm8bi63Xsna6SSYVxXm+sdAhZT/r2wehgO6nntACo1w8yU67RNs7T"
                + "B7EPOq0OrylzEhYOKkMBAgDwFYcfYpYB"
        ),
        (
            "zstd, a note and two frames",
            "UipNGAQAAABub3RlKLUv/SA91QEAUkMMEpDPARuMoyGoa94ROUOQmvOfS6/XOdTzBQgfh92mZGexOM9HhcF2y5KP0/Rkm9fqNwEAH2KWASi1"
                + "L/0gPtUBAOKDDRKQzwEIL25wa4rW/o+GBipjV5S33IswzndPydj04KkXMvD8bsYdvEYTj2LnN6zzlvDldO0eDAA="
        ),
        (
            "xz",
            "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AB6AGNdAD2IiEcz+0cz8JD+kw4JfaYOgPh5LWUIWKWFBNJk4BqdWBmJBlcoctF3aENFMmXfTSDh"
                + "y2xGwDaHwm0cSmEy/SUbXyxNRLxMX11Vjfi0krefJSAOBoSkp7uhdR/VOk1rrTVm4wAAbncdF+1RENYAAX97pnj2Tx+2830BAAAAAARZ"
                + "Wg=="
        ),
        (
            "xz, two streams with padding",
            "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AA8ADldAD2IiEcz+0cz8JD+kw4JfaYOgPh5LWUIWKWFBNJk4BqdWBmJBlcoctF3aENFMmXfTSDh"
                + "y2xGvqx4kgAAAAA985wR27nmjAABVT0rUCK/H7bzfQEAAAAABFlaAAAAAAAAAAD9N3pYWgAABObWtEYCACEBFgAAAHQv5aMBAD1wb25l"
                + "bnRzIjpbeyJ0eXBlIjoibGlicmFyeSIsIm5hbWUiOiJwYWNrZWQiLCJ2ZXJzaW9uIjoiMS4wIn1dfQAAADh2xasfONvIAAFWPlJSBg0f"
                + "tvN9AQAAAAAEWVo="
        ),
        (
            "xz in ZIP",
            "UEsDBBQAAAAAAFmffV1tt7FcoAAAAKAAAAALAAAAYm9tLmpzb24ueHr9N3pYWgAABObWtEYCACEBFgAAAHQv5aPgAHoAY10APYiIRzP7RzPw"
                + "kP6TDgl9pg6A+HktZQhYpYUE0mTgGp1YGYkGVyhy0XdoQ0UyZd9NIOHLbEbANofCbRxKYTL9JRtfLE1EvExfXVWN+LSSt58lIA4GhKSn"
                + "u6F1H9U6TWutNWbjAABudx0X7VEQ1gABf3umePZPH7bzfQEAAAAABFlaUEsBAhQDFAAAAAAAWZ99XW23sVygAAAAoAAAAAsAAAAAAAAA"
                + "AAAAAIABAAAAAGJvbS5qc29uLnh6UEsFBgAAAAABAAEAOQAAAMkAAAAAAA=="
        ),
    ])
    func `A packed document is read as it is`(packing: String, base64: String) throws {
        let bytes = Array(try #require(Data(base64Encoded: base64)))
        var found = Collector()
        try BOMReader.read(bytes: bytes, into: &found)
        #expect(found.components.map(\.name) == ["packed"])
        var nothing = Collector()
        #expect(throws: BOMError.self) { try BOMReader.read(bytes: bytes.dropLast(6), into: &nothing) }
        #expect(nothing.documents.isEmpty)
    }

    // MARK: What is no inventory

    @Test(arguments: [
        (#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","statements":[]}"#, "OpenVEX"),
        (
            #"{"author":"a","statements":[{"vulnerability":{"name":"CVE-1"}}],"@context":"https://openvex.dev/ns"}"#,
            "OpenVEX"
        ),
        (#"{"document":{"category":"csaf_vex","csaf_version":"2.0"},"vulnerabilities":[]}"#, "CSAF"),
        (
            #"{"vulnerabilities":[{"cve":"CVE-1"}],"product_tree":{},"document":{"csaf_version":"2.0","title":"t"}}"#,
            "CSAF"
        ),
    ])
    func `A VEX document is called by its name`(text: String, dialect: String) {
        #expect(throws: BOMError.statementsOnly(dialect: dialect)) { try read(text) }
    }

    @Test(arguments: [
        (#"{"document":{"title":"t"}}"#, "document"), (#"{"document":["csaf_version"]}"#, "document"),
        (#"{"@context":["https://openvex.dev/ns"]}"#, "JSON-LD"),
    ])
    func `What only looks like one is not`(text: String, sign: String) {
        let error = #expect(throws: BOMError.self) { try read(text) }
        #expect(error.map { "\($0)".contains(sign) && !"\($0)".contains("VEX") } == true)
    }
}
