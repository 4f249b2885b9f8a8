import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Parts: each complete, numbered when there are several, together with every row once.
@Suite struct SplittingTests {
    /// A table of `count` rows that need no data.
    private static func numbers(_ key: String, _ from: StaticSQL, text: StaticSQL = "'row ' || n.i") -> Table {
        Table(
            key: key, item: "item", title: key.capitalized, from: from, order: ["n.i"],
            columns: [.integer("number", "Number", "n.i"), .text("text", "Text", text)])
    }

    static let none: StaticSQL = """
        (WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2) SELECT i FROM r) n
        WHERE n.i < 0 AND (SELECT count(*) FROM scope s) >= 0
        """
    static let one: StaticSQL = """
        (WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2) SELECT i FROM r) n
        WHERE n.i < 2 AND (SELECT count(*) FROM scope s) >= 0
        """
    static let hundred: StaticSQL = """
        (WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 100) SELECT i FROM r) n
        WHERE n.i > 0 AND (SELECT count(*) FROM scope s) >= 0
        """
    static let ten: StaticSQL = """
        (WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) SELECT i FROM r) n
        WHERE n.i > 0 AND (SELECT count(*) FROM scope s) >= 0
        """
    static let thousand: StaticSQL = """
        (WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 1000) SELECT i FROM r) n
        WHERE n.i > 0 AND (SELECT count(*) FROM scope s) >= 0
        """

    /// The numbers of each table in a part.
    private func numbers(_ part: Part, tables: [String]) throws -> [[Int]] {
        switch part.name.split(separator: ".").last {
        case "json": return try tables.map { try part.rows($0).compactMap { $0["number"] as? Int } }
        case "xlsx":
            return try part.sheets().map { sheet in
                #expect(sheet.rows.first == ["Number", "Text"])
                return sheet.rows.dropFirst().compactMap { ($0.first ?? nil).flatMap { Int($0) } }
            }
        case "csv":
            return part.text.split(separator: "Number,Text\r\n", omittingEmptySubsequences: false).dropFirst().map {
                $0.split(separator: "\r\n").compactMap { Int($0.prefix { $0 != "," }) }
            }
        case "ndjson":
            // The only member of each line says which table it belongs to.
            let rows = try part.bytes.split(separator: 10).map {
                try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
            }
            if tables.count == 1 { return [rows.compactMap { $0["number"] as? Int }] }
            return tables.map { table in
                rows.compactMap { ($0[table] as? [String: Any])?["number"] as? Int }
            }
        case "xml":
            return try tables.map { table in
                let printed = try ForeignTool.python(
                    """
                    import sys, xml.etree.ElementTree as ET
                    root = ET.fromstring(sys.stdin.buffer.read())
                    root = root if root.tag == sys.argv[1] else root.find(sys.argv[1])
                    print(" ".join(x.text for x in root.iter("number")))
                    """, [table], input: part.bytes)
                return String(decoding: printed, as: UTF8.self).split { $0.isWhitespace }.compactMap { Int($0) }
            }
        default: return []
        }
    }

    /// Settings under which a part of the format ends after about `rows` rows.
    private func settings(rows: Int, _ format: Format, bytesOfARow: Int = 48 + 8) -> Production.Settings {
        var settings = Production.Settings()
        settings.batch = 1024
        settings.sheetRows = rows
        if format != .xlsx { settings.partSize = rows * bytesOfARow }
        return settings
    }

    @Test(arguments: [Format.json, .xlsx, .csv, .xml, .ndjson], TemporaryDatabase.engines)
    func partsAddUp(format: Format, engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let report = Report.made([Self.numbers("numbers", Self.thousand)])
        let output = try report.produce(format, fixture, settings: settings(rows: 150, format))
        let parts = try output.parts()
        #expect(parts.count > 4 && parts.count < 20 && output.produced.parts == parts.count)
        #expect(output.produced.rows == 1000)
        for (number, part) in parts.enumerated() {
            #expect(part.name == "Acme Größe-organization-Inventory-report_\(number + 1).\(format.fileExtension)")
        }
        #expect(try parts.flatMap { try numbers($0, tables: ["numbers"])[0] } == Array(1...1000))
    }

