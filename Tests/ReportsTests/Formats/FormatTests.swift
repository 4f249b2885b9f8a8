import Bytes
import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

/// Waybill's files in programs of other authors, with hostile texts among them.
@Suite struct FormatTests {
    private static let xlsx = ReportCase.all.filter { $0.format == .xlsx && !$0.tables.isEmpty }

    @Test(arguments: ReportCase.all) func foreignToolsFindNothingToSay(_ report: ReportCase) throws {
        let output = try report.produce(.shared(.sqlite))
        let folder = try TemporaryFolder()
        try output.bytes.write(to: URL(fileURLWithPath: folder.path("report.zip")))
        let unzip = try ForeignTool.path("unzip", package: "unzip")
        try ForeignTool.run(unzip, ["-tqq", folder.path("report.zip")])
        let part = try #require(output.parts().first)
        let file = folder.path("part")
        try part.bytes.write(to: URL(fileURLWithPath: file))
        switch report.format {
        case .json:
            try ForeignTool.python(
                """
                import json, sys
                def once(pairs):
                    assert len({k for k, v in pairs}) == len(pairs), "a key stands twice"
                    return dict(pairs)
                json.loads(open(sys.argv[1], "rb").read().decode("utf-8"), object_pairs_hook=once)
                """, [file])
        case .ndjson:
            #expect(try Self.lines(ofJSONIn: file) == "\(output.produced.rows)\n")
        case .xml:
            try ForeignTool.run(ForeignTool.path("xmllint", package: "libxml2-utils"), ["--noout", "--nonet", file])
        case .xlsx:
            try ForeignTool.run(unzip, ["-tqq", file])
            let tool = try ForeignTool.path("xmllint", package: "libxml2-utils")
            for entry in try Part.unpack(part.bytes) {
                let copy = folder.path("entry.xml")
                try entry.bytes.write(to: URL(fileURLWithPath: copy))
                try ForeignTool.run(tool, ["--noout", "--nonet", copy])
            }
        case .pdf:
            try ForeignTool.run(ForeignTool.path("qpdf", package: "qpdf"), ["--check", file])
        case .csv:
            let records = try part.records()
            // Each of several tables has a heading, and an empty line separates them.
            let tables = report.tables.count
            #expect(records.count == output.produced.rows + 2 * tables - 1)
            #expect(
                tables > 1 || records.allSatisfy { $0.count == records[0].count },
                "every record has as many fields as the heading")
        case .html:
            try Self.expectKnownElements(in: file)
        case .tv, .yaml, .txt: break
        }
    }

    /// The number of objects in a file, one a line, as another program reads it.
    private static func lines(ofJSONIn file: String) throws -> String {
        let printed = try ForeignTool.python(
            """
            import json, sys
            lines = open(sys.argv[1], "rb").read().decode("utf-8").split("\\n")
            assert lines.pop() == ""
            assert all(isinstance(json.loads(line), dict) for line in lines)
            print(len(lines))
            """, [file])
        return String(decoding: printed, as: UTF8.self)
    }

    /// A parser that does not know Waybill finds no elements but those of the layout.
    private static func expectKnownElements(in file: String) throws {
        let printed = try ForeignTool.python(
            """
            import sys
            from html.parser import HTMLParser
            found = set()
            class Reader(HTMLParser):
                def handle_starttag(self, tag, attributes):
                    found.add(tag)
                    for name, value in attributes:
                        assert not name.startswith("on"), name
                        assert name != "href" or value.startswith(("http", "#")), value
            Reader().feed(open(sys.argv[1], encoding="utf-8").read())
            print(",".join(sorted(found)))
            """, [file])
        let known: Set<String> = [
            "a", "body", "h1", "h2", "h3", "head", "html", "li", "meta", "nav", "ol", "p", "pre", "section",
            "small",
            "span", "style", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
        ]
        let found = String(decoding: printed, as: UTF8.self).split(separator: "\n")[0].split(separator: ",")
        #expect(Set(found.map(String.init)).isSubset(of: known), "\(found)")
    }

    /// Every format has the same rows.
    @Test(arguments: ReportCase.tabular) func formatsAgree(_ report: ReportCase) throws {
        func part(_ format: Format) throws -> Part {
            return try #require(report.plain(as: format).produce(.shared(.sqlite)).parts().first)
        }
        var sheet = try #require(part(.xlsx).sheets().first).rows
        let records = try part(.csv).records()
        let rows = try part(.json).rows(report.tables[0].key)
        try Self.expectSame(rows, part(.ndjson), report)
        #expect(sheet.count == rows.count + 1)
        #expect(report.tables.count > 1 || records.count == rows.count + 1)
        let columns = (report.tables[0].levels.flatMap(\.columns) + report.tables[0].columns).filter {
            $0.option == nil && !$0.title.isEmpty
        }
        if report.tables[0].urgency != nil { sheet = try report.streamed(sheet) }
        for (number, row) in rows.enumerated() {
            for (index, column) in columns.enumerated() where !column.key.isEmpty && column.kind == .text {
                let told = Self.text(column.key, in: row)
                // Characters that would turn the direction of reading become visible in a sheet.
                #expect(sheet[number + 1][index] ?? "" == Deception.readable(told), "\(column.title) in the sheet")
                let field = records[number + 1][index]
                let isFormula = told.first.map { "=+-@\t\r".contains($0) } ?? false
                #expect(field == (isFormula ? "'" : "") + told, "\(column.title) as CSV")
            }
        }
    }

    /// The rows of the first table as JSON, and all rows as lines, are the same objects; with several tables, under
    /// their names.
    private static func expectSame(_ rows: [[String: Any]], _ part: Part, _ report: ReportCase) throws {
        let lines = try part.bytes.split(separator: 10).map {
            try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
        }
        let first = report.tables.count > 1 ? lines.compactMap { $0[report.tables[0].key] as? [String: Any] } : lines
        #expect(first.count == rows.count)
        #expect(NSArray(array: first) == NSArray(array: rows))
        #expect(report.tables.count == 1 || lines.allSatisfy { $0.count == 1 })
    }

    /// The text at a path of a row; nil if a part of the path is missing.
    private static func text(_ path: String, in row: [String: Any]) -> String {
        let keys = path.split(separator: ".").map(String.init)
        let object = keys.dropLast().reduce(row as [String: Any]?) { $0?[$1] as? [String: Any] }
        return object?[keys.last ?? ""] as? String ?? ""
    }

    /// No cell of a sheet is a formula, and no field of a CSV begins like one.
    @Test(arguments: ReportCase.tabular) func nothingIsAFormula(_ report: ReportCase) throws {
        for place in report.scope == .organization ? 0..<1 : 2..<3 {
            let scope = try InventoryFixture.shared(.sqlite).scope(report.scope, place: place)
            let csv = report.plain(as: .csv)
            for record in try #require(csv.produce(.shared(.sqlite), scope: scope).parts().first).records() {
                for field in record { #expect(!(field.first.map { "=+-@\t\r".contains($0) } ?? false), "\(field)") }
            }
            let xlsx = report.plain(as: .xlsx)
            let part = try #require(xlsx.produce(.shared(.sqlite), scope: scope).parts().first)
            for entry in try Part.unpack(part.bytes) where entry.name.hasPrefix("xl/worksheets/sheet") {
                #expect(!entry.text.contains("<f>") && !entry.text.contains("t=\"str\""))
            }
        }
    }

    /// Every link is a URI on a cell of its sheet, and only web addresses become links.
    @Test(arguments: xlsx) func linksAreURIs(_ report: ReportCase) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        for place in report.scope == .organization ? 0..<1 : 0..<3 {
            let part = try #require(
                report.produce(fixture, scope: fixture.scope(report.scope, place: place)).parts().first)
            for entry in try Part.unpack(part.bytes) where entry.name.contains("worksheets/_rels") {
                let uri =
                    /https?:\/\/[A-Za-z0-9._~-]+(:[0-9]+)?([\/?#]([A-Za-z0-9._~:\/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?/
                for match in entry.text.matches(of: /Target="([^"]*)"/) {
                    let target = match.1.replacing("&amp;", with: "&")
                    #expect(target.wholeMatch(of: uri) != nil, "\(target)")
                }
            }
        }
    }

    @Test(
        arguments: [
            ("https://example.org/a b<c>", "https://example.org/a%20b%3Cc%3E"),
            ("https://example.org/?a=1&b=\"2\"#f#g", "https://example.org/?a=1&b=%222%22#f%23g"),
            ("http://example.org:8080/α", "http://example.org:8080/%CE%B1"),
            ("https://example.org", "https://example.org"),
            ("https://example.org/100%/%41", "https://example.org/100%25/%41"), ("https://[broken", nil),
            ("https://", nil),
            ("https://a b/", nil), ("javascript:alert(1)", nil), ("file:///etc/passwd", nil), ("https://h:99999/", nil),
            ("https://user@host/", nil), ("https://:80/", nil), ("ftp://example.org/", nil), ("", nil),
            (
                "https://example.org/" + String(repeating: "a", count: 2059),
                "https://example.org/" + String(repeating: "a", count: 2059)
            ),
            ("https://example.org/" + String(repeating: "a", count: 2060), nil),
        ] as [(String, String?)])
    func addressesBecomeTargets(text: String, target: String?) {
        #expect(Array(text.utf8).withUnsafeBytes(SheetLink.target) == target)
    }

    /// The licences of a project whose libraries have these copyrights: a text that sheets show whole.
    private static func copyrights(_ texts: [String], _ engine: Engine) throws -> (Format) throws -> Output {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let components = try texts.enumerated().map { number, text in
            let json = try JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed)
            return
                "{\"type\":\"library\",\"bom-ref\":\"c\(number)\",\"name\":\"n\(number)\",\"copyright\":\(String(decoding: json, as: UTF8.self))}"
        }
        try fixture.importSBOM(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"type":"application",
             "bom-ref":"r","name":"long"}},"components":[\(components.joined(separator: ","))]}
            """)
        let report = try #require(ReportCase.tabular.first { $0.type == "OrgLicensesReport" })
        return { format in
            try ReportCase(report: report.report, type: report.type, scope: report.scope, format: format).produce(
                fixture)
        }
    }

    /// The cells of the column of copyrights, from the first row of data on.
    private static func copyrightCells(_ output: Output) throws -> [String?] {
        let rows = try #require(output.parts().first?.sheets().first?.rows)
        let column = try #require(rows.first?.firstIndex(of: "Copyright"))
        return rows.dropFirst().map { $0[column] }
    }

    /// A cell holds 32,767 UTF-16 units: a longer text is cut at a character, and the envelope says so. Other formats keep
    /// the whole text.
    @Test(arguments: TemporaryDatabase.engines) func longTextsAreCutAndTold(engine: Engine) throws {
        let long = String(repeating: "a", count: 32_766) + "👩‍👩‍👧 and more"
        let exact = String(repeating: "é", count: 32_767)
        let produce = try Self.copyrights([long, exact], engine)
        let sheet = try produce(.xlsx)
        #expect(sheet.produced.notes == ["1 cells were cut to what a cell of the format holds"])
        #expect(try Self.copyrightCells(sheet) == [String(repeating: "a", count: 32_766), exact])
        for format in [Format.json, .xml, .csv] {
            let output = try produce(format)
            #expect(output.produced.notes.isEmpty)
            #expect(try output.parts().first?.text.contains(long) == true)
        }
    }

    /// Control characters, line ends and look-alikes of escapes are read back unchanged from sheets and JSON.
    @Test func controlCharactersComeBack() throws {
        let texts = ["bell\u{7} escape\u{1b}[31m carriage\rreturn line\nfeed tab\tend \u{fffe}", "_x005F_ and _x000D_"]
        let produce = try Self.copyrights(texts, .sqlite)
        #expect(try Self.copyrightCells(produce(.xlsx)) == texts)
        let rows = try #require(produce(.json).parts().first).rows("licenses")
        #expect(rows.map { $0["copyright"] as? String } == texts)
    }

    /// openpyxl can read the workbooks.
    @Test(.timeLimit(.minutes(3)), .enabled(if: openpyxl != nil, "needs openpyxl from PyPI, which cannot be reached"))
    func openpyxlReadsTheWorkbooks() throws {
        let folder = try #require(Self.openpyxl)
        for report in Self.xlsx {
            let output = try report.produce(.shared(.sqlite))
            let printed = try ForeignTool.python(
                """
                import io, json, sys, warnings
                warnings.simplefilter("error")
                sys.path.insert(0, sys.argv[1])
                import openpyxl
                book = openpyxl.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
                sheet = book.worksheets[0]
                for row in sheet.iter_rows():
                    for cell in row:
                        assert cell.data_type != "f", cell.coordinate
                links = sum(cell.hyperlink is not None for row in sheet.iter_rows() for cell in row)
                print(json.dumps([sheet.title, sheet.max_row, sheet.max_column, links, sheet.freeze_panes,
                    sheet.auto_filter.ref]))
                """, [folder.path("site")], input: #require(output.parts().first).bytes)
            let found = try #require(JSONSerialization.jsonObject(with: printed) as? [Any])
            let outer = report.tables[0].levels.flatMap(\.columns)
            let columns = (outer + report.tables[0].columns + report.tables[0].lists.flatMap(\.columns)).filter {
                !$0.title.isEmpty && $0.option == nil
            }
            #expect(found[0] as? String == report.tables[0].title)
            let first = report.tables[0].key
            let rows = try #require(report.plain(as: .json).produce(.shared(.sqlite)).parts().first).rows(first).count
            #expect(report.tables.count > 1 || rows == output.produced.rows)
            #expect(found[1] as? Int == rows + 1)
            #expect(found[2] as? Int == columns.count)
            let links = found[3] as? Int ?? 0
            #expect(links > 0 || !columns.contains { $0.kind == .link })
            #expect(links == 0 || columns.contains { $0.kind == .link || $0.address != nil })
            #expect(found[4] as? String == "A2")
            let last = XLSXFormat.reference(column: columns.count - 1, row: rows + 1)
            #expect(found[5] as? String == "A1:\(last)")
        }
    }

    /// The folder of openpyxl from PyPI, an empty folder if Python already has it, or nil if it is not available.
    private static let openpyxl: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        if (try? ForeignTool.python("import openpyxl")) != nil { return folder }
        let arguments = [
            "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "0", "--timeout",
            "10", "--target", folder.path("site"), "openpyxl",
        ]
        return (try? ForeignTool.run("/usr/bin/env", arguments)) == nil ? nil : folder
    }()

    @Test(.enabled(if: ForeignTool.find("soffice") != nil, "needs Debian's package libreoffice-calc-nogui"))
    func libreOfficeReadsTheWorkbooks() throws {
        let office = try #require(ForeignTool.find("soffice"))
        let folder = try TemporaryFolder()
        var rows: [Int] = []
        for (number, report) in Self.xlsx.enumerated() {
            let output = try report.produce(.shared(.sqlite))
            let part = try #require(output.parts().first)
            // The first sheet must survive.
            rows.append(try #require(part.sheets().first).rows.count)
            try part.bytes.write(to: URL(fileURLWithPath: folder.path("\(number).xlsx")))
        }
        // All in one run, because starting the program takes longer than reading the files.
        try ForeignTool.run(
            office,
            [
                "-env:UserInstallation=file://\(folder.path("profile"))", "--headless", "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", folder.path(""),
            ] + Self.xlsx.indices.map { folder.path("\($0).xlsx") })
        for (number, report) in Self.xlsx.enumerated() {
            let csv = Part(
                name: "csv", bytes: try Data(contentsOf: URL(fileURLWithPath: folder.path("\(number).csv"))),
                isDeflated: false)
            #expect(try csv.records().count == rows[number], "\(report.name)")
        }
    }
}
