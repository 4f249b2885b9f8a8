import Bytes
import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Every filter of the catalog, by its kind.
@Suite struct FilterTests {
    struct Given: Sendable, CustomTestStringConvertible {
        let report: ReportCase
        let filter: Filter
        var testDescription: String { "\(report.type).\(filter.key)" }
    }

    static let all: [Given] = ReportCase.all.flatMap { report in
        report.report.filters.map { Given(report: report, filter: $0) }
    }

    private func request(_ given: Given, _ key: String, _ values: [String]) throws -> ReportRequest {
        var fields = given.report.fields
        fields[given.filter.key] = nil
        fields[key] = values
        return try ReportRequest(
            type: given.report.type, scope: Scope(kind: given.report.scope, organization: 1, product: 1, project: 1),
            format: given.report.format.rawValue, fields: fields)
    }

    @Test(arguments: all) func acceptedInAnyCase(_ given: Given) throws {
        let key = given.filter.key.lowercased()
        var accepted: [(given: [String], kept: [String])] = []
        switch given.filter.kind {
        case .flag:
            for word in ["true", "True", "TRUE", " false ", "False"] {
                accepted.append(([word], [word.trimmingCharacters(in: .whitespaces).lowercased()]))
            }
        case .choice(let words):
            // Another standard has other versions and formats, which this case does not request.
            let own = given.report.fields[given.filter.key] ?? words
            for word in own {
                for text in [word, word.uppercased(), word.lowercased(), " \(word)"] {
                    accepted.append(([text], [word.lowercased()]))
                }
            }
        case .list(let words):
            let sorted = words.map { $0.lowercased() }.sorted()
            accepted = [(words, sorted), ([words.joined(separator: ",")], sorted)]
            accepted.append(([words.joined(separator: " , ").uppercased()], sorted))
            accepted.append((words + words, sorted))
        case .time:
            accepted = [(["2026-01-02"], ["1767312000000"]), (["2026-01-02 03:04:05"], ["1767323045000"])]
        case .endTime:
            accepted = [(["2026-01-02"], ["1767398399999"]), (["2026-01-02 03:04:05"], ["1767323045999"])]
        case .integer(let range):
            let least = "\(Int(range.lowerBound))"
            accepted = [
                ([least], [least]), (["\(least).0"], [least]),
                (["\(Int(range.upperBound))"], ["\(Int(range.upperBound))"]),
            ]
        case .share: accepted = [(["0"], ["0.0"]), ([" 0.5"], ["0.5"]), (["5e-1"], ["0.5"]), (["1"], ["1.0"])]
        case .text:
            if let own = given.report.fields[given.filter.key] { accepted = [(own, own), ([" \(own[0]) "], own)] }
        case .texts: accepted = [(["b", " a ", "b"], ["a", "b"]), (["a, b"], ["a, b"])]
        case .names: accepted = [(["b", " a "], ["a", "b"]), (["b, a,"], ["a", "b"])]
        }
        for (values, kept) in accepted {
            for name in [given.filter.key, given.filter.key.uppercased(), key] {
                #expect(try request(given, name, values).options[key] == kept, "\(name) \(values)")
            }
        }
        // An absent value filters nothing.
        if given.report.fields[given.filter.key] == nil {
            for nothing in [[], [""], ["  "]] {
                #expect(try request(given, given.filter.key, nothing).options[key] == nil)
            }
        }
    }