    /// The limit of rows gives one part, and one row more gives two.
    @Test func aSinglePartHasNoNumber() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let report = Report.made([Self.numbers("numbers", Self.thousand)])
        for (limit, count) in [(1000, 1), (1001, 1), (999, 2), (500, 2), (499, 3)] {
            let parts = try report.produce(.xlsx, fixture, settings: settings(rows: limit, .xlsx)).parts()
            #expect(parts.count == count, "\(limit)")
            #expect(parts.allSatisfy { $0.name.contains("report_") == (count > 1) }, "\(limit): \(parts.map(\.name))")
        }
    }

    /// Every part has every table; a part ends in the table that fills it.
    @Test(
        arguments: [Format.json, .xlsx, .csv, .xml, .ndjson],
        [
            [Self.ten, Self.thousand, Self.one], [Self.thousand, Self.ten], [Self.one, Self.thousand, Self.none],
            [Self.none, Self.thousand], [Self.hundred, Self.hundred], [Self.none, Self.none, Self.ten],
            [Self.none, Self.none],
        ] as [[StaticSQL]])
    func severalTablesStandInEachPart(format: Format, tables: [StaticSQL]) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let keys = tables.indices.map { "table\($0)" }
        let report = Report.made(zip(keys, tables).map { Self.numbers($0, $1) })
        let output = try report.produce(format, fixture, settings: settings(rows: 150, format))
        let parts = try output.parts()
        let long = tables.contains { "\($0)" == "\(Self.thousand)" }
        #expect(long ? parts.count > 4 && parts.count < 20 : parts.count == 1, "\(parts.map(\.name))")
        for (number, part) in parts.enumerated() {
            let suffix = parts.count > 1 ? "_\(number + 1)" : ""
            #expect(part.name.hasSuffix("-report\(suffix).\(format.fileExtension)"), "\(part.name)")
        }
        let found = try parts.map { try numbers($0, tables: keys) }
        #expect(found.allSatisfy { $0.count == keys.count })
        for (place, table) in tables.enumerated() {
            let text = "\(table)"
            let count =
                [(Self.none, 0), (Self.one, 1), (Self.ten, 10), (Self.hundred, 100)].first { "\($0.0)" == text }?.1
                ?? 1000
            #expect(found.flatMap { $0[place] } == Array(1..<(count + 1)), "\(keys[place])")
        }
    }

    /// A single part has no number, even if a filter makes the estimated number of rows too high.
    @Test(arguments: TemporaryDatabase.engines) func aHighBoundNumbersNothing(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        var table = Self.numbers("numbers", Self.thousand, text: "'a text that makes the row longer than it was'")
        table.bound = "SELECT count(*) * 0 + 1000 FROM scope s"
        let half = Filter("half", .text, "some of the rows") { _ in "n.i <= 500" }
        for (fields, limit, count) in [([:], 700, 2), (["half": ["yes"]], 700, 1), (["half": ["yes"]], 400, 2)] {
            let settings = settings(rows: limit, .xlsx)
            let report = Report.made([table], filters: [half])
            let parts = try report.produce(.xlsx, fixture, fields: fields, settings: settings).parts()
            #expect(parts.count == count)
            #expect(parts.allSatisfy { $0.name.contains("report_") == (count > 1) }, "\(parts.map(\.name))")
        }
    }

    /// Rows that grow after the first ones do not give a part that readers cannot open.
    @Test func rowsThatGrowStillEndParts() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        // Ten characters a row at first, later ten thousand.
        let table = Self.numbers(
            "numbers", Self.thousand,
            text: "CASE WHEN n.i < 200 THEN 'short text' ELSE replace(hex(zeroblob(5000)), '0', 'x') END")
        var settings = Production.Settings()
        settings.batch = 1024
        settings.partSize = 200_000
        for format in [Format.json, .xml, .csv, .ndjson] {
            let parts = try Report.made([table]).produce(format, fixture, settings: settings).parts()
            #expect(try parts.flatMap { try numbers($0, tables: ["numbers"])[0] } == Array(1...1000))
            for part in parts {
                #expect(part.bytes.count < 4 * settings.partSize, "\(part.name) has \(part.bytes.count) bytes")
            }
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func theSplitIsTheSameOnBothEngines() throws {
        for report in ReportCase.all {
            var settings = Production.Settings()
            settings.batch = 2048
            settings.partSize = 4096
            settings.sheetRows = 5
            let left = try report.produce(InventoryFixture.shared(.sqlite), settings: settings)
            let right = try report.produce(InventoryFixture.shared(.postgresql), settings: settings)
            try left.expectSame(as: right, "\(report.name)")
            if ["Inventory", "Licenses", "Vulnerability"].contains(report.report.name.word) {
                #expect(left.produced.parts > 1, "\(report.name)")
            }
            if case .bom = report.report.body { #expect(left.produced.parts == 1, "always one entry") }
        }
    }
}
