import Bytes
import Database
import Foundation
import TestSupport
import Testing

@testable import API

/// Calls for programs that open tickets, and texts of licences as a ZIP: mend-api.md §3.3, §3.7.
struct PolicyIssueTests {
    private func policy(_ name: String, _ filter: [String: Any], action: String = "CREATE_ISSUE") -> [String: Any] {
        ["name": name, "enabled": true, "filter": filter, "action": ["type": action]]
    }

    @Test(arguments: Engine.allCases) func vulnerabilitiesBecomeIssues(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let project = try world.token(.project)
        let none = try await world.call("fetchProjectPolicyIssues", ["projectToken": project])
        #expect((none["issues"] as? [Any])?.isEmpty == true)
        let severe = policy("Severe", ["type": "VULNERABILITY_SCORE", "minScore": "0", "maxScore": "10"])
        _ = try await world.call("addProjectPolicy", ["projectToken": project, "policy": severe])
        let answer = try await world.call(
            "fetchProjectPolicyIssues",
            ["projectToken": project, "policyActionType": "CREATE_ISSUE", "fromDateTime": "1970-01-02 00:00:00"])
        #expect((answer["product"] as? [String: Any])?["productName"] is String)
        #expect((answer["project"] as? [String: Any])?["projectName"] is String)
        let issues = try #require(answer["issues"] as? [[String: Any]])
        #expect(!issues.isEmpty)
        // One violation for each open alert, none for vulnerabilities without a score.
        let alerts = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"])
        let violations = issues.flatMap { $0["policyViolations"] as? [[String: Any]] ?? [] }
        let scored = alerts.filter { alert in
            let vulnerability = alert["vulnerability"] as? [String: Any]
            return vulnerability?["score"] is Double || vulnerability?["cvss3_score"] is Double
        }
        #expect(scored.count < alerts.count)
        #expect(
            Set(violations.compactMap { $0["alertUuid"] as? String })
                == Set(scored.compactMap { $0["alertUuid"] as? String }))
        for violation in violations {
            let vulnerability = try #require(violation["vulnerability"] as? [String: Any])
            #expect(violation["violationType"] as? String == "VULNERABILITY")
            #expect(vulnerability["name"] is String && vulnerability["cvss3_severity"] is String)
            #expect(violation["lastModified"] is String)
        }
        let matched = try #require(issues[0]["policy"] as? [String: Any])
        #expect((matched["policyMatch"] as? [String: Any])?["type"] as? String == "VULNERABILITY_SCORE")
        #expect(matched["enabled"] as? Bool == true)
        let library = try #require(issues[0]["library"] as? [String: Any])
        #expect(library["keyUuid"] is String && library["filename"] is String && library["keyId"] is Int)
        #expect(library["url"] is String)

        // Tickets refer to ids that do not change.
        let uuid = try #require(violations[0]["issueUuid"] as? String)
        let ticket = [
            "identifier": "#7", "url": "https://t.example/7", "status": "New", "created": "a", "lastModified": "b",
        ]
        _ = try await world.call(
            "updateExternalIntegrationIssues",
            ["projectToken": project, "wsPolicyIssueItemUuid": uuid, "externalIssues": [ticket]])
        let again = try await world.call("fetchProjectPolicyIssues", ["projectToken": project])
        let known = try #require(again["issues"] as? [[String: Any]]).flatMap {
            $0["policyViolations"] as? [[String: Any]] ?? []
        }
        let kept = try #require(known.first { $0["issueUuid"] as? String == uuid })
        #expect(kept["externalIssues"] as? [[String: String]] == [ticket])

        let later = try await world.call(
            "fetchProjectPolicyIssues", ["projectToken": project, "fromDateTime": "2999-01-01 00:00:00"])
        #expect((later["issues"] as? [Any])?.isEmpty == true)
        let foreign = try await world.call("fetchProjectPolicyIssues", ["projectToken": project], as: 2)
        #expect(foreign["errorCode"] as? Int == 5001)
    }

    @Test func licencesBecomeIssuesAndDecideNothing() async throws {
        let world = try ManagedWorld(.sqlite)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let any = policy("Any", ["type": "RESOURCE_NAME", "pattern": "*"])
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": any])
        let answer = try await world.call("fetchProjectPolicyIssues", ["projectToken": project])
        let issues = try #require(answer["issues"] as? [[String: Any]])
        let inventory = try await world.list("getProjectInventory", "libraries", ["projectToken": project])
        // Only policies about in-house libraries decide about these.
        let own = try await world.list("getProjectInHouseLibraries", "libraries", ["projectToken": project])
        #expect(issues.count == inventory.count - own.count)
        let types = issues.flatMap { $0["policyViolations"] as? [[String: Any]] ?? [] }.map {
            $0["violationType"] as? String
        }
        #expect(Set(types) == ["LICENSE"] && types.count == issues.count)
        let rejected = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "REJECTED_BY_POLICY_RESOURCE"])
        #expect(rejected.isEmpty)
    }

    @Test func licencesComeAsTexts() async throws {
        let world = try ManagedWorld(.sqlite)
        try await world.inventory.database.write {
            try LicenseTexts.put(["MIT": "Permission is\nhereby granted"], on: $0)
        }
        let bytes = try await world.raw("getLicensesTextZip", ["productToken": try world.token(.product)])
        let folder = try TemporaryFolder()
        let path = folder.path("texts.zip")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let reader = try ZIPReader(path: path)
        var names: [String] = []
        while let entry = try reader.next() { names.append(entry.name) }
        #expect(names.contains("MIT.txt") && names.contains("Licenses without text.txt"))
        #expect(bytes.count > 100)
    }

    @Test func whatIsNotOfferedSaysSo() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = ["orgToken": try world.token(.organization)]
        for name in ["inviteUserToWebAdvisor", "getOrganizationIntegrationActivationToken"] {
            let answer = try await world.call(name, org)
            #expect(answer["errorCode"] as? Int == 2021)
            #expect((answer["errorMessage"] as? String)?.contains("this server has no") == true)
        }
    }
}
