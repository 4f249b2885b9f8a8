import Database
import Foundation
import HTTP
import Testing

@testable import API
@testable import Reports

/// Reports as bare files: mend-api.md §1.1, §3.8.
struct SynchronousReportTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    @Test(arguments: ["xlsx", "json", "xml", "pdf", "csv", "ndjson"]) func aBareFileWithItsType(format: String)
        async throws
    {
        let body = try fixture.body(
            "getProjectInventoryReport", ["projectToken": fixture.acme.token(.project), "format": format])
        let response = await fixture.post(Array(body.utf8))
        let bytes = Fixture.bytes(response)
        let type = try #require(response.headers["Content-Type"])
        // Binary files have no charset, texts have one.
        #expect(type.contains("charset=UTF-8") == ["json", "xml", "csv"].contains(format))
        // Without rows there are no lines.
        let beginning = [
            "xlsx": "PK", "json": "{\"libraries\"", "xml": "<?xml", "pdf": "%PDF", "csv": "Name,Group", "ndjson": "",
        ]
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(try #require(beginning[format])), "\(format)")
        #expect(response.headers["Content-Disposition"]?.contains(".\(format)") == true)
        // The scratch files are deleted.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).allSatisfy {
                !$0.contains("report")
            })
    }

    @Test func withoutAFormatTheReportsDefault() async throws {
        let body = try fixture.body("getOrganizationDueDiligenceReport", ["orgToken": fixture.acme.token])
        #expect(Fixture.bytes(await fixture.post(Array(body.utf8))).starts(with: Array("PK".utf8)))
    }

    @Test func aBadFormatIsRefused() async throws {
        let answer = try await fixture.call(
            "getProductInventoryReport", ["productToken": fixture.acme.token(.product), "format": "docx"])
        #expect(answer["errorCode"] as? Int == 2021)
        #expect((answer["errorMessage"] as? String)?.contains("docx") == true)
    }

    /// A client searches the whole body for the word.
    @Test(arguments: [1, 3, 9, 100]) func theWordOfErrorsNeverAppears(piece: Int) throws {
        let path = fixture.folder.appendingPathComponent("word").path
        let text = "{\"a\":\"errorCode errorerrorCodeerrorCod\",\"b\":\"e\"}"
        for (format, escaped) in [
            (Format.json, "\\u0065rrorCode"), (.ndjson, "\\u0065rrorCode"), (.xml, "&#101;rrorCode"),
        ] {
            let file = try ScratchFile(path: path)
            var shield = WordShield(for: format)
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try Array(bytes[start..<min(start + piece, bytes.count)]).withUnsafeBytes {
                    try shield.pass($0, to: file)
                }
            }
            try shield.finish(to: file)
            let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
            #expect(names.allSatisfy { !$0.hasPrefix("word") }, "nothing is left behind")
            let written = try String(contentsOfFile: file.place, encoding: .utf8)
            #expect(!written.contains("errorCode"))
            #expect(written.replacingOccurrences(of: escaped, with: "errorCode") == text)
        }
    }

    @Test func whatTheDeadLeftIsSwept() throws {
        let folder = fixture.folder.appendingPathComponent("incoming").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["a.report.scratch", "b.tree.scratch", "upload-1-x.part", "kept"] {
            #expect(FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil))
        }
        ScratchFile.sweep(folder)
        // Another sweeper handles bodies of requests.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["kept", "upload-1-x.part"])
        ScratchFile.sweep(folder + "/none")
    }
}
