import Database
import Foundation
import Intake
import Inventory
import TestSupport
import Testing

@testable import Reports

/// One query of the model gives the totals of every report: `ModelTotals`.
struct TotalsTests {
    private static let claims = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
         "metadata":{"component":{"type":"application","name":"app","bom-ref":"root"}},
         "components":[
          {"type":"library","bom-ref":"pad","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"},
          {"type":"library","bom-ref":"core","name":"core","group":"@babel","version":"7.20.12","purl":"pkg:npm/%40babel/core@7.20.12"}],
         "vulnerabilities":[
          {"id":"VENDOR-1","ratings":[{"severity":"high"}],"affects":[{"ref":"pad"},{"ref":"core"}]},
          {"id":"VENDOR-2","analysis":{"state":"not_affected","justification":"code_not_present"},"affects":[{"ref":"core"}]}]}
        """#

    /// The fixture with documents' claims, some alerts that people ignored, and the documents of the sample.
    private static func fixture(_ engine: Engine, sample: Bool) throws -> InventoryFixture {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(claims, project: "Claims")
        if sample {
            for line in try TestData.lines("sboms/expected.jsonl") {
                let entry = try #require(
                    JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                guard entry["ok"] as? Bool == true, let file = entry["file"] as? String else { continue }
                try fixture.importSBOM(file: TestData.path("sboms/\(file)"), product: "Sample", project: file)
            }
        }
        try fixture.database.write { connection in
            let uuids = try connection.all(
                """
                SELECT uuid FROM alert WHERE organization = 1 AND type = 'SECURITY_VULNERABILITY' AND state = 'OPEN'
                ORDER BY project, number LIMIT 3
                """
            ) { $0.string(0) }
            try Alerts.decide(
                .ignore(until: 0, because: .none), on: uuids, comments: "",
                Writing(
                    in: Scope(kind: .organization, organization: 1), by: .account(7), at: InventoryFixture.start + 1,
                    on: connection))
        }
        return fixture
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `No report disagrees with the model`(engine: Engine) throws {
        let totals = try ModelTotals(Self.fixture(engine, sample: true))
        #expect(try totals.disagreements() == [])
        #expect(totals.lines.contains { $0.state == "IGNORED" } && totals.lines.contains { $0.state == "OPEN" })
        // A whole consists of its parts, each of which was compared.
        let projects = Set(totals.lines.map(\.project)).count
        #expect(projects > 10 && totals.scopes().count == 1 + projects + Set(totals.lines.map(\.product)).count)
    }

    private static let shared = TestData.shared("data/sboms")
    private static let isWhole = ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] != nil

    @Test(.enabled(if: shared != nil && isWhole, "needs ../shared/data and WAYBILL_TEST_ALL"))
    func `No report disagrees about the shared documents`() throws {
        let folder = try #require(Self.shared)
        let fixture = try InventoryFixture(.sqlite)
        var imported = 0
        for case let file as String in try #require(FileManager.default.enumerator(atPath: folder)) {
            let path = "\(folder)/\(file)"
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            guard size > 0, size < 4 << 20, !file.hasSuffix(".md") else { continue }
            // Some have intentional faults.
            let name = file.replacingOccurrences(of: "/", with: "_")
            if (try? fixture.importSBOM(file: path, product: "Shared", project: name)) != nil { imported += 1 }
        }
        #expect(imported > 20)
        #expect(try ModelTotals(fixture).disagreements() == [])
    }

    // MARK: Planted contradictions

    /// A deliberate fault in a stored row, or in the definition of a report.
    struct Plant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var statements: [SQL] = []
        var change: @Sendable (Report) -> Report = { $0 }

        /// Another text in the columns of a report's tables, or another source of its rows.
        static func report(_ word: String, _ edit: @escaping @Sendable (Table) -> Table) -> @Sendable (Report) -> Report
        {
            { report in
                guard report.name.word == word, case .tables(let tables) = report.body else { return report }
                return Report(
                    name: report.name, title: report.title, formats: report.formats, filters: report.filters,
                    body: .tables(tables.map(edit)))
            }
        }
    }

    static let plants: [Plant] = [
        Plant(
            testDescription: "a second place decides severity",
            change: Plant.report("Vulnerability") { table in
                table.with(
                    columns: table.columns.map { column in
                        guard column.key == "severity" else { return column }
                        return .text(
                            "severity", "", "CASE WHEN v.score3 = '' THEN 'high' ELSE lower(v.severity3) END")
                    })
            }),
        Plant(
            testDescription: "a report forgets claims",
            change: Plant.report("Vulnerability") { table in
                table.with(
                    from: """
                        scope s JOIN exposure e ON e.scan = s.scan AND e.found = 1
                        JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
                        JOIN vulnerability v ON v.id = e.vulnerability JOIN library l ON l.id = o.library
                        LEFT JOIN advisory a ON a.id = v.advisory
                        LEFT JOIN finding f ON f.library = o.library AND f.vulnerability = e.vulnerability
                        LEFT JOIN advisory t ON t.id = f.top_fix_advisory
                        LEFT JOIN alert w ON w.project = s.project AND w.type = 'SECURITY_VULNERABILITY'
                            AND w.library_uuid = l.uuid AND w.subject = v.name
                        WHERE s.scan > 0
                        """)
            }),
        Plant(
            testDescription: "a report lists what a document lists twice",
            change: Plant.report("Inventory") { table in
                table.with(
                    from: """
                        scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                        JOIN component c ON c.scan = o.scan AND c.occurrence = o.position WHERE s.scan > 0
                        """)
            }),
        Plant(
            testDescription: "due diligence leaves out what has no licence",
            change: Plant.report("Licenses") { table in
                table.with(
                    from: """
                        scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                        JOIN library_license x ON x.library = o.library JOIN license n ON n.id = x.license
                        WHERE s.scan > 0
                        """)
            }),
        Plant(
            testDescription: "an alert counts twice",
            statements: [
                """
                INSERT INTO alert (project, organization, number, uuid, type, level, library, library_uuid, direct, subject,
                    vulnerability, policy, description, state, created_at, modified_at, resolved_at, resolution, decision,
                    ignored_by, ignored_until, comments)
                SELECT project, organization, 100000, 'twice', type, level, library, library_uuid, direct, subject || ' again',
                    vulnerability, policy, description, state, created_at, modified_at, resolved_at, resolution, decision,
                    ignored_by, ignored_until, comments
                FROM alert WHERE organization = 1 AND type = 'SECURITY_VULNERABILITY' AND state = 'OPEN'
                ORDER BY project, number LIMIT 1
                """
            ]),
        Plant(
            testDescription: "a severity is kept that its advisories do not say",
            statements: ["UPDATE vulnerability SET severity = 'low' WHERE severity IN ('critical', 'high')"]),
        Plant(
            testDescription: "an alert is resolved whose vulnerability is there",
            statements: [
                "UPDATE alert SET state = 'RESOLVED' WHERE organization = 1 AND type = 'SECURITY_VULNERABILITY'"
            ]),
        Plant(
            testDescription: "the counts of a project are not written with its alerts",
            statements: ["UPDATE project_severity SET open_alerts = open_alerts + 1"]),
        Plant(
            testDescription: "one library has two rows in a project",
            statements: [
                """
                INSERT INTO occurrence (scan, position, library, direct, depth, count)
                SELECT o.scan, 100000, o.library, o.direct, o.depth, 1 FROM occurrence o JOIN project p ON p.scan = o.scan
                WHERE p.organization = 1 ORDER BY o.scan, o.position LIMIT 1
                """
            ]),
        Plant(
            testDescription: "the top fix is the library's upgrade",
            statements: ["UPDATE finding SET top_fix = '99.0.0' WHERE top_fix IS NOT NULL"]),
        Plant(
            testDescription: "what a document claims is another vulnerability than the advisories'",
            statements: [
                """
                INSERT INTO vulnerability (id, organization, name, type, aliases, advisory, modified, url, weaknesses,
                    severity, score2, vector2, severity3, score3, vector3, severity4, score4, vector4, edition)
                SELECT 900000, 1, v.name, v.type, '', 0, 0, '', '', v.severity, '', '', '', '', '', '', '', '', 1
                FROM vulnerability v WHERE v.id = (SELECT min(x.vulnerability) FROM vulnerability_advisory x)
                """
            ]),
        Plant(
            testDescription: "the basis counts other libraries than the inventory",
            statements: ["UPDATE scan_basis SET libraries = libraries + 1"]),
    ]

    /// Each makes the comparison fail; otherwise contradictions of its kind would stay undetected.
    @Test(arguments: plants) func `A contradiction is seen`(plant: Plant) throws {
        let fixture = try Self.fixture(.sqlite, sample: false)
        #expect(try ModelTotals(fixture).disagreements() == [])
        try fixture.database.write { connection in
            for statement in plant.statements {
                let rows = try connection.run(statement)
                #expect(rows > 0, "it changes nothing")
            }
        }
        #expect(try ModelTotals(fixture).disagreements(changing: plant.change) != [], "\(plant) is not seen")
    }
}

extension Table {
    fileprivate func with(from: StaticSQL) -> Table {
        Table(
            key: key, item: item, title: title, from: from, condition: condition, order: order, columns: columns,
            lists: lists, levels: levels, splitsLines: splitsLines, replacements: replacements)
    }

    fileprivate func with(columns: [Column]) -> Table {
        Table(
            key: key, item: item, title: title, from: from, condition: condition, order: order, columns: columns,
            lists: lists, levels: levels, bound: bound, splitsLines: splitsLines, replacements: replacements)
    }
}