    /// The message contains the field, the value and the accepted values.
    @Test(arguments: all) func badValuesAreNamed(_ given: Given) throws {
        var bad: [String] = ["no such value", "true'; --", "\u{0}"]
        var accepted: [String] = []
        switch given.filter.kind {
        case .flag: (bad, accepted) = (bad + ["1", "yes", "truetrue"], ["true", "false"])
        case .choice(let words), .list(let words): accepted = words
        case .time, .endTime:
            (bad, accepted) = (bad + ["2026-13-01", "2026-02-30", "01/02/2026", "2026-01-02 25:00:00"], ["yyyy-MM-dd"])
        case .integer(let range):
            bad += ["\(Int(range.lowerBound) - 1)", "1e400", "nan", "inf", "1.5", "\(Int(range.upperBound))0"]
            accepted = ["\(Int(range.lowerBound))", "\(Int(range.upperBound))"]
        case .share: (bad, accepted) = (bad + ["-0.1", "1.000001", "nan", "inf", "1e400", "50%"], ["0", "1"])
        case .text, .texts, .names: return
        }
        for value in bad {
            do {
                _ = try request(given, given.filter.key, [value])
                Issue.record("\(given.testDescription) took \(value)")
            } catch let error as ReportError {
                let text = error.description
                #expect(text.contains(given.filter.key) && text.contains(value.trimmingBlanks()), "\(text)")
                for word in accepted { #expect(text.contains(word), "\(text)") }
            }
        }
    }

    @Test(arguments: ReportCase.all) func unknownKeysAreIgnored(_ report: ReportCase) throws {
        let scope = Scope(kind: report.scope, organization: 1, product: 1, project: 1)
        var more = report
        more.fields["noSuchFilter"] = ["x"]
        more.fields["'; DROP TABLE job; --"] = ["\u{0}"]
        #expect(try more.request(scope) == report.request(scope))
    }

    @Test(arguments: ReportCase.all) func requestsAreStoredAndReadBack(_ report: ReportCase) throws {
        for visible in [nil, [], [3, 1, 2]] as [[Int64]?] {
            let scope = Scope(
                kind: report.scope, organization: 1, product: 2, project: 3, visibleProducts: visible)
            let request = try report.request(scope)
            let text = try request.json()
            #expect(try ReportRequest(json: text) == request)
            #expect(try ReportRequest(json: text).json() == text)
        }
        #expect(throws: ReportError.self) { try ReportRequest(json: "{}") }
    }

    @Test(arguments: ReportCase.all) func otherFormatsAndScopesAreNamed(_ report: ReportCase) throws {
        let scope = Scope(kind: report.scope, organization: 1, product: 1, project: 1)
        do {
            let made = try ReportRequest(type: report.type, scope: scope, format: "docx", fields: report.fields)
            // Pages for people are PDF, whatever format is requested.
            if case .risk = report.report.body {
                #expect(made.format == .pdf)
            } else {
                Issue.record("docx is no format")
            }
        } catch {
            #expect(error.description.contains("docx") && error.description.contains(report.format.rawValue))
        }
        for other in ScopeKind.allCases where report.report.name.types[other] != report.type {
            #expect(throws: ReportError.self) {
                try ReportRequest(
                    type: report.type, scope: Scope(kind: other, organization: 1), format: nil, fields: report.fields)
            }
        }
    }

    /// The filters of the inventory.
    @Test(arguments: TemporaryDatabase.engines) func inventoryFilters(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        func rows(_ fields: [String: [String]]) throws -> [[String: Any]] {
            let found = ReportCase.all.first { $0.type == "OrgInventoryReport" && $0.format == .json }
            var report = try #require(found)
            report.fields = fields
            return try #require(report.produce(fixture).parts().first).rows("libraries")
        }
        let all = try rows([:])
        #expect(all.allSatisfy { $0["releaseDate"] == nil })
        let dated = try rows(["extraLibraryFields": ["RELEASEDATE"]])
        #expect(dated.allSatisfy { $0["releaseDate"] == nil || $0["releaseDate"] as? String != "" })
        #expect(dated.contains { $0["releaseDate"] as? String == "2024-02-29" })
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE library SET in_house = 1 WHERE filename LIKE 'only-in-%'")
        }
        let without = try rows(["includeInHouseData": ["False"]])
        #expect(without.count == all.count - 3)
        #expect(!without.contains { ($0["name"] as? String ?? "").hasPrefix("only-in-") })
        #expect(try rows(["includeInHouseData": ["true"]]).count == all.count)
    }
}
