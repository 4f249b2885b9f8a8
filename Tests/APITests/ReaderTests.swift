import Database
import Foundation
import Reports
import TestSupport
import Testing

@testable import API

/// Small readers with the rules of public ones, for the reports that each takes. A value that they convert without a check
/// must have the expected form, or be absent.
struct ReaderTests {
    /// The reason why a reader would stop.
    struct Stops: Error, CustomStringConvertible { let description: String }

    typealias Row = [String: Any]

    /// The types of one report in its scopes, by its type in the organization.
    static func types(_ type: String) throws -> [(kind: ScopeKind, type: String)] {
        let report = try #require(Report.named(type, in: .organization))
        return ScopeKind.allCases.compactMap { kind in report.name.types[kind].map { (kind, $0) } }
    }

    /// A number in a form that `float()` of Python and a `double` of C# accept.
    private static func number(_ value: Any?, _ what: String) throws -> Double {
        if let number = value as? Double { return number }
        guard let text = value as? String, let number = Double(text) else {
            throw Stops(description: "\(what) is \(value.map { "\($0)" } ?? "absent")")
        }
        return number
    }

    static func text(_ row: Row, _ key: String) throws -> String {
        guard let text = row[key] as? String, !text.isEmpty else {
            throw Stops(description: "\(key) is \(row[key].map { "\($0)" } ?? "absent")")
        }
        return text
    }

    static func object(_ row: Row, _ key: String) throws -> Row {
        guard let object = row[key] as? Row else { throw Stops(description: "\(key) is no object") }
        return object
    }

    // MARK: Vulnerability report

    /// DefectDojo's parser of vulnerability reports.
    private static func defectDojo(_ row: Row) throws {
        if row.keys.contains("cvss3_score") { _ = try number(row["cvss3_score"], "cvss3_score") }
        // Known: it stops at unrated rows, which have neither key.
        let word = row.keys.contains("cvss3_severity") ? try text(row, "cvss3_severity") : row["severity"] as? String
        guard ["critical", "high", "medium", "low", nil].contains(word?.lowercased()) else {
            throw Stops(description: "severity \(word ?? "")")
        }
        _ = try (text(row, "name"), text(row, "description"), text(object(row, "library"), "filename"))
        for location in row["locations"] as? [Row] ?? [] {
            for key in ["path", "matchType"] where location.keys.contains(key) { _ = try text(location, key) }
        }
    }

    /// Gardener's cc-utils: the score of CVSS 3, else `score`, which must then be a number.
    private static func ccUtils(_ row: Row) throws {
        // Known: it also requires a number in unrated rows.
        guard row["severity"] != nil else { return }
        _ =
            try row.keys.contains("cvss3_score")
            ? number(row["cvss3_score"], "cvss3_score") : number(row["score"], "score")
    }

    /// Faraday's plug-in: a top fix has an address and a resolution.
    private static func faraday(_ row: Row) throws {
        guard row.keys.contains("topFix") else { return }
        let fix = try object(row, "topFix")
        _ = try (text(fix, "url"), text(fix, "fixResolution"))
    }

    /// Tungsten's depbot: locations, if present, are a list.
    private static func depbot(_ row: Row) throws {
        guard row.keys.contains("locations"), !(row["locations"] is [Row]) else { return }
        throw Stops(description: "locations is no list")
    }

    private static let shared = TestData.shared("data/sboms")

