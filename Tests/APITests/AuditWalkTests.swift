import Database
import Foundation
import HTTP
import Intake
import Jobs
import Service
import TestSupport
import Testing

@testable import API

/// Each changing call leaves a record with its user, its origin and the name of the call. A new changing call fails this
/// test until it has a step, or a reason for leaving no record.
struct AuditWalkTests {
    private static let address = "192.0.2.44"

    /// Changing calls that leave no record: the change log, lists of processes or nothing show their results, and nobody's
    /// rights or decisions depend on them.
    private static let silent: Set<String> = [
        "createProduct", "createProject", "saveProductTag", "saveProjectTag", "removeProductTag", "removeProjectTag",
        "generateOrganizationReportAsync", "generateProductReportAsync", "generateProjectReportAsync",
        "cancelAsyncProcess", "waybillRetryProcess",
    ]
    /// Calls of administrators that change nothing.
    private static let reading: Set<String> = [
        "waybillGetAuditTrail", "waybillGetDenials", "waybillGetWebhooks", "inviteUserToWebAdvisor",
        "getOrganizationIntegrationActivationToken", "getProductIntegrationActivationToken",
        "getProjectIntegrationActivationToken", "getAsyncProcessStatus", "getRequestState", "waybillGetSubscriptions",
        "waybillGetProcesses", "waybillGetSchedules", "waybillGetKeys", "getAllOrganizations",
        "waybillGetSignInMapping",
    ]

    /// A call with its fields, and the number of records that it leaves.
    private struct Step {
        let call: String
        let fields: [String: Any]
        var records = 1
    }

    private final class Walk {
        let world: ManagedWorld
        let (org, product, project): (String, String, String)
        var walked: Set<String> = []

        init(_ engine: Engine) throws {
            let world = try ManagedWorld(engine)
            self.world = world
            (org, product, project) = try (
                world.token(.organization), world.token(.product), world.token(.project)
            )
        }

        func records(after id: Int64) throws -> [AuditRecord] {
            let wanted = AuditTrail.Wanted(organization: nil, limit: 1000)
            return try world.inventory.database.read { try AuditTrail.list(wanted, on: $0) }.filter { $0.id > id }
        }

        /// Does a step and checks its record.
        @discardableResult func take(_ step: Step) async throws -> [String: Any] {
            let last = try records(after: 0).map(\.id).max() ?? 0
            var object = step.fields
            object["requestType"] = step.call
            object["userKey"] = world.keys[0].text
            let request = HTTPRequest(
                method: "POST", path: "/api/v1.4",
                body: .bytes([UInt8](try JSONSerialization.data(withJSONObject: object))),
                client: AuditWalkTests.address)
            let response: HTTPResponse
            switch world.door.reply(to: request) {
            case .now(let now): response = now
            case .later(let work): response = await work()
            }
            let answer = try Fixture.json(response)
            #expect(answer["errorCode"] == nil, "\(step.call): \(answer)")
            let left = try records(after: last)
            #expect(left.count == step.records, "\(step.call) left \(left.map(\.json))")
            for record in left {
                let isWhole =
                    record.email == "admin1@example.org" && record.organization == 1 && record.origin.key > 0
                    && record.origin.address == AuditWalkTests.address && record.origin.call == step.call
                    && record.origin.door == "api" && !record.subject.isEmpty
                #expect(isWhole, "\(step.call): \(record.json)")
            }
            walked.insert(step.call)
            return answer
        }

        func number(_ list: String, _ key: String, _ fields: [String: Any]) async throws -> Int {
            try #require(try await world.list(list, key, fields).last?["id"] as? Int)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func eachChangeLeavesARecordThatIsWhole(engine: Engine) async throws {
        let walk = try Walk(engine)
        try await people(walk)
        try await policies(walk)
        try await curation(walk)
        try await decisions(walk)
        try await automation(walk)
        try await walk.take(Step(call: "deleteProject", fields: ["projectToken": walk.project]))
        try await walk.take(Step(call: "deleteProduct", fields: ["productToken": walk.product]))
        let changing = Call.table.filter { $0.need.role > .readOnly || $0.need.scopes != .read }.map(\.requestType)
        #expect(Set(changing).subtracting(Self.silent).subtracting(Self.reading) == walk.walked)
    }

