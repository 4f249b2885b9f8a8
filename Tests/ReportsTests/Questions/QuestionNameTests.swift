import Database
import TestSupport
import Testing

@testable import Reports

/// Parts of names: with the index of trigrams, without it, and with more names than are listed; paths of old and new
/// scans.
@Suite struct QuestionNameTests {
    private static func ask(
        _ text: String, _ fixture: InventoryFixture, field: Question.Field = .library, organization: Int64 = 1
    ) throws -> [Question.Item] {
        var question = try Question(field, text)
        question.limit = 1000
        let scope = Scope(kind: .organization, organization: organization)
        let answer = try fixture.database.snapshot { try question.answer(in: scope, on: $0) }
        #expect(answer.next == nil)
        return answer.items
    }

    private static func libraries(_ text: String, _ fixture: InventoryFixture) throws -> [String] {
        try ask(text, fixture).map(\.library)
    }

    /// The text of the question, and the libraries with such a name.
    private static let names: [(String, [String])] = [
        ("left-pad", ["left-pad", "left-pad"]), ("LEFT pad", ["left-pad", "left-pad"]),
        ("ft-p", ["left-pad", "left-pad"]),
        ("commons lang3", ["org.apache.commons:commons-lang3"]),
        ("org.apache.commons:commons", ["org.apache.commons:commons-lang3"]),
        ("lang3 3.12", ["org.apache.commons:commons-lang3"]),
        ("lang3 3.13", []), ("@babel/core", ["@babel/core"]), ("babel", ["@babel/core"]),
        ("newtonsoft", ["Newtonsoft.Json"]),
        // Parts of one and two characters, which no index of trigrams has.
        ("q", ["requests", "requests", "'single':quote\"comma,semi;colon"]),
        ("qu", ["requests", "requests", "'single':quote\"comma,semi;colon"]),
        ("ru qu", []), ("東京", ["東京ライブラリ"]), ("東京ライ", ["東京ライブラリ"]), ("ελλ", []), ("Ελλ", ["Ελληνικά"]),
        // Texts with a meaning in SQL or FTS5.
        ("hyperlink(\"http", ["=HYPERLINK(\"http://evil.example\",\"click\")"]),
        ("drop table", ["'; DROP TABLE library; --"]),
        ("_x0041_", ["_x000D_ and _x0041_"]), ("x%0", []), ("x_0", []), ("left*", []), ("left OR commons", []),
        ("../../etc", ["../../etc/passwd"]), ("no such thing", []),
    ]

    @Test(arguments: TemporaryDatabase.engines) func partsOfNames(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        for (text, expected) in Self.names {
            #expect(try Self.libraries(text, fixture).sorted() == expected.sorted(), "\(text)")
        }
        #expect(try Self.ask("rival", fixture).isEmpty)
        #expect(try Self.ask("left-pad", fixture, organization: 2).count == 1)
    }

    /// PostgreSQL where the extension cannot be installed.
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func withoutTheIndexTheAnswerIsTheSame() throws {
        let fixture = try InventoryFixture(.postgresql)
        #expect(try fixture.database.read { try LibraryNames.isIndexed(on: $0) })
        try fixture.database.write { try $0.script("DROP EXTENSION pg_trgm CASCADE") }
        #expect(try !fixture.database.read { try LibraryNames.isIndexed(on: $0) })
        for (text, expected) in Self.names {
            #expect(try Self.libraries(text, fixture).sorted() == expected.sorted(), "\(text)")
        }
    }

    /// A project's name, if no library has the name.
    @Test(arguments: TemporaryDatabase.engines) func projectsByTheirNames(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let items = try Self.ask("CART", fixture, field: .words)
        #expect(items.count == 1)
        #expect(items.allSatisfy { $0.project == "Cart" })
        #expect(try Self.ask("=ledger|'!A0", fixture, field: .words).count == 13)
        #expect(try Self.ask("=ledger|'!A0", fixture).isEmpty)
    }

    /// With more names than are listed, and more matches than are sorted, the projects are searched one after the
    /// other.
    @Test(arguments: TemporaryDatabase.engines) func manyNames(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        func document(_ numbers: Range<Int>) -> String {
            let components = numbers.map {
                #"{"type":"library","bom-ref":"\#($0)","name":"wide-\#($0)","version":"1","purl":"pkg:npm/wide-\#($0)@1"}"#
            }
            return
                #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\#(components.joined(separator: ","))]}"#
        }
        try fixture.importSBOM(document(0..<1500), project: "First")
        try fixture.importSBOM(document(1000..<2500), project: "Second")
        for (text, count) in [
            ("wide", 3000), ("wide-1", 1 + 10 + 100 + 500 + 1000), ("wide-24", 1 + 10 + 100), ("wide-2499", 1),
        ] {
            var question = try Question(.library, text)
            question.limit = 700
            var seen: [String] = []
            repeat {
                let answer = try fixture.database.snapshot {
                    try question.answer(in: Scope(kind: .organization, organization: 1), on: $0)
                }
                seen += answer.items.map { "\($0.project) \($0.library)" }
                question.cursor = answer.next
            } while question.cursor != nil
            #expect(seen.count == Set(seen).count)
            let expected = (0..<1500).map { "First wide-\($0)" } + (1000..<2500).map { "Second wide-\($0)" }
            #expect(Set(seen) == Set(expected.filter { $0.contains(text) }), "\(text): \(count)")
        }
    }

    /// For scans from before `component.via`, the answer comes from their edges.
    @Test(arguments: TemporaryDatabase.engines) func waysOfOldScans(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let texts = ["guava", "mux", "core", "кириллица", "مكتبة", "left-pad"]
        let new = try texts.map { try Self.ask($0, fixture) }
        #expect(new[0].first?.path?.count == 3 && new[4].first?.path == ["Ελληνικά@1.0", "кириллица@2.0", "مكتبة@٤"])
        let kept = try fixture.database.read { try $0.integer("SELECT count(*) FROM component WHERE via > 0") }
        #expect(kept == 4)
        try fixture.database.write { try $0.run("UPDATE component SET via = -1") }
        #expect(try texts.map { try Self.ask($0, fixture) } == new)
    }
}
