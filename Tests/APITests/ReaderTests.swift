import Database
import Foundation
import Reports
import TestSupport
import Testing

@testable import API

/// Small readers with the rules of public ones, over the reports that each takes: what they convert without a check has to be
/// there in the form that they expect, or not there at all.
struct ReaderTests {
    /// Why a reader would stop.
    private struct Stops: Error, CustomStringConvertible { let description: String }

    private typealias Row = [String: Any]

    /// A number, as `float()` of Python and a `double` of C# take it.
    private static func number(_ value: Any?, _ what: String) throws -> Double {
        if let number = value as? Double { return number }
        guard let text = value as? String, let number = Double(text) else {
            throw Stops(description: "\(what) is \(value.map { "\($0)" } ?? "absent")")
        }
        return number
    }

    private static func text(_ row: Row, _ key: String) throws -> String {
        guard let text = row[key] as? String, !text.isEmpty else {
            throw Stops(description: "\(key) is \(row[key].map { "\($0)" } ?? "absent")")
        }
        return text
    }

    private static func object(_ row: Row, _ key: String) throws -> Row {
        guard let object = row[key] as? Row else { throw Stops(description: "\(key) is no object") }
        return object
    }

    // MARK: Vulnerability report

    /// DefectDojo's parser of vulnerability reports.
    private static func defectDojo(_ row: Row) throws {
        if row.keys.contains("cvss3_score") { _ = try number(row["cvss3_score"], "cvss3_score") }
        let word = row.keys.contains("cvss3_severity") ? try text(row, "cvss3_severity") : row["severity"] as? String
        guard ["critical", "high", "medium", "low", nil].contains(word?.lowercased()) else {
            throw Stops(description: "severity \(word ?? "")")
        }
        _ = try (text(row, "name"), text(row, "description"), text(object(row, "library"), "filename"))
        for location in row["locations"] as? [Row] ?? [] where location.keys.contains("path") {
            _ = try text(location, "path")
        }
    }

    /// Gardener's cc-utils: the score of CVSS 3, else `score`, which then has to be a number.
    private static func ccUtils(_ row: Row) throws {
        // Known: it insists on a number in rows that nobody rated, too.
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

    /// Tungsten's depbot: locations are a list, where there are any.
    private static func depbot(_ row: Row) throws {
        guard row.keys.contains("locations"), !(row["locations"] is [Row]) else { return }
        throw Stops(description: "locations is no list")
    }

    @Test(arguments: TemporaryDatabase.engines) func vulnerabilities(engine: Engine) throws {
        let world = try ManagedWorld(engine)
        let rows = try world.rows("OrgVulnerabilityReport", "vulnerabilities")
        #expect(!rows.isEmpty)
        for row in rows {
            for reader in [Self.defectDojo, Self.ccUtils, Self.faraday, Self.depbot] { try reader(row) }
        }
    }

    // MARK: Alerts

    /// Whitesource.Api and SaltMiner (C#): numbers are numbers or absent, `keyId` fits 32 bits.
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

    /// SAP's jenkins-library on API 1.3: other words than these count as none.
    private static func counted(_ alert: Row) throws {
        guard let vulnerability = alert["vulnerability"] as? Row else { return }
        for key in ["severity", "cvss3_severity"] where vulnerability.keys.contains(key) {
            guard ["high", "medium", "low"].contains(try text(vulnerability, key)) else {
                throw Stops(description: "\(key) is \(vulnerability[key] ?? "")")
            }
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
        for type in ["OrgAlertsReport", "OrgIgnoreAlertsReport", "OrgResolvedAlertsReport"] {
            for alert in try world.rows(type, "alerts") {
                try Self.typed(alert)
                try Self.dated(alert)
            }
            for alert in try world.rows(type, "alerts", version: .v13) { try Self.counted(alert) }
        }
        // A gate keeps the alerts whose description is the name of one of its policies.
        let names = try await world.list("getOrganizationPolicies", "policies", ["orgToken": org]).compactMap {
            $0["name"] as? String
        }
        let rejected = try world.rows("OrgAlertsReport", "alerts").filter {
            $0["type"] as? String == "REJECTED_BY_POLICY_RESOURCE"
        }
        #expect(!rejected.isEmpty)
        #expect(rejected.allSatisfy { names.contains($0["description"] as? String ?? "") })
        for alert in try world.rows("OrgSecurityAlertsReport", "alerts") where alert.keys.contains("euaShield") {
            #expect(["RED", "YELLOW", "GREEN", "GREY"].contains(alert["euaShield"] as? String))
        }
    }

    // MARK: Inventory, files, places

    @Test(arguments: TemporaryDatabase.engines) func inventories(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        // philips-software: outside of Maven the artifact is the file.
        for library in try world.rows("OrgInventoryReport", "libraries") {
            guard library["type"] as? String == "javascript/Node.js" else { continue }
            #expect(library["artifactId"] as? String == library["name"] as? String)
            #expect((library["groupId"] as? String)?.isEmpty == false)
        }
        // ws-conan-scanner: paths and digests are texts; types are words.
        for file in try world.rows("OrgSourceFileInventoryReport", "sourceFiles") {
            #expect(file["path"] is String && file["sha1"] is String)
        }
        for library in try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": "a"]) {
            #expect((library["type"] as? String)?.contains("_") == false)
        }
        // ws-gitlab-integration and SAP: each library says its uuid and its places.
        for library in try await world.list("getProjectLibraryLocations", "libraryLocations", ["projectToken": project])
        {
            #expect(library["keyUuid"] is String && library["locations"] is [[String: Any]])
        }
        // SAP: coordinates of Maven have three parts, ids of projects are numbers.
        for library in try await world.list("getProjectInventory", "libraries", ["projectToken": project])
        where library["type"] as? String == "MAVEN_ARTIFACT" {
            #expect((library["coordinates"] as? String)?.split(separator: ":").count == 3)
        }
        let vitals = try await world.list("getOrganizationProjectVitals", "projectVitals", ["orgToken": org])
        #expect(!vitals.isEmpty && vitals.allSatisfy { $0["id"] is Int })
    }
}
