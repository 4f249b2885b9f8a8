import Database
import Foundation
import Intake
import Inventory
import TestSupport
import Testing

@testable import Reports

/// The totals of an organization from one query of the model, and the outputs that differ.
///
/// All totals are counted from `Line`s in Swift, independently: libraries, licences, vulnerabilities, alerts,
/// severities.
struct ModelTotals {
    /// A vulnerability of a library of a project; a library without one has a single line.
    struct Line {
        let product: Int64
        let project: Int64
        let position: Int64
        let uuid: String
        let licenses: Int
        /// Empty without one.
        let vulnerability: String
        let severity: String
        let state: String
    }

    let fixture: InventoryFixture
    let lines: [Line]

    init(_ fixture: InventoryFixture) throws {
        self.fixture = fixture
        lines = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT p.product, p.id, o.position, l.uuid,
                    (SELECT count(*) FROM library_license x WHERE x.library = l.id), coalesce(v.name, ''),
                    coalesce(v.severity, ''), coalesce(a.state, '')
                FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                LEFT JOIN exposure e ON e.scan = o.scan AND e.position = o.position
                LEFT JOIN vulnerability v ON v.id = e.vulnerability
                LEFT JOIN alert a ON a.project = p.id AND a.library_uuid = l.uuid AND a.subject = v.name
                    AND a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED'
                WHERE p.organization = 1 ORDER BY p.id, o.position, v.name
                """
            ) {
                Line(
                    product: $0.integer(0), project: $0.integer(1), position: $0.integer(2), uuid: $0.string(3),
                    licenses: Int($0.integer(4)), vulnerability: $0.string(5), severity: $0.string(6),
                    state: $0.string(7))
            }
        }
    }

    /// The organization, its products and its projects.
    func scopes() -> [Scope] {
        var scopes = [Scope(kind: .organization, organization: 1)]
        var products: Set<Int64> = []
        var projects: Set<Int64> = []
        for line in lines {
            if products.insert(line.product).inserted {
                scopes.append(Scope(kind: .product, organization: 1, product: line.product))
            }
            if projects.insert(line.project).inserted {
                scopes.append(Scope(kind: .project, organization: 1, product: line.product, project: line.project))
            }
        }
        return scopes
    }

    private func lines(in scope: Scope) -> [Line] {
        lines.filter { line in
            switch scope.kind {
            case .organization: true
            case .product: line.product == scope.product
            case .project: line.project == scope.project
            }
        }
    }

    // MARK: Disagreements

    /// The differences between outputs and the model, in words; empty when all agree.
    ///
    /// - Parameter change: replaces the definition of a report, to show that the comparison detects it.
    func disagreements(changing change: (Report) -> Report = { $0 }) throws -> [String] {
        var found = try facts()
        for scope in scopes() { found += try disagreements(of: scope, change) }
        return found
    }

    private func disagreements(of scope: Scope, _ change: (Report) -> Report) throws -> [String] {
        var found: [String] = []
        let lines = lines(in: scope)
        let place = "\(scope.kind) \(scope.id)"
        func expect<Value: Equatable>(_ what: String, _ said: Value, _ wanted: Value) {
            if said != wanted { found.append("\(place): \(what) says \(said), the model \(wanted)") }
        }
        func rows(_ word: String, _ key: String) throws -> [[String: Any]] {
            try output("\(scope.kind.prefix)\(word)", scope, [:], change).parts().flatMap { try $0.rows(key) }
        }
        let libraries = Dictionary(
            lines.map { ("\($0.project) \($0.position)", $0) }, uniquingKeysWith: { one, _ in one })
        let distinct = Set(lines.map(\.uuid)).count
        let exposed = lines.filter { !$0.vulnerability.isEmpty }
        expect("inventory", try rows("InventoryReport", "libraries").count, libraries.count)
        expect(
            "due diligence", try rows("LicensesReport", "licenses").count,
            libraries.values.reduce(0) { $0 + max(1, $1.licenses) })
        if scope.kind != .organization {
            let type = scope.kind == .product ? "ProductAttributionReport" : "AttributionReport"
            let summary = try output(type, scope, ["reportingScope": ["SUMMARY"]], change)
            expect("attribution", summary.produced.rows, distinct)
        }
        let vulnerabilities = try rows("VulnerabilityReport", "vulnerabilities").map { row in
            let library = (row["library"] as? [String: Any])?["keyUuid"] ?? ""
            return "\(library) \(row["name"] ?? "") \(row["severity"] ?? "")"
        }
        expect(
            "vulnerabilities", vulnerabilities.sorted(),
            exposed.map { "\($0.uuid) \($0.vulnerability) \($0.severity)" }.sorted())
        let alerts = try rows("SecurityAlertsReport", "alerts").filter { $0["status"] as? String != "Resolved" }
        expect("security alerts", alerts.count, exposed.count)
        expect("alerts without an exposure", exposed.filter { $0.state.isEmpty }.count, 0)
        found += try risk(scope, lines, exposed)
        if scope.kind == .project { found += try bill(scope, exposed, change) }
        return found
    }

    private func risk(_ scope: Scope, _ lines: [Line], _ exposed: [Line]) throws -> [String] {
        let (risk, counts) = try fixture.database.snapshot { connection in
            (
                try RiskFacts.read(scope, updated: 0, on: connection),
                try connection.all(
                    scope.clause + """
                        SELECT c.severity, CAST(sum(c.open_alerts) AS BIGINT), CAST(sum(c.ignored_alerts) AS BIGINT)
                        FROM scope s JOIN project_severity c ON c.project = s.project GROUP BY c.severity
                        """
                ) { (severity: $0.string(0), open: Int($0.integer(1)), ignored: Int($0.integer(2))) }
            )
        }
        var found: [String] = []
        func expect(_ what: String, _ said: Int, _ wanted: Int) {
            if said != wanted { found.append("\(scope.kind) \(scope.id): \(what) says \(said), the model \(wanted)") }
        }
        let open = exposed.filter { $0.state == "OPEN" }
        expect("risk: libraries", risk.libraries, Set(lines.map(\.uuid)).count)
        expect("risk: basis", risk.basis.libraries, Set(lines.map { "\($0.project) \($0.position)" }).count)
        expect("risk: vulnerable libraries", risk.vulnerableLibraries, Set(open.map(\.uuid)).count)
        expect("risk: ignored", risk.ignored, exposed.count - open.count)
        for severity in ShownSeverity.allCases {
            let same = open.filter { ShownSeverity(word: $0.severity) == severity }.count
            expect("risk: \(severity)", risk.open[severity.place], same)
        }
        for word in Set(counts.map(\.severity) + exposed.map(\.severity)) {
            let all = exposed.filter { $0.severity == word }
            let count = counts.first { $0.severity == word }
            let opened = all.filter { $0.state == "OPEN" }.count
            expect("project_severity: open \(word)", count?.open ?? 0, opened)
            expect("project_severity: ignored \(word)", count?.ignored ?? 0, all.count - opened)
        }
        return found
    }

    private func bill(_ scope: Scope, _ exposed: [Line], _ change: (Report) -> Report) throws -> [String] {
        let fields = ["standard": ["CycloneDX"], "version": ["1.6"], "maxDepthLevel": ["99"]]
        let part = try #require(output("ProjectSBOMReport", scope, fields, change).parts().first)
        var said: Set<String> = []
        for vulnerability in try part.json()["vulnerabilities"] as? [[String: Any]] ?? [] {
            said.insert(vulnerability["id"] as? String ?? "")
            for other in vulnerability["references"] as? [[String: Any]] ?? [] {
                said.insert(other["id"] as? String ?? "")
            }
        }
        let missing = Set(exposed.map(\.vulnerability)).subtracting(said)
        return missing.sorted().map { "project \(scope.id): the bill of materials lacks \($0)" }
    }

    private func output(
        _ type: String, _ scope: Scope, _ fields: [String: [String]] = [:], _ change: (Report) -> Report
    ) throws -> Output {
        let request = try ReportRequest(type: type, scope: scope, format: "json", fields: fields)
        return try Output(Production(change(try request.report()), request: request), on: fixture.database)
    }

    // MARK: Facts that are decided once

    /// The order of names in the merging of advisories.
    private static func rank(_ name: String) -> (Int, String) {
        if name.hasPrefix("CVE-") { return (0, name) }
        if name.hasPrefix("GHSA-") { return (1, name) }
        return (Ecosystem.isOfPackagers(advisory: name) ? 3 : 2, name)
    }

    /// Stored decisions that differ from those that the rules give for the same data. Licences from position 900 on are
    /// the fixture's own (`fillCuration`).
    private func facts() throws -> [String] {
        try fixture.database.snapshot { connection in
            var found = try connection.all(
                """
                SELECT p.name, s.libraries, count(o.position), count(DISTINCT l.uuid) FROM project p
                JOIN scan s ON s.id = p.scan JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                GROUP BY p.id, p.name, s.libraries
                """
            ) { (name: $0.string(0), counts: Set([$0.integer(1), $0.integer(2), $0.integer(3)])) }
            .filter { $0.counts.count > 1 }.map { "\($0.name): import, inventory and libraries say \($0.counts)" }
            var records: [String: [SeverityRecord]] = [:]
            var said: [String: String] = [:]
            try connection.each(
                """
                SELECT v.name, v.severity, a.name, a.aliases, a.vectors, a.severity, a.withdrawn FROM vulnerability v
                JOIN vulnerability_advisory x ON x.vulnerability = v.id JOIN advisory a ON a.id = x.advisory
                """
            ) { row in
                said[row.string(0)] = row.string(1)
                records[row.string(0), default: []].append(
                    SeverityRecord(
                        name: row.string(2), aliases: row.string(3).split(separator: "\n").map(String.init),
                        vectors: row.string(4).split(separator: "\n").map(String.init), word: row.string(5),
                        isWithdrawn: !row.isNull(6)))
            }
            for (name, records) in records {
                let word = SeverityDecision(of: name, from: records, rank: Self.rank).word
                if said[name] != word { found.append("\(name) is \(said[name] ?? ""), its advisories say \(word)") }
            }
            found += try connection.all(
                """
                SELECT f.library, f.top_fix FROM finding f WHERE f.top_fix IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM finding_fix x WHERE x.library = f.library AND x.vulnerability = f.vulnerability
                        AND x.version = f.top_fix)
                """
            ) { "library \($0.integer(0)): the top fix \($0.string(1)) is none of the vulnerability's" }
            found += try connection.all(
                """
                SELECT v.name FROM vulnerability v JOIN vulnerability w ON w.name = v.name AND w.organization = 0
                WHERE v.organization > 0 AND EXISTS (SELECT 1 FROM vulnerability_advisory x WHERE x.vulnerability = w.id)
                """
            ) { "\($0.string(0)) is a vulnerability of advisories and one of documents" }
            found += try connection.all(
                """
                SELECT l.filename, l.licenses, n.name FROM library l JOIN library_license x ON x.library = l.id
                JOIN license n ON n.id = x.license WHERE x.position < 900
                """
            ) { (file: $0.string(0), names: $0.string(1), name: $0.string(2)) }
            .filter { !$0.names.split(separator: "\n").contains(Substring($0.name)) }
            .map { "\($0.file): the licence \($0.name) is not among its names" }
            return found
        }
    }
}
