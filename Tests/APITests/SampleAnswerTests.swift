import Bytes
import Database
import Foundation
import HTTP
import Reports
import TestSupport
import Testing

@testable import API

/// Holds `docs/api/` to the answers of today: one for each call that a public client makes and for each report. `make docs`
/// writes them.
struct SampleAnswerTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/api")

    /// What stands for values that differ from run to run.
    private static func steady(_ text: String) -> String {
        text.replacing(
            /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/,
            with: "00000000-0000-4000-8000-000000000000"
        )
        .replacing(/"requestToken":"[0-9a-f]{46}"/, with: "\"requestToken\":\"\(String(repeating: "0", count: 46))\"")
        .replacing(
            /"messageContentSha1":"[0-9a-f]{40}"/,
            with: "\"messageContentSha1\":\"\(String(repeating: "0", count: 40))\"")
    }

    private func samples(_ world: ManagedWorld) async throws -> [(name: String, bytes: [UInt8])] {
        let (org, product, project) = try (world.token(.organization), world.token(.product), world.token(.project))
        let tokens: [ScopeKind: [String: Any]] = [
            .organization: ["orgToken": org], .product: ["productToken": product], .project: ["projectToken": project],
        ]
        var samples: [(name: String, bytes: [UInt8])] = []
        func add(_ call: String, _ kind: ScopeKind, _ more: [String: Any] = [:]) async throws {
            samples.append((call, try await world.raw(call, (tokens[kind] ?? [:]).merging(more) { $1 })))
        }
        for call in [
            "getOrganizationDetails", "getAllProducts", "getOrganizationProductVitals", "getOrganizationProjectVitals",
            "getOrganizationAlerts", "getOrganizationIgnoredAlerts", "getOrganizationProjectTags",
            "getOrganizationProductTags", "getOrganizationPolicies", "getOrganizationInHouseLibraries",
            "getOrganizationLicenses", "getOrganizationLicenseHistogram", "getAllUsers", "getAllGroups",
        ] { try await add(call, .organization) }
        for call in ["getAllProjects", "getProductProjectVitals"] { try await add(call, .product) }
        for call in [
            "getProjectVitals", "getProjectInventory", "getProjectHierarchy", "getProjectLibraryLocations",
            "getProjectTags", "getProjectState",
        ] { try await add(call, .project) }
        try await add("getProjectAlertsByType", .project, ["alertType": "SECURITY_VULNERABILITY"])
        try await add("librarySearch", .organization, ["searchValue": "left-pad"])
        // Reports, as the files in their ZIPs have them.
        for report in Report.catalog where report.formats.contains(.json) {
            guard case .tables = report.body,
                let kind = ScopeKind.allCases.first(where: { report.name.types[$0] != nil }),
                !report.isComparison, let type = report.name.types[kind]
            else { continue }
            let request = try ReportRequest(
                type: type, scope: world.inventory.scope(kind), format: "json", fields: [:])
            samples.append((type, try world.file(of: request)))
        }
        // A submission, its status and an error.
        let submitted = try await world.raw(
            "generateOrganizationReportAsync",
            ["orgToken": org, "reportType": "OrgInventoryReport", "format": "json", "filter": ["noSuchKey": true]])
        samples.append(("generateOrganizationReportAsync", submitted))
        let envelope = try JSONSerialization.jsonObject(with: Data(submitted)) as? [String: [String: Any]]
        let uuid = try #require(envelope?["asyncProcessStatus"]?["uuid"] as? String)
        samples.append(
            ("getAsyncProcessStatus", try await world.raw("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])))
        samples.append(
            (
                "error",
                try await world.raw("generateOrganizationReportAsync", ["orgToken": org, "reportType": "NoReport"])
            ))
        return samples
    }

    @Test func theSamplesAreCurrent() async throws {
        let world = try ManagedWorld(.sqlite)
        let samples = try await samples(world)
        let isWriting = ProcessInfo.processInfo.environment["WAYBILL_DOCS"] == "write"
        if isWriting {
            try? FileManager.default.removeItem(at: Self.folder)
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        }
        for (name, bytes) in samples {
            let text = Self.steady(String(decoding: bytes, as: UTF8.self))
            let file = Self.folder.appendingPathComponent("\(name).json")
            if isWriting { try Data((text + "\n").utf8).write(to: file) }
            #expect(try String(contentsOf: file, encoding: .utf8) == text + "\n", "docs/api/\(name).json: make docs")
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".json")
        }
        #expect(Set(kept) == Set(samples.map { "\($0.name).json" }))
    }
}
