import BOM
import Bytes
import Foundation
import TestSupport
import Testing
import VEX

/// The folder of the judges, which `make validators` installs.
private enum Judges {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let python: String? = {
        let folder = root.appendingPathComponent(".build/validators").path
        return FileManager.default.fileExists(atPath: "\(folder)/installed") ? "\(folder)/bin/python" : nil
    }()
}

/// Judges the output of the writers with libraries of other authors.
@Suite(.enabled(if: Judges.python != nil, "needs libraries from PyPI: make validators"))
struct StatementJudgeTests {

    private static let names: [RoundTripTests.Dialect: String] = [
        .openVEX: "openvex@0.2.0.json", .csaf: "csaf@2.0.json", .cycloneDX14: "cyclonedx@1.4.json",
        .cycloneDX16: "cyclonedx@1.6.json", .cycloneDXXML: "cyclonedx@1.5.xml",
    ]

    private func judge(_ folder: TemporaryFolder) throws -> String {
        let judge = Judges.root.appendingPathComponent("Tests/Clients/judge_vex.py").path
        let said = try ForeignTool.run(try #require(Judges.python), [judge, folder.path("")])
        return String(decoding: said, as: UTF8.self)
    }

    @Test func `Every document is valid`() throws {
        let folder = try TemporaryFolder()
        for dialect in RoundTripTests.Dialect.allCases {
            let text = try dialect.write(RoundTripTests.all, root: RoundTripTests.root)
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(try #require(Self.names[dialect]))))
        }
        #expect(try judge(folder).hasSuffix("5 judged, 0 wrong\n"))
    }

    @Test func `The judges see what is wrong, and that nothing is there`() throws {
        let folder = try TemporaryFolder()
        let empty = #expect(throws: ForeignTool.Failed.self) { try judge(folder) }
        #expect(empty?.description.contains("0 judged") == true)
        let text = try RoundTripTests.Dialect.csaf.write(RoundTripTests.all, root: RoundTripTests.root)
        let wrong = text.replacingOccurrences(of: "\"relates_to_product_reference\":\"P0\"", with: "\"x\":\"P0\"")
        try Data(wrong.utf8).write(to: URL(fileURLWithPath: folder.path("csaf@2.0.json")))
        let refused = #expect(throws: ForeignTool.Failed.self) { try judge(folder) }
        #expect(refused?.description.contains("1 judged, 1 wrong") == true)
    }
}
