import BOM
import Foundation
import TestSupport
import Testing

/// The folder of the libraries of other authors, which `make validators` installs from PyPI.
private enum Validators {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The Python with the libraries; nil without them.
    static let python: String? = {
        let folder = root.appendingPathComponent(".build/validators").path
        return FileManager.default.fileExists(atPath: "\(folder)/installed") ? "\(folder)/bin/python" : nil
    }()

    /// The judge of the shared tools, if they are beside the checkout.
    static let shared = TestData.shared("tools/validate-report")
}

/// Judges the output of the writers with libraries of other authors.
@Suite(.enabled(if: Validators.python != nil, "needs libraries from PyPI: make validators"))
struct WriterValidationTests {
    enum Sample: String, CaseIterable, Sendable {
        case full, hostile, empty

        var bill: WriterSample {
            switch self {
            case .full: return .full
            case .hostile: return .hostile
            case .empty:
                var empty = WriterSample()
                empty.document.created = "2026-01-02T03:04:05Z"
                empty.root = Component(ref: "root", name: "Nothing")
                return empty
            }
        }
    }

    /// All syntaxes except workbooks, which none of the libraries reads.
    @Test(arguments: Sample.allCases) func `every output is valid`(sample: Sample) throws {
        let folder = try TemporaryFolder()
        let outputs = try sample.bill.outputs().filter { $0.ending != "xlsx" }
        for output in outputs {
            let file = folder.path("\(output.kind)@\(output.version).\(output.ending)")
            try Data(output.bytes).write(to: URL(fileURLWithPath: file))
        }
        let judge = Validators.root.appendingPathComponent("Tests/Clients/judge_sboms.py").path
        let said = try ForeignTool.run(try #require(Validators.python), [judge, folder.path("")])
        #expect(String(decoding: said, as: UTF8.self).hasPrefix("\(outputs.count) judged"))
    }

    /// The judge of the shared tools checks more: schemas of SPDX, workbooks, the minimum elements of the NTIA. It knows
    /// CycloneDX 1.4 and 1.5 and SPDX 2.
    @Test(.enabled(if: Validators.shared != nil, "needs ../shared/tools"), arguments: Sample.allCases)
    func `the shared judge agrees`(sample: Sample) throws {
        let folder = try TemporaryFolder()
        for output in try sample.bill.outputs() where ["1.4", "1.5", "2.2", "2.3"].contains(output.version) {
            let file = folder.path("bill.\(output.ending)")
            try Data(output.bytes).write(to: URL(fileURLWithPath: file))
            do {
                try ForeignTool.run(
                    try #require(Validators.python),
                    [
                        try #require(Validators.shared), "--kind", output.kind, "--spec", output.version, "--ntia",
                        "warn",
                        "--quiet", file,
                    ])
            } catch {
                Issue.record("\(sample) as \(output.kind) \(output.version): \(error)")
            }
        }
    }
}
