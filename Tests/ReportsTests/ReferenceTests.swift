import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Names and nesting as in Mend's documentation and clients: `Tests/Data/reports.txt`.
@Suite struct ReferenceTests {
    private struct Entry {
        struct Field {
            let name: String
            let type: String
            /// Optional: a key that Mend writes only for some rows.
            let isOptional: Bool
            var fields: [Field] = []
        }
        let defaultFormat: String
        /// The title of the sheet and its headings.
        var sheet: (name: String, columns: [String])?
        /// The key of the rows; empty if the object itself is the row.
        var root: String?
        var fields: [Field] = []
    }

    private struct Unreadable: Error {
        let line: String
    }

    /// Entries by scope and type, as `organization OrgInventoryReport`.
    private static let entries = Result { try read(TestData.lines("reports.txt")) }

    /// Depth is the number of blanks before a name: a report has 0, its sheet and the key of its rows 1, fields 2 and
    /// more.
    private static func read(_ lines: [Substring]) throws -> [String: Entry] {
        var entries: [String: Entry] = [:]
        var (names, entry): ([String], Entry?) = ([], nil)
        var rest = lines.filter { !$0.hasPrefix("#") }[...]
        func fields(_ depth: Int) throws -> [Entry.Field] {
            var found: [Entry.Field] = []
            while let line = rest.first, line.prefix(while: { $0 == " " }).count == depth {
                let words = line.dropFirst(depth).split(separator: "\t").map(String.init)
                try #require(words.count == 2, "reports.txt: \(line)")
                rest.removeFirst()
                let isOptional = words[0].hasSuffix("?")
                let name = isOptional ? String(words[0].dropLast()) : words[0]
                found.append(.init(name: name, type: words[1], isOptional: isOptional, fields: try fields(depth + 1)))
            }
            return found
        }
        while let line = rest.popFirst() {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch words[0] {
            case "report":
                names = Array(words.dropFirst(2))
                entry = Entry(defaultFormat: words[1])
            case " sheet": entry?.sheet = (words[1], Array(words.dropFirst(2)))
            case " rows":
                entry?.root = words[1]
                entry?.fields = try fields(2)
            default: throw Unreadable(line: String(line))
            }
            for name in names { entries[name] = entry }
        }
        return entries
    }

    private static func entry(_ report: ReportCase) throws -> Entry {
        try #require(entries.get()["\(report.scope.rawValue) \(report.type)"], "reports.txt lacks \(report)")
    }

    /// Every report has an entry, and every entry a report.
    @Test func everyReportHasAnEntry() throws {
        let known = Report.catalog.flatMap { $0.name.types.map { "\($0.key.rawValue) \($0.value)" } }
        #expect(Set(known) == Set(try Self.entries.get().keys))
    }

    @Test(arguments: ReportCase.tabular) func namesAndNesting(_ report: ReportCase) throws {
        let entry = try Self.entry(report)
        let root = try #require(entry.root)
        if !root.isEmpty { #expect(report.tables.first?.key == root) }
        #expect(report.report.formats.first?.rawValue == entry.defaultFormat)
        let part = try #require(report.produce(.shared(.sqlite)).parts().first)
        let rows = root.isEmpty ? [try part.json()] : try part.rows(root)
        #expect(!rows.isEmpty)
        for row in rows { check(row, entry.fields, at: report.type) }
    }

    /// Keys beyond the catalogue: clients skip keys that they do not know.
    private static let added: Set<String> = [
        "exploited", "exploitedSince", "epss", "epssPercentile",
        "aliases", "cvss4_severity", "cvss4_score", "version", "previousVersion", "lastUpdated", "libraryUpgrade",
        "spdxId", "meeting", "caveat",
        "spdxExpression", "inEffect", "contested", "originalExpressions", "decidedBy", "scope", "expires",
    ]
    /// Headings that the catalogue lacks, after its own.
    private static let addedHeadings: Set<String> = [
        "Score", "CVSS Version", "Library Upgrade", "SPDX Identifier", "SPDX Expression", "In Effect",
        "Reason", "Justification", "Original Expressions", "Decided By", "Scope", "Expires",
        "Exploited", "Exploited Since", "EPSS", "EPSS Percentile", "Severity", "Vulnerability ID", "Top Fix",
        "Description", "Details", "Meeting", "Caveat", "Critical", "High", "Medium", "Low", "Status", "Decision",
    ]
    /// An unknown value is left out, never made up, and never an empty text.
    private static let leftOut: Set<String> = [
        "publishDate", "lastUpdatedDate", "lastUpdated", "groupId", "description", "architecture", "languageVersion",
        "comment", "comments", "sha1",
    ]

    private func check(_ object: [String: Any], _ fields: [Entry.Field], at path: String) {
        let known = Set(fields.map(\.name))
        for key in object.keys where !Self.added.contains(key) {
            #expect(known.contains(key), "\(path).\(key) is none of the catalogue's")
        }
        for field in fields {
            let place = "\(path).\(field.name)"
            guard let value = object[field.name] else {
                #expect(field.isOptional || Self.leftOut.contains(field.name), "\(place) is missing")
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
                if let inner { check(inner, field.fields, at: place) }
            case "array<object>":
                let list = value as? [[String: Any]]
                #expect(list != nil, "\(place) is no list of objects")
                for item in list ?? [] { check(item, field.fields, at: place) }
            case "array": #expect(value is [Any], "\(place) is no list")
            case "array<string>": #expect(value is [String], "\(place) is no list of texts")
            default: Issue.record("reports.txt: \(place) has the type \(field.type)")
            }
        }
    }

    @Test(arguments: ReportCase.tabular) func headings(_ report: ReportCase) throws {
        let sheet = try #require(Self.entry(report).sheet)
        let found = try #require(report.plain(as: .xlsx).produce(.shared(.sqlite)).parts().first).sheets()
        #expect(found.first?.name == sheet.name)
        let row = (found.first?.rows.first ?? []).compactMap { $0 }
        #expect(Array(row.prefix(sheet.columns.count)) == sheet.columns)
        #expect(row.dropFirst(sheet.columns.count).allSatisfy(Self.addedHeadings.contains))
    }
}
