import Bytes
import Database
import Foundation
import Intake
import Jobs
import Reports
import TestSupport
import Testing

@testable import API

/// A finished report is reused only while everything that it shows stays the same.
struct RevisionTests {
    /// The parts of a finished report's key, in addition to the request itself.
    private func state(_ type: String, _ scope: Scope, _ world: ManagedWorld) throws -> [String] {
        let comparison = scope.comparison.map { _ in [Report.comparisonAliases(scope.kind)[0]: ["x"]] } ?? [:]
        let request = try ReportRequest(type: type, scope: scope, format: "json", fields: comparison)
        return try world.inventory.database.read { connection in
            let facts = try #require(try ScopeFacts.read(scope, on: connection))
            return try ["\(facts.revision)"] + request.notes(on: connection) + request.surroundings(on: connection)
        }
    }

    private func plain(_ kind: ScopeKind, _ world: ManagedWorld) throws -> Scope {
        var scope = try world.inventory.scope(kind)
        scope.comparison = nil
        return scope
    }

    @Test func aComparisonChangesWithItsOtherSide() async throws {
        let world = try ManagedWorld(.sqlite)
        for kind in [ScopeKind.product, .project] {
            let scope = try world.inventory.scope(kind)
            let other = try #require(scope.other)
            let before = try state("\(kind.prefix)DiffReport", scope, world)
            let place = InventoryFixture.places[kind == .product ? 2 : 1]
            try world.inventory.importSBOM(FixtureDocuments.rival, product: place.product, project: place.project)
            #expect(try state("\(kind.prefix)DiffReport", scope, world) != before, "\(kind)")
            #expect(before.count == 2 && other.kind == kind)
        }
    }

    @Test func aComparisonWithWhatIsGoneIsNotMade() async throws {
        let world = try ManagedWorld(.sqlite)
        let scope = try world.inventory.scope(.project)
        let other = try #require(scope.other)
        let request = try ReportRequest(
            type: "ProjectDiffReport", scope: scope, format: "json",
            fields: [Report.comparisonAliases(.project)[0]: ["x"]])
        try await world.inventory.database.write { connection in
            try Deletion.project(Writing(in: other, by: .system, at: 9, on: connection))
        }
        #expect(throws: ProductionError.scopeGone) { try state("ProjectDiffReport", scope, world) }
        #expect(throws: ProductionError.scopeGone) { try world.file(of: request) }
    }

    /// The types of comparisons that the queue knows are those of the catalog.
    @Test func theQueueKnowsEveryComparison() {
        let types = Report.catalog.filter(\.isComparison).flatMap {
            $0.name.types.values.map { Envelope.processType($0) }
        }
        #expect(types.count == 2 && Set(types) == Queue.comparisons)
    }

    @Test func membersOfTheOrganizationAreMembersOfItsProducts() async throws {
        let world = try ManagedWorld(.sqlite)
        let org: [String: Any] = ["orgToken": try world.token(.organization)]
        var states: [[String]] = []
        func look() throws {
            states.append(
                try ScopeKind.allCases.flatMap { try state("\($0.prefix)MembersReport", plain($0, world), world) })
        }
        try look()
        for (call, fields) in [
            ("createUser", ["addedUser": ["name": "Ada", "email": "ada@acme.example"], "role": "ADMINISTRATOR"]),
            ("createGroup", ["group": ["name": "legal"]]),
            ("addUsersToGroups", ["assignedUsers": [[["name": "legal"], [["email": "ada@acme.example"]]]]]),
            ("removeUserFromOrganization", ["user": ["email": "ada@acme.example"]]),
        ] as [(String, [String: Any])] {
            let answer = try await world.call(call, org.merging(fields) { $1 })
            #expect(answer["errorCode"] == nil, "\(call): \(answer)")
            try look()
            let (before, after) = (states[states.count - 2], states[states.count - 1])
            #expect(before.count == 5 && after.count == 5)
            // The organization, and the part of the answer about the product and the project.
            #expect([0, 2, 4].allSatisfy { before[$0] != after[$0] }, "\(call): \(before) \(after)")
        }
        #expect(states.count == 5)
    }

