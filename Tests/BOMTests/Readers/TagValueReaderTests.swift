import BOM
import Testing

private func read(_ text: String) throws -> Collector {
    var found = Collector()
    try BOMReader.read(bytes: Array(text.utf8), into: &found)
    return found
}

private let head = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\n"

@Suite struct TagValueReaderTests {
    /// A document with tags of every kind, and one tag that SPDX does not define.
    private static let everything =
        head + """
            DocumentNamespace: https://x/d
            # a comment: with a colon
            ExternalDocumentRef: DocumentRef-o https://x/o SHA1: \(String(repeating: "1", count: 40))
            Creator: Tool: gen-1
            Creator: Person: Ann (a@x)
            Created: 2026-01-01T00:00:00Z
            CreatorComment: <text>one line</text>

            FileName: ./before
            SPDXID: SPDXRef-before
            PackageName: a
            SPDXID: SPDXRef-a
            PackageVersion: 1.10
            PackageDownloadLocation: NOASSERTION
            FilesAnalyzed: true
            PackageVerificationCode: abc (excludes: ./x, ./y)
            PackageChecksum: MD5: \(String(repeating: "A", count: 32))
            ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.10
            ExternalRef: OTHER x locator with blanks
            ExternalRefComment: said of it
            PackageLicenseDeclared: (MIT OR "Apache-2.0")
            PackageCopyrightText: <text>(c) 1
            # no comment
            PackageName: no tag </text>
            Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
            PackageAttributionText: still of a
            Annotator: Tool: t
            SPDXREF: SPDXRef-a
            AnnotationComment: of a
            FileName: ./f.c
            SPDXID: SPDXRef-f
            FileChecksum: SHA1: \(String(repeating: "b", count: 40))
            LicenseInfoInFile: MIT
            LicenseInfoInFile: LicenseRef-1
            SPDXID: SPDXRef-b
            PackageName: b
            FilesAnalyzed: false
            Colour: red
            Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b
            RelationshipComment: for reasons
            LicenseID: LicenseRef-1
            ExtractedText: <text> kept as
             it stands</text>
            LicenseCrossReference: https://u
            Annotator: Tool: t
            SPDXREF: SPDXRef-b
            AnnotationComment: of b
            """

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `A document becomes parts of the model, whatever ends its lines`(end: String) throws {
        let found = try read(Self.everything.replacing("\n", with: end))
        #expect(found.components.map(\.ref) == ["SPDXRef-a", "SPDXRef-b"])
        let a = found.components[0]
        #expect(a.version == "1.10" && a.purl == "pkg:npm/a@1.10" && a.hashes.map(\.algorithm) == ["MD5"])
        #expect(
            a.externalReferences == [
                ExternalReference(kind: "OTHER x", url: "locator with blanks", comment: "said of it")
            ])
        #expect(a.copyright == "(c) 1\n# no comment\nPackageName: no tag " && a.attributionTexts == ["still of a"])
        #expect(a.licenses == [LicenseClaim(.expression("(MIT OR \"Apache-2.0\")"))])
        #expect(a.extra.contains(#""packageVerificationCodeExcludedFiles":["./x","./y"]"#))
        #expect(a.extra.contains(#""annotations":[{"annotator":"Tool: t","comment":"of a"}]"#))
        #expect(found.files.map(\.path) == ["./before", "./f.c"] && found.files[1].licenses.count == 2)
        #expect(
            found.dependencies.map { "\($0.from) \($0.kind) \($0.to)" } == [
                "SPDXRef-a dependsOn SPDXRef-b", "SPDXRef-a contains SPDXRef-f",
            ])
        let document = try #require(found.document)
        #expect(document.name == "d" && document.identifier == "https://x/d" && document.describes == ["SPDXRef-a"])
        #expect(document.tools == ["gen-1"] && document.creators == [Agent(.person, name: "Ann", email: "a@x")])
        #expect(document.extractedLicenses.map(\.text) == [" kept as\n it stands"])
        #expect(document.extra.contains("\"comment\":\"one line\"") && document.extra.contains("DocumentRef-o"))
        #expect(document.extra.contains(#"{"annotator":"Tool: t","comment":"of b","spdxElementId":"SPDXRef-b"}"#))
        let line = try #require(
            Self.everything.split(separator: "\n", omittingEmptySubsequences: false).firstIndex(of: "Colour: red"))
        #expect(found.warnings.count == 1 && found.warnings[0].contains("\"Colour\" in line \(line + 1)"))
    }

    @Test func `A package of which no file was looked at has none, and what is odd is counted`() throws {
        let odd = String(repeating: "Odd: 1\nExternalRef: x\n", count: 10)
        let found = try read(
            head + "PackageName: p\nSPDXID: SPDXRef-p\nFilesAnalyzed: false\n" + odd
                + "FileName: ./f\nSPDXID: SPDXRef-f\nPackageVersion: 1\n")
        #expect(found.dependencies.isEmpty && found.files.count == 1)
        #expect(found.warnings.count == 11 && found.warnings.last?.hasPrefix("11 more") == true)
    }
}
