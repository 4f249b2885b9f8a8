import BOM
import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

/// The identity of a library over imports that describe it differently, on both engines.
@Suite struct LibrariesOverImports {
    private func bom(_ components: [String], more: String = "") -> String {
        """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"root","name":"shop"}},
         "components":[\(components.joined(separator: ","))]\(more)}
        """
    }

    private func component(_ purl: String, ref: String = "", _ more: String = "") -> String {
        let name = PackageURL(purl)?.name ?? "?"
        return """
            {"type":"library","bom-ref":"\(ref.isEmpty ? purl : ref)","name":"\(name)","version":"1.0.0",
             "purl":"\(purl)"\(more)}
            """
    }

    private let digest = #","hashes":[{"alg":"SHA-1","content":"5bedd0fa987065a13d5ed2a535c550770842a7fa"}]"#
    private let licence = #","licenses":[{"expression":"GPL-3.0-only"}]"#

    private func advise(_ bench: Workbench, _ ecosystem: String, _ name: String) throws {
        let path = bench.folder.path("advisories.jsonl")
        try """
        {"id":"CVE-2099-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"\(ecosystem)",\
        "name":"\(name)"},"ranges":[{"type":"\(ecosystem == "npm" ? "SEMVER" : "ECOSYSTEM")",\
        "events":[{"introduced":"0"},{"fixed":"2.0.0"}]}]}]}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
    }

    /// Ignores the alert about the vulnerability, chooses a licence and marks the library.
    private func decide(_ bench: Workbench) throws {
        try bench.database.write { connection in
            let alert = try connection.first(
                "SELECT uuid, library_uuid FROM alert WHERE type = 'SECURITY_VULNERABILITY'"
            ) {
                (uuid: $0.string(0), library: $0.string(1))
            }
            guard let alert else { throw IntakeError.superseded }
            let scope = Scope(kind: .organization, organization: 1)
            try Alerts.decide(
                .ignore(until: 0), on: [alert.uuid], comments: "known",
                Writing(in: scope, by: .account(5), at: 7, on: connection))
            let curator = Curator(organization: 1, author: .account(5), time: 7)
            #expect(
                try LicenseOverrides.set(["MIT"], of: alert.library, reference: "r", by: curator, on: connection))
            #expect(try InHouse.mark([alert.library], reason: "ours", by: curator, on: connection) == nil)
            #expect(try InHouse.unmark([alert.library], by: curator, on: connection) == nil)
            try connection.run("UPDATE library_request SET status = 'APPROVED', handled_by = 'me', handled_at = 7")
        }
    }

    private func shown(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.uuid, l.key_id, l.licenses, o.count,
                (SELECT max(a.state) FROM alert a WHERE a.project = p.id AND a.library_uuid = l.uuid
                    AND a.type = 'SECURITY_VULNERABILITY'),
                (SELECT max(r.status) FROM library_request r WHERE r.project = p.id AND r.library_uuid = l.uuid)
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library ORDER BY o.position
            """)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What is decided stays when a document says more of a library`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench, "npm", "a")
        try bench.sbom(bom([component("pkg:npm/a@1.0.0", licence)]))
        try decide(bench)
        let before = try shown(bench)
        #expect(before.count == 1 && before[0].hasSuffix("|2|MIT|1|IGNORED|APPROVED"), "\(before)")
        for richer in [
            component("pkg:npm/a@1.0.0", licence + digest),
            component("pkg:npm/a@1.0.0?vcs_url=https://x.example.org", licence),
            component("pkg:npm/a@1.0.0", #","properties":[{"name":"x","value":"y"}]"#),
        ] {
            try bench.sbom(bom([richer]))
            #expect(try shown(bench) == before)
        }
        #expect(try bench.number("SELECT count(*) FROM alert WHERE type = 'SECURITY_VULNERABILITY'") == 1)
        #expect(try bench.number("SELECT count(*) FROM library_request") == 1)
        #expect(try bench.texts("SELECT change FROM inventory_event") == ["ADDED"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Several descriptions of a library are one row with what all say`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let text = bom([
            component("pkg:npm/a@1.0.0", ref: "one", #","licenses":[{"license":{"id":"MIT"}}]"#),
            component("pkg:npm/b@1.0.0"),
            component("pkg:npm/a@1.0.0?vcs_url=https://x.example.org", ref: "two", licence + digest),
            component("pkg:npm/a@1.0.0", ref: "three", #","licenses":[{"license":{"id":"MIT"}}]"#),
        ])
        let result = try bench.sbom(text)
        #expect(result.libraries == 2)
        #expect(
            try bench.texts(
                """
                SELECT l.artifact, o.count, l.licenses, l.sha1 FROM occurrence o JOIN library l ON l.id = o.library
                ORDER BY o.position
                """) == [
                    "a|3|MIT\nGPL 3.0|5bedd0fa987065a13d5ed2a535c550770842a7fa", "b|1||",
                ])
        #expect(try bench.texts("SELECT libraries FROM scan") == ["2"])
        // Components keep the facts of their document.
        let bodies = try bench.texts(
            """
            SELECT f.body FROM component c JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
            JOIN library_facts f ON f.library = CASE WHEN c.library = 0 THEN o.library ELSE c.library END
            WHERE c.position > 0 AND o.count = 3 ORDER BY c.position
            """)
        let licences = try bodies.map { try ComponentFacts.decode($0).licenses.map(\.form) }
        #expect(licences == [[.id("MIT")], [.expression("GPL-3.0-only")], [.id("MIT")]])
        let rows = try bench.texts("SELECT id, digest FROM library ORDER BY id")
        try bench.sbom(text)
        #expect(try bench.texts("SELECT id, digest FROM library ORDER BY id") == rows)
        #expect(try bench.intake.sweep() == 1)
        #expect(try bench.texts("SELECT id, digest FROM library ORDER BY id") == rows)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What makes another package makes another library`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let purls = [
            "pkg:maven/g/a@1.0.0?type=jar", "pkg:maven/g/a@1.0.0?classifier=natives&type=jar",
            "pkg:deb/debian/z@1.0.0?arch=amd64&distro=debian-12", "pkg:deb/debian/z@1.0.0?arch=arm64&distro=debian-12",
            "pkg:npm/a@1.0.0", "pkg:npm/a@2.0.0",
        ]
        #expect(try bench.sbom(bom(purls.map { component($0) })).libraries == 6)
        #expect(try bench.number("SELECT count(DISTINCT uuid) FROM library") == 7)
    }

    @Test func `What the document describes is not counted, though a component is the same library`() throws {
        let bench = try Workbench()
        let text = bom([component("pkg:npm/a@1.0.0"), component("pkg:npm/shop@1.0.0", licence)])
            .replacing(#""name":"shop"}"#, with: #""name":"shop","version":"1.0.0","purl":"pkg:npm/shop@1.0.0"}"#)
        #expect(try bench.sbom(text).libraries == 2)
        #expect(
            try bench.texts(
                """
                SELECT l.artifact, l.licenses, o.count FROM occurrence o JOIN library l ON l.id = o.library
                ORDER BY l.artifact
                """) == ["a||1", "shop|GPL 3.0|1"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Numbers are small, given in the order of the document, and kept`(engine: Engine) throws {
        let bench = try Workbench(engine)
        func keys(_ organization: Int64) throws -> [String] {
            try bench.texts(
                """
                SELECT DISTINCT l.artifact, l.key_id FROM library l JOIN occurrence o ON o.library = l.id
                WHERE l.organization = \(organization) ORDER BY 1
                """)
        }
        let one = bom(["c", "a", "b"].map { component("pkg:npm/\($0)@1.0.0") })
        try bench.sbom(one)
        try bench.sbom(bom(["b", "d"].map { component("pkg:npm/\($0)@1.0.0") }), organization: 2)
        try bench.sbom(one)
        try bench.sbom(bom(["d", "a"].map { component("pkg:npm/\($0)@1.0.0", digest) }), project: "Other")
        // The described components have numbers, too, and come first.
        #expect(try keys(1) == ["a|3", "b|4", "c|2", "d|5"])
        #expect(try keys(2) == ["b|2", "d|3"])
        #expect(
            try bench.number(
                """
                SELECT count(*) FROM (SELECT l.organization, l.uuid FROM library l GROUP BY l.organization, l.uuid
                    HAVING count(DISTINCT l.key_id) <> 1) several
                """) == 0)
        #expect(try bench.number("SELECT count(*) FROM library_identity WHERE base = ''") == 0)
        let limit = Int64(Int32.max)
        try bench.database.write { _ = try $0.run("UPDATE sequence SET next = \(limit) WHERE name = 'key id 1'") }
        try bench.sbom(bom([component("pkg:npm/last@1.0.0")]), project: "Last")
        #expect(try keys(1).last == "last|\(limit)")
        let error = #expect(throws: (any Error).self) {
            try bench.sbom(bom([component("pkg:npm/more@1.0.0")]), project: "More")
        }
        let says = String(describing: error)
        #expect(says.contains("no number is left") || says.contains("noNumberLeft"), "\(says)")
        #expect(try bench.number("SELECT count(*) FROM library WHERE artifact = 'more'") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What is decided about a package is meant for the only library that refines it`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench, "Maven", "g:z")
        try bench.sbom(bom([component("pkg:maven/g/z@1.0.0", licence)]))
        try decide(bench)
        try bench.sbom(bom([component("pkg:maven/g/z@1.0.0?classifier=x", licence)]))
        func decided(_ bench: Workbench) throws -> [String] {
            try shown(bench).map { $0.split(separator: "|")[2...].joined(separator: "|") }
        }
        #expect(try decided(bench) == ["MIT|1|IGNORED|APPROVED"])

        let several = try Workbench(engine)
        try advise(several, "Maven", "g:z")
        try several.sbom(bom([component("pkg:maven/g/z@1.0.0", licence)]))
        try decide(several)
        try several.sbom(bom(["x", "y"].map { component("pkg:maven/g/z@1.0.0?classifier=\($0)", licence) }))
        #expect(
            try decided(several) == ["GPL 3.0|1|OPEN|PENDING", "GPL 3.0|1|OPEN|PENDING"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Projects that show a refined library learn what it inherits`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(bom([component("pkg:maven/g/z@1.0.0?classifier=x", licence)]), project: "Other")
        try bench.sbom(bom([component("pkg:maven/g/z@1.0.0", licence)]))
        let base = try #require(
            try bench.texts("SELECT l.uuid FROM library l WHERE l.id = (SELECT max(k.id) FROM library k)").first)
        try bench.database.write { connection in
            let curator = Curator(organization: 1, author: .account(5), time: 7)
            #expect(try InHouse.mark([base], reason: "ours", by: curator, on: connection) == nil)
            #expect(try LicenseOverrides.set(["MIT"], of: base, reference: "r", by: curator, on: connection))
            try connection.run("DELETE FROM stale_project")
        }
        func other() throws -> [String] {
            try bench.texts(
                """
                SELECT p.revision, d.revision, s.mark, l.in_house, l.licenses FROM project p
                JOIN product d ON d.id = p.product JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                LEFT JOIN stale_project s ON s.project = p.id WHERE p.name = 'Other'
                """
            ).flatMap { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        }
        let before = try other()
        try #require(before.count == 5 && before[3] == "0")
        try bench.sbom(bom([component("pkg:maven/g/z@1.0.0?classifier=x", licence)]))
        let after = try other()
        #expect(after[3...] == ["1", "MIT"])
        #expect(after[0] != before[0] && after[1] != before[1], "its reports are made again")
        #expect(after[2] == "1", "its alerts are looked at again")
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `The same file again is no new content`(engine: Engine) throws {
        let bench = try Workbench(engine)
        func times() throws -> [String] {
            try bench.texts("SELECT p.content_at, d.content_at FROM project p JOIN product d ON d.id = p.product")
        }
        let text = bom([component("pkg:npm/a@1.0.0")])
        try bench.sbom(text)
        try bench.database.write { connection in
            _ = try connection.run("UPDATE project SET content_at = 5")
            _ = try connection.run("UPDATE product SET content_at = 6")
        }
        try bench.sbom(text)
        #expect(try times() == ["5|6"])
        try bench.sbom(bom([component("pkg:npm/a@1.0.0", licence)]))
        #expect(try times() != ["5|6"])
    }

    /// Entries of PostgreSQL's indexes take at most a third of a page; no other text needs to be long.
    @Test(arguments: Engine.allCases)
    func `Long names are taken on both engines and stay different`(engine: Engine) throws {
        let bench = try Workbench(engine)
        var seed: UInt64 = 7
        let noise = String(
            decoding: (0..<9000).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(ascii: "a") + UInt8(seed >> 60)
            }, as: UTF8.self)
        func part(_ ref: String, _ name: String, _ more: String) -> String {
            #"{"type":"library","bom-ref":"\#(ref)","name":"\#(name)","version":"1"\#(more)}"#
        }
        let parts = [
            part("1", noise + "1", ""), part("2", noise + "2", ""), part("3", "c", #","group":"\#(noise)""#),
            part("4", "d", #","purl":"pkg:npm/\#(noise)@1""#), part("5", "e", #","purl":"pkg:npm/e@1""#),
        ]
        let result = try bench.sbom(
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"\#(noise)","#
                + #""bom-ref":"root"}},"components":[\#(parts.joined(separator: ","))]}"#)
        #expect(result.libraries == 5)
        #expect(result.warnings.contains { $0.hasPrefix("4 libraries") || $0.hasPrefix("5 libraries") })
        // The described component has the name of the package, and another type.
        let names = try bench.texts("SELECT type_constant, artifact, group_id FROM library ORDER BY id")
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.count <= 2100 })
        #expect(try bench.texts("SELECT package FROM library_package") == ["npm/e"])
    }
}
