import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

/// An import that was decided without holding the writer detects changes in the meantime, although no project shows its
/// libraries and vulnerabilities yet.
@Suite struct KnowledgeMomentTests {
    private func moment(_ bench: Workbench) throws -> KnowledgeMoment {
        try bench.database.read { try KnowledgeMoment.now(organization: 1, on: $0) }
    }

    private func isNews(_ bench: Workbench, _ change: () throws -> Void) throws -> Bool {
        let before = try moment(bench)
        try change()
        return try moment(bench) != before
    }

    @Test func `Lists of exploited vulnerabilities and of likelihoods are news`() throws {
        let bench = try Workbench()
        func replace() throws {
            try bench.database.write { connection in
                let entry = Exploitation.Entry(name: "CVE-2099-1", since: nil)
                try Exploitation.replace("kev", with: [entry], at: 1, on: connection)
            }
        }
        #expect(try isNews(bench, replace))
        #expect(try !isNews(bench, replace), "the same list says nothing new")
        #expect(
            try isNews(bench) {
                let list = try Likelihoods(in: bench.database)
                try list.append("CVE-2099-1", score: 500_000, percentile: 900_000)
                try list.finish()
            })
    }

    @Test func `A document of statements is news when it becomes current`() throws {
        let bench = try Workbench()
        let row = StatementDocumentRow(organization: 1, project: 0, job: 1)
        let document = try bench.database.write { try StatementDocuments.stage(row, at: 1, on: $0) }
        #expect(
            try isNews(bench) {
                try bench.database.write { _ = try StatementDocuments.publish(document, row, on: $0) }
            })
    }

    @Test func `A mark of a library that no project shows is news`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("own-library", "1")]))
        try bench.sbom(cycloneDX([("other", "1")]))
        let curator = Curator(organization: 1, author: .system, time: 5)
        let added = try bench.database.write { connection in
            try InHouse.add(
                .artifact, NamePattern(stored: "own-*"), description: "", by: curator, on: connection)
        }
        let rule = try #require(added)
        let work = RuleWork(database: bench.database, now: { 6 })
        #expect(try isNews(bench) { try work.run(rule: rule) { false } })
        #expect(try bench.number("SELECT count(*) FROM library WHERE in_house = 1") == 1)
        #expect(try bench.database.write { try InHouse.remove(rule: rule, by: curator, on: $0) })
        #expect(try isNews(bench) { try work.run(rule: rule) { false } })
        #expect(try bench.number("SELECT count(*) FROM library WHERE in_house = 1") == 0)
    }

    @Test func `A newer edition of an advisory is news, though nobody has its package`() throws {
        let bench = try Workbench()
        func record(_ day: String) throws {
            let path = bench.folder.path("advisories.jsonl")
            let text = #"{"id":"AAA-1","modified":"2026-01-\#(day)T00:00:00Z","aliases":["BBB-\#(day)"]}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        }
        try record("01")
        #expect(try isNews(bench) { try record("02") })
        #expect(try !isNews(bench) { try record("02") })
    }
}
