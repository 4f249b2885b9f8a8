import BOM
import Foundation
import Testing

private func read(_ text: String) throws -> (Collector, DependencyGraph) {
    var found = Collector()
    let graph = try BOMReader.read(bytes: Array(text.utf8), into: &found)
    return (found, graph)
}

private func cycloneDX(_ members: String) -> String {
    #"{"bomFormat":"CycloneDX","specVersion":"1.6",\#(members)}"#
}

private func refusal(_ bytes: [UInt8]) -> BOMError? {
    var found = Collector()
    do {
        try BOMReader.read(bytes: bytes, into: &found)
        return nil
    } catch {
        #expect(found.documents.isEmpty, "a refused document is not handed out")
        return error
    }
}

@Suite struct ReaderCycloneDXTests {
    @Test func `A whole document becomes parts of the model`() throws {
        let (found, graph) = try read(
            """
            {"specVersion":1.6,"serialNumber":"urn:uuid:1","bomFormat":"CycloneDX","unknown":{"a":[1, 2]},
             "dependencies":[{"ref":"app","dependsOn":["a","b"]},{"ref":"a","dependsOn":["a2","a2","nowhere"]},
                             {"dependsOn":["app"],"ref":"a2","provides":["b"]}],
             "metadata":{"timestamp":"2026-01-01T00:00:00Z","lifecycles":[{"phase":"build"}],
               "tools":{"components":[{"name":"gen","version":"2"}]},"authors":[{"name":"Ann","email":"a@x"}],
               "component":{"type":"application","name":"App","bom-ref":"app","version":"1"},
               "licenses":[{"license":{"id":"CC0-1.0"}}]},
             "components":[
               {"type":"library","bom-ref":"a","name":"A","version":1.10,"purl":"pkg:npm/a@1.10","scope":"required",
                "hashes":[{"alg":"SHA-1","content":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},{"alg":"FOO","content":"1"}],
                "licenses":[{"license":{"id":"MIT","text":{"content":"SGkg4oKs","encoding":"base64"},"url":"u"}},
                            {"expression":"MIT OR Apache-2.0","acknowledgement":"concluded"},{"license":{"name":"N"}}],
                "evidence":{"occurrences":[{"location":"/x/y"}],"copyright":[{"text":"(c) 1"},{"text":"(c) 2"}],
                            "identity":{"field":"purl"},"licenses":[{"license":{"id":"ISC"}}]},
                "pedigree":{"notes":"n"},"cpe":"cpe:2.3:a:b","supplier":{"name":"S","url":["s"],"contact":[{"email":"e"}]},
                "externalReferences":[{"type":"website","url":"w","hashes":[]},{"type":"vcs","url":"v","comment":"c"}],
                "properties":[{"name":"k","value":"v"}],
                "components":[{"name":"inner","bom-ref":"a2","type":"file"}]},
               {"components":[{"name":"early"}],"type":"framework","name":"B","bom-ref":"b","purl":"npm/b"}],
             "services":[{"name":"svc","provider":{"name":"P"},"endpoints":["https://e"],"services":[{"name":"sub"}]}],
             "vulnerabilities":[{"id":"CVE-1","source":{"name":"NVD","url":"n"},"cwes":[79,"CWE-80"],
               "references":[{"id":"GHSA-1","source":{}}],"tools":{"components":[]},
               "ratings":[{"score":9.8,"severity":"critical","method":"CVSSv31","vector":"AV:N","source":{"name":"NVD"}}],
               "analysis":{"state":"not_affected","justification":"code_not_present","response":["update"],"detail":"d"},
               "affects":[{"ref":"a","versions":[{"range":"vers:npm/<2","status":"affected"}]},{"ref":"zzz"}]}],
             "compositions":[{"aggregate":"complete"}]}
            """)
        let a = try #require(found["a"])
        #expect(a.version == "1.10" && a.purl == "pkg:npm/a@1.10" && a.scope == "required" && a.parent == nil)
        #expect(a.hashes == [Hash(algorithm: "SHA-1", value: String(repeating: "a", count: 40))])
        #expect(a.licenses == [LicenseClaim(.id("MIT"), text: "Hi €", url: "u"), LicenseClaim(.name("N"))])
        #expect(a.concludedLicenses == [LicenseClaim(.expression("MIT OR Apache-2.0")), LicenseClaim(.id("ISC"))])
        #expect(a.locations == ["/x/y"] && a.copyright == "(c) 1\n(c) 2" && a.cpes == ["cpe:2.3:a:b"])
        #expect(a.extra == #"{"evidence":{"identity":{"field":"purl"}},"pedigree":{"notes":"n"}}"#)
        #expect(a.supplier == Agent(.organization, name: "S", email: "e", urls: ["s"]))
        #expect(a.homepage == "w" && a.externalReferences.map(\.kind) == ["website", "vcs"])
        #expect(a.properties == [Property(name: "k", value: "v")])
        #expect(found["a2"]?.parent == "a" && found["a2"]?.kind == .file)
        #expect(found["library:early@"]?.parent == "b", "components may stand before the reference around them")
        #expect(found["service:svc@"]?.supplier?.name == "P")
        #expect(found["service:svc@"]?.extra == #"{"endpoints":["https://e"]}"#)
        #expect(found["service:sub@"]?.parent == "service:svc@")

        let document = try #require(found.document)
        #expect(found.documents.count == 1 && document.version == "1.6" && document.identifier == "urn:uuid:1")
        #expect(document.describes == ["app"] && document.name == "App" && document.dataLicense == "CC0-1.0")
        #expect(document.tools == ["gen-2"] && document.creators == [Agent(.person, name: "Ann", email: "a@x")])
        #expect(
            document.extra
                == #"{"unknown":{"a":[1,2]},"metadata":{"lifecycles":[{"phase":"build"}]},"compositions":[{"aggregate":"complete"}]}"#
        )
        let needs = found.dependencies.filter { $0.kind == .dependsOn }.map { "\($0.from)>\($0.to)" }
        #expect(needs == ["app>a", "app>b", "a>a2", "a2>app"])
        #expect(found.dependencies.contains(Dependency(from: "a2", to: "b", kind: .other, label: "provides")))
        #expect(found.dependencies.contains(Dependency(from: "a", to: "a2", kind: .contains)))
        #expect(graph.levels().maximum == 2 && graph.cycles() == 1)
        #expect(graph.references.known("a").map { graph.levels()[$0] } == 1)

