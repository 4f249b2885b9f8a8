import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Every report in every format as of its last review: `make golden` writes them again.
@Suite struct GoldenTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden", isDirectory: true)
    private static let isWriting = ProcessInfo.processInfo.environment["WAYBILL_GOLDEN"] == "write"

    @Test(arguments: ReportCase.every) func golden(_ report: ReportCase) throws {
        let output = try Self.shown(report)
        var text = output.text
        let file = Self.folder.appendingPathComponent("\(report.name).\(output.ending)")
        if Self.isWriting {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            // A report that differs between two runs cannot be stored.
            text = try Self.shown(report).text
        }
        guard let kept = try? Data(contentsOf: file) else {
            Issue.record("\(file.lastPathComponent) is missing: look at what `make golden` writes")
            return
        }
        guard kept != Data(text.utf8) else { return }
        let (left, right) = (Self.lines(String(decoding: kept, as: UTF8.self)), Self.lines(text))
        let place = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
        Issue.record(
            """
            \(file.lastPathComponent) differs in line \(place + 1) of \(left.count):
            - \(place < left.count ? left[place].prefix(600) : "(nothing)")
            + \(place < right.count ? right[place].prefix(600) : "(nothing)")
            """)
    }

    private static func lines(_ text: String) -> [Substring] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// No expected file remains for a report that no longer exists.
    @Test func noneIsLeftOver() throws {
        let endings = ["xlsx": "xlsx.xml", "pdf": "pdf.txt"]
        let known = Set(
            ReportCase.every.map { "\($0.name).\(endings[$0.format.rawValue] ?? $0.format.fileExtension)" })
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(!names.isEmpty)
        for name in names {
            if Self.isWriting, !known.contains(name) {
                try FileManager.default.removeItem(at: Self.folder.appendingPathComponent(name))
            } else {
                #expect(known.contains(name), "no report makes \(name)")
            }
        }
    }

    /// The first part of a report in a form that a reviewer can read, and the ending of its file.
    private static func shown(_ report: ReportCase) throws -> (text: String, ending: String) {
        let part = try #require(report.produce(.shared(.sqlite)).parts().first)
        switch report.format {
        case .json, .ndjson, .xml, .csv, .tv, .yaml, .html, .txt: return (part.text, report.format.fileExtension)
        case .xlsx:
            let entries = try Part.unpack(part.bytes)
            let sheets = entries.filter { $0.name.hasPrefix("xl/worksheets/") }
            return (sheets.map { "\($0.name)\n\($0.text)\n" }.joined(), "xlsx.xml")
        case .pdf:
            let tool = try ForeignTool.path("pdftotext", package: "poppler-utils")
            let folder = try TemporaryFolder()
            try part.bytes.write(to: URL(fileURLWithPath: folder.path("a.pdf")))
            let text = try ForeignTool.run(tool, ["-enc", "UTF-8", "-layout", folder.path("a.pdf"), "-"])
            return (String(decoding: text, as: UTF8.self), "pdf.txt")
        }
    }
}
