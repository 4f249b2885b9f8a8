import Database
import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Intake

/// The versions in registries, and the alerts about newer ones.
@Suite struct ReleaseImportTests {
    private static let document = """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"r","name":"shop"}},
         "components":[
          {"type":"library","bom-ref":"a","name":"colors","group":"@colors","version":"1.4.0","purl":"pkg:npm/%40colors/colors@1.4.0"},
          {"type":"library","bom-ref":"b","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"},
          {"type":"library","bom-ref":"c","name":"openssl","version":"3.0.1-1","purl":"pkg:deb/debian/openssl@3.0.1-1?distro=debian-12"}]}
        """

    /// In the form of deps.dev's answers, with members to be skipped.
    private static let colors = """
        {"packageKey":{"system":"NPM","name":"@colors/colors"},"versions":[
         {"versionKey":{"system":"NPM","name":"@colors/colors","version":"1.4.0"},"publishedAt":"2020-03-01T10:00:00Z","isDefault":false},
         {"versionKey":{"version":"1.5.0"},"publishedAt":"2022-02-09T15:00:00Z"},
         {"versionKey":{"version":"1.6.0"},"publishedAt":"2023-05-01T00:00:00Z"},
         {"versionKey":{"version":"2.0.0"},"publishedAt":"2024-01-02T00:00:00Z"},
         {"versionKey":{"version":"2.1.0"},"publishedAt":"2024-02-02T00:00:00Z","isDeprecated":true},
         {"versionKey":{"version":"3.0.0-beta.1"},"publishedAt":"2024-03-02T00:00:00Z"},
         {"versionKey":{"version":"no version"},"publishedAt":null}]}
        """

    private func run(_ bench: Workbench, _ files: [String], warnings: (String) -> Void = { _ in }) throws
        -> ReleaseImport.Result
    {
        let result = try withoutActuallyEscaping(warnings) { warnings in
            try ReleaseImport(RecordImport(into: bench.database, warning: warnings)).run(files)
        }
        try bench.queue.matchAll()
        return result
    }

    private static let alerts: SQL = """
        SELECT type, level, state, description, resolution FROM alert
        WHERE type IN ('NEW_MAJOR_VERSION', 'NEW_MINOR_VERSION') ORDER BY number
        """

    @Test(arguments: TemporaryDatabase.engines) func newerVersionsRaiseAlerts(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(Self.document)
        let before = try bench.number("SELECT revision FROM project")
        let debian =
            #"{"purl":"pkg:deb/debian/openssl?distro=debian-12","versions":["3.0.1-1","3.0.2-1~rc1","3.0.11-1"]}"#
        let result = try run(bench, [bench.file(Self.colors), bench.file(debian)])
        #expect(result == ReleaseImport.Result(packages: 2, versions: 9, skipped: 0))
        #expect(
            try bench.texts(Self.alerts) == [
                "NEW_MAJOR_VERSION|MAJOR|OPEN|A newer version is out: 2.0.0|",
                "NEW_MINOR_VERSION|MINOR|OPEN|A newer version is out: 1.6.0|",
                "NEW_MINOR_VERSION|MINOR|OPEN|A newer version is out: 3.0.11-1|",
            ])
        let rows = try bench.texts(
            """
            SELECT l.artifact, n.newest, CAST(n.newest_published AS TEXT), CAST(n.published AS TEXT),
                CAST(n.versions_between AS TEXT), CAST(n.major AS TEXT) FROM newer_version n
            JOIN library l ON l.id = n.library ORDER BY l.artifact
            """)
        #expect(rows == ["@colors/colors|2.0.0|1704153600000|1583056800000|2|1", "openssl|3.0.11-1|||0|0"])
        #expect(try bench.number("SELECT revision FROM project") > before, "reports made before are not given again")

        // Repeating it changes nothing; a library that arrives later is compared on arrival.
        let revision = try bench.number("SELECT revision FROM project")
        _ = try run(bench, [bench.file(Self.colors)])
        #expect(try bench.number("SELECT revision FROM project") == revision)
        try bench.sbom(Self.document, organization: 2, product: "Other", project: "Other")
        #expect(try bench.number("SELECT count(*) FROM alert WHERE organization = 2 AND type LIKE 'NEW_M%'") == 3)

        // After the upgrade to the newest version the alert is resolved. After the return it is reopened, not
        // doubled.
        let upgraded = Self.document.replacing("1.4.0", with: "2.0.0")
        try bench.sbom(upgraded)
        #expect(
            try bench.texts(
                "SELECT type, state, resolution FROM alert WHERE organization = 1 AND type LIKE 'NEW_M%' ORDER BY number"
            ) == [
                "NEW_MAJOR_VERSION|RESOLVED|Library upgraded", "NEW_MINOR_VERSION|RESOLVED|Library upgraded",
                "NEW_MINOR_VERSION|OPEN|",
            ])
        try bench.sbom(Self.document)
        #expect(
            try bench.number(
                "SELECT count(*) FROM alert WHERE organization = 1 AND type LIKE 'NEW_M%' AND state = 'OPEN'") == 3)

        // A registry that no longer has newer versions.
        _ = try run(bench, [bench.file(#"{"purl":"pkg:npm/%40colors/colors","versions":["1.4.0"]}"#)])
        #expect(
            try bench.texts(
                "SELECT DISTINCT resolution FROM alert WHERE organization = 1 AND state = 'RESOLVED' AND type LIKE 'NEW_M%'"
            )
                == ["Newest known version"])
    }

    @Test func whatCannotBeReadIsTold() throws {
        let bench = try Workbench()
        var warnings: [String] = []
        let files = try [
            "{}", "[1]", #"{"purl":"nonsense","versions":["1"]}"#, #"{"packageKey":{"system":"COBOL","name":"x"}}"#,
            #"{"purl":"pkg:npm/x","versions":[1]}"#,
        ].map(bench.file)
        let result = try run(bench, files) { warnings.append($0) }
        #expect(result == ReleaseImport.Result(packages: 0, versions: 0, skipped: 5))
        #expect(warnings.count == 5 && warnings[0].contains("it names no package"), "\(warnings)")
        #expect(warnings[3].contains("\"COBOL x\""), "\(warnings)")
        #expect(throws: IntakeError.self) { try run(bench, [bench.folder.path("nowhere.json")]) }
    }
}
