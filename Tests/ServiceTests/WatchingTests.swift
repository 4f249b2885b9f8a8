import Foundation
import Testing

@testable import Service

/// The dashboard and the alert rules use series that a server exposes, and link to existing runbooks.
struct WatchingTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The series of a family in the text of /metrics.
    private static var series: Set<String> {
        Set(
            MetricFamily.allCases.flatMap { family -> [String] in
                guard case .histogram = family.facts.kind else { return [family.rawValue] }
                return ["_bucket", "_sum", "_count"].map { family.rawValue + $0 }
            })
    }

    @Test(arguments: ["packaging/watching/alerts.yml", "packaging/watching/dashboard.json"])
    func everyMetricExists(path: String) throws {
        let names = try Self.text(path).matches(of: /\b(?:waybill|process)_[a-z_]+\b/).map { String($0.output) }
        #expect(names.count > 10)
        for name in names { #expect(Self.series.contains(name), "\(path) names \(name)") }
    }

    /// The labels that a rule groups by or selects belong to its family, because a misspelt one would never fire.
    @Test(arguments: ["packaging/watching/alerts.yml", "packaging/watching/dashboard.json"])
    func everyLabelExists(path: String) throws {
        let known = Set(MetricFamily.allCases.flatMap(\.facts.labels)).union(["job", "instance", "le"])
        let text = try Self.text(path)
        let groups = text.matches(of: /by \(([a-z, ]+)\)/)
        #expect(groups.count > 5)
        for match in groups {
            for label in match.1.split(separator: ",") {
                let label = label.trimmingCharacters(in: .whitespaces)
                #expect(known.contains(label), "\(path) groups by \(label)")
            }
        }
    }

    @Test func everyRuleHasItsRunbook() throws {
        let rules = try Self.text("packaging/watching/alerts.yml")
        let headings = try Self.text("docs/operation.md").split(separator: "\n").filter { $0.hasPrefix("### ") }
            .map { $0.dropFirst(4) }
        let alerts = rules.matches(of: /alert: (\w+)/).map { String($0.1) }
        let links = rules.matches(of: /runbook_url: docs\/operation\.md#(\w+)/).map { String($0.1) }
        #expect(alerts.count > 10)
        #expect(links == alerts.map { $0.lowercased() })
        for alert in alerts { #expect(headings.contains { $0 == alert }, "no runbook for \(alert)") }
    }
}
