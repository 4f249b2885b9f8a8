import Bytes
import Foundation
import Testing

@Suite struct PDFTableTests {
    private static let heading = PDFTable.Heading(
        title: "Inventory report", scope: "Organization Example", created: "2024-05-01T12:00:00Z")

    private static func document(
        columns: [PDFTable.Column], _ fill: (inout PDFTable, inout ByteSink) throws -> Void
    ) throws -> PDFDocument {
        try PDFDocument { file in
            var table = try PDFTable(heading, columns: columns)
            try fill(&table, &file)
            try table.finish(to: &file)
        }
    }

    /// The text in one line, because a cell's text may be broken over several lines.
    private static func flat(_ text: String) -> String {
        String(
            text.filter {
                !$0.isWhitespace && !("\u{2066}"..."\u{2069}").contains($0) && !("\u{202A}"..."\u{202E}").contains($0)
            })
    }

    @Test(arguments: [0, 1]) func fewRows(_ count: Int) throws {
        let document = try Self.document(columns: [.init("Library"), .init("Size", .number)]) { table, file in
            for _ in 0..<count { try table.row(["firefox-office", "42"], to: &file) }
        }
        try document.expectSound()
        let text = try document.text()
        for expected in ["Inventory report", "Organization Example", "2024-05-01 12:00 UTC", "Library", "Page 1 of 1"] {
            #expect(text.contains(expected))
        }
        #expect(text.contains(count == 0 ? "No rows" : "1 row"))
        #expect(text.contains("firefox-office") == (count == 1))
    }

    /// A page by itself names its subject. The day stands in front of the name, which in another script would take it apart.
    @Test(arguments: ["Organization Example", "منظمة"]) func eachPageSaysWhatItIsOf(_ scope: String) throws {
        let document = try PDFDocument { file in
            var table = try PDFTable(
                .init(title: "Inventory", scope: scope, created: "2024-05-01T12:00:00Z"), columns: [.init("Library")])
            for number in 0..<200 { try table.row(["library-\(number)"], to: &file) }
            try table.finish(to: &file)
        }
        let pages = try document.text().split(separator: "\u{0C}").filter { $0.contains("Page ") }
        #expect(pages.count > 2)
        for page in pages { #expect(page.contains("2024-05-01 · Inventory · ") && page.contains(scope)) }
    }

    @Test func manyRowsRepeatTheHeadingAndCountThePages() throws {
        var pages = 0
        let document = try Self.document(
            columns: [
                .init("Project", isOutlined: true), .init("Library"), .init("Number", .number), .init("Home", .link),
            ]
        ) { table, file in
            for row in 0..<10_000 {
                try table.row(
                    ["project-\(row / 500)", "library-\(row)", "\(row)", "https://example.org/\(row)"], to: &file)
            }
            let (rows, cut) = (table.rowCount, table.cutCells)
            #expect(rows == 10_000 && cut == 0)
            pages = table.pages
        }
        try document.expectSound()
        #expect(pages > 100)
        #expect(try document.information("Pages") == "\(pages)")
        #expect(try document.plain().components(separatedBy: "/S /URI").count == 10_001)
        let text = try document.text()
        let perPage = text.split(separator: "\u{0C}").filter { $0.contains("Page ") }
        #expect(perPage.count == pages)
        for (index, page) in perPage.enumerated() {
            #expect(page.contains("Library") && page.contains("Page \(index + 1) of \(pages)"))
        }
        #expect(text.contains("10000 rows"))
        let words = Set(text.split { $0.isWhitespace })
        for row in 0..<10_000 where !words.contains("library-\(row)") { Issue.record("row \(row) is missing") }
    }

    /// A cell links to its address, in addition to its text; a word has its mark; counts are in the head.
    @Test func cellsLeadAndAreMarked() throws {
        var heading = Self.heading
        heading.figures = [.init("7", "in all"), .init("5", "High", color: .gray(0.3)), .init("2", "other")]
        let marks = [PDFMark("High", PDFColor(red: 0.25, green: 0.5, blue: 0.75)), PDFMark("Low", .gray(0.8))]
        let columns: [PDFTable.Column] = [
            .init("Severity", .marked(marks)), .init("Name", .linked(isColored: true)), .init("Plain"),
            .init("Text", .linked(isColored: false)),
        ]
        func add(_ text: String, _ address: String?, to table: inout PDFTable) {
            Array(text.utf8).withUnsafeBytes { text in
                guard let address else { return table.cell(text) }
                Array(address.utf8).withUnsafeBytes { table.cell(text, address: $0) }
            }
        }
        let document = try PDFDocument { file in
            var table = try PDFTable(heading, columns: columns)
            for row in 0..<500 {
                add(row % 2 == 0 ? "High" : "Odd", nil, to: &table)
                add("CVE-\(row)", row % 3 == 0 ? nil : "https://example.org/cve/\(row)", to: &table)
                add("plain \(row)", nil, to: &table)
                add(
                    "text \(row)", row % 10 == 0 ? "https://example.org/text/\(row)" : "javascript:alert(1)", to: &table
                )
                try table.endRow(to: &file)
            }
            try table.finish(to: &file)
        }
        try document.expectSound()
        let plain = try document.plain()
        for row in 1..<500 {
            let (cve, text) = ("https://example.org/cve/\(row))", "https://example.org/text/\(row))")
            #expect(
                plain.contains("(\(cve)") == (row % 3 != 0) && plain.contains("(\(text)") == (row % 10 == 0), "\(row)")
        }
        #expect(!plain.contains("javascript"))
        let text = try document.text()
        #expect(text.contains("in all") && text.contains("High") && text.contains("Odd") && text.contains("CVE-499"))
        #expect(plain.contains(/0?\.250? 0?\.50? 0?\.750? rg/))
    }

