import Foundation
import TestSupport
import Testing

@testable import Database

extension EndToEnd {
    /// Data of programs with older schemas are upgraded in every way, and then show the same as before.
    struct UpgradeTests {
        private static let isWriting = ProcessInfo.processInfo.environment["WAYBILL_GOLDEN"] == "write"

        /// Each new step needs a fixture, made by a program with exactly that schema. Fixtures of schemas without a
        /// release may then be deleted (docs/schema.md, "A new step").
        @Test func everySchemaHasItsFixture() {
            let there = SchemaFixture.all.map(\.schema)
            let newest = Migration.all.count
            let wanted = Set(Migration.released + [newest])
            for schema in wanted.sorted() where !there.contains(schema) {
                Issue.record("Tests/Data/schema-\(schema) is missing: `make schema-fixture` makes that of the newest")
            }
            for schema in there where !wanted.contains(schema) {
                Issue.record("remove Tests/Data/schema-\(schema): no release has it, and \(newest) is the newest")
            }
        }

        /// `make golden` stores the differences; write the reason into differences.json.
        @Test(arguments: SchemaFixture.all, SchemaFixture.Way.allCases)
        func reportsAreGolden(fixture: SchemaFixture, way: SchemaFixture.Way) throws {
            let site = try fixture.site(way)
            let facts = try fixture.facts()
            for report in facts.reports {
                let filter = String(decoding: try JSONEncoder().encode(report.filter), as: UTF8.self)
                let zip = try site.report(
                    report.type, scope: try #require(facts.tokens[report.scope]), format: report.format,
                    more: ["--filter", filter])
                let content = try Archive.single(zip).content
                if Self.isWriting, way == .directory { try fixture.accept(content, for: report) }
                let made = SchemaFixture.withoutVersion(content)
                let expected = SchemaFixture.withoutVersion(try fixture.expected(report))
                guard made != expected else { continue }
                Issue.record(
                    """
                    \(report.file) of the \(fixture) (\(way)) is another: \(Self.difference(expected, made)); if that is \
                    intended, `make golden` keeps it, and the reason belongs into differences.json
                    """)
            }
        }

        private static func difference(_ expected: Data, _ made: Data) -> String {
            let place =
                zip(expected, made).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, made.count)
            let shown = [expected, made].map { data in
                String(decoding: data.dropFirst(max(0, place - 100)).prefix(300), as: UTF8.self)
            }
            return "at byte \(place) of \(expected.count) and \(made.count):\n- \(shown[0])\n+ \(shown[1])"
        }