    @Test func textsOfLicencesComeIntoAttributions() async throws {
        let world = try ManagedWorld(.sqlite)
        for (kind, type) in [ScopeKind.product: "ProductAttributionReport", .project: "AttributionReport"] {
            let before = try state(type, plain(kind, world), world)
            let inventory = try state("\(kind.prefix)InventoryReport", plain(kind, world), world)
            try await world.inventory.database.write { try LicenseTexts.put(["MIT": "\(kind)"], on: $0) }
            #expect(try state(type, plain(kind, world), world) != before, "\(kind)")
            // Nothing else is made again.
            #expect(try state("\(kind.prefix)InventoryReport", plain(kind, world), world) == inventory)
        }
    }

    @Test func everyLineOfTheChangeLogIsANewRevision() async throws {
        let world = try ManagedWorld(.sqlite)
        let org: [String: Any] = ["orgToken": try world.token(.organization)]
        for (call, fields) in [
            ("waybillAddWebhook", ["url": "https://hooks.example/waybill/a"]),
            ("waybillAddSchedule", ["cron": "0 * * * *", "reportType": "OrgInventoryReport"]),
            ("waybillSetLicensePreferences", ["licenses": ["MIT"]]),
        ] as [(String, [String: Any])] {
            let before = try state("ChangeLogReport", plain(.organization, world), world)
            let lines = try world.inventory.database.read { try $0.integer("SELECT count(*) FROM change") } ?? 0
            let answer = try await world.call(call, org.merging(fields) { $1 })
            #expect(answer["errorCode"] == nil, "\(call): \(answer)")
            let more = try world.inventory.database.read { try $0.integer("SELECT count(*) FROM change") } ?? 0
            let after = try state("ChangeLogReport", plain(.organization, world), world)
            #expect(more > lines && after != before, "\(call)")
        }
    }

    /// The report and the call say the same of an agent's request whose job failed, before and after it is settled.
    @Test(arguments: TemporaryDatabase.engines) func aFailedRequestOfAnAgentIsFailedEverywhere(engine: Engine)
        async throws
    {
        let world = try ManagedWorld(engine)
        let (database, queue) = (world.inventory.database, world.inventory.queue)
        let job = try await database.write { connection in
            let new = NewJob(
                uuid: "agents-job", organization: 1, kind: .intake, request: "{}", processType: "Inventory Update")
            let job = try queue.submit(new, claimedBy: "test", on: connection)
            var request = AgentRequest(
                organization: 1, type: "UPDATE", token: "agents-token", state: .inProgress,
                at: InventoryFixture.start)
            request.job = job.uuid
            try AgentRequests.add([request], on: connection)
            return job
        }
        func said() throws -> [String] {
            let rows = try world.rows("PluginRequestHistoryReport", "pluginRequests")
            return rows.filter { $0["requestToken"] as? String == "agents-token" }.map { $0["status"] as? String ?? "" }
                + [
                    try database.read {
                        try AgentRequests.state(token: "agents-token", organization: 1, on: $0).rawValue
                    }
                ]
        }
        #expect(try said() == ["IN_PROGRESS", "IN_PROGRESS"])
        try queue.fail(job, owner: "test", why: "no")
        #expect(try said() == ["FAILED", "FAILED"])
        let before = try state("PluginRequestHistoryReport", plain(.organization, world), world)
        try AgentRequests.settle(in: database)
        #expect(try said() == ["FAILED", "FAILED"])
        #expect(try state("PluginRequestHistoryReport", plain(.organization, world), world) != before)
        let settled = try state("PluginRequestHistoryReport", plain(.organization, world), world)
        try AgentRequests.settle(in: database)
        #expect(try state("PluginRequestHistoryReport", plain(.organization, world), world) == settled, "once")
    }
}
