import Foundation
import TestSupport
import Testing

/// The map of targets in `docs/flow.md` equals the declarations in `Package.swift`; `make docs` writes it.
///
/// The names of targets and their imports come from the package; people write the sentence about each in the table.
@Suite struct MapGuideTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let heading = "| target | what it holds | may import | C libraries |"

    private struct Package: Decodable {
        struct Target: Decodable {
            let name: String
            let path: String
            /// `SwiftTarget`, `ClangTarget` or `SystemLibraryTarget`.
            let moduleType: String
            let targetDependencies: [String]?
        }
        let targets: [Target]
    }

    /// The targets of `Sources`, as SwiftPM reads the manifest.
    private static func targets() throws -> [Package.Target] {
        // A separate folder, because the run of these tests locks the package's own.
        let folder = try TemporaryFolder()
        let described = try ForeignTool.run(
            "/usr/bin/env",
            ["swift", "package", "--package-path", root.path, "--scratch-path", folder.path("scratch")]
                + ["describe", "--type", "json"])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Package.self, from: described).targets.filter { $0.path.hasPrefix("Sources/") }
    }

    /// The expected table, with the existing sentences about targets.
    private static func table(_ targets: [Package.Target], _ sentences: [String: String]) -> String {
        let imports = targets.reduce(into: [:]) { $0[$1.name] = ($1.targetDependencies ?? []).sorted() }
        let ours = Set(targets.filter { $0.moduleType == "SwiftTarget" }.map(\.name))
        // The longest way down. SwiftPM refuses circles.
        func height(_ name: String) -> Int { (imports[name] ?? []).map { height($0) + 1 }.max() ?? 0 }
        let rows = ours.sorted { (height($0), $0) < (height($1), $1) }.map { name in
            let (swift, c) = (imports[name] ?? []).reduce(into: ([String](), [String]())) {
                if ours.contains($1) { $0.0.append($1) } else { $0.1.append($1) }
            }
            let cells = ["`\(name)`", sentences[name] ?? "", swift.joined(separator: ", "), c.joined(separator: ", ")]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        return ([heading, "|---|---|---|---|"] + rows).joined(separator: "\n") + "\n"
    }

    @Test func theMapIsCurrent() throws {
        let file = Self.root.appendingPathComponent("docs/flow.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: Self.heading), "docs/flow.md has no table of targets").lowerBound
        let end = text.range(of: "\n\n", range: begin..<text.endIndex).map { text.index(after: $0.lowerBound) }
        let kept = String(text[begin..<(end ?? text.endIndex)])
        var sentences: [String: String] = [:]
        for row in kept.split(separator: "\n").dropFirst(2) {
            let cells = row.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            }
            try #require(cells.count == 6, "a row of docs/flow.md has other columns: \(row)")
            sentences[cells[1]] = cells[2]
        }
        let targets = try Self.targets()
        let wanted = Self.table(targets, sentences)
        if ProcessInfo.processInfo.environment["WAYBILL_DOCS"] == "write" {
            try Data(text.replacing(kept, with: wanted).utf8).write(to: file)
        } else {
            #expect(kept == wanted, "the map in docs/flow.md is not current: make docs")
        }
        for target in targets where wanted.contains("| `\(target.name)` |  |") {
            Issue.record("docs/flow.md does not say what \(target.name) holds: write it into the table")
        }
    }
}