        let claim = try #require(found.vulnerabilities.first)
        #expect(claim.aliases == ["GHSA-1"] && claim.weaknesses == [79, 80] && claim.ratings.first?.score == 9.8)
        #expect(claim.analysis?.state == "not_affected" && claim.affects.map(\.ref) == ["a", "zzz"])
        #expect(claim.affects[0].versions[0].range == "vers:npm/<2" && claim.extra.contains("tools"))
        for sign in ["\"nowhere\"", "FOO", "npm/b"] {
            #expect(found.warnings.contains { $0.contains(sign) }, "no warning about \(sign)")
        }
        #expect(found.warnings.count == 3)
    }

    @Test func `A score that is no number is left out, and said`() throws {
        let ratings = ["1e999", "\"nan\"", "\"0x10\"", "7.5", "\"high\"", "-1"].map { "{\"score\":\($0)}" }
        let (found, _) = try read(
            cycloneDX(
                "\"vulnerabilities\":[{\"id\":\"CVE-2026-1\",\"cwes\":[9223372036854775807,79,-1,1e308],"
                    + "\"ratings\":[\(ratings.joined(separator: ","))]}]"))
        let claim = try #require(found.vulnerabilities.first)
        #expect(claim.ratings.map(\.score) == [nil, nil, nil, 7.5, nil, -1])
        #expect(claim.weaknesses == [79])
        #expect(found.warnings.count { $0.contains("is no number and was left out") } == 4)
    }

    @Test func `Identical components each get a reference, in time that grows evenly`() throws {
        let one = #"{"type":"library","bom-ref":"x","name":"x"}"#
        let many = Array(repeating: one, count: 100_000).joined(separator: ",")
        let (found, _) = try read(cycloneDX("\"components\":[\(many),{\"name\":\"y\",\"bom-ref\":\"x#2\"}]"))
        #expect(found.components.count == 100_001)
        #expect(Set(found.components.map(\.ref)).count == 100_001)
        #expect(found.warnings.count <= 12 && found.warnings.last?.contains("99990 more") == true)
    }

    @Test func `A component without a name is named after its package URL, or skipped`() throws {
        let (found, _) = try read(
            cycloneDX(#""components":[{"purl":"pkg:npm/%40a/b@1?x=/y"},{"type":"library"},{"name":"c"}]"#))
        #expect(found.components.map(\.name) == ["b", "c"])
        #expect(found.warnings.count == 2)
        let (nothing, _) = try read(cycloneDX(#""components":[{"type":"library"}]"#))
        #expect(nothing.components.isEmpty && nothing.warnings.count == 1)
    }

    @Test func `Components may nest to a limit, also on the small stack of a thread`() throws {
        for (depth, isRead) in [(60, true), (200, false)] {
            for late in [false, true] {
                let head = late ? #"{"components":["# : #"{"bom-ref":"r","name":"n","components":["#
                let tail = late ? #"],"bom-ref":"r","name":"n"}"# : "]}"
                let nested = String(repeating: head, count: depth) + String(repeating: tail, count: depth)
                let text = cycloneDX("\"components\":[\(nested)]")
                let outcome = Handover<BOMError?>(nil)
                let thread = Thread { outcome.set(refusal(Array(text.utf8))) }
                thread.stackSize = 512 << 10
                thread.start()
                while !thread.isFinished { usleep(1000) }
                #expect((outcome.get() == nil) == isRead)
            }
        }
    }
}

/// A value that one thread passes to another.
private final class Handover<Value: Sendable>: @unchecked Sendable {  // every access holds the lock
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func set(_ new: Value) { lock.withLock { value = new } }
    func get() -> Value { lock.withLock { value } }
}

@Suite struct ReaderSPDXTests {
    @Test func `A whole document becomes parts of the model`() throws {
        let (found, graph) = try read(
            """
            {"relationships":[
               {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-A"},
               {"spdxElementId":"SPDXRef-B","relationshipType":"DEV_DEPENDENCY_OF","relatedSpdxElement":"SPDXRef-A"},
               {"spdxElementId":"SPDXRef-C","relationshipType":"CONTAINED_BY","relatedSpdxElement":"SPDXRef-B"},
               {"spdxElementId":"SPDXRef-B","relationshipType":"DEPENDS_ON","relatedSpdxElement":"NOASSERTION"},
               {"spdxElementId":"SPDXRef-B","relationshipType":"DEPENDS_ON","relatedSpdxElement":"DocumentRef-x:SPDXRef-Y"},
               {"spdxElementId":"SPDXRef-A","relationshipType":"STATIC_LINK","relatedSpdxElement":"SPDXRef-B"}],
             "spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"doc","documentNamespace":"http://n",
             "dataLicense":"CC0-1.0","documentDescribes":["SPDXRef-A"],
             "creationInfo":{"created":"2026-01-01T00:00:00Z","licenseListVersion":"3.20",
               "creators":["Tool: t-1","Organization: Org ()","Person: Jane Doe (j@d)"]},
             "packages":[
               {"SPDXID":"SPDXRef-A","name":"a","versionInfo":"1","supplier":"Organization: Acme (x) (a@b)",
                "downloadLocation":"NOASSERTION","copyrightText":"NONE","licenseConcluded":"NOASSERTION",
                "licenseDeclared":"MIT AND LicenseRef-1","hasFiles":["SPDXRef-F"],"filesAnalyzed":false,
                "primaryPackagePurpose":"OPERATING-SYSTEM","checksums":[{"algorithm":"SHA256","checksumValue":
                "AB00000000000000000000000000000000000000000000000000000000000000"}],
                "externalRefs":[
                 {"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/a@1"},
                 {"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"},
                 {"referenceCategory":"PERSISTENT_ID","referenceType":"swh","referenceLocator":"swh:1:x","comment":"c"}]},
               {"SPDXID":"SPDXRef-B","name":"b","hasFiles":null,"licenseDeclared":"NONE"},
               {"SPDXID":"SPDXRef-C","name":"c"},{"SPDXID":"SPDXRef-C","name":"c again"}],
             "files":[{"SPDXID":"SPDXRef-F","fileName":"./f","fileTypes":["SOURCE"],"licenseConcluded":"MIT",
               "licenseInfoInFiles":["ISC"],"checksums":[{"algorithm":"SHA1","checksumValue":"x"}]}],
             "snippets":[{"SPDXID":"SPDXRef-S"}],
             "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-1","extractedText":"T","name":"NOASSERTION","seeAlsos":["u"]}]}
            """)
        let a = try #require(found["SPDXRef-A"])
        #expect(a.kind == .operatingSystem && a.supplier == Agent(.organization, name: "Acme (x)", email: "a@b"))
        #expect(a.downloadLocation == "" && a.copyright == "NONE" && a.purl == "pkg:npm/a@1" && a.cpes == ["cpe:2.3:a"])
        var declared = LicenseClaim(.expression("MIT AND LicenseRef-1"))
        // The part of the document after the packages: SHA-256 of "T".
        declared.references = [
            LicenseReference(
                id: "LicenseRef-1", digest: "e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3")
        ]
        #expect(a.licenses == [declared])
        #expect(a.concludedLicenses == [LicenseClaim(.noAssertion)])
        #expect(found["SPDXRef-B"]?.licenses == [LicenseClaim(.none)])
        #expect(a.hashes == [Hash(algorithm: "SHA-256", value: "ab" + String(repeating: "0", count: 62))])
        #expect(a.externalReferences == [ExternalReference(kind: "PERSISTENT-ID swh", url: "swh:1:x", comment: "c")])
        #expect(a.extra == #"{"filesAnalyzed":false}"#)
        #expect(found["SPDXRef-C#2"]?.name == "c again")
        let file = try #require(found.files.first)
        #expect(file.component == "SPDXRef-A" && file.path == "./f" && file.hashes.isEmpty)
        #expect(file.concludedLicenses == [LicenseClaim(.expression("MIT"))])
        #expect(file.licenses == [LicenseClaim(.expression("ISC"))] && file.extra == #"{"fileTypes":["SOURCE"]}"#)
        let document = try #require(found.document)
        #expect(document.describes == ["SPDXRef-A"] && document.version == "2.3" && document.tools == ["t-1"])
        #expect(
            document.creators == [Agent(.organization, name: "Org"), Agent(.person, name: "Jane Doe", email: "j@d")])
        #expect(document.extractedLicenses.first?.text == "T" && document.extractedLicenses.first?.name == "")
        #expect(
            Set(found.dependencies.map { "\($0.from) \($0.kind) \($0.to) \($0.label)" }) == [
                "SPDXRef-A dependsOn SPDXRef-B DEV_DEPENDENCY_OF", "SPDXRef-B contains SPDXRef-C ",
                "SPDXRef-A other SPDXRef-B STATIC_LINK", "SPDXRef-A contains SPDXRef-F ",
            ])
        #expect(graph.levels(along: [.dependsOn, .contains]).maximum == 2)
        #expect(found.warnings.count == 4, "\(found.warnings)")
    }
}

@Suite struct ReaderRefusalTests {
    @Test(arguments: [
        ("", "empty"), ("  \n", "blanks"), ("hello", "hello"), ("[]", "array"), ("{}", "bomFormat"), ("<bom/>", "XML"),
        (#"{"headers":[{"tool_name":"scancode-toolkit"}],"files":[]}"#, "ScanCode"),
        (#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}"#, "SPDX 3"),
        (#"{"spdxVersion":"SPDX-9.9"}"#, "SPDX-9.9"), (#"{"bomFormat":"CycloneDX","specVersion":"0.9"}"#, "0.9"),
        (#"{"bomFormat":"CycloneDX"}"#, "specVersion"), (#"{"bomFormat":"Other","specVersion":"1.5"}"#, "Other"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a"},"#, "too early"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5"}{"bomFormat":"CycloneDX"}"#, "end of the text"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5","specVersion":"1.4"}"#, "twice"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a","name":"b"}]}"#, "twice"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5","x":1,"x":2}"#, "twice"),
        (#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":{}}]}"#, "expected a string"),
        ("SPDXVersion: SPDX-1.2\n", "SPDX-1.2"), ("SPDXVersion: SPDX-2.3\nPackageName", "line 2"),
        ("SPDXVersion: SPDX-2.3\nPackageName: <text>a\nb", "no end"),
        ("SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1\nPackageVersion: 2\n", "twice"),
    ])
    func `What is no SBOM is refused whole, with the reason`(text: String, sign: String) throws {
        let error = try #require(refusal(Array(text.utf8)))
        #expect("\(error)".contains(sign), "\(error)")
    }

    @Test func `Hostile bytes are refused`() throws {
        let head = Array(#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":""#.utf8)
        #expect(
            refusal(head + [0xFF] + Array("\"}]}".utf8)) == .malformed(what: "a string is not valid UTF-8", offset: 68))
        let deep =
            Array(#"{"bomFormat":"CycloneDX","specVersion":"1.5","x":"#.utf8) + Array(repeating: 0x5B, count: 10_000)
        guard case .tooLarge = refusal(deep) else { throw CocoaError(.coderInvalidValue) }
    }

    @Test(arguments: [
        (
            #""components":[{"name":"a","properties":["#,
            #"{"name":"n","value":"\#(String(repeating: "v", count: 500))"},"#
        ),
        (#""dependencies":[{"ref":"a","dependsOn":["#, #""\#(String(repeating: "b", count: 500))","#),
    ])
    func `A part without end is refused before it fills the memory`(head: String, piece: String) {
        let repeats = (40 << 20) / piece.utf8.count
        let error = refusal(Array((cycloneDX(head).dropLast() + String(repeating: piece, count: repeats)).utf8))
        guard case .tooLarge(_, limit: 32 << 20) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `A file is read as bytes are, UTF-16 too, and one that is missing says so`() throws {
        let path = NSTemporaryDirectory() + "waybill-reader-\(getpid()).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = cycloneDX(#""components":[{"name":"é😀"}]"#)
        for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian, .utf16] {
            try #require(text.data(using: encoding)).write(to: URL(filePath: path))
            var found = Collector()
            try BOMReader.read(file: path, into: &found)
            #expect(found.components.map(\.name) == ["é😀"])
        }
        var found = Collector()
        #expect(throws: BOMError.self) { try BOMReader.read(file: path + ".missing", into: &found) }
        #expect(throws: BOMError.self) { try BOMReader.read(file: "/dev/zero", into: &found) }
        #expect(throws: BOMError.self) { try BOMReader.read(file: NSTemporaryDirectory(), into: &found) }
    }

    @Test func `A receiver that fails stops the reading`() {
        struct Full: BOMReceiver {
            mutating func component(_ component: Component) throws(BOMError) { throw .failed(what: "disk full") }
            mutating func file(_ file: SourceFile) {}
            mutating func dependency(_ dependency: Dependency) {}
            mutating func vulnerability(_ vulnerability: VulnerabilityClaim) {}
            mutating func warning(_ text: String) {}
            mutating func document(_ document: BOMDocument) {}
        }
        var full = Full()
        #expect(throws: BOMError.failed(what: "disk full")) {
            try BOMReader.read(bytes: Array(cycloneDX(#""components":[{"name":"a"}]"#).utf8), into: &full)
        }
    }
}

@Suite struct ReaderGraphTests {
    private func graph(_ edges: [(String, String)], roots: [String] = []) throws -> DependencyGraph {
        var graph = DependencyGraph()
        for (from, to) in edges {
            let ends = (graph.references.number(for: from), graph.references.number(for: to))
            try graph.add(from: #require(ends.0), to: #require(ends.1), kind: .dependsOn)
        }
        graph.roots = roots.compactMap { graph.references.number(for: $0) }
        graph.seal()
        return graph
    }

    @Test func `Depth is the shortest way from the root, or from where nobody points`() throws {
        let rooted = try graph([("r", "a"), ("a", "b"), ("b", "c"), ("r", "c"), ("x", "y")], roots: ["r"])
        let levels = rooted.levels()
        #expect(
            ["r", "a", "b", "c", "x"].map { rooted.references.known($0).flatMap { levels[$0] } } == [0, 1, 2, 1, nil])
        #expect(levels.maximum == 2 && rooted.cycles() == 0)
        let rootless = try graph([("a", "b"), ("b", "c"), ("x", "c")], roots: ["r"])
        #expect(rootless.levels().maximum == 1, "x is one step from c")
        #expect(try graph([]).levels().maximum == 0)
    }

    @Test func `Circles are counted and do no harm`() throws {
        let knot = try graph([("a", "b"), ("b", "a"), ("c", "c"), ("d", "e"), ("e", "f"), ("f", "d"), ("a", "d")])
        #expect(knot.cycles() == 3 && knot.levels().maximum == 0)
        let chain = try graph((0..<200_000).map { ("\($0)", "\($0 + 1)") } + [("200000", "0")], roots: ["0"])
        #expect(chain.cycles() == 1 && chain.levels().maximum == 200_000)
    }
}