    private func people(_ walk: Walk) async throws {
        let (org, email) = (walk.org, "ada@example.org")
        let one: [String: Any] = ["userAssignments": [["email": email]]]
        let key: [String: Any] = ["orgToken": org, "keyName": "two"]
        for step in [
            Step(call: "createGroup", fields: ["orgToken": org, "group": ["name": "legal"]]),
            Step(call: "createUser", fields: ["orgToken": org, "addedUser": ["email": email]]),
            Step(call: "createServiceUser", fields: ["orgToken": org, "addedUser": ["name": "ci"]]),
            Step(
                call: "addUsersToGroups",
                fields: ["orgToken": org, "assignedUsers": [[["name": "legal"], [["email": email]]] as [Any]]]),
            Step(call: "setOrganizationAssignments", fields: ["orgToken": org, "readOnlyUsers": one]),
            Step(call: "setProductAssignments", fields: ["productToken": walk.product, "productMembership": one]),
            Step(call: "regenerateUserKey", fields: ["orgToken": org, "email": email]),
            Step(call: "waybillAddKey", fields: key), Step(call: "waybillRenewKey", fields: key),
            Step(call: "waybillRevokeKey", fields: key),
            Step(
                call: "waybillSetSignInMapping",
                fields: ["orgToken": org, "issuer": "acme", "rules": [["group": "developers", "role": "MEMBER"]]]),
            Step(call: "waybillSetRole", fields: ["orgToken": org, "email": email, "role": "READ_ONLY"]),
            Step(call: "removeUserFromOrganization", fields: ["orgToken": org, "user": ["email": email]]),
        ] { try await walk.take(step) }
    }

    private func policies(_ walk: Walk) async throws {
        for (word, field, token) in [
            ("Organization", "orgToken", walk.org), ("Product", "productToken", walk.product),
            ("Project", "projectToken", walk.project),
        ] {
            let filter: [String: Any] = ["type": "RESOURCE_NAME", "pattern": "nothing-has-this-name*"]
            let policy: [String: Any] = ["name": "P", "filter": filter, "action": ["type": "REJECT"]]
            try await walk.take(Step(call: "add\(word)Policy", fields: [field: token, "policy": policy]))
            let first = try await walk.number("get\(word)Policies", "policies", [field: token])
            try await walk.take(Step(call: "add\(word)Policy", fields: [field: token, "policy": policy]))
            let second = try await walk.number("get\(word)Policies", "policies", [field: token])
            let both: [String: Any] = [field: token, "policyIds": [second, first]]
            try await walk.take(Step(call: "waybillOrder\(word)Policies", fields: both))
            let off: [String: Any] = [field: token, "policyIds": [first], "enabled": false]
            try await walk.take(Step(call: "waybillEnable\(word)Policy", fields: off))
            let other: [String: Any] = [field: token, "policyId": first, "policy": policy]
            try await walk.take(Step(call: "waybillChange\(word)Policy", fields: other))
            try await walk.take(Step(call: "remove\(word)Policies", fields: [field: token, "policyIds": [first]]))
        }
    }

