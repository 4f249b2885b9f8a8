import BOM
import Database
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Reports

/// One request: a type in a scope, a format, and the options that select a body.
struct ReportCase: Sendable, CustomTestStringConvertible {
    let report: Report
    let type: String
    let scope: ScopeKind
    var format: Format
    var fields: [String: [String]] = [:]

    var testDescription: String { "\(name).\(format.rawValue)" }

    /// The type, with the standard and its version for bills of materials.
    var name: String {
        guard let standard = fields["standard"], let version = fields["version"] else {
            // One type in several scopes.
            return Set(report.name.types.values).count < report.name.types.count ? "\(scope.prefix)-\(type)" : type
        }
        return "\(type).\(standard[0])-\(version[0])"
    }

    var tables: [Table] {
        if case .tables(let tables) = report.body { tables } else { [] }
    }

    /// Replacement tables included.
    var allTables: [Table] { tables.flatMap { [$0] + $0.replacements.map(\.table) } }

    /// Every report in every format in its widest scope, as JSON in its other scopes, and every bill of materials. The
    /// long tests use these cases unless `WAYBILL_TEST_ALL` requests all.
    static let all: [ReportCase] =
        ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] != nil
        ? every
        : every.filter { one in
            guard case .tables = one.report.body, one.format != .json else { return true }
            return one.scope == ScopeKind.allCases.first { one.report.name.types[$0] != nil }
        }

    /// Every report in every scope, once: tables as JSON, bills of materials in each standard. All formats show the same
    /// rows (`formatsAgree`).
    static let rows: [ReportCase] = all.filter { one in
        one.format == .json || ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] != nil && one.format != .pdf
    }

    /// Every report in each of its scopes and formats, from the catalog.
    static let every: [ReportCase] = Report.catalog.flatMap { report in
        ScopeKind.allCases.flatMap { scope -> [ReportCase] in
            guard let type = report.name.types[scope] else { return [] }
            switch report.body {
            case .tables, .attribution, .risk:
                return report.formats.map {
                    ReportCase(report: report, type: type, scope: scope, format: $0, fields: other(report, scope))
                }
            case .vex:
                return VEXRequest.Standard.allCases.flatMap { standard in
                    standard.versions.flatMap { version in
                        standard.formats.map { format in
                            ReportCase(
                                report: report, type: type, scope: scope, format: format,
                                fields: ["standard": [standard.rawValue], "version": [version]])
                        }
                    }
                }
            case .bom:
                return BOMRequest.offers.flatMap { offer in
                    offer.versions.flatMap { version in
                        offer.formats.map { format in
                            ReportCase(
                                report: report, type: type, scope: scope, format: format,
                                fields: ["standard": [offer.standard.rawValue], "version": [version]])
                        }
                    }
                }
            }
        }
    }

    /// The other side of a comparison; the fixture's scopes already have it.
    private static func other(_ report: Report, _ scope: ScopeKind) -> [String: [String]] {
        report.isComparison ? [Report.comparisonAliases(scope)[0]: ["the other side"]] : [:]
    }

    /// One case for each report with tables and for each scope, with every option that adds something.
    static let tabular: [ReportCase] = Report.catalog.flatMap { report in
        ScopeKind.allCases.compactMap { scope in
            guard case .tables = report.body, let type = report.name.types[scope] else { return nil }
            var made = ReportCase(
                report: report, type: type, scope: scope, format: .json, fields: other(report, scope))
            for filter in report.filters {
                // The other options narrow the rows.
                if case .list(let words) = filter.kind, filter.condition(words) == nil {
                    made.fields[filter.key] = words
                }
            }
            return made
        }
    }

    /// The same report in another format, with its own options.
    func plain(as format: Format) -> ReportCase {
        var other = self
        other.format = format
        other.fields = Self.other(report, scope)
        return other
    }

    func request(_ scope: Scope) throws -> ReportRequest {
        try ReportRequest(type: type, scope: scope, format: format.rawValue, fields: fields)
    }

    /// Makes the report for the fixture's organization, or for another scope.
    func produce(
        _ fixture: InventoryFixture, scope: Scope? = nil, settings: Production.Settings = .init()
    ) throws -> Output {
        let request = try request(scope ?? fixture.scope(self.scope))
        return try Output(Production(request, settings: settings), on: fixture.database)
    }
}

/// The files of a production, and its result.
struct Output: Sendable {
    let bytes: Data
    let produced: Produced

    init(_ production: Production, on database: any Database) throws {
        let written = Mutex(Data())
        produced = try database.snapshot { connection in
            try production.run(on: connection) { bytes in written.withLock { $0.append(contentsOf: bytes) } }
        }
        bytes = written.withLock { $0 }
    }

    /// The parts, unpacked by another program's library.
    func parts() throws -> [Part] { try Part.unpack(bytes) }

    /// Expects the same bytes of the files and of the ZIP around them.
    func expectSame(as other: Output, _ name: String) throws {
        if bytes == other.bytes { return }
        Issue.record("\(name): \(try difference(from: other))")
    }

