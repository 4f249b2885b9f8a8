import Foundation
import Testing

@testable import Reports

/// `docs/reports.md` agrees with the catalog: `make docs` writes it again.
@Suite struct GuideTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/reports.md")

    @Test func theGuideIsCurrent() throws {
        if ProcessInfo.processInfo.environment["WAYBILL_DOCS"] == "write" {
            try Data(ReportGuide.markdown.utf8).write(to: Self.file)
        }
        let kept = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(kept == ReportGuide.markdown, "docs/reports.md is not current: make docs")
    }

    @Test func everyTypeIsNamed() {
        for report in Report.catalog {
            for type in report.name.types.values { #expect(ReportGuide.markdown.contains("`\(type)`"), "\(type)") }
        }
    }
}
