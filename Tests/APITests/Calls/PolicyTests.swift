import Database
import Foundation
import Intake
import Inventory
import Jobs
import TestSupport
import Testing

@testable import API

/// Policies, mend-api.md §3.5, and their decisions.
struct PolicyTests {
    private static var reject: [String: Any] {
        [
            "id": 77, "name": "No \"MIT\"", "enabled": true, "policyContext": "DOMAIN", "owner": ["email": "x@y"],
            "filter": ["type": "LICENSE", "licenses": [["id": 5, "name": "MIT"]]],
            "action": ["type": "REJECT", "weight": 1.50],
        ]
    }

    private func rejected(_ world: ManagedWorld, _ org: String) async throws -> [[String: Any]] {
        try await world.list(
            "getOrganizationAlertsByType", "alerts", ["orgToken": org, "alertType": "REJECTED_BY_POLICY_RESOURCE"])
    }

    @Test(arguments: Engine.allCases) func aRejectionIsRaisedAndResolved(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        #expect(try await rejected(world, org).isEmpty)
        let added = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": Self.reject])
        #expect((added["message"] as? String)?.hasPrefix("Successfully added policy") == true)
        let alerts = try await rejected(world, org)
        #expect(!alerts.isEmpty)
        for alert in alerts {
            #expect(alert["vulnerability"] == nil)
            #expect(alert["description"] as? String == "No \"MIT\"")
            let licenses = (alert["library"] as? [String: Any])?["licenses"] as? [[String: Any]]
            #expect(licenses?.contains { $0["spdxName"] as? String == "MIT" } == true)
        }
        // Filter and action are returned unchanged.
        let list = try await world.list("getOrganizationPolicies", "policies", ["orgToken": org])
        #expect(list.count == 1)
        #expect(
            NSDictionary(dictionary: list[0]["filter"] as? [String: Any] ?? [:]) == Self.reject["filter"]
                as? NSDictionary)
        #expect(
            NSDictionary(dictionary: list[0]["action"] as? [String: Any] ?? [:]) == Self.reject["action"]
                as? NSDictionary)
        #expect(list[0]["policyContext"] as? String == "DOMAIN")
        // It answers open requests.
        let answered = try world.inventory.database.read {
            try $0.integer("SELECT count(*) FROM library_request WHERE status = 'REJECTED' AND policy > 0")
        }
        #expect(answered ?? 0 > 0)
        // A new import causes no duplicates.
        try world.inventory.importSBOM(FixtureDocuments.cart)
        #expect(try await rejected(world, org).count == alerts.count)
        let id = try #require(list[0]["id"] as? Int)
        let gone = try await world.call("removeOrganizationPolicies", ["orgToken": org, "policyIds": [id, 12345]])
        #expect(gone["removedPolicies"] as? Int == 1)
        #expect(try await rejected(world, org).isEmpty)
        let open = try world.inventory.database.read {
            try $0.integer("SELECT count(*) FROM library_request WHERE policy > 0")
        }
        #expect(open == 0)
        #expect(try world.changes(2).map { [$0[0], $0[1]] } == [["POLICY", "CREATED"], ["POLICY", "DELETED"]])
        // The other organization gets none of it.
        let rival = try world.token(.organization, organization: 2)
        let theirs = try await world.list(
            "getOrganizationAlertsByType", "alerts", ["orgToken": rival, "alertType": "REJECTED_BY_POLICY_RESOURCE"],
            as: 2)
        #expect(theirs.isEmpty)
    }

    @Test(arguments: Engine.allCases) func theNarrowestAndFirstDecides(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": Self.reject])
        let all = try await rejected(world, org).count
        var approve = Self.reject
        approve["name"] = "Approved here"
        approve["action"] = ["type": "APPROVE"]
        _ = try await world.call("addProjectPolicy", ["projectToken": project, "policy": approve])
        let left = try await rejected(world, org)
        #expect(left.count < all)
        #expect(left.allSatisfy { $0["projectToken"] as? String != project })
        let own = try await world.list("getProjectPolicies", "policies", ["projectToken": project])
        #expect(own.map { $0["name"] as? String } == ["Approved here"])
        let inherited = try await world.list(
            "getProjectPolicies", "policies", ["projectToken": project, "aggregatePolicies": "True"])
        #expect(inherited.map { $0["policyContext"] as? String } == ["PROJECT", "DOMAIN"])
        // After another policy of its scope it no longer decides.
        var warn = Self.reject
        warn["name"] = "Warn"
        warn["action"] = ["type": "alert"]
        _ = try await world.call("addProjectPolicy", ["projectToken": project, "policy": warn])
        #expect(try await rejected(world, org).count == left.count)
        let ids = try await world.list("getProjectPolicies", "policies", ["projectToken": project]).compactMap {
            $0["id"] as? Int
        }
        _ = try await world.call(
            "waybillOrderProjectPolicies", ["projectToken": project, "policyIds": Array(ids.reversed())])
        let warned = try await rejected(world, org).filter { $0["projectToken"] as? String == project }
        #expect(!warned.isEmpty)
        #expect(warned.allSatisfy { $0["level"] as? String == "MINOR" })
        _ = try await world.call(
            "waybillEnableProjectPolicy", ["projectToken": project, "policyIds": [ids[1]], "enabled": false])
        #expect(try await rejected(world, org).count == left.count)
        // A changed policy keeps its number and its place, and decides by its new filter.
        var changed = warn
        changed["name"] = "Changed"
        changed["filter"] = ["type": "RESOURCE_NAME", "pattern": "nothing-has-this-name"]
        let number = try #require(ids.last)
        _ = try await world.call(
            "waybillChangeProjectPolicy", ["projectToken": project, "policyId": number, "policy": changed])
        let after = try await world.list("getProjectPolicies", "policies", ["projectToken": project])
        #expect(after.compactMap { $0["id"] as? Int } == Array(ids.reversed()))
        #expect(after.first?["name"] as? String == "Changed")
        let gone: [String: Any] = ["projectToken": project, "policyId": number + 1000, "policy": changed]
        #expect(try await world.call("waybillChangeProjectPolicy", gone)["errorCode"] as? Int == 2021)
    }

    @Test(arguments: Engine.allCases) func timeLetsALibraryReachAnAge(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        let (database, day) = (world.inventory.database, Int64(86_400_000))
        try world.inventory.importSBOM(
            #"""
            {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"old","documentNamespace":"https://example.org/old",
             "packages":[{"SPDXID":"SPDXRef-1","name":"aging","versionInfo":"1","downloadLocation":"NOASSERTION",
              "releaseDate":"2024-02-28T23:00:00Z"}]}
            """#, project: "Old")
        let released: Int64 = 1_709_078_400_000  // That day.
        let now = world.inventory.queue.now()
        // Two days more than it has.
        let days = Int((now - released) / day) + 2
        let policy: [String: Any] = [
            "name": "Too old", "enabled": true, "filter": ["type": "LIBRARY_AGE", "days": days],
            "action": ["type": "REJECT"],
        ]
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
        // No library is this old. Rules that were stored before ages had a limit may have more.
        let never: [String: Any] = [
            "name": "Never", "enabled": true, "filter": ["type": "LIBRARY_AGE", "days": "\(PolicyRule.oldest)"],
            "action": ["type": "REJECT"],
        ]
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": never])
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": never])
        try await world.inventory.database.write { connection in
            try connection.run(
                "UPDATE policy SET rule = \("AGE\n\(Int64.max)") WHERE id = (SELECT max(id) FROM policy)")
        }
        #expect(try await world.list("getOrganizationPolicies", "policies", ["orgToken": org]).count == 3)
        #expect(try await rejected(world, org).isEmpty)

        /// The projects that were evaluated because of the time.
        func look(after days: Int64) throws -> Int? {
            let time = now + days * day
            guard let aged = try database.read({ try PolicyAging(at: time, on: $0) }) else { return nil }
            try database.write { try aged.settle(on: $0) }
            _ = try StaleAlerts(database: database, now: { time }).run(organization: 1) { true }
            return aged.projects.count
        }
        #expect(try look(after: 0) == nil)
        #expect(try look(after: 1) == 0)
        #expect(try await rejected(world, org).isEmpty)
        // No server checked on the day itself, as after an outage. Two projects have libraries of these days; the
        // library of one is in-house.
        #expect(try look(after: 4) == 2)
        let alerts = try await rejected(world, org)
        #expect(alerts.map { $0["project"] as? String } == ["Old"])
        #expect(try look(after: 4) == nil)
        #expect(try look(after: 5) == 0)
    }

    /// A priority beyond all others is refused, and one that was stored before priorities had a range causes no harm.
    @Test(arguments: Engine.allCases) func prioritiesHaveARange(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let product = try world.token(.product)
        func add(_ name: String, _ priority: Any?) async throws -> [String: Any] {
            var policy = Self.reject
            policy["name"] = name
            policy["priority"] = priority
            return try await world.call("addProductPolicy", ["productToken": product, "policy": policy])
        }
        let accepted = "accepted: a whole number from 0 to 2147483647"
        for wrong: Any in [
            Int64.max, Int64.min, -1, 2_147_483_648, 0.5, 1e308, "9223372036854775808", "x", true, [1], ["a": 1],
        ] {
            let answer = try await add("refused", wrong)
            #expect(answer["errorCode"] as? Int == 2021)
            let text = answer["errorMessage"] as? String ?? ""
            #expect(text.hasPrefix("policy.priority has the value ") && text.hasSuffix(accepted), "\(wrong): \(answer)")
        }
        #expect(try await add("text", "7")["policy"] != nil)
        #expect(try await add("first", 0)["policy"] != nil)
        #expect(try await add("great", Int(Int32.max))["policy"] != nil)
        #expect(try await add("behind", nil)["policy"] != nil)
        try await world.inventory.database.write { connection in
            try connection.run("UPDATE policy SET priority = \(Int64.max) WHERE name = 'behind'")
        }
        #expect(try await add("last", nil)["policy"] != nil)
        #expect(try await add("very last", nil)["policy"] != nil)
        let list = try await world.list("getProductPolicies", "policies", ["productToken": product])
        #expect(
            list.map { $0["name"] as? String } == ["first", "text", "great", "behind", "last", "very last"], "\(list)")
    }

    @Test func daysAndScoresHaveARange() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        let cases: [(filter: [String: Any], field: String, accepted: String)] = [
            (["type": "LIBRARY_AGE", "days": Int64.max], "days", "a whole number from 0 to 3660000"),
            (["type": "LIBRARY_AGE", "maxAge": -1], "maxAge", "a whole number from 0 to 3660000"),
            (["type": "LIBRARY_AGE", "value": [3]], "value", "a whole number from 0 to 3660000"),
            (["type": "LIBRARY_AGE", "days": 1.5], "days", "a whole number from 0 to 3660000"),
            (["type": "VULNERABILITY_SCORE", "minScore": "nan"], "minScore", "a number from 0 to 10"),
            (["type": "VULNERABILITY_SCORE", "minScore": "0x1p2"], "minScore", "a number from 0 to 10"),
            (["type": "VULNERABILITY_SCORE", "maxScore": 1e308], "maxScore", "a number from 0 to 10"),
            (["type": "VULNERABILITY_SCORE", "maxScore": ["a": 1]], "maxScore", "a number from 0 to 10"),
        ]
        for (filter, field, accepted) in cases {
            var policy = Self.reject
            policy["filter"] = filter
            let answer = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
            let text = answer["errorMessage"] as? String ?? ""
            #expect(text.hasPrefix("policy.filter.\(field) has the value "), "\(filter): \(answer)")
            #expect(text.hasSuffix("; accepted: \(accepted)"), "\(filter): \(answer)")
        }
    }

    @Test func whatCannotBeOneIsRefused() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        let filters: [(filter: [String: Any], code: Int)] = [
            ([:], 3010), (["type": "LICENSE"], 3010), (["type": "VULNERABILITY_SCORE", "minScore": "11"], 2021),
            (["type": "VULNERABILITY_SEVERITY", "severity": "awful"], 2021),
            (["type": "RESOURCE_NAME", "pattern": "/(/"], 2021),
            (["type": "LICENSE_GROUP", "licenseGroups": ["x"]], 2021),
        ]
        for (filter, code) in filters {
            var policy = Self.reject
            policy["filter"] = filter
            let answer = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
            #expect(answer["errorCode"] as? Int == code, "\(filter): \(answer)")
        }
        for word in ["none", "NONE"] {
            let filter = ["type": "VULNERABILITY_SEVERITY", "severity": word]
            let policy = Self.reject.merging(["filter": filter]) { $1 }
            let answer = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
            #expect(answer["policy"] != nil, "\(answer)")
        }
        var odd = Self.reject
        odd["filter"] = ["type": "PHASE_OF_MOON"]
        let kept = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": odd])
        #expect((kept["message"] as? String)?.contains("decides nothing here") == true)
        let group = try await world.call(
            "addOrganizationPolicy",
            [
                "orgToken": org,
                "policy": Self.reject.merging(["filter": ["type": "LICENSE_GROUP", "licenseGroups": ["x"]]]) { $1 },
            ])
        #expect((group["errorMessage"] as? String)?.contains("Copyleft") == true)
        #expect(try await rejected(world, org).isEmpty)
    }

    /// A policy with an unknown word is stored and rejects no library, and the answer says so.
    @Test(arguments: Engine.allCases) func whatDecidesNothingIsSaid(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        func message(_ filter: [String: Any], _ action: String) async throws -> String {
            var policy = Self.reject
            policy["filter"] = filter
            policy["action"] = ["type": action]
            let answer = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
            return try #require(answer["message"] as? String, "\(answer)")
        }
        func licenses(_ names: String...) -> [String: Any] {
            ["type": "LICENSE", "licenses": names.map { ["name": $0] }]
        }
        #expect(
            try await message(licenses("MIT"), "REJCT").contains(
                "; its action REJCT decides nothing; there are APPROVE"))
        let odd = try await message(licenses("GLP-3.0", "MIT"), "REJECT")
        #expect(odd.hasSuffix("; no licence on the SPDX list and none here is called GLP-3.0"), "\(odd)")
        // Expressions, old spellings, names from reports, and references.
        for name in ["GPL-2.0+", "MIT OR Apache-2.0", "Apache 2.0", "LicenseRef-house"] {
            let plain = try await message(licenses(name), "REJECT")
            #expect(plain == "Successfully added policy No \"MIT\"", "\(name): \(plain)")
        }
    }
}
