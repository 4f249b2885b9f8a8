import Database
import TestSupport
import Testing

@testable import Reports

/// Descriptions of any length in tables for people.
struct LongTextTests {
    @Test func librariesAreDescribedInSomeSentences() throws {
        let long = String(repeating: "这是一个很长的说明。", count: 1000)
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        try fixture.importSBOM(
            #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
             "metadata":{"component":{"type":"application","bom-ref":"root","name":"till","version":"1"}},
             "components":[{"type":"library","bom-ref":"a","name":"a","version":"1","description":"\#(long)"},
              {"type":"library","bom-ref":"b","name":"b","version":"1","description":"What **it** does."}]}
            """#)
        let scope = try fixture.scope(.organization)
        func output(_ format: String) throws -> Output {
            let request = try ReportRequest(type: "OrgInventoryReport", scope: scope, format: format, fields: [:])
            return try Output(Production(request), on: fixture.database)
        }
        let rows = try #require(output("xlsx").parts().first?.sheets().first).rows
        let column = try #require(rows.first?.firstIndex(of: "Description"))
        let shown = rows.dropFirst().compactMap { $0[column] }
        #expect(shown.count == 2 && shown.contains("What it does."), "\(shown)")
        #expect(shown.contains { $0.hasPrefix("这是") && $0.hasSuffix("…") && $0.count < 500 })
        // No row fills a page.
        #expect(try output("pdf").produced.notes.filter { $0.contains("cut") } == [])
        #expect(try #require(output("json").parts().first).text.contains(long))
    }
}
