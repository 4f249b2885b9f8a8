import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Lists under rows are read in one pass with their parents, and never multiply.
@Suite struct MergedListTests {
    /// Libraries with two lists, their licences and entries of the document, and nested keys above and below.
    static let table = Table(
        key: "libraries", item: "library", title: "Libraries",
        from: """
            scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library WHERE s.scan > 0
            """,
        order: ["s.project", "o.position"],
        columns: [
            .text("name", "Name", "l.filename"),
            .text("place.product.name", "Product", "s.product_name"),
            .text("version", "Version", "l.version"),
            .text("place.project", "Project", "s.project_name"),
            .text("place.product.empty", "", "CAST(NULL AS TEXT)"),
            .text("missing", "", "CAST(NULL AS TEXT)").omittedWhenNull,
            .integer("count", "Count", "o.count"),
        ],
        lists: [
            Table(
                key: "licenses", item: "license", title: "Licenses",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library_license x ON x.library = o.library
                    JOIN license n ON n.id = x.license WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position", "x.position"],
                columns: [
                    .text("name", "License", "n.name"), .text("evidence.kind", "Evidence", "x.reference_type"),
                ]),
            Table(
                key: "entries", item: "entry", title: "Entries",
                from: """
                    scope s JOIN component c ON c.scan = s.scan WHERE s.scan > 0 AND c.occurrence >= 0
                    """,
                order: ["s.project", "c.occurrence", "c.position"],
                columns: [.text("ref", "Ref", "c.ref"), .integer("depth", "", "c.depth")]),
        ])

    static let filters = [
        Filter("name", .text, "a part of the name") { values in
            "l.filename LIKE \("%\(values.joined())%")"
        }
    ]

    /// The expected lists, read one parent at a time.
    private func expected(_ fixture: InventoryFixture, like pattern: String = "%") throws -> [(
        String, [String], [String]
    )] {
        try fixture.database.snapshot { connection in
            let parents = try connection.all(
                """
                SELECT l.filename, o.scan, o.position, l.id FROM project p JOIN occurrence o ON o.scan = p.scan
                JOIN library l ON l.id = o.library WHERE p.organization = 1 AND l.filename LIKE \(pattern)
                ORDER BY p.id, o.position
                """
            ) { ($0.string(0), $0.integer(1), $0.integer(2), $0.integer(3)) }
            return try parents.map { name, scan, position, library in
                (
                    name,
                    try connection.all(
                        """
                        SELECT n.name FROM library_license x JOIN license n ON n.id = x.license
                        WHERE x.library = \(library) ORDER BY x.position
                        """
                    ) { $0.string(0) },
                    try connection.all(
                        """
                        SELECT ref FROM component WHERE scan = \(scan) AND occurrence = \(position) ORDER BY position
                        """
                    ) { $0.string(0) }
                )
            }
        }
    }

    @Test(arguments: TemporaryDatabase.engines, ["", "only-in", "nothing has this name"])
    func eachListStandsUnderItsParent(engine: Engine, filter: String) throws {
        let fixture = try InventoryFixture.shared(engine)
        var settings = Production.Settings()
        settings.batch = 700
        let output = try Report.made([Self.table], filters: Self.filters).produce(
            .json, fixture, fields: filter.isEmpty ? [:] : ["name": [filter]], settings: settings)
        let rows = try #require(output.parts().first).rows("libraries")
        let expected = try expected(fixture, like: "%\(filter)%")
        #expect(rows.count == expected.count && output.produced.rows == expected.count)
        for (row, (name, licenses, refs)) in zip(rows, expected) {
            #expect(row["name"] as? String == name)
            let found = row["licenses"] as? [[String: Any]]
            #expect(found?.map { $0["name"] as? String } == licenses, "\(name)")
            #expect((row["entries"] as? [[String: Any]])?.map { $0["ref"] as? String } == refs, "\(name)")
            for license in found ?? [] {
                #expect((license["evidence"] as? [String: Any])?["kind"] as? String == "SBOM")
            }
        }
        if filter.isEmpty {
            #expect(expected.contains { $0.1.isEmpty } && expected.contains { $0.1.count > 2 })
            #expect(expected.contains { $0.2.count > 1 })
        }
    }

    /// Keys with the same beginning share one object, in the place of the first one; null becomes empty text or no
    /// key.
    @Test func keysNest() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let text = try #require(Report.made([Self.table]).produce(.json, fixture).parts().first).text
        let first = try #require(text.split(separator: "\n").dropFirst().first)
        #expect(
            first.hasPrefix(
                """
                {"name":"commons-lang3-3.12.0.jar","place":{"product":{"name":"Webshop","empty":""},"project":"Cart"},\
                "version":"3.12.0","count":1,"licenses":[{"name":"Apache 2.0","evidence":{"kind":"SBOM"}}],\
                "entries":[{"ref":"a1","depth":1}]}
                """), "\(first)")
    }

    /// XML has the same nesting; flat formats show the list's cells one below the other.
    @Test func otherFormatsShowThem() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let report = Report.made([Self.table])
        let xml = try #require(report.produce(.xml, fixture).parts().first).text
        #expect(
            xml.contains(
                """
                <entries><entry><ref>a3</ref><depth>1</depth></entry><entry><ref>a3-again</ref><depth>1</depth>\
                </entry></entries>
                """) || xml.contains("<entry><ref>a3</ref>"), "\(xml.prefix(3000))")
        let heading = ["Name", "Product", "Version", "Project", "Count", "License", "Evidence", "Ref"]
        let sheet = try #require(report.produce(.xlsx, fixture).parts().first).sheets()[0]
        let records = try #require(report.produce(.csv, fixture).parts().first).records()
        #expect(sheet.rows[0] == heading && records[0] == heading)
        let expected = try expected(fixture)
        for (number, (name, licenses, refs)) in expected.enumerated() {
            let cells = sheet.rows[number + 1]
            #expect(cells[5] ?? "" == licenses.joined(separator: "\n"), "\(name)")
            #expect(cells[7] ?? "" == refs.joined(separator: "\n"), "\(name)")
            #expect(records[number + 1].count == heading.count)
            #expect(records[number + 1][7] == refs.joined(separator: "\n"), "\(name)")
        }
    }

    @Test(arguments: [Format.json, .xml, .csv, .xlsx, .ndjson]) func partsKeepListsWhole(format: Format) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        var settings = Production.Settings()
        settings.batch = 500
        settings.partSize = 2000
        settings.sheetRows = 3
        let output = try Report.made([Self.table]).produce(format, fixture, settings: settings)
        #expect(output.produced.parts > 5)
        let whole = try Report.made([Self.table]).produce(format, fixture)
        #expect(output.produced.rows == whole.produced.rows)
        if format == .json {
            let split = try output.parts().flatMap { try $0.rows("libraries") }
            let rows = try whole.parts().flatMap { try $0.rows("libraries") }
            #expect(split as NSArray == rows as NSArray)
        }
    }
}
