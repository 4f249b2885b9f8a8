import Foundation
import Testing

/// Code that changes data in reports raises revisions with `Revisions`, which knows the order of locks and the scopes around a
/// scope.
struct RevisionOwnerTests {
    @Test func oneFileRaisesRevisions() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter {
            // Steps of the schema never change after they were applied.
            $0.hasSuffix(".swift") && !$0.contains("/Migrations/")
        }
        #expect(names.count > 400)
        let raising = try names.filter {
            try String(contentsOf: sources.appendingPathComponent($0), encoding: .utf8).contains(
                "revision = revision +")
        }
        #expect(raising == ["Database/Tables/Changes/Revisions.swift"])
    }
}
