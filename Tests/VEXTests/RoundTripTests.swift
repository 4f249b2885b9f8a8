import BOM
import Bytes
import Foundation
import Inventory
import TestSupport
import Testing
import VEX

/// Statements that are written in one dialect and read again are the same, for all pairs of dialects.
@Suite struct RoundTripTests {
    enum Dialect: String, CaseIterable {
        case openVEX, csaf, cycloneDX14, cycloneDX16, cycloneDXXML

        func write(_ statements: [Said], root: StatedProduct) throws -> String {
            try write(
                entries: Set(statements.map(\.vulnerability)).sorted().map { name in
                    var claim = VulnerabilityClaim(id: name)
                    claim.aliases = ["GHSA-\(name)"]
                    let own = statements.filter { $0.vulnerability == name }
                    return Entry(
                        claim: claim, statements: own.map { (statement: $0.statement, products: [$0.product]) })
                }, root: root)
        }

        func write(entries statements: [Entry], root: StatedProduct) throws -> String {
            var out = ByteSink()
            let tool = BOMTool(version: "1")
            switch self {
            case .openVEX: try Self.write(statements, root, OpenVEXWriter(), &out)
            case .csaf: try Self.write(statements, root, CSAFWriter(), &out)
            case .cycloneDX14:
                try Self.write(statements, root, CycloneDXStatementWriter<JSONTree>(version: .v14, tool: tool), &out)
            case .cycloneDX16:
                try Self.write(statements, root, CycloneDXStatementWriter<JSONTree>(version: .v16, tool: tool), &out)
            case .cycloneDXXML:
                try Self.write(statements, root, CycloneDXStatementWriter<XMLTree>(version: .v15, tool: tool), &out)
            }
            return out.text
        }

        private static func write<Writer: StatementWriter>(
            _ entries: [Entry], _ root: StatedProduct, _ writer: Writer, _ out: inout ByteSink
        ) throws {
            var writer = writer
            try writer.begin(
                StatementDocumentHead(
                    uuid: "3e671687-395b-81f5-a30f-a58921a69b79", author: "Example", title: "t",
                    created: "2024-06-01T00:00:00Z", tool: BOMTool(version: "1"), root: root,
                    isEmpty: entries.isEmpty), to: &out)
            let products = Set(entries.flatMap(\.statements).flatMap(\.products))
            for product in products.sorted(by: { $0.ref < $1.ref }) { try writer.product(product, to: &out) }
            for entry in entries { try writer.vulnerability(entry.claim, entry.statements, to: &out) }
            try writer.end(to: &out)
        }
    }

    /// A vulnerability with all of its statements.
    struct Entry {
        let claim: VulnerabilityClaim
        let statements: [(statement: Statement, products: [StatedProduct])]
    }

    /// One statement about one product.
    struct Said: Hashable {
        let vulnerability: String
        let product: StatedProduct
        let state: Statement.State
        let justification: Statement.Justification?

        var statement: Statement {
            var it = Statement(VulnerabilityClaim(id: vulnerability), state)
            it.justification = justification
            it.impact = "because"
            it.firstIssued = 1_717_200_000_000
            it.lastUpdated = 1_717_200_000_000
            return it
        }
    }

    static let root = StatedProduct(ref: "root", name: "shop", version: "1.0", purl: "pkg:generic/shop@1.0")

    /// Every state, with every fitting justification, on packages of several kinds.
    static let all: [Said] = {
        var all: [Said] = []
        let purls = [
            "pkg:npm/%40scope/a@1.0.0", "pkg:maven/g/b@2?classifier=sources", "pkg:deb/debian/c@1:2-3?arch=amd64",
        ]
        for state in Statement.State.allCases {
            let reasons: [Statement.Justification?] =
                state.status == .notAffected ? [nil] + Statement.Justification.allCases : [nil]
            for (number, reason) in reasons.enumerated() {
                let purl = purls[number % purls.count]
                all.append(
                    Said(
                        vulnerability: "CVE-2024-\(1000 + all.count)",
                        product: StatedProduct(ref: purl, name: "n", version: "1", purl: purl), state: state,
                        justification: reason))
            }
        }
        return all
    }()

    private func read(_ text: String) throws -> Set<String> {
        let kept = try Kept.read(text)
        var found: Set<String> = []
        for statement in kept.statements {
            #expect(statement.fault == nil, "\(statement.line)")
            #expect(statement.vulnerability.aliases == ["GHSA-\(statement.vulnerability.id)"])
            for target in statement.targets {
                let part = target.part ?? target.product
                found.insert(
                    "\(statement.vulnerability.id) \(part.purl?.text ?? part.text) \(statement.state.rawValue) "
                        + (statement.justification?.rawValue ?? "-"))
            }
        }
        return found
    }

    private static let wanted = Set(
        all.map {
            "\($0.vulnerability) \($0.product.purl) \($0.state.rawValue) \($0.justification?.rawValue ?? "-")"
        })

    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `All pairs keep product, vulnerability, status and justification`(first: Dialect, second: Dialect) throws {
        let text = try first.write(Self.all, root: Self.root)
        #expect(try read(text) == Self.wanted)
        // The other writer writes the statements that were read.
        let again = try Kept.read(text).statements.flatMap { statement in
            statement.targets.map { target in
                let part = target.part ?? target.product
                let purl = part.purl?.text ?? ""
                return Said(
                    vulnerability: statement.vulnerability.id,
                    product: StatedProduct(ref: purl, name: "n", version: "1", purl: purl), state: statement.state,
                    justification: statement.justification)
            }
        }
        let other = try second.write(again, root: Self.root)
        #expect(try read(other) == Self.wanted)
        #expect(try second.write(again, root: Self.root) == other)
    }

    @Test(arguments: Dialect.allCases)
    func `A document without statements is one`(dialect: Dialect) throws {
        let text = try dialect.write([], root: Self.root)
        if dialect != .cycloneDXXML {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
    }
}
