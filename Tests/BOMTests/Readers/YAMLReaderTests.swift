import BOM
import Testing

private func read(_ text: String) throws -> Collector {
    var found = Collector()
    try BOMReader.read(bytes: Array(text.utf8), into: &found)
    return found
}

/// SPDX as YAML is the JSON form in another syntax (spdx-spec 2.3, clause 5).
@Suite struct YAMLReaderTests {
    private static let yaml = """
        # sorted, as some tools write it
        SPDXID: SPDXRef-DOCUMENT
        creationInfo:
          created: '2026-01-01T00:00:00Z'
          creators:
          - 'Tool: gen-1'
          - "Person: Änn\\t(a@x)"
        dataLicense: CC0-1.0
        documentNamespace: https://x/d
        name: yes
        packages:
        - SPDXID: SPDXRef-a
          checksums: [{algorithm: MD5, checksumValue: 0123456789abcdef0123456789abcdef}]
          copyrightText: |
            (c) 1
            (c) 2
          downloadLocation: NOASSERTION
          externalRefs:
          - {referenceCategory: PACKAGE-MANAGER, referenceLocator: 'pkg:npm/a@1.10', referenceType: purl}
          filesAnalyzed: False
          licenseDeclared: >-
            MIT OR
            Apache-2.0
          name: a
          versionInfo: 1.10
        relationships:
        - {spdxElementId: SPDXRef-DOCUMENT, relationshipType: DESCRIBES, relatedSpdxElement: SPDXRef-a}
        spdxVersion: SPDX-2.3
        """
    private static let json = #"""
        {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","documentNamespace":"https://x/d",
         "name":"yes","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: gen-1","Person: Änn\t(a@x)"]},
         "packages":[{"SPDXID":"SPDXRef-a","checksums":[{"algorithm":"MD5","checksumValue":"0123456789abcdef0123456789abcdef"}],
          "copyrightText":"(c) 1\n(c) 2\n","downloadLocation":"NOASSERTION","externalRefs":[{"referenceCategory":
          "PACKAGE-MANAGER","referenceLocator":"pkg:npm/a@1.10","referenceType":"purl"}],"filesAnalyzed":false,
          "licenseDeclared":"MIT OR Apache-2.0","name":"a","versionInfo":"1.10"}],
         "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES",
          "relatedSpdxElement":"SPDXRef-a"}]}
        """#

    @Test(arguments: ["", "---\n", "%YAML 1.1\n---\n", "\u{FEFF}"]) func `The same parts as from JSON`(head: String)
        throws
    {
        let (yaml, json) = try (read(head + Self.yaml), read(Self.json))
        #expect(yaml.components == json.components)
        #expect(yaml.components.first?.version == "1.10")
        #expect(yaml.document == json.document)
        #expect(yaml.dependencies == json.dependencies)
        #expect(yaml.warnings == json.warnings)
    }

    @Test(
        arguments: [
            ("b: &x [1]\nc: *x", "alias"), ("b: [", "not well-formed"), ("b: \t- x", "not well-formed"),
            ("...\n---\nspdxVersion: SPDX-2.3", "second document"), ("? [a, b]\n: c", ""),
            ("b: \(String(repeating: "[", count: 600))", "deep"), ("b: {c: 1, c: 2}", ""),
        ]) func `What is hostile or broken is refused`(text: String, why: String)
    {
        do {
            _ = try read("spdxVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nname: d\n" + text)
            // An unknown member may contain anything well-formed.
            #expect(why.isEmpty)
        } catch {
            #expect("\(error)".contains(why), "\(error)")
        }
    }
}
