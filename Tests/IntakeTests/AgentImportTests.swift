import BOM
import Database
import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Intake

/// Uploads of agents as inventory: mend-api.md §4.
struct AgentImportTests {
    private func run(
        _ text: String, _ updateType: AgentUpload.UpdateType = .override, modules: Bool = false,
        on bench: Workbench
    ) throws -> Intake.Result {
        var destination = Intake.Destination(organization: 1, product: "Shop")
        destination.project = "Cart"
        destination.plugin = "fs-agent"
        destination.comment = "build:7"
        var job = IntakeJob(kind: .agent, path: try bench.file(text), destination: destination)
        job.updateType = updateType
        job.keepsModules = modules
        return try IntakeJob.run(try bench.lease(job), intake: bench.intake, dataFolder: bench.folder.path(""))
    }

    private static let sha1 = "5bedd0fa987065a13d5ed2a535c550770842a7fa"
    private static let other = "6bedd0fa987065a13d5ed2a535c550770842a7fa"

    private func libraries(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.purl, l.artifact, l.version, l.sha1, o.direct, o.depth, o.count FROM project p
            JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library ORDER BY o.depth, l.artifact
            """)
    }

    @Test(arguments: Engine.allCases)
    func aTreeBecomesLibrariesAndEdges(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let result = try run(
            """
            [{"dependencies": [
               {"children": [
                  {"groupId": "left-pad", "artifactId": "left-pad-1.3.0.tgz", "version": "1.3.0", "dependencyType": "NPM"},
                  {"groupId": "@babel/core", "artifactId": "core-7.0.0.tgz", "version": "7.0.0", "dependencyType": "NPM",
                   "children": [{"groupId": "left-pad", "artifactId": "left-pad-1.3.0.tgz", "version": "1.3.0",
                                 "dependencyType": "NPM", "deduped": true}]}],
                "groupId": "org.example", "artifactId": "dates", "version": "2.4", "type": "jar", "sha1": "\(Self.sha1)",
                "dependencyType": "MAVEN", "systemPath": "/m2/dates-2.4.jar"},
               {"artifactId": "flask-2.0.1-py3-none-any.whl", "versionId": "2.0.1", "sha1": "x"},
               {"artifactId": "unknown.so", "checksums": {"SHA1": "\(Self.other)", "SHA1_UTF8": "0"}}, {}],
              "coordinates": {"artifactId": "ignored here"}}]
            """, on: bench)
        #expect(result.project == "Cart" && result.product == "Shop" && result.libraries == 5)
        #expect(result.warnings.count == 2, "\(result.warnings)")
        #expect(
            try libraries(bench) == [
                "pkg:maven/org.example/dates@2.4|dates|2.4|\(Self.sha1)|1|1|1",
                "pkg:pypi/flask@2.0.1|flask|2.0.1||1|1|1", "|unknown.so||\(Self.other)|1|1|1",
                "pkg:npm/%40babel/core@7.0.0|@babel/core|7.0.0||0|2|1",
                "pkg:npm/left-pad@1.3.0|left-pad|1.3.0||0|2|1",
            ])
        // The root needs three libraries, `dates` two, and `core` left-pad.
        #expect(try bench.number("SELECT count(*) FROM dependency") == 6)
        #expect(try bench.texts("SELECT locations FROM component WHERE locations <> ''") == ["/m2/dates-2.4.jar"])
        #expect(
            try bench.texts("SELECT plugin_name, scan_comment FROM project") == ["fs-agent|build:7"])
    }

    @Test func nothingIsALibraryWhereNothingIsNeeded() throws {
        let bench = try Workbench()
        #expect(try run("[{\"coordinates\":{\"artifactId\":\"a\"},\"dependencies\":[]}]", on: bench).libraries == 0)
        #expect(try bench.number("SELECT count(*) FROM library") == 0)
        #expect(try bench.number("SELECT count(*) FROM scan WHERE state = 'CURRENT'") == 1)
    }

    /// The file of one library in two places is listed twice, once for each place.
    @Test func placesAreKept() throws {
        let bench = try Workbench()
        func jar(_ path: String) -> String {
            "{\"artifactId\":\"a.jar\",\"sha1\":\"\(Self.sha1)\",\"systemPath\":\"\(path)\"}"
        }
        let text =
            "[{\"coordinates\":{\"artifactId\":\"a\"},\"dependencies\":[\(jar("/x")),\(jar("/y")),\(jar("/x"))]}]"
        #expect(try run(text, on: bench).libraries == 1)
        #expect(try bench.texts("SELECT locations FROM component WHERE position > 0 ORDER BY 1") == ["/x", "/y"])
        #expect(try bench.texts("SELECT count FROM occurrence") == ["2"])
    }

    @Test func modulesMayBeComponents() throws {
        let bench = try Workbench()
        func module(_ name: String, _ library: String) -> String {
            "{\"coordinates\":{\"artifactId\":\"\(name)\"},\"dependencies\":[{\"artifactId\":\"\(library)\"}]}"
        }
        let text = "[\(module("m1", "x")),\(module("m2", "x"))]"
        #expect(try run(text, on: bench).libraries == 1)
        #expect(try run(text, modules: true, on: bench).libraries == 3)
        #expect(try libraries(bench) == ["|m1|||1|1|1", "|m2|||1|1|1", "|x|||0|2|1"])
    }

    @Test func trustworthyTypesMakePackageURLs() throws {
        let bench = try Workbench()
        let cases: [(String, String)] = [
            (
                "{\"groupId\":\"Newtonsoft.Json\",\"artifactId\":\"Newtonsoft.Json.9.0.1.nupkg\",\"dependencyType\":\"NUGET\",\"version\":\"9.0.1\"}",
                "pkg:nuget/Newtonsoft.Json@9.0.1"
            ),
            (
                "{\"artifactId\":\"rake-13.0.1.gem\",\"dependencyType\":\"RUBY\",\"version\":\"13.0.1\"}",
                "pkg:gem/rake@13.0.1"
            ),
            (
                "{\"groupId\":\"pkg\",\"artifactId\":\"github.com/pkg/errors\",\"dependencyType\":\"GO\",\"version\":\"v0.9.1\"}",
                "pkg:golang/github.com/pkg/errors@v0.9.1"
            ),
            (
                "{\"groupId\":\"symfony/yaml\",\"artifactId\":\"yaml\",\"dependencyType\":\"PHP\",\"version\":\"5.0\"}",
                "pkg:composer/symfony/yaml@5.0"
            ),
            (
                "{\"groupId\":\"g\",\"artifactId\":\"a\",\"type\":\"war\",\"classifier\":\"c\",\"version\":\"1\"}",
                "pkg:maven/g/a@1?classifier=c&type=war"
            ),
            ("{\"artifactId\":\"libc6\",\"dependencyType\":\"DEBIAN\",\"version\":\"2.36\"}", ""),
            ("{\"artifactId\":\"x.js\",\"version\":\"1\",\"sha1\":\"\(Self.sha1)\"}", ""),
            ("{\"artifactId\":\"y\",\"purl\":\"pkg:cargo/serde@1.0\"}", "pkg:cargo/serde@1.0"),
        ]
        for (text, expected) in cases {
            _ = try run("[{\"coordinates\":{\"artifactId\":\"a\"},\"dependencies\":[\(text)]}]", on: bench)
            #expect(try libraries(bench).map { $0.prefix { $0 != "|" } } == [Substring(expected)], "\(text)")
        }
    }

    private static func project(_ dependencies: String) -> String {
        "[{\"coordinates\":{\"artifactId\":\"a\"},\"dependencies\":[\(dependencies)]}]"
    }

    private static func npm(_ name: String, _ version: String, children: String = "") -> String {
        """
        {"groupId":"\(name)","artifactId":"\(name)-\(version).tgz","version":"\(version)","dependencyType":"NPM",
         "children":[\(children)]}
        """
    }

    @Test(arguments: Engine.allCases)
    func uploadsAddAndTakeAway(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let (a, b, c) = (Self.npm("a", "1", children: Self.npm("b", "1")), Self.npm("b", "1"), Self.npm("c", "1"))
        _ = try run(Self.project(a), .append, on: bench)
        _ = try run(Self.project("\(c),\(b)"), .append, on: bench)
        func shown() throws -> [String] { try libraries(bench).map { String($0.prefix { $0 != "|" }) + $0.suffix(6) } }
        #expect(
            try shown() == ["pkg:npm/a@1|1|1|1", "pkg:npm/b@1|1|1|1", "pkg:npm/c@1|1|1|1"])
        #expect(
            try bench.number("SELECT count(*) FROM dependency WHERE scan = (SELECT scan FROM project)") == 4)
        _ = try run(Self.project(b), .remove, on: bench)
        #expect(try shown() == ["pkg:npm/a@1|1|1|1", "pkg:npm/c@1|1|1|1"])
        // Unchanged rows are the same; only `b` was added and removed.
        #expect(
            try bench.texts("SELECT change, count(*) FROM inventory_event GROUP BY change ORDER BY change")
                == ["ADDED|3", "REMOVED|1"])
    }

    /// The content of a bill of materials stays, with files and claims.
    @Test func uploadsComeOnTopOfABillOfMaterials() throws {
        let bench = try Workbench()
        let claims = ",\"vulnerabilities\":[{\"id\":\"CVE-1\",\"affects\":[{\"ref\":\"left\"}]}]"
        try bench.sbom(
            cycloneDX(
                [("left", "1"), ("right", "2")], edges: [("root", ["left"]), ("left", ["right"])], more: claims),
            product: "Shop", project: "Cart")
        _ = try run(Self.project(Self.npm("left", "1") + "," + Self.npm("new", "3")), .append, on: bench)
        #expect(
            try libraries(bench).map { $0.prefix { $0 != "|" } } == [
                "pkg:npm/left@1", "pkg:npm/new@3", "pkg:npm/right@2",
            ])
        let current: SQL = "(SELECT scan FROM project)"
        #expect(try bench.texts("SELECT name FROM vulnerability_claim WHERE scan = \(current)") == ["CVE-1"])
        #expect(
            try bench.texts("SELECT l.licenses FROM library l WHERE l.purl = 'pkg:npm/left@1'").allSatisfy {
                !$0.isEmpty
            })
        // The root needs left and new, and left needs right.
        #expect(try bench.number("SELECT count(*) FROM dependency WHERE scan = \(current)") == 3)
    }

    // MARK: Policies

    private final class Text { var bytes: [UInt8] = [] }

    private func check(_ text: String, project: Int64, on bench: Workbench) throws -> [String: Any] {
        try checked(text, project: project, on: bench).answer
    }

    private func checked(
        _ text: String, project: Int64, on bench: Workbench
    ) throws -> (answer: [String: Any], violations: [AgentViolation]) {
        let path = try bench.file(text)
        let projects = try AgentReader.survey(file: path).projects.enumerated().map { place, part in
            AgentCheck.Project(name: part.name, at: place, product: 1, project: project, ranges: [part.range])
        }
        let check = AgentCheck(
            organization: 1, organizationName: "Acme \"1\"", path: path, projects: projects, checksAll: true,
            tellsVulnerabilities: true, time: 1_767_323_045_000)
        let out = Text()
        let violations = try bench.database.snapshot { connection in
            try AgentPolicyCheck(check, on: connection) { out.bytes += $0 }.write()
        }
        return (try #require(try JSONSerialization.jsonObject(with: Data(out.bytes)) as? [String: Any]), violations)
    }

    @Test(arguments: Engine.allCases)
    func checksSayWhatPoliciesForbid(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let policy = NewPolicy(
            name: "No b", isEnabled: true, filter: #"{"type":"RESOURCE_NAME"}"#, action: #"{"type":"REJECT"}"#,
            filterType: "RESOURCE_NAME", actionType: "REJECT", rule: .name(try NamePattern("b*")),
            priority: nil)
        let scope = Scope(kind: .organization, organization: 1)
        try bench.database.write { connection in
            _ = try Policies.add(policy, Writing(in: scope, by: .account(0), at: 1, on: connection))
        }
        let text = """
            [{"coordinates":{"artifactId":"Cart"},"dependencies":[
                {"artifactId":"a","version":"1","children":[{"artifactId":"b","version":"1"}]}]}]
            """
        // Two products may have projects with the same name.
        let same = #"{"coordinates":{"artifactId":"web"},"dependencies":[{"artifactId":"LIBRARY","version":"1"}]}"#
        let twins = "[\(same.replacing("LIBRARY", with: "a")),\(same.replacing("LIBRARY", with: "b"))]"
        let violations = try checked(twins, project: 0, on: bench).violations
        #expect(violations.map { "\($0.project) \($0.library)" } == ["1 b-1"])
        let answer = try check(text, project: 0, on: bench)
        let projects = try #require(answer["newProjects"] as? [String: [String: Any]])
        let root = try #require(projects["Cart"]?["children"] as? [[String: Any]])
        #expect(root[0]["policy"] is NSNull)
        let child = try #require((root[0]["children"] as? [[String: Any]])?.first)
        let found = try #require(child["policy"] as? [String: Any])
        #expect(found["actionType"] as? String == "Reject")
        #expect(found["displayName"] as? String == "No b")
        #expect(found["policyLevel"] as? String == "DOMAIN")
    }

    @Test(arguments: Engine.allCases)
    func checksShowTheTreeWithWhatIsKnown(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        // The inventory knows the licence of one of them.
        let known = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","bom-ref":"b",
             "name":"b","version":"1","purl":"pkg:npm/b@1","licenses":[{"expression":"MIT"}]}]}
            """
        try bench.sbom(known, product: "Shop", project: "Cart")
        let project = Int64(try bench.number("SELECT id FROM project"))
        let tree = Self.project(Self.npm("a", "1", children: Self.npm("b", "1")) + "," + Self.npm("a", "1"))
        let answer = try check(tree, project: project, on: bench)
        #expect(Set(answer.keys) == ["organization", "existingProjects", "newProjects", "projectNewResources"])
        #expect(answer["organization"] as? String == "Acme \"1\"")
        #expect((answer["newProjects"] as? [String: Any])?.isEmpty == true)
        let root = try #require((answer["existingProjects"] as? [String: [String: Any]])?["a"])
        #expect(root["resource"] is NSNull && root["policy"] is NSNull)
        let nodes = try #require(root["children"] as? [[String: Any]])
        #expect(nodes.count == 2)
        let first = try #require(nodes[0]["resource"] as? [String: Any])
        #expect(first["displayName"] as? String == "a-1.tgz")
        #expect(first["licenses"] as? [String] == [])
        let child = try #require((nodes[0]["children"] as? [[String: Any]])?.first?["resource"] as? [String: Any])
        #expect(child["licenses"] as? [String] == ["MIT"])
        #expect((child["keyUuid"] as? String)?.count == 36)
        let new = try #require((answer["projectNewResources"] as? [String: [[String: Any]]])?["a"])
        #expect(new.compactMap { $0["displayName"] as? String } == ["a-1.tgz"])
        let fresh = try check(tree, project: 0, on: bench)
        #expect((fresh["newProjects"] as? [String: Any])?.keys.sorted() == ["a"])
        #expect((fresh["projectNewResources"] as? [String: [Any]])?["a"]?.count == 2)
    }
}
