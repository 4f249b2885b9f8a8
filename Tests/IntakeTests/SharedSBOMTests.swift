import Database
import Foundation
import Intake
import Jobs
import Testing

@Suite struct SharedSBOMTests {
    private static let data = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/data")

    private struct Expected: Decodable {
        var file: String
        var ok: Bool
        var format: String?
        var components: Int?
        var distinctComponents: Int?
        var distinctPurls: Int?
    }

    /// The folder of test data beside the checkout, or beside the worktrees' folder.
    private static var folder: URL? {
        [
            data,
            data.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("shared/data"),
        ]
        .first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("sboms").path) }
    }

    @Test func `Every JSON document of the test data imports with as many libraries as others count`() throws {
        guard let folder = Self.folder else {
            print("SKIPPED: ../shared/data is not there")
            return
        }
        let bench = try Workbench()
        let lines = try String(
            contentsOf: folder.appendingPathComponent("expected/sbom-content.jsonl"), encoding: .utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var count = 0
        for line in lines.split(separator: "\n") {
            let expected = try decoder.decode(Expected.self, from: Data(line.utf8))
            guard let format = expected.format, format.hasSuffix("json") else { continue }
            let path = folder.appendingPathComponent("sboms/\(expected.file)").path
            let result: Intake.Result
            do {
                result = try bench.sbom(
                    file: path, project: expected.file.replacingOccurrences(of: "/", with: "_"))
            } catch {
                // A specification's own counter-examples may be refused.
                let isCounterExample = expected.file.contains("/invalid-")
                #expect(
                    !expected.ok || (expected.components ?? 0) == 0 || isCounterExample, "\(expected.file): \(error)")
                continue
            }
            count += 1
            let wanted = [expected.components, expected.distinctComponents, expected.distinctPurls]
                .compactMap { $0 }.filter { $0 > 0 }
            // What an SPDX document describes is a package for others, and the project here.
            let agrees = (wanted.isEmpty ? [0] : wanted).contains { wanted in
                [result.libraries, result.libraries + 1].contains {
                    abs(Double($0 - wanted)) <= max(2, Double(wanted) * 0.02)
                }
            }
            #expect(agrees, "\(expected.file): \(result.libraries) libraries, expected one of \(wanted)")
        }
        #expect(count > 100)
    }
}
