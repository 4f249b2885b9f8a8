import Bytes
import Database
import Foundation
import HTTP
import Reports
import TestSupport
import Testing

@testable import API

/// Compares `docs/api/` with today's answers: one for each call that a public client makes, and for each report. `make
/// docs` writes them.
struct SampleAnswerTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/api")

    /// Placeholders for values that differ between runs.
    private static func steady(_ text: String) -> String {
        text.replacing(
            /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/,
            with: "00000000-0000-4000-8000-000000000000"
        )
        // Tokens of the fixture begin with zeros, others are random.
        .replacing(/"(productToken|projectToken|userToken)":"(?!0{32})[0-9a-f]{64}"/) {
            "\"\($0.1)\":\"\(String(repeating: "0", count: 64))\""
        }
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
        // Reports, in the form of the files in their ZIPs.
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
        return try await samples + documents(world) + tools(world)
    }

    /// Reports that are documents, in the form of the files in their ZIPs; also those that compare two sides. The risk
    /// report is a PDF alone.
    private func documents(_ world: ManagedWorld) throws -> [(name: String, bytes: [UInt8])] {
        var samples: [(name: String, bytes: [UInt8])] = []
        for (name, format, fields) in [
            ("AttributionReport", "json", [:]), ("AttributionReport.html", "html", [:]),
            ("AttributionReport.txt", "txt", [:]),
            ("ProjectDiffReport", "json", ["compareProjectToken": ["the other side"]]),
            ("ProjectSBOMReport.SPDX", "json", ["standard": ["SPDX"]]),
            ("ProjectSBOMReport.CycloneDX", "json", ["standard": ["CycloneDX"]]),
            ("ProjectVEXReport", "json", ["standard": ["OpenVEX"]]),
        ] as [(String, String, [String: [String]])] {
            let request = try ReportRequest(
                type: String(name.prefix { $0 != "." }), scope: world.inventory.scope(.project), format: format,
                fields: fields)
            samples.append((name, try world.file(of: request)))
        }
        return samples
    }

    /// Calls of public clients with more fields than a token, and changing calls.
    private func tools(_ world: ManagedWorld) async throws -> [(name: String, bytes: [UInt8])] {
        let (org, product, project) = try (world.token(.organization), world.token(.product), world.token(.project))
        let libraries = try await world.list("getProjectInventory", "libraries", ["projectToken": project])
        let library = try #require(libraries.first?["keyUuid"] as? String)
        let alerts = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"])
        let alert = try #require(alerts.first?["alertUuid"] as? String)
        let policy: [String: Any] = [
            "name": "No MIT here", "filter": ["type": "LICENSE", "licenses": [["name": "MIT"]]],
            "action": ["type": "REJECT"], "enabled": true,
        ]
        let leftPad = ["orgToken": org, "libraryName": "left-pad", "libraryVersion": "1.3.0", "libraryType": "npm"]
        let calls: [(String, [String: Any])] = [
            ("getBasicLibraryInfo", leftPad), ("getLibraryInfo", leftPad),
            ("getProjectLibraryDependencies", ["projectToken": project, "keyUuid": library]),
            ("getLibrarySourceFiles", ["projectToken": project, "keyUuid": library]),
            ("getProjectDueDiligenceReport", ["projectToken": project, "format": "json"]),
            ("getProjectLicenses", ["projectToken": project]), ("getProductAssignments", ["productToken": product]),
            ("getChangesReport", ["orgToken": org]), ("getDomainPendingTasks", ["orgToken": org]),
            ("getProjectLastModification", ["projectToken": project]),
            ("getRequestState", ["orgToken": org, "requestToken": "none"]),
            ("fetchProjectPolicyIssues", ["orgToken": org, "projectToken": project]),
            ("getProductLibraryLocations", ["productToken": product]), ("getProductTags", ["productToken": product]),
            ("ignoreAlerts", ["orgToken": org, "alertUuids": [alert], "comments": "not reachable"]),
            ("getProjectIgnoredAlerts", ["projectToken": project]),
            ("setAlertsStatus", ["orgToken": org, "alertUuids": [alert], "status": "Active"]),
            ("addProjectPolicy", ["projectToken": project, "policy": policy]),
            ("getProjectPolicies", ["projectToken": project]),
            ("saveProjectTag", ["projectToken": project, "tagKey": "team", "tagValue": "blue"]),
            ("setLibraryNotice", ["orgToken": org, "libraryUUID": library, "text": "Made by others"]),
            ("createProduct", ["orgToken": org, "productName": "New"]),
            ("createProject", ["productToken": product, "projectName": "New"]),
            ("createGroup", ["orgToken": org, "group": ["name": "legal", "description": "Lawyers"]]),
            (
                "waybillDecide",
                [
                    "productToken": product, "purl": "pkg:npm/left-pad", "vulnerability": "CVE-2026-1",
                    "versions": "vers:npm/<2.0.0", "reason": "not_affected", "justification": "code_not_reachable",
                    "comments": "never called", "expires": "2030-01-01", "review": "2029-01-01",
                ]
            ), ("waybillGetDecisions", ["productToken": product]),
            ("deleteProject", ["productToken": product, "projectToken": project]),
        ]
        var samples: [(name: String, bytes: [UInt8])] = []
        for (call, fields) in calls { samples.append((call, try await world.raw(call, fields))) }
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
            #expect(name == "error" || !text.hasPrefix(#"{"errorCode""#), "\(name): \(text.prefix(300))")
            let file = Self.folder.appendingPathComponent(Self.file(name))
            if isWriting { try Data((text + "\n").utf8).write(to: file) }
            #expect(
                try String(contentsOf: file, encoding: .utf8) == text + "\n", "docs/api/\(Self.file(name)): make docs")
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(kept) == Set(samples.map { Self.file($0.name) }))
    }

    /// JSON, unless the name has another ending.
    private static func file(_ name: String) -> String {
        name.hasSuffix(".html") || name.hasSuffix(".txt") ? name : "\(name).json"
    }
}
