import Database
import Foundation
import Intake
import Inventory
import TestSupport
import Testing

@testable import Reports

/// The basis of verdicts in reports.
struct BasisReportTests {
    private func output(_ type: String, _ format: Format, _ fixture: InventoryFixture) throws -> Output {
        let found = ReportCase.every.first { $0.type == type && $0.format == format }
        return try #require(found).produce(fixture)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Sheet, pages and risk say the same`(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let scope = try fixture.scope(.organization)
        let basis = try fixture.database.read { try Basis.read(scope, on: $0) }
        #expect(basis.isAssessed && basis.matchable < basis.libraries)
        let sheet = try output("OrgVulnerabilityReport", .xlsx, fixture)
        let sheets = try #require(sheet.parts().first).allSheets()
        #expect(sheets.map(\.name) == ["Vulnerabilities", "About"])
        #expect(
            sheets[1].rows.map { $0.first ?? nil } == [
                "Report", "Of", "State of", "Filters", "Rows, high", "Rows, medium", "Rows, unrated",
                "Rows of Vulnerabilities here", "Basis",
            ])
        #expect(sheets[1].rows.last?.last == basis.sentence)
        #expect(sheet.produced.basis == [basis.sentence])
        // The table stays in its place: its heading is the first row of the first sheet.
        #expect(sheets[0].rows.first?.first == "Severity")
        let words = basis.sentence.split(separator: " ").prefix(8).joined(separator: " ")
        for (type, format) in [("OrgVulnerabilityReport", Format.pdf), ("RiskReport", .pdf)] {
            let made = try output(type, format, fixture)
            #expect(made.produced.basis == [basis.sentence])
            let part = try #require(made.parts().first)
            let tool = try ForeignTool.path("pdftotext", package: "poppler-utils")
            let text = String(decoding: try ForeignTool.run(tool, ["-", "-"], input: part.bytes), as: UTF8.self)
            let plain = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(plain.contains(words), "\(type)")
        }
        for format in [Format.json, .xml, .csv, .ndjson] {
            let made = try output("OrgVulnerabilityReport", format, fixture)
            #expect(made.produced.basis.isEmpty)
            #expect(!(try #require(made.parts().first).text.contains("looked up in advisories")))
        }
        let inventory = try #require(output("OrgInventoryReport", .xlsx, fixture).parts().first).allSheets()
        #expect(inventory.last?.rows.contains { $0.first == "Basis" } == false)
    }

    @Test func `Sentences name what was in the way`() throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        try fixture.importSBOM(FixtureDocuments.cart)
        let scope = try fixture.scope(.project)
        let none = try fixture.database.read { try Basis.read(scope, on: $0) }.sentence
        #expect(none.hasPrefix("Not assessed: none of 16 components could be looked up in advisories. Not looked up: "))
        #expect(none.contains("without a package URL") && none.contains("of ecosystems without advisories ("))
        #expect(Basis().sentence == "Not assessed: there are no components here.")
        let risk = try output("RiskReport", .pdf, fixture).produced
        let whole = try fixture.scope(.organization)
        #expect(try fixture.database.read { try Basis.read(whole, on: $0) }.sentence == risk.basis[0])
    }

    /// A report is made again exactly when its line about the basis changes.
    @Test func `The line is part of what a made report is found by`() throws {
        let fixture = try InventoryFixture(.sqlite)
        let scope = try fixture.scope(.organization)
        func notes(_ type: String, _ format: String) throws -> [String] {
            let request = try ReportRequest(type: type, scope: scope, format: format, fields: [:])
            return try fixture.database.read { try request.notes(on: $0) }
        }
        let before = try notes("OrgVulnerabilityReport", "xlsx")
        let revision = try fixture.database.read { try ScopeFacts.read(scope, on: $0)?.revision }
        let folder = try TemporaryFolder()
        let path = folder.path("more.jsonl")
        let record =
            #"{"id":"GHSA-more","modified":"2026-05-01T00:00:00Z","affected":[{"package":"#
            + #"{"ecosystem":"npm","name":"elsewhere"},"versions":["1"]}]}"#
        try Data(record.utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: fixture.database)).run([path])
        try fixture.queue.matchAll()
        #expect(try notes("OrgVulnerabilityReport", "xlsx") != before)
        #expect(try notes("OrgVulnerabilityReport", "json") == [] && notes("OrgInventoryReport", "xlsx") == [])
        #expect(try notes("RiskReport", "pdf") == notes("OrgVulnerabilityReport", "pdf"))
        #expect(try fixture.database.read { try ScopeFacts.read(scope, on: $0)?.revision } == revision)
    }
}
