import Database
import Foundation
import TestSupport
import Testing

@testable import API

/// Decisions that apply to many alerts: clients make, list and withdraw them.
struct LastingDecisionCallTests {
    /// A vulnerability of the first project, with the library and the alert.
    private func alert(_ world: ManagedWorld) async throws -> (uuid: String, name: String, library: String) {
        let alerts = try await world.list(
            "getProjectAlertsByType", "alerts",
            ["projectToken": try world.token(.project), "alertType": "SECURITY_VULNERABILITY"])
        let alert = try #require(alerts.first)
        let vulnerability = try #require(alert["vulnerability"] as? [String: Any])
        let library = try #require(alert["library"] as? [String: Any])
        return (
            try #require(alert["alertUuid"] as? String), try #require(vulnerability["name"] as? String),
            try #require(library["keyUuid"] as? String)
        )
    }

    private func ignored(_ world: ManagedWorld) async throws -> [[String: Any]] {
        try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": try world.token(.project)])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func aDecisionIsMadeListedAndWithdrawn(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let project = try world.token(.project)
        let (uuid, name, library) = try await alert(world)
        let made = try await world.call(
            "waybillDecide",
            [
                "projectToken": project, "keyUuid": library, "vulnerability": name, "reason": "not_affected",
                "justification": "code_not_reachable", "comments": "no call leads there", "expires": "2999-01-01",
                "review": "2998-01-01",
            ])
        #expect(made["alerts"] as? Int == 1, "\(made)")
        let decision = try #require((made["decisions"] as? [[String: Any]])?.first)
        #expect(decision["scope"] as? String == "PROJECT" && decision["state"] as? String == "IN_FORCE")
        let row = try #require(try await ignored(world).first { $0["alertUuid"] as? String == uuid })
        #expect(row["reason"] as? String == "not_affected" && row["justification"] as? String == "code_not_reachable")
        #expect(row["scope"] as? String == "project" && row["expires"] as? String == "2999-01-01")
        #expect(row["decidedBy"] as? String == "admin1@example.org")
        #expect(row["comments"] as? String == "no call leads there")
        #expect(try world.changes(1).map { $0[0] } == ["DECISION"])

        let listed = try await world.list("waybillGetDecisions", "decisions", ["projectToken": project])
        #expect(listed.count == 1 && listed[0]["alerts"] as? Int == 1)
        #expect(listed[0]["decidedBy"] as? String == "admin1@example.org" && listed[0]["project"] as? String == "Cart")
        func count(_ more: [String: Any]) async throws -> Int {
            let fields: [String: Any] = ["orgToken": try world.token(.organization)]
            return try await world.list("waybillGetDecisions", "decisions", fields.merging(more) { $1 }).count
        }
        #expect(try await count([:]) == 1)
        #expect(try await count(["reviewBefore": "2998-01-02"]) == 1)
        #expect(try await count(["reviewBefore": "2997-01-01"]) == 0)
        #expect(try await count(["expiresBefore": "2998-01-01"]) == 0)
        #expect(try await count(["afterId": try #require(decision["id"])]) == 0)

        let ids = [try #require(decision["id"] as? Int)]
        _ = try await world.call("waybillWithdrawDecisions", ["projectToken": project, "decisionIds": ids])
        #expect(try await ignored(world).allSatisfy { $0["alertUuid"] as? String != uuid })
        #expect(try await count([:]) == 0)
        #expect(try await count(["includeEnded": true]) == 1)
        let again = try await world.call("waybillWithdrawDecisions", ["projectToken": project, "decisionIds": ids])
        #expect(again["errorCode"] as? Int == 2021)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func aDecisionAboutCertainAlertsIsOneOfThem(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (uuid, _, _) = try await alert(world)
        let org = try world.token(.organization)
        let made = try await world.call(
            "waybillDecide", ["orgToken": org, "alertUuids": [uuid], "reason": "workaround", "comments": "firewall"])
        let decision = try #require((made["decisions"] as? [[String: Any]])?.first, "\(made)")
        #expect(decision["scope"] as? String == "ALERT")
        #expect(
            try await ignored(world).first { $0["alertUuid"] as? String == uuid }?["reason"] as? String == "workaround")
        let bad = try await world.call(
            "waybillDecide", ["orgToken": org, "alertUuids": [uuid, "nothing"], "comments": "all or none"])
        #expect(bad["errorCode"] as? Int == 2021)
        #expect(try await world.list("waybillGetDecisions", "decisions", ["orgToken": org]).count == 1)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func anotherOrganizationSeesAndChangesNothing(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        let (uuid, name, _) = try await alert(world)
        let made = try await world.call("waybillDecide", ["orgToken": org, "vulnerability": name])
        let id = try #require((made["decisions"] as? [[String: Any]])?.first?["id"] as? Int)
        let other = try world.token(.organization, organization: 2)
        #expect(
            try await world.call("waybillDecide", ["orgToken": org, "vulnerability": name], as: 2)["errorCode"] as? Int
                == 5001)
        #expect(try await world.call("waybillGetDecisions", ["orgToken": org], as: 2)["errorCode"] as? Int == 5001)
        #expect(try await world.list("waybillGetDecisions", "decisions", ["orgToken": other], as: 2).isEmpty)
        let withdrawn = try await world.call(
            "waybillWithdrawDecisions", ["orgToken": other, "decisionIds": [id]], as: 2)
        #expect(withdrawn["errorCode"] as? Int == 2021)
        let foreign = try await world.call("waybillDecide", ["orgToken": other, "alertUuids": [uuid]], as: 2)
        #expect(foreign["errorCode"] as? Int == 2021)
        _ = try await world.call(
            "waybillDecide", ["orgToken": other, "vulnerability": name, "status": "Active"], as: 2)
        #expect(try await ignored(world).contains { $0["alertUuid"] as? String == uuid })
    }

    @Test(arguments: TemporaryDatabase.engines)
    func aNameThatNobodyKnowsIsSaid(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        let (_, name, _) = try await alert(world)
        for (vulnerability, end) in [
            (name, ""),
            ("CVE-2O24-1234", "; no alert has it yet, and no advisory and no document here names CVE-2O24-1234"),
        ] {
            let made = try await world.call("waybillDecide", ["orgToken": org, "vulnerability": vulnerability])
            #expect(made["message"] as? String == "Successfully decided\(end)", "\(made)")
        }
    }

    @Test func webhooksHearOfTheEnd() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        _ = try await world.call("waybillAddWebhook", ["orgToken": org, "url": "https://hooks.example/waybill/a"])
        let made = try await world.call(
            "waybillDecide", ["orgToken": org, "vulnerability": "CVE-2026-7777", "expires": "2026-06-01"])
        let id = try #require((made["decisions"] as? [[String: Any]])?.first?["id"] as? Int, "\(made)")
        let time = Int64(1_790_000_000_000)
        let (database, queue) = (world.inventory.database, world.inventory.queue)
        let ended = try await database.write {
            try Decisions.expire(organization: 1, limit: 10, at: time, on: $0)
        }
        #expect(ended == 1)
        let delivery = try #require(try await database.write { try Webhooks.take(at: time, on: $0) })
        let body = try #require(try database.read { try WebhookSignature.body(of: delivery, in: queue, on: $0) })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(object["type"] as? String == "decision.expired")
        let data = try #require(object["data"] as? [String: Any])
        #expect(data["id"] as? Int == id && data["state"] as? String == "EXPIRED")
        #expect(data["vulnerability"] as? String == "CVE-2026-7777")
    }

    @Test func whatCannotBeDecidedIsSaid() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        let (uuid, name, _) = try await alert(world)
        let bad: [([String: Any], Int, String)] = [
            ([:], 3010, "vulnerability"), (["purl": "left-pad"], 2021, "purl"),
            (["purl": "pkg:npm/left-pad@1"], 2021, "versions"), (["keyUuid": "x"], 8000, "keyUuid"),
            (["vulnerability": name, "versions": "vers:npm/<2"], 3010, "purl"),
            (["purl": "pkg:npm/a", "versions": "<2"], 2021, "vers:npm"),
            (["vulnerability": name, "projectVersions": "2"], 2021, "projectVersions"),
            (["vulnerability": name, "expires": "2001-01-01"], 2021, "expires"),
            (["vulnerability": name, "review": "soon"], 2021, "review"),
            (["vulnerability": name, "status": "Maybe"], 2021, "status"),
            (["vulnerability": name, "reason": "because"], 2021, "reason"),
            (["vulnerability": String(repeating: "x", count: 201)], 2021, "vulnerability"),
            (["alertUuids": [uuid], "vulnerability": name], 2021, "vulnerability"),
        ]
        for (fields, code, word) in bad {
            let answer = try await world.call("waybillDecide", fields.merging(["orgToken": org]) { $1 })
            #expect(answer["errorCode"] as? Int == code, "\(fields): \(answer)")
            #expect((answer["errorMessage"] as? String)?.contains(word) == true, "\(fields): \(answer)")
        }
        #expect(try await world.list("waybillGetDecisions", "decisions", ["orgToken": org]).isEmpty)
    }
}
