import Database
import Foundation
import Jobs
import Reports
import TestSupport
import Testing

@testable import API
@testable import Service

/// Schedules and webhooks by their calls, on both engines.
struct AutomationTests {
    private func jobs(_ world: ManagedWorld) throws -> [String] {
        try world.inventory.database.read { connection in
            try connection.all("SELECT uuid FROM job WHERE kind = 'REPORT' ORDER BY id") { $0.string(0) }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aScheduleMakesAReportOnceForEachTime(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        let made = try await world.call(
            "waybillAddSchedule",
            [
                "projectToken": try world.token(.project), "cron": "0 * * * *", "reportType": "ProjectInventoryReport",
                "format": "json",
            ])
        let id = try #require(made["id"] as? Int)
        let listed = try await world.list("waybillGetSchedules", "schedules", org)
        #expect(listed.count == 1)
        #expect(listed[0]["reportType"] as? String == "ProjectInventoryReport")
        #expect(listed[0]["next"] as? String == "2026-01-02 04:00:00")
        #expect(listed[0]["userEmail"] as? String == "admin1@example.org")
        #expect(try world.changes(1) == [["SCHEDULE", "CREATED", "", "0 * * * *"]])

        let (one, other) = (Scheduler(world.backend), Scheduler(world.backend))
        #expect(try one.run().isEmpty)
        world.inventory.pass(3_600_000)
        // Two servers check, and one report is made.
        let outcomes = try one.run() + other.run()
        #expect(outcomes.count == 1)
        #expect(try jobs(world).count == 1)
        // Hours without a server count as one.
        world.inventory.pass(5 * 3_600_000)
        #expect(try other.run().count == 1)
        #expect(try one.run().isEmpty)
        let uuids = try jobs(world)
        #expect(uuids.count == 2)
        let now = try await world.list("waybillGetSchedules", "schedules", org)
        #expect(now[0]["lastUuid"] as? String == uuids[1])
        // The job belongs to the requester, like any job.
        let status = try await world.call(
            "getAsyncProcessStatus", ["orgToken": try world.token(.organization), "uuid": uuids[1]])
        let envelope = try #require(status["asyncProcessStatus"] as? [String: Any])
        #expect(envelope["processType"] as? String == "PROJECT_INVENTORY_REPORT")
        #expect(envelope["userEmail"] as? String == "admin1@example.org")

        // The other organization gets none of it.
        let theirs = ["orgToken": try world.token(.organization, organization: 2)]
        #expect(try await world.list("waybillGetSchedules", "schedules", theirs, as: 2).isEmpty)
        let foreign = try await world.call(
            "waybillRemoveSchedule", theirs.merging(["scheduleId": "\(id)"]) { $1 }, as: 2)
        #expect(foreign["errorCode"] as? Int == 2021)
        _ = try await world.call("waybillRemoveSchedule", org.merging(["scheduleId": "\(id)"]) { $1 })
        #expect(try await world.list("waybillGetSchedules", "schedules", org).isEmpty)
        world.inventory.pass(3_600_000)
        #expect(try one.run().isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func whoLeftGetsNoReport(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        _ = try await world.call(
            "waybillAddSchedule",
            ["orgToken": try world.token(.organization), "cron": "@hourly", "reportType": "OrgInventoryReport"])
        // From now on the account sees one product.
        let bank = try world.inventory.ids(place: 2).product
        try await world.inventory.database.write { connection in
            _ = try connection.run(
                """
                UPDATE assignment SET product = \(bank)
                WHERE account = (SELECT id FROM account WHERE email = 'admin1@example.org')
                """)
        }
        world.inventory.pass(3_600_000)
        #expect(try Scheduler(world.backend).run().count == 1)
        let request = try world.inventory.database.read { connection in
            try connection.first("SELECT request FROM job WHERE kind = 'REPORT' ORDER BY id DESC LIMIT 1") {
                $0.string(0)
            }
        }
        #expect(try ReportRequest(json: try #require(request)).scope.visibleProducts == [bank])
        try await world.inventory.database.write { _ = try $0.run("DELETE FROM assignment WHERE product = \(bank)") }
        world.inventory.pass(3_600_000)
        guard case .refused(_, let why)? = try Scheduler(world.backend).run().first else {
            Issue.record("a report for somebody who left")
            return
        }
        #expect(why.contains("may not see"))
        #expect(try jobs(world).count == 1)
    }

    @Test(arguments: TemporaryDatabase.engines) func aFullQueueRefusesASchedule(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        _ = try await world.call(
            "waybillAddSchedule", org.merging(["cron": "0 * * * *", "reportType": "OrgInventoryReport"]) { $1 })
        var backend = world.backend
        var settings = Queue.Settings()
        settings.depth = 1
        let inventory = world.inventory
        _ = try await world.call(
            "generateOrganizationReportAsync", org.merging(["reportType": "OrgInventoryReport"]) { $1 })
        backend.queue = Queue(database: inventory.database, settings: settings, now: inventory.queue.now)
        inventory.pass(3_600_000)
        guard case .refused(_, let why)? = try Scheduler(backend).run().first else {
            Issue.record("nobody learns that the report is not made")
            return
        }
        #expect(why == "\(QueueError.full(limit: 1))")
        // It names no job that did not exist, and the next time counts.
        let row = try inventory.database.read { connection in
            try connection.first("SELECT job, run_at FROM schedule") { ($0.string(0), $0.integer(1)) }
        }
        let (job, due) = try #require(row)
        #expect(job.isEmpty && due > inventory.queue.now())
        #expect(try jobs(world).count == 1)
    }

    @Test(arguments: TemporaryDatabase.engines) func aScheduleGoesWithWhatItIsOf(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        let (product, project) = (try world.token(.product), try world.token(.project))
        for (token, type) in [
            (org, "OrgInventoryReport"), (["productToken": product], "ProductInventoryReport"),
            (["projectToken": project], "ProjectInventoryReport"),
        ] {
            _ = try await world.call(
                "waybillAddSchedule", token.merging(["cron": "@hourly", "reportType": type]) { $1 })
        }
        func left() async throws -> [String] {
            try await world.list("waybillGetSchedules", "schedules", org).map { $0["reportType"] as? String ?? "" }
        }
        #expect(try await left().count == 3)
        _ = try await world.call("deleteProject", ["productToken": product, "projectToken": project])
        #expect(try await left() == ["OrgInventoryReport", "ProductInventoryReport"])
        _ = try await world.call("deleteProduct", ["productToken": product])
        #expect(try await left() == ["OrgInventoryReport"])
    }

    @Test func badSchedulesSayWhatIsAccepted() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = ["orgToken": try world.token(.organization)]
        for (fields, code, word) in [
            (["reportType": "OrgInventoryReport"], 3010, "cron"),
            (["cron": "0 0 30 2 *", "reportType": "OrgInventoryReport"], 2021, "five fields"),
            (["cron": "@daily", "reportType": "Nothing"], 2021, "Nothing"),
            (["cron": "@daily", "reportType": "OrgInventoryReport", "format": "doc"], 2021, "doc"),
        ] {
            let answer = try await world.call("waybillAddSchedule", org.merging(fields) { $1 })
            #expect(answer["errorCode"] as? Int == code, "\(answer)")
            #expect((answer["errorMessage"] as? String)?.contains(word) == true, "\(answer)")
        }
        #expect(try await world.list("waybillGetSchedules", "schedules", org).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func aFinishedReportIsTold(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        let made = try await world.call(
            "waybillAddWebhook", org.merging(["url": "https://HOOKS.example/waybill/a"]) { $1 })
        let secret = try #require(made["secret"] as? String)
        let id = try #require(made["id"] as? Int)
        let submitted = try await world.call(
            "generateOrganizationReportAsync", org.merging(["reportType": "OrgInventoryReport"]) { $1 })
        let uuid = try #require((submitted["asyncProcessStatus"] as? [String: Any])?["uuid"] as? String)
        let (database, queue) = (world.inventory.database, world.inventory.queue)
        func take() throws -> WebhookDelivery? { try database.write { try Webhooks.take(at: queue.now(), on: $0) } }
        #expect(try take() == nil)
        let job = try #require(try queue.claim(for: "w"))
        try queue.fail(job, owner: "w", why: "no luck")
        let first = try #require(try take())
        #expect(first.job == uuid && first.url == "https://hooks.example/waybill/a" && first.attempt == 1)
        // The delivery is taken; no other sender gets it until the lease has ended.
        #expect(try take() == nil)
        world.inventory.pass(61_000)
        let again = try #require(try take())
        #expect(again.id == first.id && again.attempt == 2)
        let body = try #require(
            try database.read { try WebhookSignature.body(of: again, in: queue, on: $0) })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(object["type"] as? String == "report.finished")
        let data = try #require(object["data"] as? [String: Any])
        #expect(data["status"] as? String == "FAILED" && data["errorMessage"] as? String == "no luck")
        #expect(!body.contains(org["orgToken"] ?? "?"))

        try await database.write {
            try Webhooks.fail(again, why: "the answer was 500", forGood: false, at: queue.now(), on: $0)
        }
        let shown = try await world.list("waybillGetWebhooks", "webhooks", org)
        #expect(shown[0]["waiting"] as? Int == 1 && shown[0]["lastError"] as? String == "the answer was 500")
        #expect(!String(describing: shown).contains(secret))
        #expect(try take() == nil)
        world.inventory.pass(20_000)
        let third = try #require(try take())
        try await database.write { try Webhooks.finish(third, on: $0) }
        world.inventory.pass(86_400_000)
        #expect(try take() == nil)

        let theirs = ["orgToken": try world.token(.organization, organization: 2)]
        #expect(try await world.list("waybillGetWebhooks", "webhooks", theirs, as: 2).isEmpty)
        let foreign = try await world.call("waybillRemoveWebhook", theirs.merging(["webhookId": "\(id)"]) { $1 }, as: 2)
        #expect(foreign["errorCode"] as? Int == 2021)
        _ = try await world.call("waybillRemoveWebhook", org.merging(["webhookId": "\(id)"]) { $1 })
        #expect(try await world.list("waybillGetWebhooks", "webhooks", org).isEmpty)
    }

    @Test func aDeliveryEndsAfterItsAttempts() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = ["orgToken": try world.token(.organization)]
        _ = try await world.call("waybillAddWebhook", org.merging(["url": "https://hooks.example/waybill/"]) { $1 })
        _ = try await world.call(
            "generateOrganizationReportAsync", org.merging(["reportType": "OrgInventoryReport"]) { $1 })
        let (database, queue) = (world.inventory.database, world.inventory.queue)
        try queue.fail(try #require(try queue.claim(for: "w")), owner: "w", why: "x")
        var attempts: Int64 = 0
        while let taken = try await database.write({ try Webhooks.take(at: queue.now(), on: $0) }) {
            attempts += 1
            try await database.write {
                try Webhooks.fail(taken, why: "no answer", forGood: false, at: queue.now(), on: $0)
            }
            world.inventory.pass(86_400_000)
        }
        #expect(attempts == Webhooks.attempts)
        #expect(try await world.list("waybillGetWebhooks", "webhooks", org)[0]["failed"] as? Int == 1)
    }

    @Test func onlyWhatTheOperatorAllows() throws {
        let targets = try #require(WebhookTargets("https://a.example, http://10.0.0.1:8080/in/"))
        for url in [
            "https://a.example", "https://A.example/x?y=1", "HTTPS://a.example/", "http://10.0.0.1:8080/in/x",
        ] { #expect(targets.allowed(url) != nil, "\(url)") }
        for url in [
            "https://a.example.evil.test/", "http://a.example/", "https://a.example:444/",
            "https://a.example@evil.test/",
            "https://evil.test/https://a.example/", "http://10.0.0.1:8080/inner", "http://10.0.0.1:8080/in/../admin",
            "http://10.0.0.1:8080/in/%2e%2E/admin", "http://10.0.0.1:8080/in/./x", "https://a.example\\evil",
            "ftp://a.example/",
            "https://a.example/#x", "https://a.example/a b", "", "https:///x", "file:///etc/passwd",
        ] { #expect(targets.allowed(url) == nil, "\(url)") }
        #expect(WebhookTargets("nonsense") == nil)
        #expect(WebhookTargets().allowed("https://a.example/") == nil)
    }
}