    @Test(arguments: [
        "שלום עולם", "مكتبة المصادر المفتوحة", "नमस्ते दुनिया", "中文测试", "日本語テスト", "한국어", "Ünïcode façade",
        "Ελληνικά Кириллица",
        "fi ffi fl",
    ])
    func textOfAnyScriptComesBack(_ sample: String) throws {
        let document = try Self.document(columns: [.init("Text")]) { table, file in
            try table.row([sample], to: &file)
        }
        try document.expectSound()
        let text = try document.text()
        #expect(Self.flat(text).contains(Self.flat(sample)))
        #expect(!text.contains("\u{FFFD}"))
    }

    @Test func allFontsAreEmbedded() throws {
        let document = try Self.document(columns: [.init("Text")]) { table, file in
            try table.row(["Latin 中文 مكتبة"], to: &file)
        }
        let fonts = try document.read(by: "pdffonts", ["FILE"]).output
        let lines = fonts.split(separator: "\n").dropFirst(2)
        #expect(lines.count > 2)
        for line in lines {
            // The columns emb, sub, uni, object, generation.
            let fields = line.split(separator: " ")
            #expect(fields[fields.count - 5] == "yes" && fields[fields.count - 3] == "yes", "\(line)")
        }
    }

    @Test(arguments: 0..<11) func hostileTextDoesNoHarm(_ index: Int) throws {
        let hostile: [[UInt8]] = [
            [0x61, 0x00, 0x62], [0xFF, 0xFE, 0x61], [0xC3], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            Array("\u{202E}abc\u{2066}\u{2066}\u{202A}\u{200F}".utf8), Array((0..<0x20).map(UInt8.init)),
            [
                0xEF, 0xBF, 0xBF, 0xEF, 0xB7, 0x90, 0xF4, 0x8F, 0xBF, 0xBF, 0xEE, 0x80, 0x80, 0xEF, 0xBB, 0xBF, 0xEF,
                0xBF, 0xBD,
            ],
            Array(String(repeating: "e\u{301}\u{302}\u{303}", count: 500).utf8),
            Array(String(repeating: "\n", count: 5000).utf8),
            Array("<b>&amp;</b> %PDF-1.4 endstream endobj (\\) \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}".utf8),
        ]
        let document = try Self.document(columns: [.init("A\u{0}B"), .init("Link", .link), .init("", .number)]) {
            table, file in
            for _ in 0..<3 {
                hostile[index].withUnsafeBytes {
                    table.cell($0)
                    table.cell($0)
                    table.cell($0)
                }
                try table.endRow(to: &file)
            }
            try table.row(["after"], to: &file)
        }
        try document.expectSound()
        let text = try document.text()
        #expect(text.contains("after"))
        #expect(!text.contains("\u{FFFD}"))
    }