    private static func readVulnerabilities(_ world: ManagedWorld) async throws {
        let readers = [defectDojo, ccUtils, faraday, depbot]
        for (kind, type) in try types("OrgVulnerabilityReport") {
            for version in [APIVersion.newest, .v13] {
                let rows = try world.rows(type, "vulnerabilities", kind, version: version)
                #expect(!rows.isEmpty)
                for row in rows { for reader in readers { try reader(row) } }
            }
            let rows = try await world.list(
                "get\(kind.requestWord)VulnerabilityReport", "vulnerabilities",
                [kind.tokenField: try world.token(kind), "format": "json"])
            for row in rows { for reader in readers { try reader(row) } }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func vulnerabilities(engine: Engine) async throws {
        try await Self.readVulnerabilities(ManagedWorld(engine))
    }

    /// The same for documents of other generators.
    @Test(.enabled(if: shared != nil, "needs ../shared/data")) func realVulnerabilities() async throws {
        let world = try ManagedWorld(.sqlite)
        let folder = try #require(Self.shared)
        for (name, path) in [
            ("dropwizard", "bom-examples/SBOM/dropwizard-1.3.15/bom.json"), ("nginx", "bom/nginx.spdx"),
            ("dtrack", "dependency-track/dtrack-apiserver-4.5.0.bom.json"),
        ] { try world.inventory.importSBOM(file: "\(folder)/\(path)", product: "Webshop", project: name) }
        try await Self.readVulnerabilities(world)
        try await Self.readAlerts(world)
        try await Self.readLibraries(world)
    }

    // MARK: Alerts

    /// Whitesource.Api and SaltMiner (C#): numbers are numbers or absent; `keyId` fits 32 bits.
    private static func typed(_ alert: Row) throws {
        if let vulnerability = alert["vulnerability"] as? Row {
            for key in ["score", "cvss3_score"] where vulnerability.keys.contains(key) {
                guard vulnerability[key] is NSNumber else { throw Stops(description: "\(key) is no number") }
            }
        }
        let library = try object(alert, "library")
        guard let id = library["keyId"] as? Int, (0..<1 << 31).contains(id) else {
            throw Stops(description: "keyId is \(library["keyId"] ?? "absent")")
        }
        for license in library["licenses"] as? [Row] ?? [] where license.keys.contains("profileInfo") {
            let profile = try object(license, "profileInfo")
            for key in profile.keys { _ = try text(profile, key) }
        }
    }

    /// Kenna's task and Hygieia's collector: dates are `yyyy-MM-dd`, languages a text.
    private static func dated(_ alert: Row) throws {
        for key in ["date", "modifiedDate", "creation_date"] {
            guard try text(alert, key).wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil else {
                throw Stops(description: "\(key) is \(alert[key] ?? "")")
            }
        }
        _ = try text(object(alert, "library"), "languages")
    }

    /// SAP's jenkins-library on API 1.3: all other words count as none.
    private static func counted(_ alert: Row) throws {
        guard let vulnerability = alert["vulnerability"] as? Row else { return }
        for key in ["severity", "cvss3_severity"] where vulnerability.keys.contains(key) {
            guard ["high", "medium", "low"].contains(try text(vulnerability, key)) else {
                throw Stops(description: "\(key) is \(vulnerability[key] ?? "")")
            }
        }
    }

    /// The vendor's scripts: security alerts are counted by words of CVSS 3; the shield is a colour.
    private static func shielded(_ alert: Row) throws {
        if alert.keys.contains("euaShield") {
            guard ["RED", "YELLOW", "GREEN", "GREY"].contains(try text(alert, "euaShield")) else {
                throw Stops(description: "euaShield is \(alert["euaShield"] ?? "")")
            }
        }
        _ = try (text(alert, "project"), text(alert, "product"), text(alert, "vulnerabilityId"))
    }

    private static func readAlerts(_ world: ManagedWorld) async throws {
        for type in ["OrgAlertsReport", "OrgIgnoreAlertsReport", "OrgResolvedAlertsReport"] {
            for (kind, type) in try types(type) {
                for alert in try world.rows(type, "alerts", kind) {
                    try typed(alert)
                    try dated(alert)
                }
                for alert in try world.rows(type, "alerts", kind, version: .v13) { try counted(alert) }
            }
        }
        for kind in ScopeKind.allCases {
            let token = [kind.tokenField: try world.token(kind)]
            for call in ["Alerts", "IgnoredAlerts"] {
                for alert in try await world.list("get\(kind.requestWord)\(call)", "alerts", token) {
                    try typed(alert)
                    try dated(alert)
                }
            }
        }
        for (kind, type) in try types("OrgSecurityAlertsReport") {
            for alert in try world.rows(type, "alerts", kind) { try shielded(alert) }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func alerts(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        _ = try await world.call(
            "addOrganizationPolicy",
            [
                "orgToken": org,
                "policy": [
                    "name": "No MIT here", "filter": ["type": "LICENSE", "licenses": [["name": "MIT"]]],
                    "action": ["type": "REJECT"],
                ],
            ])
        try await Self.readAlerts(world)
        // A gate keeps the alerts whose description is the name of one of its policies.
        let names = try await world.list("getOrganizationPolicies", "policies", ["orgToken": org]).compactMap {
            $0["name"] as? String
        }
        let rejected = try world.rows("OrgAlertsReport", "alerts").filter {
            $0["type"] as? String == "REJECTED_BY_POLICY_RESOURCE"
        }
        #expect(!rejected.isEmpty)
        #expect(rejected.allSatisfy { names.contains($0["description"] as? String ?? "") })
    }

    // MARK: Inventory, files, places

    @Test(arguments: TemporaryDatabase.engines) func inventories(engine: Engine) async throws {
        try await Self.readLibraries(ManagedWorld(engine))
    }

    private static func readLibraries(_ world: ManagedWorld) async throws {
        let org = try world.token(.organization)
        // philips-software and DefectDojo's sample: outside of Maven the artifact is the file.
        for (kind, type) in try types("OrgInventoryReport") {
            for library in try world.rows(type, "libraries", kind) {
                let isPython = (library["purl"] as? String)?.hasPrefix("pkg:pypi/") == true
                guard isPython || library["type"] as? String == "javascript/Node.js" else { continue }
                #expect(library["artifactId"] as? String == library["name"] as? String)
                #expect((library["groupId"] as? String)?.isEmpty == false)
            }
        }
        // ws-conan-scanner: paths and digests, if known, are texts; types are words.
        for (kind, type) in try types("OrgSourceFileInventoryReport") {
            for file in try world.rows(type, "sourceFiles", kind) {
                #expect(file["path"] is String && (file["sha1"] == nil || file["sha1"] is String))
            }
        }
        for library in try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": "a"]) {
            #expect((library["type"] as? String)?.contains("_") == false)
        }
        for project in try await world.list("getOrganizationProjectVitals", "projectVitals", ["orgToken": org]) {
            // SAP: ids of projects are numbers.
            #expect(project["id"] is Int)
            let token = ["projectToken": try text(project, "token")]
            // ws-gitlab-integration and SAP: each library has its uuid and its places.
            for library in try await world.list("getProjectLibraryLocations", "libraryLocations", token) {
                #expect(library["keyUuid"] is String)
                for place in try #require(library["locations"] as? [Row]) { #expect(!place.isEmpty) }
            }
            for library in try await world.list("getProjectInventory", "libraries", token) {
                // Whitesource.Api: numbers fit 32 bits. SAP: Maven coordinates have three parts.
                #expect((library["keyId"] as? Int).map { (0..<1 << 31).contains($0) } == true)
                guard library["type"] as? String == "MAVEN_ARTIFACT" else { continue }
                #expect((library["coordinates"] as? String)?.split(separator: ":").count == 3)
            }
        }
        // SAP: reports as PDF and XLSX are handled as bytes.
        for (call, format, beginning) in [
            ("getProjectRiskReport", "pdf", "%PDF-"), ("getProjectVulnerabilityReport", "xlsx", "PK"),
        ] {
            let bytes = try await world.raw(call, ["projectToken": try world.token(.project), "format": format])
            #expect(bytes.starts(with: beginning.utf8))
        }
    }
}
