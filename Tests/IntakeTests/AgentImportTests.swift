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
               {"artifactId": "unknown.so", "checksums": {"SHA1": "\(Self.sha1)", "SHA1_UTF8": "0"}}, {}],
              "coordinates": {"artifactId": "ignored here"}}]
            """, on: bench)
        #expect(result.project == "Cart" && result.product == "Shop" && result.libraries == 5)
        #expect(result.warnings.count == 2, "\(result.warnings)")
        #expect(
            try libraries(bench) == [
                "pkg:maven/org.example/dates@2.4|dates|2.4|\(Self.sha1)|1|1|1",
                "pkg:pypi/flask@2.0.1|flask|2.0.1||1|1|1", "|unknown.so||\(Self.sha1)|1|1|1",
                "pkg:npm/%40babel/core@7.0.0|@babel/core|7.0.0||0|2|1",
                "pkg:npm/left-pad@1.3.0|left-pad|1.3.0||0|2|1",
            ])
        // Root to three, dates to two, core to left-pad.
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

    /// The file of one library in two places is listed twice, once for each.
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
}
