import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Names and nesting as Mend's catalogue of reports has them, where that file is beside the project.
@Suite struct ReferenceTests {
    private struct Entry: Decodable {
        struct Field: Decodable {
            let name: String
            let type: String
            let meaning: String?
            let fields: [Field]?
        }
        struct JSON: Decodable {
            let root: String?
            let fields: [Field]?
        }
        struct Sheet: Decodable {
            let name: String
            let columns: [String]
        }
        let scope: String
        let reportType: String
        let defaultFormat: String?
        let json: JSON?
        let sheet: Sheet?
    }

    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/reference/report-catalogue.json")

    private static func entry(_ report: ReportCase) throws -> Entry? {
        // A worktree may lie one folder deeper than the project.
        let deeper = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("shared/reference/report-catalogue.json")
        guard let data = (try? Data(contentsOf: file)) ?? (try? Data(contentsOf: deeper)) else {
            FileHandle.standardError.write(Data("SKIPPED: \(file.path) is missing\n".utf8))
            return nil
        }
        let all = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
        let found = all.first {
            $0["reportType"] as? String == report.type && $0["scope"] as? String == report.scope.rawValue
        }
        let one = try #require(found, "the catalogue has no \(report.type) in \(report.scope)")
        return try JSONDecoder().decode(Entry.self, from: JSONSerialization.data(withJSONObject: one))
    }

    @Test(arguments: ReportCase.tabular) func namesAndNesting(_ report: ReportCase) throws {
        guard let entry = try Self.entry(report), let fields = entry.json?.fields, let root = entry.json?.root else {
            return
        }
        if !root.isEmpty { #expect(report.tables.first?.key == root) }
        #expect(report.report.formats.first?.rawValue == entry.defaultFormat)
        let part = try #require(report.produce(.shared(.sqlite)).parts().first)
        let rows = root.isEmpty ? [try part.json()] : try part.rows(root)
        #expect(!rows.isEmpty)
        for row in rows { check(row, fields, at: report.type) }
    }

    /// What we tell beyond the catalogue: clients pass over keys that they do not know.
    private static let added: Set<String> = [
        "aliases", "cvss4_severity", "cvss4_score", "version", "previousVersion", "lastUpdated",
    ]

    private func check(
        _ object: [String: Any], _ fields: [Entry.Field], at path: String, isOptional: Bool = false
    ) {
        let known = Set(fields.map(\.name))
        for key in object.keys where !Self.added.contains(key) {
            #expect(known.contains(key), "\(path).\(key) is none of the catalogue's")
        }
        for field in fields {
            let place = "\(path).\(field.name)"
            guard let value = object[field.name] else {
                let meaning = field.meaning ?? ""
                let isOptional = isOptional || ["optional", "absent", "only", "when"].contains { meaning.contains($0) }
                #expect(isOptional, "\(place) is missing")
                continue
            }
            if value is NSNull { continue }
            switch field.type {
            case "string": #expect(value is String, "\(place): \(value)")
            case "boolean":
                #expect((value as? NSNumber).map { "\($0.objCType.pointee)" == "99" } ?? (value is Bool), "\(place)")
            case "number": #expect(value is NSNumber, "\(place): \(value)")
            case "object":
                let inner = value as? [String: Any]
                #expect(inner != nil, "\(place) is no object")
                if let inner, let fields = field.fields {
                    check(inner, fields, at: place, isOptional: field.meaning?.contains("each key only") == true)
                }
            case "array<object>":
                let list = value as? [[String: Any]]
                #expect(list != nil, "\(place) is no list of objects")
                if let fields = field.fields { for item in list ?? [] { check(item, fields, at: place) } }
            case "array<string>": #expect(value is [String], "\(place) is no list of texts")
            default: break
            }
        }
    }

    @Test(arguments: ReportCase.tabular) func headings(_ report: ReportCase) throws {
        guard let sheet = try Self.entry(report)?.sheet else { return }
        let found = try #require(report.plain(as: .xlsx).produce(.shared(.sqlite)).parts().first).sheets()
        #expect(found.first?.name == sheet.name)
        #expect(found.first?.rows.first == sheet.columns)
    }
}
