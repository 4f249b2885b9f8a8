import Database
import Foundation
import Intake
import Inventory
import TestSupport
import Testing

@testable import API

/// Patterns that a client wants to save, and patterns that earlier programs saved.
struct PatternTests {
    private func policy(_ pattern: String, field: String = "pattern") -> [String: Any] {
        [
            "name": "By name", "filter": ["type": "LIBRARY_NAME_PATTERN", field: pattern],
            "action": ["type": "REJECT"],
        ]
    }

    @Test func whatRE2DoesNotKnowIsRefusedWithItsReason() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        for (pattern, why) in [
            (#"/(a)\1/"#, #"invalid escape sequence: \1"#), ("/(?!a)b/", "invalid perl operator: (?!"),
            ("/(/", "missing ): ("),
        ] {
            for (call, fields, field) in [
                (
                    "addOrganizationPolicy", ["policy": policy(pattern, field: "value")] as [String: Any],
                    "policy.filter.value"
                ),
                ("waybillAddInHouseRule", ["rule": ["type": "NAME", "pattern": pattern]], "rule.pattern"),
            ] {
                let answer = try await world.call(call, ["orgToken": org].merging(fields) { $1 })
                #expect(answer["errorCode"] as? Int == 2021)
                let message = try #require(answer["errorMessage"] as? String)
                #expect(
                    message.hasPrefix("\(field) has the value \(pattern), which cannot be used: \(why); accepted: "))
            }
        }
        #expect(try await world.list("getOrganizationPolicies", "policies", ["orgToken": org]).isEmpty)
        #expect(try await world.list("waybillGetInHouseRules", "inHouseRules", ["orgToken": org]).isEmpty)
    }

    /// Turns a saved pattern into an expression that RE2 does not know, as an earlier program may have saved it.
    private func spoil(_ world: ManagedWorld) throws {
        try world.inventory.database.write { connection in
            _ = try connection.run("UPDATE policy SET rule = \("NAME\n/(?!x).*/")")
            _ = try connection.run("UPDATE in_house_rule SET pattern = \("/(?!x).*/")")
        }
    }

    private func alerts(_ world: ManagedWorld) async throws -> [[String: Any]] {
        try await world.list(
            "getOrganizationAlertsByType", "alerts",
            ["orgToken": try world.token(.organization), "alertType": "REJECTED_BY_POLICY_RESOURCE"])
    }

    private func requests(_ world: ManagedWorld) throws -> [String] {
        try world.inventory.database.read { connection in
            try connection.all(
                """
                SELECT library_uuid, status, policy FROM library_request WHERE organization = 1
                ORDER BY project, library_uuid
                """
            ) { "\($0.string(0)) \($0.string(1)) \($0.integer(2))" }
        }
    }

    private func decideAgain(_ world: ManagedWorld) throws {
        try world.inventory.database.write { connection in
            try StaleProject.mark("SELECT id FROM project WHERE organization = 1", on: connection)
        }
        try StaleAlerts(database: world.inventory.database, now: { 2_000_000_000_000 }).run(organization: 1) { true }
        let left = try world.inventory.database.read { try $0.integer("SELECT count(*) FROM stale_project") }
        #expect(left == 0)
    }

    @Test(arguments: Engine.allCases, ["REJECT", "ALERT", "APPROVE"])
    func aSavedPatternThatCannotBeUsedKeepsWhatItDecided(engine: Engine, action: String) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        try world.inventory.importSBOM(document("kept"), project: "Named")
        var policy = policy("kept*")
        policy["action"] = ["type": action]
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy])
        let before = try await (alerts(world).map { $0["alertUuid"] as? String }, requests(world))
        #expect(before.0.isEmpty == (action == "APPROVE"))
        try spoil(world)
        try decideAgain(world)
        #expect(try await alerts(world).map { $0["alertUuid"] as? String } == before.0)
        #expect(try requests(world) == before.1)
        // A new import decides nothing new, and resolves nothing.
        try world.inventory.importSBOM(document("kept", "kept-too"), project: "Named")
        #expect(try await alerts(world).map { $0["alertUuid"] as? String } == before.0)
        #expect(
            try requests(world).filter { $0.hasSuffix(" 0") }.count == before.1.filter { $0.hasSuffix(" 0") }.count + 1)
        // Without the library there is no cause for an alert.
        try world.inventory.importSBOM(document("other"), project: "Named")
        #expect(try await alerts(world).isEmpty)
    }

    private func document(_ names: String...) -> String {
        let components = names.map {
            #"{"type":"library","bom-ref":"\#($0)","name":"\#($0)","version":"1","purl":"pkg:npm/\#($0)@1"}"#
        }
        return """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """
    }

    @Test(arguments: Engine.allCases) func anInHouseRuleThatCannotBeUsedKeepsItsMarks(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        func marked() async throws -> Set<String> {
            let own = try await world.list("getOrganizationInHouseLibraries", "libraries", ["orgToken": org])
            return Set(own.compactMap { $0["artifactId"] as? String }).intersection(["ours-1.tgz", "ours-too-1.tgz"])
        }
        try world.inventory.importSBOM(document("ours"), project: "Named")
        let added = try await world.call(
            "waybillAddInHouseRule", ["orgToken": org, "rule": ["type": "NAME", "pattern": "ours*"]])
        #expect(added["markedLibraries"] as? Int == 1)
        try spoil(world)
        try world.inventory.importSBOM(document("ours", "ours-too"), project: "Named")
        #expect(try await marked() == ["ours-1.tgz"])
        let rules = try await world.list("waybillGetInHouseRules", "inHouseRules", ["orgToken": org])
        #expect(rules.first?["problem"] as? String == "marks nothing: invalid perl operator: (?!")
        _ = try await world.call("waybillRemoveInHouseRule", ["orgToken": org, "ruleId": rules[0]["id"] ?? 0])
        #expect(try await marked().isEmpty)
    }

    @Test(arguments: Engine.allCases) func theChangeLogNamesItOnce(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        _ = try await world.call("addOrganizationPolicy", ["orgToken": org, "policy": policy("kept*")])
        _ = try await world.call(
            "waybillAddInHouseRule", ["orgToken": org, "rule": ["type": "NAME", "pattern": "o*"]])
        let database = world.inventory.database
        #expect(try database.read { try UnusablePattern.list(on: $0) }.isEmpty)
        try spoil(world)
        let found = try database.read { try UnusablePattern.list(organization: 1, on: $0) }
        #expect(found.map(\.word) == ["POLICY", "IN_HOUSE_RULE"])
        #expect(try database.read { try UnusablePattern.list(organization: 2, on: $0) }.isEmpty)
        #expect(try found.map { pattern in try database.write { try pattern.note(at: 1, on: $0) } } == [true, true])
        #expect(try found.map { pattern in try database.write { try pattern.note(at: 2, on: $0) } } == [false, false])
        #expect(try world.changes(2).map { $0[0] } == ["POLICY", "IN_HOUSE_RULE"])
        #expect(
            try world.changes(2)[0][3].contains(
                "decides nothing, as its pattern /(?!x).*/ cannot be used: invalid perl operator: (?!"))
    }

    // MARK: Marks in slices

    /// More libraries than one transaction handles, and a process that died in the middle.
    @Test(arguments: Engine.allCases) func marksGoOnWhereTheyEnded(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let database = world.inventory.database
        let components = (0..<1200).map {
            #"{"type":"library","bom-ref":"r\#($0)","name":"own-\#($0)","version":"1","purl":"pkg:npm/own-\#($0)@1"}"#
        }
        try world.inventory.importSBOM(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """, project: "Many")
        let curator = Curator(organization: 1, author: .account(1), time: 5)
        let pattern = try NamePattern("/own-.*/")
        let rule = try #require(
            try await database.write { try InHouse.add(.name, pattern, description: "", by: curator, on: $0) })
        func marked() throws -> Int {
            try database.read { try RuleWork.marked(by: rule, of: 1, on: $0) }
        }
        let work = RuleWork(database: database, now: { 6 })
        #expect(try !work.run(rule: rule) { true })
        #expect(try marked() < 1200)
        #expect(try database.read { try RuleWork.unfinished(on: $0) } == [rule])
        // Imports in the meantime mark their own libraries.
        try world.inventory.importSBOM(document("own-new"), project: "New")
        #expect(try work.run(rule: rule) { false })
        #expect(try marked() == 1201)
        #expect(try database.read { try RuleWork.unfinished(on: $0) }.isEmpty)
        #expect(try await database.write { try InHouse.remove(rule: rule, by: curator, on: $0) })
        #expect(try !work.run(rule: rule) { true })
        #expect(try database.read { try InHouse.rules(1, on: $0) }.isEmpty)
        #expect(try work.run(rule: rule) { false })
        #expect(try marked() == 0)
        let left = try database.read { connection in
            try (
                connection.integer("SELECT count(*) FROM library WHERE in_house = 1 AND artifact LIKE 'own-%'"),
                connection.integer("SELECT count(*) FROM in_house_rule")
            )
        }
        #expect(left == (0, 0))
    }
}
