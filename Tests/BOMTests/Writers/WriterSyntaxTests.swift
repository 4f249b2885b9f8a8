import BOM
import Bytes
import Foundation
import Testing

/// The output of each syntax for a tree, and for texts that it might misread.
@Suite struct WriterSyntaxTests {
    /// A tree with every kind of member.
    private func sample<Tree: TreeWriter>(_: Tree.Type) -> String {
        var tree = Tree()
        var out = ByteSink()
        tree.beginObject("root", to: &out)
        tree.attribute("id", "a\n\"b\"", to: &out)
        tree.attribute("version", 1, to: &out)
        tree.field("name", "1.10", to: &out)
        tree.beginList("none", to: &out)
        tree.endList(to: &out)
        tree.beginList("items", to: &out)
        for name in ["x", "y <&> ]]>"] {
            tree.beginObject("item", to: &out)
            tree.attribute("alg", "z", to: &out)
            tree.content("value", name, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
        tree.beginObject("empty", to: &out)
        tree.endObject(to: &out)
        tree.beginList("texts", to: &out)
        tree.field("text", "yes", to: &out)
        tree.reference("text", "r", to: &out)
        tree.endList(to: &out)
        tree.number("score", 7.5, to: &out)
        tree.number("tiny", 1e-7, to: &out)
        tree.boolean("flag", true, to: &out)
        tree.endObject(to: &out)
        return out.text
    }

    @Test func `JSON`() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(sample(JSONTree.self).utf8)) as? [String: Any])
        #expect(object["id"] as? String == "a\n\"b\"" && object["version"] as? Int == 1)
        #expect((object["items"] as? [[String: String]])?.last == ["alg": "z", "value": "y <&> ]]>"])
        #expect(object["texts"] as? [String] == ["yes", "r"])
    }

    @Test func `XML keeps attributes, texts and empty elements apart`() {
        #expect(
            sample(XMLTree.self) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <root id="a&#10;&quot;b&quot;" version="1">
                <name>1.10</name>
                <none/>
                <items>
                <item alg="z">x</item>
                <item alg="z">y &lt;&amp;&gt; ]]&gt;</item></items>
                <empty/>
                <texts>
                <text>yes</text>
                <text ref="r"/></texts>
                <score>7.5</score>
                <tiny>0.00000010000000000000</tiny>
                <flag>true</flag>
                </root>

                """)
    }

    @Test func `YAML quotes every text`() {
        #expect(
            sample(YAMLTree.self) == """
                id: "a\\n\\"b\\""
                version: 1
                name: "1.10"
                none: []
                items:
                - alg: "z"
                  value: "x"
                - alg: "z"
                  value: "y <&> ]]>"
                empty: {}
                texts:
                - "yes"
                - "r"
                score: 7.5
                tiny: 1e-07
                flag: true

                """)
    }

    /// YAML 1.1 §4.2 treats U+0085, U+2028 and U+2029 as line breaks; §5.1 refuses other controls.
    @Test func `YAML escapes what it cannot hold`() {
        var tree = YAMLTree()
        var out = ByteSink()
        tree.beginObject("root", to: &out)
        tree.field("a", "\u{85}\u{2028}\u{feff}\u{7f}\u{1}\u{fffe}\"\\é\u{1F600}", to: &out)
        tree.endObject(to: &out)
        #expect(out.text == "a: \"\\u0085\\u2028\\ufeff\\u007f\\u0001\\ufffe\\\"\\\\é\u{1F600}\"\n")
    }

    @Test func `XML has no character that XML forbids`() throws {
        let outputs = try WriterSample.hostile.outputs().filter { $0.ending == "xml" }
        #expect(!outputs.isEmpty)
        for output in outputs {
            let text = String(decoding: output.bytes, as: UTF8.self)
            let forbidden = text.unicodeScalars.filter {
                ($0.value < 32 && !"\n\t".unicodeScalars.contains($0)) || $0 == "\u{fffe}"
            }
            #expect(forbidden.isEmpty, "\(output.kind)")
            #expect(text.contains("\u{fffd}"), "what was there is seen to be missing")
        }
    }

    // MARK: - Tag-value

    private func lines(_ sample: WriterSample, _ version: SPDXVersion = .v23) throws -> [Substring] {
        String(decoding: try sample.spdx(version, as: TagValueTree.self), as: UTF8.self).split(separator: "\n")
    }

    @Test func `tag-value spells categories with a hyphen in both versions`() throws {
        for version in SPDXVersion.allCases {
            let references = try lines(.full, version).filter { $0.hasPrefix("ExternalRef: ") }
            #expect(references.contains("ExternalRef: PACKAGE-MANAGER purl pkg:npm/tiny-slug@1.0.3"))
            #expect(!references.contains { $0.contains("PACKAGE_") })
        }
    }

    @Test func `tag-value has a line for each fact`() throws {
        let lines = try lines(.full)
        for line in [
            "SPDXVersion: SPDX-2.3", "DataLicense: CC0-1.0", "SPDXID: SPDXRef-DOCUMENT", "DocumentName: Cart",
            "Creator: Tool: Waybill-1.0", "Created: 2026-01-02T01:04:05Z", "FilesAnalyzed: false",
            "PackageChecksum: SHA1: \(WriterSample.digest)", "PackageCopyrightText: NONE",
            "PackageCopyrightText: <text>Copyright 2021 A. Writer</text>", "PrimaryPackagePurpose: LIBRARY",
            "Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-Package-Cart-1.0", "LicenseID: LicenseRef-Own-1",
            "ExtractedText: <text>You may.</text>", "LicenseCrossReference: https://example.org/own",
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
    }

    @Test func `tag-value quotes what a reader would take for something else`() throws {
        let lines = try lines(.hostile)
        for trap in ["Created", "Tool: x", "NONE", "2020-01-01T00:00:00Z", "SHA1: abc"] {
            #expect(lines.contains { $0 == "PackageVersion: \"\(trap)\"" }, "\(trap)")
        }
        #expect(lines.contains("PackageVersion: 1.10"))
        #expect(lines.contains("PackageSummary: <text>< text>a</ text></text>"))
        let text = lines.joined(separator: "\n")
        #expect(text.components(separatedBy: "<text>").count == text.components(separatedBy: "</text>").count)
        var writer = SPDXWriter<TagValueTree>(version: .v23, tool: BOMTool(version: "1.0"))
        _ = try WriterSample.hostile.write(with: &writer, namespace: WriterSample.namespace)
        #expect(writer.losses[.mark] ?? 0 > 0 && writer.losses[.word] ?? 0 > 0)
    }

    // MARK: - Spreadsheet

    /// The sheets of a workbook as Python's own libraries see them: a name and rows of texts.
    private func sheets(_ bytes: [UInt8]) throws -> [(name: String, rows: [[String]])] {
        let file = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString).xlsx")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let program = """
            import sys, json, zipfile, xml.etree.ElementTree as E
            z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
            n = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
            r = '{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id'
            links = {e.get('Id'): e.get('Target') for e in E.fromstring(z.read('xl/_rels/workbook.xml.rels'))}
            out = []
            for s in E.fromstring(z.read('xl/workbook.xml')).iter(n + 'sheet'):
                sheet = E.fromstring(z.read('xl/' + links[s.get(r)]))
                assert not list(sheet.iter(n + 'f')), 'a formula'
                rows = [[''.join(t.text or '' for t in c.iter(n + 't')) for c in row] for row in sheet.iter(n + 'row')]
                assert all(c.get('t') == 'inlineStr' for c in sheet.iter(n + 'c') if len(c))
                out.append([s.get('name'), rows])
            print(json.dumps(out))
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program, file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let found = try #require(try JSONSerialization.jsonObject(with: data) as? [[Any]])
        return try found.map { (try #require($0[0] as? String), try #require($0[1] as? [[String]])) }
    }

    @Test func `the spreadsheet has the sheets and headings of the Java tools`() throws {
        let names = [
            "Document Info", "Package Info", "External Refs", "Extracted License Info", "Per File Info",
            "Relationships", "Annotations", "Snippets",
        ]
        for version in SPDXVersion.allCases {
            let sheets = try sheets(try WriterSample.full.workbook(version).bytes)
            #expect(sheets.map(\.name) == names)
            #expect(sheets[1].rows[0].count == (version == .v22 ? 23 : 27))
            #expect(
                sheets[0].rows[1].prefix(4) == [
                    "\(version.rawValue).0", "SPDX-\(version.rawValue)", "CC0-1.0", "SPDXRef-DOCUMENT",
                ])
            #expect(sheets[0].rows.dropFirst().map { $0[10] }.filter { !$0.isEmpty }.count == 4, "the creators")
            #expect(sheets[1].rows.count == 10)
            #expect(sheets[5].rows[1].prefix(3) == ["SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package-Cart-1.0"])
            #expect(
                sheets[2].rows.contains {
                    $0.prefix(4) == [
                        "SPDXRef-Package-tiny-slug-1.0.3.tgz", "PACKAGE_MANAGER", "purl", "pkg:npm/tiny-slug@1.0.3",
                    ]
                })
            #expect(sheets[3].rows.contains { $0[0] == "LicenseRef-Own-1" && $0[1] == "You may." })
        }
    }

    @Test func `several values of one member are lines of its cell, and each package has cells of its own`() throws {
        var sample = WriterSample()
        sample.document.created = "2026-01-02T03:04:05Z"
        var first = Component(ref: "a", name: "a")
        first.version = "1"
        first.hashes = [
            Hash(algorithm: "SHA-1", value: WriterSample.digest),
            Hash(algorithm: "MD5", value: String(repeating: "a", count: 32)),
        ]
        first.attributionTexts = ["Thanks to one", "Thanks to two"]
        first.purl = "pkg:npm/a@1"
        var second = Component(ref: "b", name: "b")
        second.version = "2"
        second.purl = "pkg:npm/b@2"
        sample.components = [first, second]
        let sheets = try sheets(try sample.workbook(.v23).bytes)
        let packages = sheets[1].rows.dropFirst()
        let one = try #require(packages.first { $0[0] == "a" })
        #expect(one[8] == "SHA1: \(WriterSample.digest)\nMD5: \(String(repeating: "a", count: 32))")
        #expect(one[19] == "Thanks to one\nThanks to two")
        let two = try #require(packages.first { $0[0] == "b" })
        #expect(two[2] == "2" && two[8].isEmpty && two[19].isEmpty)
        let references = sheets[2].rows.dropFirst().map { [$0[0], $0[3]] }
        #expect(references == [[one[1], "pkg:npm/a@1"], [two[1], "pkg:npm/b@2"]])
    }

    @Test func `cells hold text, and no more than a cell holds`() throws {
        let (bytes, losses) = try WriterSample.hostile.workbook(.v23)
        let packages = try sheets(bytes)[1].rows
        for trap in ["=1+1", "@SUM(A1)", "+1", "-1", "1.10", "TRUE", "#N/A"] {
            #expect(packages.contains { $0[2] == trap }, "\(trap)")
        }
        #expect(packages.allSatisfy { $0.allSatisfy { $0.utf16.count <= 32_767 } })
        #expect(losses[.longCell] == 1)
    }

    /// Each package is a row of the first pass and its references are rows of the second, so the second needs the ids
    /// of the first.
    @Test func `an expression that no cell holds is not cut but left out`() throws {
        var sample = WriterSample()
        sample.document.created = "2026-01-02T03:04:05Z"
        var component = Component(ref: "a", name: "a")
        component.licenses = [
            LicenseClaim(.expression((0..<3000).map { "LicenseRef-\($0)-long-name" }.joined(separator: " AND ")))
        ]
        sample.components = [component]
        let (bytes, losses) = try sample.workbook(.v23)
        #expect(try sheets(bytes)[1].rows[1][12] == "NOASSERTION")
        #expect(losses[.longField] == 1)
    }

    /// A run time in the square of this number would take minutes.
    @Test(.timeLimit(.minutes(1))) func `very many licences of one component are written one after the other`() throws {
        var sample = WriterSample()
        sample.document.created = "2026-01-02T03:04:05Z"
        var component = Component(ref: "a", name: "a")
        component.licenses = (0..<30_000).map {
            LicenseClaim(.name("Licence of \($0 / 2)"), url: "https://example.org/\($0 / 2)")
        }
        sample.components = [component]
        let text = String(decoding: try sample.cycloneDX(.v16), as: UTF8.self)
        #expect(text.contains("https://example.org/14999"))
        #expect(text.components(separatedBy: #""Licence of 14999""#).count == 2, "each once")
    }

    // MARK: - All

    @Test func `the same calls give the same bytes in every output`() throws {
        #expect(try WriterSample.full.outputs() == WriterSample.full.outputs())
        #expect(try WriterSample.hostile.outputs() == WriterSample.hostile.outputs())
    }
}