    @Test func aCellTallerThanAPageIsCutAndCounted() throws {
        var cut = 0
        let document = try Self.document(columns: [.init("Long"), .init("Short")]) { table, file in
            try table.row([String(repeating: "lorem ipsum ", count: 9000), "beside"], to: &file)
            try table.row([String(repeating: "x", count: 100_000), "beside"], to: &file)
            try table.row([String(repeating: "line\n", count: 200), "beside"], to: &file)
            try table.row(["short", "last"], to: &file)
            try table.endRow(to: &file)
            try table.nextTable("Second", columns: [.init("Other")], to: &file)
            cut = table.cutCells
        }
        #expect(cut >= 3)
        try document.expectSound()
        let text = try document.text()
        #expect(text.contains("…"))
        #expect(text.contains("last"))
        #expect(text.contains("Second") && text.contains("No rows"))
    }

    @Test func listsAreJoinedAndOddRowsAreSquared() throws {
        let document = try Self.document(columns: [.init("Library"), .init("Licenses")]) { table, file in
            table.cell("a")
            table.cell("MIT")
            table.item("ISC")
            table.item("Zlib")
            try table.endRow(to: &file)
            table.item("alone")
            try table.endRow(to: &file)
            try table.row(["b", "c", "toomany"], to: &file)
            try table.row([], to: &file)
        }
        let text = try document.text()
        #expect(text.contains("MIT, ISC, Zlib"))
        #expect(text.contains("alone"))
        #expect(!text.contains("toomany"))
        #expect(text.contains("4 rows"))
    }

    @Test(arguments: [1, 15, 60]) func anyNumberOfColumnsFits(_ count: Int) throws {
        let columns = (0..<count).map { PDFTable.Column("Column \($0)", $0 % 3 == 0 ? .number : .text) }
        let document = try Self.document(columns: columns) { table, file in
            for row in 0..<300 {
                try table.row((0..<count).map { "\(row)-\($0)-da39a3ee5e6b4b0d" }, to: &file)
            }
        }
        try document.expectSound()
        let text = try document.text()
        #expect(Self.flat(text).contains("300rows"))
    }

    @Test func aHugeHeadLeavesRoomForTheTable() throws {
        let huge = String(repeating: "huge ", count: 20_000)
        let document = try PDFDocument { file in
            var table = try PDFTable(
                .init(title: huge, scope: huge, created: huge), columns: [.init(huge), .init("B")])
            for _ in 0..<3 { try table.row(["first", "second"], to: &file) }
            try table.nextTable(huge, columns: [.init(huge)], to: &file)
            try table.row(["third"], to: &file)
            try table.finish(to: &file)
        }
        try document.expectSound()
        let text = try document.text()
        #expect(text.contains("first") && text.contains("third"))
    }

    @Test func sameRowsGiveSameBytes() throws {
        func make() throws -> [UInt8] {
            try Self.document(columns: [.init("A"), .init("B", .link)]) { table, file in
                for row in 0..<500 { try table.row(["\(row % 7) مكتبة", "https://example.org/\(row)"], to: &file) }
            }.bytes
        }
        #expect(try make() == make())
    }
}
