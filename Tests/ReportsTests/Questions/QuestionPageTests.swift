import Database
import TestSupport
import Testing

@testable import Reports

/// Pages of answers are complete and in order, whatever changes in between; and cursors from outside.
@Suite struct QuestionPageTests {
    private static func page(_ question: Question, _ fixture: InventoryFixture) throws -> Question.Answer {
        let scope = Scope(kind: .organization, organization: 1)
        return try fixture.database.snapshot { try question.answer(in: scope, on: $0) }
    }

    /// All pages, with an action between two of them.
    private static func pages(
        _ question: Question, _ fixture: InventoryFixture, between: () throws -> Void = {}
    ) throws -> [Question.Item] {
        var question = question
        var items: [Question.Item] = []
        for _ in 0..<1000 {
            let answer = try page(question, fixture)
            #expect(answer.items.count <= question.limit)
            items += answer.items
            guard let next = answer.next else { return items }
            question.cursor = next
            try between()
        }
        Issue.record("the answer has no end")
        return items
    }

    private static let questions: [(Question.Field, String)] = [
        (.cve, "CVE-2025-90001"), (.purl, "pkg:npm/left-pad"), (.license, "MIT"),
        (.digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (.path, "a2"),
    ]

    @Test(arguments: TemporaryDatabase.engines) func pagesAreTheWhole(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        for (field, text) in Self.questions {
            var question = try Question(field, text)
            question.limit = 1000
            let whole = try Self.page(question, fixture)
            #expect(whole.items.count > 1 && whole.next == nil || text == "a2", "\(text)")
            for limit in [1, 2, 3, 7, whole.items.count] {
                question.limit = limit
                #expect(try Self.pages(question, fixture) == whole.items, "\(text), \(limit) a page")
            }
        }
    }

    /// Projects are added and imported again while a client reads: a row that exists all the time comes exactly once.
    @Test(arguments: TemporaryDatabase.engines) func pagesWhileProjectsCome(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        func document(_ libraries: [String]) -> String {
            let components = libraries.map {
                #"{"type":"library","name":"\#($0)","version":"1","purl":"pkg:npm/\#($0)@1","licenses":[{"license":{"id":"MIT"}}]}"#
            }
            return
                #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\#(components.joined(separator: ","))]}"#
        }
        let kept = ["b", "d", "f", "h"]
        for project in 1...3 { try fixture.importSBOM(document(kept), project: "P\(project)") }
        var question = try Question(.license, "MIT")
        question.limit = 1
        var round = 0
        let items = try Self.pages(question, fixture) {
            round += 1
            guard round <= 8 else { return }
            // In another order, with others before and between, in other scans.
            try fixture.importSBOM(
                document(["a\(round)"] + kept.reversed() + ["c\(round)"]), project: "P\(round % 3 + 1)")
            try fixture.importSBOM(document(["b"]), project: "Q\(round)")
        }
        let seen = items.map { "\($0.project) \($0.library)" }
        #expect(Set(seen).count == seen.count, "\(seen)")
        for project in 1...3 {
            for library in kept { #expect(seen.contains("P\(project) \(library)")) }
        }
    }

    @Test func foreignCursorsAreRefused() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        var question = try Question(.license, "MIT")
        question.limit = 1
        let cursor = try #require(try Self.page(question, fixture).next)
        var other = try Question(.license, "Apache-2.0")
        other.cursor = cursor
        let hostile = [
            "", "0", "zz", "' OR 1=1 --", String(cursor.dropLast()), cursor + "0", String(repeating: "f", count: 48),
            String(repeating: "0", count: 48), String(repeating: "é", count: 48), String(cursor.dropLast()) + "\n",
        ]
        for text in hostile {
            question.cursor = text
            #expect(throws: QuestionError.self, "\(text)") { try Self.page(question, fixture) }
        }
        #expect(throws: QuestionError.self) { try Self.page(other, fixture) }
        // A filter makes another question.
        question.cursor = cursor
        question.filters.severities = ["high"]
        #expect(throws: QuestionError.self) { try Self.page(question, fixture) }
        // The largest numbers of a cursor come after every row.
        question.filters = .init()
        question.cursor = QuestionCursor(.init(project: .max, library: .max)).text(of: question)
        let last = try Self.page(question, fixture)
        #expect(last.items.isEmpty && last.next == nil)
        question.cursor = QuestionCursor(.init(project: .max, library: .min)).text(of: question)
        #expect(throws: QuestionError.self) { try Self.page(question, fixture) }
    }

    @Test func limitsAreKept() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        var question = try Question(.license, "MIT")
        for limit in [0, -1, 1001, Int.max, Int.min] {
            question.limit = limit
            #expect(throws: QuestionError.badValue("\(limit)", of: "limit", accepted: "a number from 1 to 1000")) {
                try Self.page(question, fixture)
            }
        }
    }

    @Test func oddTextsAreQuestionsOrRefused() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let long = String(repeating: "a", count: 1000)
        let texts = [
            "%", "_", "!", "'", "\"", "\\", "*", "?", "()", "[", "--", "NULL", "0", "é", "👩‍👩‍👧", "東京", "a b c", long,
            "pkg:", "pkg:npm/", "pkg:npm/a@", "vers:npm/1", "CVE-", "GHSA-", "/", "//", ".", "..", "../../etc/passwd",
            "' OR '1'='1", "left-pad' --", "NEAR(a b)", "a AND b", "col:a", "sha256:",
            String(repeating: "f", count: 40),
        ]
        for text in texts {
            for field in Question.Field.allCases {
                guard let question = try? Question(field, text) else { continue }
                let answer = try Self.page(question, fixture)
                #expect(answer.items.allSatisfy { $0.library != "rival-secret" }, "\(field) \(text)")
            }
        }
        for text in ["", "  ", "a\0b", "a\nb", "\u{7}", long + "a"] {
            for field in Question.Field.allCases {
                #expect(throws: QuestionError.self, "\(field) \(text)") { try Question(field, text) }
            }
        }
        for (field, text) in [
            (Question.Field.purl, "lodash"), (.purl, "pkg:npm/a@vers:nothing/1"), (.purl, "pkg:npm/a@1 vers:npm/2"),
            (.digest, "abc"), (.digest, String(repeating: "g", count: 40)), (.library, "1 2 3 4 5 6 7 8 9"),
        ] {
            #expect(throws: QuestionError.badValue(text, of: field.rawValue, accepted: field.accepted)) {
                try Question(field, text)
            }
        }
    }

    /// The meaning of free words.
    @Test func freeWordsAreRecognised() throws {
        func subject(_ text: String) throws -> Question.Subject { try Question(.words, text).subject }
        for text in ["CVE-2021-44228", "ghsa-jfh8-c2jp-5v3q", "PYSEC-2021-1", "RHSA-2021:1234", "UBUNTU-CVE-2021-1"] {
            guard case .vulnerability = try subject(text) else {
                Issue.record("\(text) is a vulnerability")
                continue
            }
        }
        for text in ["MIT", "Apache-2.0", "gpl-3.0-or-later", "BSD-3-Clause", "LicenseRef-house"] {
            guard case .license = try subject(text) else {
                Issue.record("\(text) is a licence")
                continue
            }
        }
        // Names of libraries count, although licences and records have such names, too.
        for text in ["curl", "zlib", "ruby", "left-pad", "log4j-core", "GHSA", "jquery-3", "go-2021", "abc-123-4"] {
            guard case .library = try subject(text) else {
                Issue.record("\(text) is a library")
                continue
            }
        }
        #expect(try subject("Log4j Core 2.14") == .library(parts: ["log4j", "core"], version: "2.14"))
        #expect(try subject("/usr/lib/x.so") == .path("/usr/lib/x.so"))
    }
}