    private func curation(_ walk: Walk) async throws {
        let org = walk.org
        let all = try await walk.world.call("getProjectInventory", ["projectToken": walk.project])
        let libraries = try #require(all["libraries"] as? [[String: Any]])
        let uuid = try #require(libraries.last?["keyUuid"] as? String)
        let library: [String: Any] = ["orgToken": org, "keyUuid": uuid]
        func with(_ more: [String: Any]) -> [String: Any] { library.merging(more) { $1 } }
        let files = try await walk.world.list(
            "getProjectSourceFileInventoryReport", "sourceFiles", ["projectToken": walk.project, "format": "json"])
        let origin: [String: Any] = [
            "orgToken": org, "targetKeyUuid": uuid, "sourceFiles": [try #require(files.first?["sha1"] as? String)],
        ]
        let rule = ["type": "ARTIFACT_ID", "pattern": "nothing-has-this-name*"]
        for step in [
            Step(call: "waybillMarkInHouse", fields: ["orgToken": org, "keyUuids": [uuid], "reason": "ours"]),
            Step(call: "waybillUnmarkInHouse", fields: ["orgToken": org, "keyUuids": [uuid]]),
            Step(call: "waybillAddInHouseRule", fields: ["orgToken": org, "rule": rule]),
            Step(call: "waybillSetLicenses", fields: with(["licenses": ["ISC"], "reference": "r"])),
            Step(call: "waybillResetLicenses", fields: library),
            Step(call: "waybillSetLicensePreferences", fields: ["orgToken": org, "licenses": ["MIT"]]),
            Step(call: "waybillAddAttribute", fields: ["orgToken": org, "attribute": ["name": "Export"]]),
            Step(call: "waybillSetAttributeValue", fields: with(["attribute": "Export", "value": "no"])),
            Step(call: "waybillSetBugs", fields: with(["bugs": [["bug": "B-1", "severity": "high"]]])),
            Step(call: "setLibraryNotice", fields: ["orgToken": org, "libraryUUID": uuid, "text": "Made by others"]),
            Step(call: "changeOriginLibrary", fields: origin), Step(call: "changeOriginLibraryAsync", fields: origin),
            Step(
                call: "waybillSetPlaces",
                fields: ["projectToken": walk.project, "places": [["cluster": "live", "image": "shop"]]]),
        ] { try await walk.take(step) }
        let id = try await walk.number("waybillGetInHouseRules", "inHouseRules", ["orgToken": org])
        try await walk.take(Step(call: "waybillRemoveInHouseRule", fields: ["orgToken": org, "ruleId": id]))
    }

    private func decisions(_ walk: Walk) async throws {
        let org = walk.org
        let alerts = try await walk.world.list(
            "getProjectAlertsByType", "alerts",
            ["projectToken": walk.project, "alertType": "SECURITY_VULNERABILITY"])
        let alert = try #require(alerts.first?["alertUuid"] as? String)
        let tasks = try await walk.world.list("getDomainPendingTasks", "pendingTaskInfos", ["orgToken": org])
        let task = try #require(tasks.first?["uuid"] as? String)
        let ticket = ["identifier": "#7", "url": "https://t.example/7"]
        for step in [
            Step(call: "ignoreAlerts", fields: ["orgToken": org, "alertUuids": [alert], "comments": "c"]),
            Step(call: "setAlertsStatus", fields: ["orgToken": org, "alertUuids": [alert], "status": "Active"]),
            Step(call: "closePendingTask", fields: ["orgToken": org, "taskUUID": task, "status": "Approved"]),
            Step(
                call: "updateExternalIntegrationIssues",
                fields: [
                    "projectToken": walk.project, "wsPolicyIssueItemUuid": alert, "externalIssues": [ticket],
                ]),
        ] { try await walk.take(step) }
        let made = try await walk.take(
            Step(call: "waybillDecide", fields: ["orgToken": org, "vulnerability": "CVE-2026-7777", "comments": "c"]))
        let id = try #require((made["decisions"] as? [[String: Any]])?.first?["id"] as? Int)
        try await walk.take(Step(call: "waybillWithdrawDecisions", fields: ["orgToken": org, "decisionIds": [id]]))
    }

    private func automation(_ walk: Walk) async throws {
        let org = walk.org
        let report: [String: Any] = ["orgToken": org, "cron": "30 6 * * MON-FRI", "reportType": "OrgInventoryReport"]
        try await walk.take(Step(call: "waybillAddSchedule", fields: report))
        let schedule = try await walk.number("waybillGetSchedules", "schedules", ["orgToken": org])
        try await walk.take(Step(call: "waybillRemoveSchedule", fields: ["orgToken": org, "scheduleId": schedule]))
        let hook: [String: Any] = ["orgToken": org, "url": "https://hooks.example/waybill"]
        try await walk.take(Step(call: "waybillAddWebhook", fields: hook))
        let webhook = try await walk.number("waybillGetWebhooks", "webhooks", ["orgToken": org])
        let news: [String: Any] = ["orgToken": org, "events": ["VULNERABILITY"], "webhookId": webhook]
        try await walk.take(Step(call: "waybillAddSubscription", fields: news))
        let subscription = try await walk.number("waybillGetSubscriptions", "subscriptions", ["orgToken": org])
        try await walk.take(
            Step(call: "waybillRemoveSubscription", fields: ["orgToken": org, "subscriptionId": subscription]))
        try await walk.take(Step(call: "waybillRemoveWebhook", fields: ["orgToken": org, "webhookId": webhook]))
    }

    /// The record of an import names its sender, which the job carries.
    @Test(arguments: TemporaryDatabase.engines) func anImportNamesItsSender(engine: Engine) throws {
        let inventory = try InventoryFixture(engine, isFilled: false)
        let folder = try TemporaryFolder()
        let path = folder.path("bom.json")
        try Data(FixtureDocuments.cart.utf8).write(to: URL(fileURLWithPath: path))
        var destination = Intake.Destination(organization: 1, product: "Webshop")
        destination.project = "Cart"
        destination.origin = .init(address: Self.address, door: "upload", call: "bom", key: 7)
        let job = IntakeJob(kind: .sbom, path: path, destination: destination)
        let claimed = try inventory.database.write { [queue = inventory.queue] connection in
            try queue.submit(job.newJob(uuid: UUID().uuidString.lowercased()), claimedBy: "fixture", on: connection)
        }
        #expect(try IntakeJob(claimed).destination.origin == destination.origin)
        _ = try IntakeJob.run(Lease(job: claimed, owner: "fixture"), intake: inventory.intake, dataFolder: "/")
        let records = try inventory.database.read { try AuditTrail.list(.init(organization: 1, limit: 10), on: $0) }
        let imports = records.filter { $0.event == .intake }
        #expect(imports.map(\.origin) == [destination.origin])
        #expect(imports.map(\.subject) == ["PROJECT Cart"])
    }
}
