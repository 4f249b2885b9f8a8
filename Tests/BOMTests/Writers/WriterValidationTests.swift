import BOM
import Foundation
import Testing

/// Judges what the writers write by other people's validators, where those are at hand: `../shared/tools/validate-report`
/// with a Python that has its requirements, named by `WAYBILL_VALIDATOR_PYTHON`.
@Suite struct WriterValidationTests {
    static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/tools/validate-report").standardizedFileURL.path
    static var python: String? {
        let named = ProcessInfo.processInfo.environment["WAYBILL_VALIDATOR_PYTHON"]
        guard let named, FileManager.default.isExecutableFile(atPath: named),
            FileManager.default.fileExists(atPath: script)
        else {
            print(
                "SKIPPED: no validators (set WAYBILL_VALIDATOR_PYTHON to a Python with the requirements of shared/tools)"
            )
            return nil
        }
        return named
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let answer = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, answer)
    }

    private func judge(_ output: WriterSample.Output, _ sample: String) throws {
        guard Self.python != nil else { return }
        let file = FileManager.default.temporaryDirectory.appending(
            path: "waybill-\(UUID().uuidString).\(output.ending)")
        try Data(output.bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result =
            switch output.version {
            case "1.6": try run(["-c", Self.newest, output.ending, file.path])
            case SPDX3Writer.version: try run(["-c", Self.graph, file.path])
            default:
                try run([
                    Self.script, "--kind", output.kind, "--spec", output.version, "--ntia", "warn", "--quiet",
                    file.path,
                ])
            }
        #expect(result.status == 0, "\(sample) as \(output.kind) \(output.version): \(result.text)")
    }

    /// The judge knows 1.4 and 1.5 only; for 1.6 its library is asked.
    private static let newest = """
        import sys
        from cyclonedx.validation.json import JsonStrictValidator
        from cyclonedx.validation.xml import XmlValidator
        from cyclonedx.schema import SchemaVersion
        v = (JsonStrictValidator if sys.argv[1] == "json" else XmlValidator)(SchemaVersion.V1_6)
        e = v.validate_str(open(sys.argv[2]).read())
        print(e); sys.exit(1 if e else 0)
        """

    /// For SPDX 3 the bindings that are generated from its model (spdx-python-model): types, words, counts, patterns; and
    /// whether all that is named is there.
    private static let graph = """
        import sys
        from spdx_python_model.bindings import v3_0_1 as spdx
        graph = spdx.SHACLObjectSet()
        with open(sys.argv[1], "rb") as file:
            spdx.JSONLDDeserializer().read(file, graph)
        missing = sorted(graph.link() or [])
        with open("/dev/null", "wb") as file:
            spdx.JSONLDSerializer().write(graph, file)
        print(missing); sys.exit(1 if missing else 0)
        """

    @Test func `a full bill is valid in every output`() throws {
        for output in try WriterSample.full.outputs() { try judge(output, "the full sample") }
    }

    @Test func `hostile texts are valid in every output`() throws {
        for output in try WriterSample.hostile.outputs() { try judge(output, "the hostile sample") }
    }

    @Test func `an empty bill is valid in every output`() throws {
        var empty = WriterSample()
        empty.document.created = "2026-01-02T03:04:05Z"
        empty.root = Component(ref: "root", name: "Nothing")
        for output in try empty.outputs() { try judge(output, "an empty bill") }
    }
}