        /// A declared difference has a reason and exists.
        @Test(arguments: SchemaFixture.all) func differencesHaveReasons(fixture: SchemaFixture) throws {
            let reasons = try fixture.differences()
            for (file, reason) in reasons {
                #expect(reason.count > 10, "differences.json of \(fixture) says nothing of \(file)")
                let (old, new) = (fixture.file("reports/\(file)"), fixture.file("expected/\(file)"))
                let texts = try [old, new].map { SchemaFixture.withoutVersion(try Data(contentsOf: $0)) }
                #expect(texts[0] != texts[1], "\(file) of \(fixture) does not differ")
            }
            let kept = (try? FileManager.default.contentsOfDirectory(atPath: fixture.file("expected").path)) ?? []
            #expect(Set(kept) == Set(reasons.keys))
            #expect(
                try Set(FileManager.default.contentsOfDirectory(atPath: fixture.file("reports").path))
                    == Set(fixture.facts().reports.map(\.file)))
        }

        /// A server continues with old data: the key is valid, a finished report exists, and a waiting upload is
        /// imported.
        @Test(arguments: SchemaFixture.all, SchemaFixture.Way.allCases)
        func aServerGoesOn(fixture: SchemaFixture, way: SchemaFixture.Way) throws {
            let site = try fixture.site(way)
            let facts = try fixture.facts()
            let acme = Organization(token: try #require(facts.tokens["organization"]), key: facts.administratorKey)
            let server = try RunningServer(site, ["--retention-days", "3650"])
            let key = "X-Api-Key: \(acme.key)"
            let isIn = try eventually {
                let answer = try server.get("/api/v1/bom/token/\(facts.waitingUpload)", [key])
                return String(decoding: answer.body, as: UTF8.self) == #"{"processing":false}"#
            }
            #expect(isIn)
            let projects = try server.call("getOrganizationProjectVitals", ["orgToken": acme.token], key: acme.key)
            #expect("\(projects)".contains("Late"), "the upload that waited is not in")
            if way != .dump {
                let zip = try server.download(facts.report.uuid, of: acme).body
                #expect(try Archive.open(zip).keys.sorted() == facts.report.members)
            }
            try server.stop()
            // No backup contains the key for webhooks' secrets, so only that may be missing.
            let ending = try site.run("doctor")
            let bad = ending.output.split(separator: "\n").filter { $0.hasPrefix("BAD ") }
            #expect(bad.allSatisfy { way != .directory && $0.hasPrefix("BAD  webhook secrets") }, "\(ending.output)")
        }

        /// A backup is made before an upgrade, perhaps by the newer program: it has the older schema and can be
        /// restored.
        @Test(arguments: SchemaFixture.all) func aBackupLeavesTheSchema(fixture: SchemaFixture) throws {
            let site = try fixture.directory()
            let path = site.folder.path("backup")
            let ending = try site.run("backup", path, "--with-artifacts")
            #expect(ending.status == 0, "\(ending.errors)")
            for database in [path, site.data + "/waybill.sqlite"] {
                let newest = try DatabaseFile.read(database) { try $0.integer("SELECT max(number) FROM migration") }
                #expect(newest == Int64(fixture.schema))
            }
            let doctor = try site.run("doctor").output
            let isOld = fixture.schema < Migration.all.count
            #expect(doctor.contains("the next start brings it up to date") == isOld, "\(doctor)")
            let other = try Site()
            #expect(try other.run("restore", path).status == 0)
            #expect(try other.number("SELECT max(number) FROM migration") == Int64(Migration.all.count))
        }

        /// Steps that were edited while Waybill was young: every command reports them and changes nothing.
        @Test func dataOfOtherStepsAreRefused() throws {
            let fixture = try #require(SchemaFixture.all.first { $0.schema == 7 })
            let site = try fixture.directory()
            let database = site.data + "/waybill.sqlite"
            try DatabaseFile.change(database, "ALTER TABLE library_package DROP COLUMN registry; DROP TABLE session")
            let token = try #require(fixture.facts().tokens["organization"])
            let bom = site.folder.path("bom.json")
            try Document.cycloneDX(libraries: 1).write(to: URL(fileURLWithPath: bom))
            let backup = site.folder.path("backup")
            for arguments in [
                ["serve", "--listen", "127.0.0.1:0"], ["worker"], ["backup", backup], ["doctor"],
                ["import", "sbom", bom, "--org", token, "--product", "Shop"],
                ["report", "OrgInventoryReport", "--scope", token, "--output", site.folder.path("report.zip")],
                ["migrate", "--from", "sqlite:\(database)", "--to", "sqlite:\(site.folder.path("other"))"],
            ] {
                let flags = arguments[0] == "migrate" ? [] : site.flags
                let ending = try Executable.run(arguments + flags)
                #expect(ending.status == 1, "\(arguments)")
                #expect(
                    (ending.output + ending.errors).contains(
                        "schema step 2 (advisories) differs (library_package lacks the column registry)"),
                    "\(arguments): \(ending.output)\(ending.errors)")
            }
            #expect(try site.number("SELECT count(*) FROM pragma_table_info('migration')") == 2, "it was changed")

            let old = try fixture.unpacked("backup.gz", to: site)
            try DatabaseFile.change(old, "ALTER TABLE library_package DROP COLUMN registry")
            let empty = try Site()
            let ending = try empty.run("restore", old)
            #expect(ending.status == 1)
            #expect(ending.errors.contains("library_package lacks the column registry"), "\(ending.errors)")
        }
    }
}

extension DatabaseFile {
    /// Changes a sealed file without the program.
    fileprivate static func change(_ path: String, _ script: String) throws {
        try SQLiteConnection(path: path, create: true).script(script)
        try seal(path)
    }
}
