import BOM
import Bytes
import Inventory
import TestSupport
import Testing
import VEX

/// The losses of each dialect: a statement with all members is written and read again, and the missing members are compared with the
/// table in docs/vex.md.
@Suite struct LossTests {
    private static let (first, last): (Int64, Int64) = (1_704_067_200_000, 1_709_251_200_000)
    private static let library = StatedProduct(ref: "a", name: "a", version: "1", purl: "pkg:npm/a@1")
    private static let nameless = StatedProduct(ref: "firmware", name: "firmware", version: "7", purl: "")

    private static func entry(
        _ name: String, _ state: Statement.State, _ product: StatedProduct, because: Statement.Justification? = nil
    ) -> RoundTripTests.Entry {
        var claim = VulnerabilityClaim(id: name)
        claim.aliases = ["GHSA-\(name)"]
        claim.weaknesses = [79]
        var rating = VulnerabilityClaim.Rating()
        rating.method = "CVSSv31"
        rating.severity = "high"
        rating.vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
        rating.score = 7.5
        claim.ratings = [rating]
        var statement = Statement(claim, state)
        statement.justification = because
        statement.impact = "why"
        statement.action = "what to do"
        statement.responses = ["update"]
        (statement.firstIssued, statement.lastUpdated) = (first, last)
        return RoundTripTests.Entry(claim: claim, statements: [(statement: statement, products: [product])])
    }

    private static let entries = [
        entry("CVE-2024-1001", .notAffected, library, because: .codeNotReachable),
        entry("CVE-2024-1002", .exploitable, nameless),
    ]

    /// The members that a document of the dialect lost.
    private func lost(by dialect: RoundTripTests.Dialect) throws -> Set<String> {
        let kept = try Kept.read(try dialect.write(entries: Self.entries, root: RoundTripTests.root))
        #expect(kept.statements.count == 2 && kept.statements.allSatisfy { $0.fault == nil })
        var lost: Set<String> = []
        for statement in kept.statements {
            let kind = statement.state == .notAffected ? "not affected" : "affected"
            func expect(_ what: String, _ isThere: Bool) { if !isThere { lost.insert(what) } }
            let claim = statement.vulnerability
            expect("other names", claim.aliases == ["GHSA-\(claim.id)"])
            expect("ratings", claim.ratings.contains { $0.vector.hasPrefix("CVSS:3.1/AV:N") })
            expect("weaknesses", claim.weaknesses == [79])
            expect("impact: \(kind)", statement.impact == "why")
            expect("action: \(kind)", statement.action == "what to do")
            expect("response: \(kind)", statement.responses == ["update"])
            expect("first time: \(kind)", statement.firstIssued == Self.first)
            expect("last time: \(kind)", statement.lastUpdated == Self.last)
            let target = try #require(statement.targets.first)
            expect(
                "the project of a library", target.part != nil && target.product.purl?.text == RoundTripTests.root.purl)
            if statement.state == .exploitable {
                let part = target.part ?? target.product
                expect("a product by its name", part.purl == nil && part.name == "firmware" && part.version == "7")
            }
        }
        return lost
    }

    @Test func `CycloneDX says everything since 1_5, and 1_4 no times`() throws {
        #expect(
            try lost(by: .cycloneDX14) == [
                "first time: affected", "first time: not affected", "last time: affected", "last time: not affected",
            ])
        #expect(try lost(by: .cycloneDXXML) == [])
        #expect(try lost(by: .cycloneDX16) == [])
    }

    @Test func `OpenVEX lacks responses, ratings, weaknesses, names of products, and actions of what is not affected`()
        throws
    {
        #expect(
            try lost(by: .openVEX) == [
                "response: affected", "response: not affected", "ratings", "weaknesses", "a product by its name",
                "action: not affected",
            ])
    }

    @Test func `CSAF lacks first times, ratings, weaknesses, and actions and responses of what is not affected`() throws
    {
        #expect(
            try lost(by: .csaf) == [
                "first time: affected", "first time: not affected", "ratings", "weaknesses", "action: not affected",
                "response: not affected",
            ])
    }
}
