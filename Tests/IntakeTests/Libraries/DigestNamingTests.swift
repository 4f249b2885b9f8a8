import BOM
import Database
import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Intake

/// Files for which an upload has only a digest, and the libraries that others know by the digest, on both engines.
@Suite struct DigestNamingTests {
    private static let sha1 = String(repeating: "c", count: 40)
    private static let sha256 = String(repeating: "d", count: 64)

    private func upload(_ files: String) -> String {
        #"[{"coordinates":{"artifactId":"app"},"dependencies":[\#(files)]}]"#
    }

    private func agent(
        _ bench: Workbench, _ files: [String] = ["/srv/renamed.jar"], project: String = "Legacy", sha1: String = sha1
    ) throws -> Intake.Result {
        let libraries = files.map {
            #"{"artifactId":"\#($0.split(separator: "/").last ?? "")","sha1":"\#(sha1)","systemPath":"\#($0)"}"#
        }
        var destination = Intake.Destination(organization: 1, product: "Shop")
        destination.project = project
        let job = IntakeJob(
            kind: .agent, path: try bench.file(upload(libraries.joined(separator: ","))),
            destination: destination)
        return try IntakeJob.run(try bench.lease(job), intake: bench.intake, dataFolder: bench.folder.path(""))
    }

    /// A document that names the library.
    @discardableResult
    private func document(
        _ bench: Workbench, _ version: String = "2.4", project: String = "Named", organization: Int64 = 1
    ) throws -> Intake.Result {
        try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
             "metadata":{"component":{"type":"application","bom-ref":"root","name":"shop"}},
             "components":[{"type":"library","bom-ref":"d","group":"org.example","name":"dates","version":"\(version)",
              "purl":"pkg:maven/org.example/dates@\(version)?type=jar","licenses":[{"license":{"id":"MIT"}}],
              "hashes":[{"alg":"SHA-1","content":"\(Self.sha1)"}]}]}
            """, organization: organization, project: project)
    }

    private func list(_ bench: Workbench, _ lines: String...) throws -> (DigestImport.Result, warnings: [String]) {
        let path = bench.folder.path("digests.jsonl")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        var warnings: [String] = []
        let result = try DigestImport(RecordImport(into: bench.database, warning: { warnings.append($0) })).run([path])
        try bench.queue.matchAll()
        return (result, warnings)
    }

    private func advise(_ bench: Workbench) throws {
        let path = bench.folder.path("advisories.jsonl")
        try """
        {"id":"CVE-2099-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Maven",\
        "name":"org.example:dates"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0"}]}]}]}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
    }

