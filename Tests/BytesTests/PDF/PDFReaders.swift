import Bytes
import Foundation
import TestSupport
import Testing

/// A document as tools of other authors read it.
struct PDFDocument {
    let bytes: [UInt8]

    /// The bytes that `produce` writes into the sink.
    init(_ produce: (inout ByteSink) throws -> Void) throws {
        let written = Written()
        var file = ByteSink(threshold: 1 << 12) { bytes throws(SinkError) in written.bytes += bytes }
        try produce(&file)
        bytes = written.bytes
    }

    private final class Written { var bytes: [UInt8] = [] }

    /// The document's objects one by one, unpacked by qpdf.
    func plain() throws -> String {
        try read(by: "qpdf", ["--qdf", "--object-streams=disable", "--no-original-object-ids", "FILE", "-"]).output
    }

    /// The output of a tool of `qpdf` or `poppler-utils` for the document. `FILE` in the arguments means the
    /// document.
    func read(by tool: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let path = try ForeignTool.path(tool, package: tool == "qpdf" ? "qpdf" : "poppler-utils")
        let folder = FileManager.default.temporaryDirectory.appending(path: "waybill-pdf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a.pdf")
        try Data(bytes).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments.map { $0 == "FILE" ? file.path : $0 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    /// Fails if qpdf reports any fault of the document.
    func expectSound(_ location: SourceLocation = #_sourceLocation) throws {
        let report = try read(by: "qpdf", ["--check", "FILE"])
        #expect(report.status == 0, "\(report.output)", sourceLocation: location)
        #expect(!report.output.contains("WARNING"), "\(report.output)", sourceLocation: location)
    }

    /// The text of a page, or of all.
    func text(page: Int? = nil) throws -> String {
        let pages = page.map { ["-f", "\($0)", "-l", "\($0)"] } ?? []
        return try read(by: "pdftotext", ["-enc", "UTF-8"] + pages + ["FILE", "-"]).output
    }

    /// A line of `pdfinfo`.
    func information(_ key: String) throws -> String? {
        try read(by: "pdfinfo", ["-isodates", "FILE"]).output.split(separator: "\n")
            .first { $0.hasPrefix("\(key):") }?
            .dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces)
    }
}
