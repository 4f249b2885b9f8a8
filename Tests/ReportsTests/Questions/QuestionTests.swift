import Database
import TestSupport
import Testing

@testable import Reports

/// Answers to questions about the fixture's three projects, on both engines.
@Suite struct QuestionTests {
    /// An item with the members that these tests check.
    private static func ask(
        _ field: Question.Field, _ text: String, _ fixture: InventoryFixture, visible: [Int64]? = nil,
        organization: Int64 = 1, filters: Question.Filters = .init()
    ) throws -> [Question.Item] {
        var question = try Question(field, text)
        question.filters = filters
        question.limit = 1000
        let scope = try fixture.scope(.organization, organization: organization, visibleProducts: visible)
        try question.prepare(in: scope, of: fixture.database)
        let answer = try fixture.database.snapshot { try question.answer(in: scope, on: $0) }
        #expect(answer.next == nil)
        return answer.items
    }

    private static func names(_ items: [Question.Item]) -> [String] { items.map { "\($0.project): \($0.library)" } }

    private static let ledger = InventoryFixture.places[2].project
    private static let storefront = InventoryFixture.places[1].project

    @Test(
        arguments: TemporaryDatabase.engines,
        ["CVE-2025-90001", "cve-2025-90001", "GHSA-aaaa-bbbb-cccc", " ghsa-AAAA-bbbb-CCCC "])
    func vulnerabilityByAnyName(engine: Engine, name: String) throws {
        let fixture = try InventoryFixture.shared(engine)
        for field in [Question.Field.cve, .words] {
            let items = try Self.ask(field, name, fixture)
            #expect(
                Self.names(items) == ["Cart: left-pad", "Cart: @babel/core", "\(Self.ledger): left-pad"])
            guard items.count == 3 else { return }
            #expect(
                items[0]
                    == Question.Item(
                        product: "Webshop", project: "Cart", projectToken: items[0].projectToken, library: "left-pad",
                        version: "1.3.0", purl: "pkg:npm/left-pad@1.3.0", path: ["left-pad@1.3.0"], isDirect: true,
                        since: InventoryFixture.start, fix: "1.3.1", decision: nil))
            #expect(items[0].projectToken.count == 64)
            // There is no fix for it.
            #expect(items[1].fix == nil && items[1].purl == "pkg:npm/%40babel/core@7.20.12")
            // The ledger's document has no graph.
            #expect(items[2].isDirect == nil && items[2].path == nil && items[2].product == "Bank & Söhne")
            #expect(items[2].since == InventoryFixture.start + 180_000)
        }
    }

    /// A claim of a document about a vulnerability that no advisory knows.
    @Test(arguments: TemporaryDatabase.engines) func claimedVulnerability(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let items = try Self.ask(.cve, "CVE-2023-0001", fixture)
        #expect(Self.names(items) == ["Cart: requests"])
        #expect(try Self.ask(.cve, "CVE-1999-0001", fixture).isEmpty)
        #expect(try Self.ask(.cve, "CVE-2023-0001", fixture, organization: 2).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func wayThroughTheGraph(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let guava = try #require(try Self.ask(.purl, "pkg:maven/com.google.guava/guava@32.0.0-jre", fixture).first)
        #expect(
            guava.path == [
                "@babel/core@7.20.12", "github.com/gorilla/mux@v1.8.0", "com.google.guava:guava@32.0.0-jre",
            ])
        #expect(guava.isDirect == false && guava.library == "com.google.guava:guava")
    }

    @Test(arguments: TemporaryDatabase.engines) func packages(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let both = ["Cart: left-pad", "\(Self.ledger): left-pad"]
        for text in [
            "pkg:npm/left-pad", "pkg:npm/left-pad@1.3.0", "pkg:npm/left-pad@vers:npm/>=1.3.0|<2",
            "pkg:npm/left-pad vers:npm/1.3.0", "pkg:npm/left-pad@vers%3Anpm%2F%2A", " PKG:npm/left-pad ",
        ] {
            let items = try Self.ask(.purl, text, fixture)
            #expect(Self.names(items) == both, "\(text)")
            // The version without all known vulnerabilities, because the fix of one vulnerability has another.
            #expect(items.allSatisfy { $0.fix == "1.3.2" && $0.decision == nil })
        }
        for text in ["pkg:npm/left-pad@1.3.1", "pkg:npm/left-pad@vers:npm/<1.3.0", "pkg:pypi/left-pad", "pkg:npm/left"]
        {
            #expect(try Self.ask(.purl, text, fixture).isEmpty, "\(text)")
        }
        // The architecture makes another package; without it, all packages match.
        let openssl = "pkg:deb/debian/openssl@3.0.11-1~deb12u2"
        #expect(Self.names(try Self.ask(.purl, openssl, fixture)) == ["Cart: openssl"])
        #expect(Self.names(try Self.ask(.purl, "\(openssl)?arch=amd64", fixture)) == ["Cart: openssl"])
        #expect(try Self.ask(.purl, "\(openssl)?arch=arm64", fixture).isEmpty)
        #expect(Self.names(try Self.ask(.purl, "pkg:deb/debian/openssl", fixture)) == ["Cart: openssl"])
        #expect(
            Self.names(try Self.ask(.purl, "pkg:golang/github.com/Gorilla/mux", fixture)) == [
                "Cart: github.com/gorilla/mux"
            ])
    }

    @Test(arguments: TemporaryDatabase.engines) func digests(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let lang = "C6842C86792FF03B9F1D1FE2AAB8DC23AA6C6F0E"
        for text in [lang, "sha1:\(lang.lowercased())"] {
            #expect(
                Self.names(try Self.ask(.digest, text, fixture)) == ["Cart: org.apache.commons:commons-lang3"])
        }
        #expect(
            Self.names(try Self.ask(.words, "a9993e364706816aba3e25717850c26c9cd0d89d", fixture))
                == ["\(Self.storefront): only-in-storefront"])
        #expect(try Self.ask(.digest, String(repeating: "0", count: 40), fixture).isEmpty)
        #expect(try Self.ask(.digest, String(repeating: "0", count: 64), fixture).isEmpty)
        #expect(try Self.ask(.digest, lang, fixture, organization: 2).isEmpty)
        let sha256 = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
        #expect(Self.names(try Self.ask(.digest, "sha256:\(sha256)", fixture)) == ["Cart: with-release"])
        #expect(try Self.ask(.digest, sha256, fixture, organization: 2).isEmpty)
        // A file of every library.
        let files = try Self.ask(.digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709", fixture)
        #expect(files.count == 16 + 11 + 13)
    }

    /// A document with two descriptions of one library; the description that its occurrence does not show has its own
    /// digest.
    @Test(arguments: TemporaryDatabase.engines) func digestsOfOtherDescriptions(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let digests = ["a", "b"].map { String(repeating: $0, count: 40) }
        let components = digests.enumerated().map { number, digest in
            #"{"type":"library","bom-ref":"\#(number)","name":"twin","version":"1","purl":"pkg:npm/twin@1","#
                + #""hashes":[{"alg":"SHA-1","content":"\#(digest)"}]}"#
        }
        try fixture.importSBOM(
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\#(components.joined(separator: ","))]}"#
        )
        for digest in digests {
            #expect(Self.names(try Self.ask(.digest, digest, fixture)) == ["Cart: twin"], "\(digest)")
        }
        #expect(try Self.ask(.digest, String(repeating: "c", count: 40), fixture).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func licenses(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        for text in ["WTFPL", "wtfpl"] {
            #expect(
                Self.names(try Self.ask(.license, text, fixture)) == ["Cart: left-pad", "\(Self.ledger): left-pad"])
        }
        // An old identifier means its successor. The answer includes libraries whose licence adds an exception to the requested
        // one.
        let copyleft = Self.names(try Self.ask(.license, "GPL-2.0", fixture))
        #expect(copyleft == Self.names(try Self.ask(.words, "gpl-2.0-only", fixture)))
        #expect(copyleft.contains("Cart: with-release") && copyleft.contains("\(Self.storefront): مكتبة"))
        #expect(try Self.ask(.license, "House rules", fixture).map(\.library) == ["with-release"])
        #expect(try Self.ask(.license, "rival-secret licence", fixture).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func paths(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        for (field, text) in [(Question.Field.path, "src/a15"), (.path, "a15"), (.path, "SRC/A15"), (.words, "/a15")] {
            #expect(Self.names(try Self.ask(field, text, fixture)) == ["Cart: com.google.guava:guava"], "\(text)")
        }
        for text in ["rc/a15", "src/a1%", "src/a1_", "src/a151", "src"] {
            #expect(try Self.ask(.path, text, fixture).isEmpty, "\(text)")
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func filters(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        func ask(_ field: Question.Field, _ text: String, _ set: (inout Question.Filters) -> Void) throws -> [String] {
            var filters = Question.Filters()
            set(&filters)
            return Self.names(try Self.ask(field, text, fixture, filters: filters))
        }
        let name = "CVE-2025-90001"
        #expect(try ask(.cve, name) { $0.severities = ["high"] }.count == 3)
        #expect(try ask(.cve, name) { $0.severities = ["critical", "low"] }.isEmpty)
        #expect(try ask(.cve, name) { $0.isExploited = true }.count == 3)
        #expect(try ask(.cve, name) { $0.isExploited = false }.isEmpty)
        #expect(try ask(.cve, name) { $0.products = ["bank & söhne"] } == ["\(Self.ledger): left-pad"])
        #expect(try ask(.cve, name) { $0.projects = ["CART"] }.count == 2)
        #expect(
            try ask(.cve, name) {
                $0.projects = ["CART"]
                $0.products = ["Bank & Söhne"]
            }.isEmpty)
        let token = try #require(try Self.ask(.cve, name, fixture).last?.projectToken)
        #expect(try ask(.cve, name) { $0.projects = [token] } == ["\(Self.ledger): left-pad"])
        // Libraries under a licence that have an exploited vulnerability.
        #expect(
            try ask(.license, "MIT") { $0.isExploited = true }.contains("Cart: @babel/core"))
        #expect(try ask(.license, "MIT") { $0.severities = ["critical"] }.isEmpty)
        #expect(
            throws: QuestionError.badValue(
                "Webshopp", of: "product", accepted: "a name or token of a product that you may see")
        ) {
            try ask(.cve, name) { $0.products = ["Webshop", "Webshopp"] }
        }
    }

    /// A reader of one product sees nothing of the other: no item, and no name in a filter.
    @Test(arguments: TemporaryDatabase.engines) func readersOfOneProduct(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let webshop = try fixture.ids(place: 0).product
        let questions: [(Question.Field, String)] = [
            (.cve, "CVE-2025-90001"), (.purl, "pkg:npm/left-pad"), (.license, "WTFPL"),
            (.digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (.path, "h13"), (.library, "left-pad"),
            (.words, "only-in-ledger"),
        ]
        for (field, text) in questions {
            let whole = try Self.ask(field, text, fixture)
            let seen = try Self.ask(field, text, fixture, visible: [webshop])
            #expect(whole.contains { $0.product == "Bank & Söhne" }, "\(text)")
            #expect(seen == whole.filter { $0.product == "Webshop" }, "\(text)")
            #expect(try Self.ask(field, text, fixture, visible: []).isEmpty, "\(text)")
        }
        for hidden in ["Bank & Söhne", "nothing"] {
            #expect(
                throws: QuestionError.badValue(
                    hidden, of: "product", accepted: "a name or token of a product that you may see")
            ) {
                var filters = Question.Filters()
                filters.products = [hidden]
                _ = try Self.ask(.cve, "CVE-2025-90001", fixture, visible: [webshop], filters: filters)
            }
        }
        for text in ["rival-secret", "left-pad"] {
            #expect(try Self.ask(.library, text, fixture).allSatisfy { $0.library != "rival-secret" })
        }
    }

    /// The words of a decision, as `ignoreAlerts` stores them.
    @Test(arguments: TemporaryDatabase.engines) func decisions(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        func decisions() throws -> [String?] { try Self.ask(.cve, "CVE-2025-90001", fixture).map(\.decision) }
        #expect(try decisions() == [nil, nil, nil])
        try fixture.database.write { connection in
            try connection.run(
                """
                UPDATE alert SET state = 'IGNORED', decision = 'IGNORED', ignored_by = 901, reason = 'not_affected',
                    justification = 'code_not_reachable'
                WHERE type = 'SECURITY_VULNERABILITY' AND subject = 'CVE-2025-90001'
                    AND library IN (SELECT id FROM library WHERE artifact = 'left-pad')
                """)
        }
        #expect(
            try decisions() == ["not_affected: code_not_reachable", nil, "not_affected: code_not_reachable"])
        try fixture.database.write { connection in
            try connection.run("UPDATE alert SET reason = '', justification = '' WHERE reason = 'not_affected'")
        }
        #expect(try decisions() == ["will_not_fix", nil, "will_not_fix"])
    }
}