    /// The content of a project: name, version, licences, occurrences, and open alerts of the vulnerability.
    private func shown(_ bench: Workbench, _ project: String = "Legacy") throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, l.version, l.licenses, o.count, (SELECT count(*) FROM alert a WHERE a.project = p.id
                    AND a.library_uuid = l.uuid AND a.subject = 'CVE-2099-1' AND a.state = 'OPEN')
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
            WHERE p.name = \(project) ORDER BY l.artifact
            """)
    }

    private let named = "dates|2.4|MIT|1|1"
    private let unnamed = "renamed.jar|||1|0"

    @Test(arguments: TemporaryDatabase.engines)
    func `A file is what a document of the organization says`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench)
        try document(bench, organization: 2)
        #expect(try agent(bench).libraries == 1)
        #expect(try shown(bench) == [unnamed])
        try document(bench)
        #expect(try agent(bench).warnings.isEmpty)
        #expect(try shown(bench) == [named])
        // Repeating the upload changes nothing; the component keeps its document's facts.
        let rows = try bench.number("SELECT count(*) FROM library")
        try bench.database.write { _ = try $0.run("UPDATE project SET content_at = 5") }
        _ = try agent(bench)
        #expect(try bench.number("SELECT count(*) FROM library") == rows)
        #expect(try bench.texts("SELECT content_at FROM project WHERE name = 'Legacy'") == ["5"])
        #expect(
            try bench.texts(
                """
                SELECT u.filename, u.naming, l.naming FROM project p JOIN component c ON c.scan = p.scan AND c.position > 0
                JOIN library u ON u.id = c.library JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
                JOIN library l ON l.id = o.library WHERE p.name = 'Legacy'
                """) == ["renamed.jar|1|2"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Knowledge that comes later names what is there, and decisions follow`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench)
        _ = try agent(bench)
        let uuid = try #require(try bench.texts("SELECT uuid FROM library WHERE naming = 1").first)
        let curator = Curator(organization: 1, author: .account(5), time: 7)
        try bench.database.write { connection in
            #expect(
                try LicenseOverrides.set(["ISC"], of: uuid, reference: "r", by: curator, on: connection))
            try connection.run("UPDATE library_request SET status = 'APPROVED', handled_by = 'me', handled_at = 7")
        }
        try document(bench)
        try bench.queue.matchAll()
        #expect(try shown(bench) == ["dates|2.4|ISC|1|1"])
        #expect(
            try bench.texts(
                """
                SELECT r.status FROM library_request r JOIN project p ON p.id = r.project
                JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library AND l.uuid = r.library_uuid
                WHERE p.name = 'Legacy'
                """) == ["APPROVED"])
        #expect(try bench.texts("SELECT libraries FROM scan ORDER BY id") == ["1", "1"])
        #expect(
            try bench.texts(
                """
                SELECT e.change, l.artifact FROM inventory_event e JOIN library l ON l.id = e.library
                JOIN project p ON p.id = e.project WHERE p.name = 'Legacy' ORDER BY e.id
                """) == ["ADDED|renamed.jar", "ADDED|dates", "REMOVED|renamed.jar"])
        #expect(try bench.number("SELECT count(*) FROM stale_naming") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A list goes before documents, and the newest list before older ones`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench)
        try document(bench)
        _ = try agent(bench)
        #expect(try shown(bench) == [named])
        let (result, warnings) = try list(
            bench,
            #"{"sha1":"\#(Self.sha1.uppercased())","sha256":"\#(Self.sha256)","purl":"pkg:npm/left-pad@1.3.0","#
                + #""licenses":["WTFPL"]}"#, #"{"sha1":"abc","purl":"pkg:npm/a@1"}"#,
            #"{"sha1":"\#(Self.sha1)","purl":"pkg:npm/a"}"#, #"{"purl":"pkg:npm/a@1"}"#)
        #expect(result == DigestImport.Result(digests: 2, skipped: 3) && warnings.count == 3, "\(warnings)")
        #expect(try shown(bench) == ["left-pad|1.3.0|WTFPL|1|0"])
        _ = try list(
            bench, #"{"sha1":"\#(Self.sha1)","purl":"pkg:maven/org.example/dates@2.4","licenses":"MIT AND ISC"}"#)
        #expect(try shown(bench) == ["dates|2.4|MIT\nISC|1|1"])
        _ = try agent(bench)
        #expect(try shown(bench) == ["dates|2.4|MIT\nISC|1|1"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Documents that disagree name nothing, and a warning says so`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try document(bench)
        _ = try agent(bench)
        #expect(try shown(bench) == ["dates|2.4|MIT|1|0"])
        let warnings = try document(bench, "2.5", project: "Other").warnings
        #expect(warnings.count == 1 && warnings[0].contains("pkg:maven/org.example/dates@2.5"), "\(warnings)")
        try bench.queue.matchAll()
        #expect(try shown(bench) == [unnamed])
        let again = try agent(bench, project: "Second").warnings
        #expect(again.count == 1 && again[0].contains(Self.sha1), "\(again)")
        _ = try list(bench, #"{"sha1":"\#(Self.sha1)","purl":"pkg:maven/org.example/dates@2.5"}"#)
        #expect(try shown(bench) == ["dates|2.5||1|0"])
        #expect(try shown(bench, "Second") == ["dates|2.5||1|0"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Files of one library are one row with it, and part again`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let other = String(repeating: "e", count: 40)
        let files = """
            {"artifactId":"one.jar","sha1":"\(Self.sha1)"},{"artifactId":"two.jar","sha1":"\(other)"},
            {"groupId":"org.example","artifactId":"dates","version":"2.4","type":"jar","dependencyType":"MAVEN"}
            """
        func load() throws -> Intake.Result {
            var destination = Intake.Destination(organization: 1, product: "Shop")
            destination.project = "Legacy"
            let job = IntakeJob(
                kind: .agent, path: try bench.file(upload(files)), destination: destination)
            return try IntakeJob.run(try bench.lease(job), intake: bench.intake, dataFolder: bench.folder.path(""))
        }
        #expect(try load().libraries == 3)
        _ = try list(
            bench, #"{"sha1":"\#(Self.sha1)","purl":"pkg:maven/org.example/dates@2.4"}"#,
            #"{"sha1":"\#(other)","purl":"pkg:maven/org.example/dates@2.4"}"#)
        #expect(try shown(bench) == ["dates|2.4||3|0"])
        #expect(try bench.texts("SELECT libraries FROM scan WHERE state = 'CURRENT'") == ["1"])
        #expect(try load().libraries == 1)
        #expect(try shown(bench) == ["dates|2.4||3|0"])
        _ = try list(bench, #"{"sha1":"\#(other)","purl":"pkg:maven/org.example/times@1"}"#)
        #expect(try shown(bench) == ["dates|2.4||2|0", "times|1||1|0"])
        #expect(
            try bench.texts("SELECT libraries FROM scan WHERE state = 'CURRENT'") == ["2"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What becomes known while a file is imported is not missed`(engine: Engine) throws {
        let bench = try Workbench(engine)
        _ = try agent(bench)
        let scan = Int64(try bench.number("SELECT scan FROM project"))
        func marks(since moment: DigestNames.Moment) throws -> Int {
            try bench.database.write { connection in
                try connection.run("DELETE FROM stale_naming")
                try moment.mark(ifOverFor: scan, organization: 1, on: connection)
            }
            return try bench.number("SELECT count(*) FROM stale_naming")
        }
        let first = try bench.database.read { try DigestNames.Moment.now(on: $0) }
        #expect(try marks(since: first) == 0)
        try document(bench)
        #expect(try marks(since: first) == 1)
        let second = try bench.database.read { try DigestNames.Moment.now(on: $0) }
        #expect(try marks(since: second) == 0)
        _ = try list(bench, #"{"sha1":"\#(Self.sha1)","purl":"pkg:npm/a@1"}"#)
        #expect(try marks(since: second) == 1)
    }

    /// Libraries that an older program imported are found and named.
    @Test(arguments: TemporaryDatabase.engines)
    func `Files of before the upgrade are named`(engine: Engine) throws {
        let bench = try Workbench(engine)
        _ = try agent(bench)
        try document(bench)
        try bench.database.write { connection in
            try connection.run("DELETE FROM stale_naming")
            try connection.run("UPDATE library SET naming = 0")
            var mark: String? = ""
            while let last = mark { mark = try MigrationWork.unnamedLibraries.slice(last, connection).mark }
        }
        #expect(try bench.texts("SELECT filename FROM library WHERE naming = 1") == ["renamed.jar"])
        try bench.queue.matchAll()
        #expect(try shown(bench) == ["dates|2.4|MIT|1|0"])
    }

    /// An organization without such files makes no look-ups.
    @Test(arguments: TemporaryDatabase.engines)
    func `Digests are taken in when somebody asks`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try document(bench)
        #expect(try bench.number("SELECT count(*) FROM named_digest") == 0)
        _ = try agent(bench)
        #expect(try shown(bench) == ["dates|2.4|MIT|1|0"])
        let taken = try bench.number("SELECT count(*) FROM named_digest")
        #expect(taken > 0)
        let missing = try bench.number(
            """
            SELECT count(*) FROM library l WHERE l.organization = 1 AND l.naming = 0 AND l.sha1 <> '' AND NOT EXISTS (
                SELECT 1 FROM named_digest d WHERE d.organization = 1 AND d.sha1 = l.sha1 AND d.library = l.id)
            """)
        #expect(missing == 0)
        // A second question reads nothing twice.
        try DigestNames.catchUp(organization: 1, in: bench.database)
        #expect(try bench.number("SELECT count(*) FROM named_digest") == taken)
    }
}
