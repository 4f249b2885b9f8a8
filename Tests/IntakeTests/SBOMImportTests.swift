import BOM
import Database
import Foundation
import Intake
import Jobs
import TestSupport
import Testing

@Suite struct SBOMImportTests {
    @Test(arguments: TemporaryDatabase.engines)
    func `A bill becomes a project with its libraries, licences, edges and depths`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let result = try bench.sbom(
            cycloneDX(
                [("a", "1"), ("b", "2"), ("c", "3"), ("lost", "9")],
                edges: [("root", ["a"]), ("a", ["b"]), ("b", ["c", "a"])]))
        #expect(result.libraries == 4)
        #expect(result.warnings == [])
        #expect(
            try bench.texts(
                """
                SELECT l.artifact, o.direct, o.depth, o.count, l.filename, l.type, l.licenses
                FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                ORDER BY o.position
                """) == [
                    "a|1|1|1|a-1.tgz|javascript/Node.js|MIT\nApache 2.0",
                    "b|0|2|1|b-2.tgz|javascript/Node.js|MIT\nApache 2.0",
                    "c|0|3|1|c-3.tgz|javascript/Node.js|MIT\nApache 2.0",
                    "lost|1|1|1|lost-9.tgz|javascript/Node.js|MIT\nApache 2.0",
                ])
        #expect(
            try bench.texts("SELECT position, occurrence, ref, depth FROM component ORDER BY position").first
                == "0|0|root|0")
        // Position 0 is the root; the root came first, so `a` is at 2, `b` at 3, `c` at 4.
        #expect(
            try bench.texts("SELECT source, target, kind FROM dependency ORDER BY source, target") == [
                "0|2|dependsOn", "2|3|dependsOn", "3|2|dependsOn", "3|4|dependsOn",
            ])
        #expect(
            try bench.texts(
                """
                SELECT x.position, n.spdx, n.name, n.type, x.reference_type
                FROM library_license x JOIN license n ON n.id = x.license JOIN library l ON l.id = x.library
                WHERE l.artifact = 'a' ORDER BY x.position
                """) == ["0|MIT|MIT|Open Source|SBOM", "1|Apache-2.0|Apache 2.0|Open Source|SBOM"])
        #expect(
            try bench.texts("SELECT class, aspect, scope, scope_name FROM change ORDER BY id") == [
                "ENTITY|CREATED|PRODUCT|Product", "ENTITY|CREATED|PROJECT|Project",
            ])
        #expect(try bench.texts("SELECT state, result FROM job") == ["SUCCESS|\(result.json)"])
        let document = try DocumentFacts.decode(try bench.texts("SELECT document FROM scan")[0])
        #expect(document.root?.name == "shop" && document.root?.ref == "root")
    }

    @Test func `What nothing describes is named by the document, with the version when it is given`() throws {
        let bench = try Workbench()
        var destination = Intake.Destination(organization: 1, product: "P")
        destination.projectVersion = "7"
        let file = try bench.file(cycloneDX([("a", "1")]))
        let lease = try bench.lease(IntakeJob(kind: .sbom, path: file, destination: destination))
        let result = try IntakeJob.run(lease, intake: bench.intake, dataFolder: "/")
        #expect(result.project == "shop - 7")
    }

    @Test func `The same bill again changes revisions and nothing else`() throws {
        let bench = try Workbench()
        let text = cycloneDX([("a", "1"), ("b", "2")], edges: [("root", ["a", "b"])])
        let first = try bench.sbom(text)
        let libraries = try bench.texts("SELECT * FROM library ORDER BY id")
        let second = try bench.sbom(text)
        #expect(first == second)
        #expect(try bench.texts("SELECT * FROM library ORDER BY id") == libraries)
        #expect(try bench.texts("SELECT change FROM inventory_event") == ["ADDED", "ADDED"])
        #expect(try bench.texts("SELECT revision FROM project") == ["2"])
        #expect(try bench.texts("SELECT revision FROM product") == ["2"])
        #expect(try bench.texts("SELECT state FROM scan ORDER BY id") == ["OBSOLETE", "CURRENT"])
        #expect(try bench.intake.sweep() == 1)
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 2)
        #expect(try bench.intake.sweep() == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `History says what appeared and what went`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1"), ("c", "1")]))
        try bench.sbom(cycloneDX([("a", "1"), ("b", "2")]))
        try bench.sbom(cycloneDX([("a", "1")]))
        try bench.intake.sweep()
        #expect(
            try bench.texts(
                """
                SELECT e.change, l.artifact, l.version FROM inventory_event e JOIN library l ON l.id = e.library
                WHERE e.scan > (SELECT min(scan) FROM inventory_event) ORDER BY e.id
                """) == ["REMOVED|b|1", "REMOVED|c|1", "ADDED|b|2", "REMOVED|b|2"])
        #expect(try bench.texts("SELECT libraries FROM scan") == ["1"])
    }

    @Test func `A library with other facts is another row with the same uuid`() throws {
        let bench = try Workbench()
        let text = cycloneDX([("a", "1")])
        try bench.sbom(text, project: "one")
        try bench.sbom(text.replacingOccurrences(of: "MIT OR Apache-2.0", with: "ISC"), project: "two")
        let found = try bench.texts("SELECT uuid, key_id FROM library WHERE artifact = 'a'")
        #expect(found.count == 2 && found[0] == found[1])
    }

    @Test func `Organizations share nothing but the identity of a library`() throws {
        let bench = try Workbench()
        let text = cycloneDX([("a", "1"), ("b", "1")])
        let one = try bench.sbom(text, organization: 1)
        let two = try bench.sbom(text, organization: 2)
        #expect(one.projectToken != two.projectToken && one.productToken != two.productToken)
        #expect(try bench.number("SELECT count(DISTINCT id) FROM library") == 6)
        #expect(try bench.number("SELECT count(DISTINCT uuid) FROM library") == 3)
        #expect(
            try bench.number(
                """
                SELECT count(*) FROM occurrence o JOIN scan s ON s.id = o.scan JOIN library l ON l.id = o.library
                WHERE l.organization <> s.organization
                """) == 0)
        #expect(
            try bench.number(
                """
                SELECT count(*) FROM library_license x JOIN library l ON l.id = x.library
                JOIN license n ON n.id = x.license WHERE n.organization <> l.organization
                """) == 0)
    }

    // MARK: Odd and bad input

    @Test func `A hundred thousand identical components are one library listed so often`() throws {
        let bench = try Workbench()
        let one = #"{"type":"library","name":"same","version":"1","purl":"pkg:npm/same@1"}"#
        let text = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","components":[\
            \(Array(repeating: one, count: 100_000).joined(separator: ","))]}
            """
        let result = try bench.sbom(text)
        #expect(result.libraries == 1)
        #expect(result.warnings.count < 20)
        #expect(try bench.texts("SELECT count FROM occurrence") == ["100000"])
        #expect(try bench.number("SELECT count(*) FROM component") == 100_000)
        #expect(try bench.number("SELECT count(DISTINCT ref) FROM component") == 100_000)
    }

    @Test(arguments: [
        ("pkg:npm/@3.2.1", false), ("pkg:npm/@scope", false), ("pkg:npm/@scope/@1", false), ("pkg:npm", false),
        ("pkg:npm/?a=b", false), ("pkg:npm/@scope/x@1", true), ("pkg:npm/x/", true), ("pkg:npm/x@1/2#y", true),
        ("pkg://npm/x", true),
    ]) func `A package URL that names nothing is none, and the import says so`(purl: String, isOne: Bool) throws {
        let bench = try Workbench()
        let result = try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","components":[
             {"type":"library","bom-ref":"x","name":"odd","version":"3.2.1","purl":"\(purl)"}]}
            """)
        #expect(result.warnings.contains { $0.contains("package URL") } != isOne)
        #expect(try bench.number("SELECT count(*) FROM library WHERE purl = ''") == (isOne ? 0 : 1))
        if !isOne { #expect(try bench.texts("SELECT artifact, version FROM library") == ["odd|3.2.1"]) }
    }

    @Test func `A name with a character that cannot be kept is imported with a warning`() throws {
        let bench = try Workbench()
        let odd = #"{"type":"library","bom-ref":"a","name":"a\u0000b","version":"1","purl":"pkg:npm/a@1"}"#
        let whole = #"{"type":"library","bom-ref":"c","name":"c","version":"1","purl":"pkg:npm/c@1"}"#
        let result = try bench.sbom(
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\#(odd),\#(whole)]}"#)
        #expect(result.libraries == 2)
        #expect(
            result.warnings.contains { $0.hasPrefix("1 components have a name with characters that cannot be read") })
    }

    @Test func `Duplicates, a nameless component and a purl that is none are imported with warnings`() throws {
        let bench = try Workbench()
        let result = try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.4","components":[
             {"type":"library","bom-ref":"x","name":"a","version":"1","purl":"this is no purl"},
             {"type":"library","bom-ref":"x","name":"b","version":"1"},
             {"type":"library","version":"1"},
             {"type":"library","name":"c","version":"1","licenses":[{"license":{"name":"My Own"}}]}]}
            """)
        #expect(result.libraries == 3)
        #expect(result.warnings.count >= 3)
        #expect(
            try bench.texts("SELECT artifact, purl, match_type, licenses FROM library ORDER BY id") == [
                "a||Filename Match|", "b||Filename Match|", "c||Filename Match|My Own",
            ])
    }

    @Test func `Cycles and a package that needs itself do no harm`() throws {
        let bench = try Workbench()
        let result = try bench.sbom(
            cycloneDX(
                [("a", "1"), ("b", "1"), ("c", "1")],
                edges: [("root", ["a"]), ("a", ["b", "a"]), ("b", ["c"]), ("c", ["a", "root"])]))
        #expect(result.libraries == 3)
        #expect(try bench.texts("SELECT depth FROM occurrence ORDER BY position") == ["1", "2", "3"])
    }

    @Test func `An expression of many licences is cut with a warning`() throws {
        let bench = try Workbench()
        let expression = (0..<1000).map { "LicenseRef-\($0)" }.joined(separator: " AND ")
        let text = cycloneDX([("a", "1")]).replacingOccurrences(of: "MIT OR Apache-2.0", with: expression)
        let result = try bench.sbom(text)
        #expect(result.warnings.contains { $0.contains("more than 200 licences") })
        #expect(try bench.number("SELECT count(*) FROM library_license") == 200)
    }

    @Test(arguments: [
        "", "{", "[]", "no json", #"{"bomFormat":"CycloneDX"}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"9.9","components":[]}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a"},{"name":"b"}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a","name":"b"}]}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a"}],"components":[]}"#,
        String(repeating: "[", count: 10_000),
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","x":"# + String(repeating: #"{"x":"#, count: 10_000),
    ])
    func `A broken file changes nothing`(text: String) throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1")]), project: "there already")
        let before = try bench.dump()
        let error = #expect(throws: WorkError.self) { try bench.sbom(text) }
        guard case .hopeless(let why)? = error else {
            Issue.record("\(String(describing: error)) is not hopeless")
            return
        }
        #expect(!why.isEmpty)
        #expect(try bench.texts("SELECT state, error FROM job ORDER BY id").last == "FAILED|\(why)")
        try bench.intake.sweep()
        #expect(try bench.dump() == before)
    }

    @Test func `A file that breaks after thousands of components leaves nothing`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("p0", "1")]), project: "there already")
        let before = try bench.dump()
        let text = cycloneDX((0..<3000).map { ("p\($0)", "1") })
        #expect(throws: WorkError.self) { try bench.sbom(String(text.dropLast(40))) }
        #expect(try bench.number("SELECT count(*) FROM library") > 1000)
        #expect(try bench.intake.sweep() == 1)
        #expect(try bench.dump() == before)
    }

    @Test func `A missing file and bad names are refused with a text that helps`() throws {
        let bench = try Workbench()
        let before = try bench.dump()
        #expect(throws: WorkError.self) { try bench.sbom(file: "/nowhere/at/all") }
        let file = try bench.file(cycloneDX([("a", "1")]))
        for product in ["", "  ", "a\nb", String(repeating: "x", count: 1001)] {
            #expect(throws: WorkError.self) { try bench.sbom(file: file, product: product) }
        }
        #expect(throws: WorkError.self) { try bench.sbom(file: file, organization: 1, project: "\u{1}") }
        try bench.intake.sweep()
        #expect(try bench.dump() == before)
    }

    // MARK: SPDX

    @Test func `A described SPDX package without edges is a library, one with edges is the root`() throws {
        let bench = try Workbench()
        func document(_ relationships: String) -> String {
            """
            {"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"doc",
             "documentNamespace":"https://example.org/doc","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: t-1"]},
             "packages":[{"SPDXID":"SPDXRef-r","name":"r","versionInfo":"1","downloadLocation":"NONE","filesAnalyzed":true},
                         {"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","downloadLocation":"https://example.org/a.zip",
                          "licenseConcluded":"NOASSERTION","licenseDeclared":"MIT","copyrightText":"NONE"}],
             "files":[{"SPDXID":"SPDXRef-f","fileName":"./src/f.c","checksums":[{"algorithm":"SHA1","checksumValue":"5bedd0fa987065a13d5ed2a535c550770842a7fa"}]}],
             "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-r"}\(relationships)]}
            """
        }
        try bench.sbom(document(""), project: "without")
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 2)
        let edges = """
            ,{"spdxElementId":"SPDXRef-r","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-a"}
            ,{"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-f"}
            """
        try bench.sbom(document(edges), project: "with")
        #expect(
            try bench.texts(
                """
                SELECT l.artifact, o.direct, l.licenses, l.copyright, l.download_url FROM project p
                JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library WHERE p.name = 'with'
                """) == ["a|1|MIT||https://example.org/a.zip"])
        #expect(
            try bench.texts(
                """
                SELECT f.component, f.name, f.path, f.sha1 FROM project p JOIN source_file f ON f.scan = p.scan
                WHERE p.name = 'with'
                """) == ["2|f.c|./src/f.c|5bedd0fa987065a13d5ed2a535c550770842a7fa"])
    }
}