    /// The place where two outputs that should be equal differ, for the message of a failed test.
    func difference(from other: Output) throws -> String {
        let (left, right) = (try parts(), try other.parts())
        for (one, two) in zip(left, right) where one.name != two.name || one.bytes != two.bytes {
            let place = zip(one.bytes, two.bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
            let shown = [one, two].map { part in
                "\(part.name): \(String(decoding: part.bytes.dropFirst(max(0, place - 60)).prefix(120), as: UTF8.self))"
            }
            return "at byte \(place) of \(one.bytes.count) and \(two.bytes.count): \(shown)"
        }
        if left.count != right.count { return "\(left.count) and \(right.count) parts, alike as far as both go" }
        return "the parts are alike, the ZIPs around them have \(bytes.count) and \(other.bytes.count) bytes"
    }
}

/// A file of the ZIP.
struct Part: Sendable {
    let name: String
    let bytes: Data
    let isDeflated: Bool

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The entries of a ZIP, unpacked by another program's library.
    static func unpack(_ zip: Data) throws -> [Part] {
        let folder = try TemporaryFolder()
        let file = folder.path("report.zip")
        try zip.write(to: URL(fileURLWithPath: file))
        let list = try ForeignTool.python(
            """
            import json, sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            for number, entry in enumerate(archive.infolist()):
                open(f"{sys.argv[2]}/{number}", "wb").write(archive.read(entry))
            print(json.dumps([[entry.filename, entry.compress_type] for entry in archive.infolist()]))
            """, [file, folder.path("")])
        let entries = try #require(JSONSerialization.jsonObject(with: list) as? [[Any]])
        return try entries.enumerated().map { number, entry in
            Part(
                name: try #require(entry[0] as? String),
                bytes: try Data(contentsOf: URL(fileURLWithPath: folder.path("\(number)"))),
                isDeflated: entry[1] as? Int == 8)
        }
    }

    /// The JSON object of the part.
    func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any], "\(name) is no JSON object")
    }

    /// The rows under a key of the JSON object.
    func rows(_ key: String) throws -> [[String: Any]] {
        try #require(try Self.rows(key, in: json()), "\(name) has no list \(key)")
    }

    /// The list under a key, or the lists in the objects of outer lists; each row then has the members of these
    /// objects.
    private static func rows(_ key: String, in object: [String: Any]) throws -> [[String: Any]]? {
        if let rows = object[key] as? [[String: Any]] { return rows }
        let lists = object.values.compactMap { $0 as? [[String: Any]] }
        guard lists.count == 1 else { return nil }
        var found: [[String: Any]] = []
        for outer in lists[0] {
            guard let inner = try rows(key, in: outer) else { return nil }
            let own = outer.filter { !($0.value is [Any]) }
            found += inner.map { $0.merging(own) { row, _ in row } }
        }
        return found
    }

    /// The sheets of a workbook with tables.
    func sheets() throws -> [(name: String, rows: [[String?]])] { try allSheets().filter { $0.name != "About" } }

    /// The sheets of a workbook by name, each a list of rows of cells as text, read by a separate parser.
    func allSheets() throws -> [(name: String, rows: [[String?]])] {
        let script = """
            import io, json, re, sys, zipfile
            import xml.etree.ElementTree as ET
            n = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
            r = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
            book = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
            rels = {x.get("Id"): x.get("Target") for x in ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
            unescape = lambda t: re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), t)
            def value(c):
                assert c.find(n + "f") is None, "a formula"
                if c.get("t") == "inlineStr":
                    return unescape("".join(t.text or "" for t in c.iter(n + "t")))
                v = c.find(n + "v")
                return None if v is None else v.text
            sheets = []
            for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter(n + "sheet"):
                root = ET.fromstring(book.read("xl/" + rels[sheet.get(r + "id")]))
                sheets.append([sheet.get("name"), [[value(c) for c in row.iter(n + "c")] for row in root.iter(n + "row")]])
            json.dump(sheets, sys.stdout, ensure_ascii=True)
            """
        let printed = try ForeignTool.python(script, input: bytes)
        let found = try #require(JSONSerialization.jsonObject(with: printed) as? [[Any]])
        return try found.map { sheet in
            let rows = try #require(sheet[1] as? [[Any]])
            return (try #require(sheet[0] as? String), rows.map { $0.map { $0 as? String } })
        }
    }

    /// The records of a CSV in the form of Python's reader.
    func records() throws -> [[String]] {
        let printed = try ForeignTool.python(
            """
            import csv, io, json, sys
            text = io.StringIO(sys.stdin.buffer.read().decode("utf-8"), newline="")
            json.dump(list(csv.reader(text, strict=True)), sys.stdout)
            """, input: bytes)
        return try #require(JSONSerialization.jsonObject(with: printed) as? [[String]])
    }
}

extension Report {
    /// A report that exists only in tests.
    static func made(_ tables: [Table], filters: [Filter] = []) -> Report {
        Report(
            name: .prefixed("InventoryReport", in: .organization), title: "Made",
            formats: Format.tabular(first: .json), filters: filters, body: .tables(tables))
    }

    /// Makes this report of everything in the fixture, in a format.
    func produce(
        _ format: Format, _ fixture: InventoryFixture, fields: [String: [String]] = [:],
        settings: Production.Settings = .init()
    ) throws -> Output {
        var options: [String: [String]] = [:]
        for filter in filters {
            if let values = fields[filter.key] { options[filter.key.lowercased()] = try filter.check(values) }
        }
        let base = try ReportRequest(
            type: "OrgInventoryReport", scope: fixture.scope(.organization), format: format.rawValue, fields: [:])
        let request = try ReportRequest(json: base.json(), options: options)
        return try Output(Production(self, request: request, settings: settings), on: fixture.database)
    }
}

extension ReportRequest {
    /// A stored request with other options.
    init(json: String, options: [String: [String]]) throws {
        var stored = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        stored["options"] = options
        try self.init(json: String(decoding: JSONSerialization.data(withJSONObject: stored), as: UTF8.self))
    }
}
