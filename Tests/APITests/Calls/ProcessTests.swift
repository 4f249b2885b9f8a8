import Bytes
import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// Submit, poll, download: reports.md §1.2 to §1.5.
struct ProcessTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func submit(
        _ kind: ScopeKind = .organization, place: Int = 0, key: String? = nil, type: String? = nil
    ) async throws -> [String: Any] {
        let word = kind.rawValue.capitalized
        return try await fixture.envelope(
            "generate\(word)ReportAsync",
            [
                kind.tokenField: fixture.acme.token(kind, place), "reportType": type ?? "\(kind.prefix)InventoryReport",
                "format": "json",
            ], key: key)
    }

    private func uuidOf(_ envelope: [String: Any]) throws -> String { try #require(envelope["uuid"] as? String) }

    @Test func submissionAnswersWithTheDocumentedEnvelope() async throws {
        let text = try fixture.body(
            "generateProjectReportAsync",
            [
                "projectToken": fixture.acme.token(.project), "reportType": "ProjectInventoryReport", "format": "pdf",
                "filter": ["reportingScope": "summary", "includeVersions": "true"],
            ])
        let answer = try await fixture.send(text)
        let envelope = try #require(answer["asyncProcessStatus"] as? [String: Any])
        #expect(
            Set(envelope.keys) == [
                "uuid", "requestToken", "contextId", "contextType", "processType", "userEmail", "messageContentSha1",
                "status", "created", "modified", "notes",
            ])
        // The page's own example has filters of another report.
        #expect((envelope["notes"] as? [String])?.count == 2)
        #expect(
            try uuidOf(envelope).wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                != nil)
        let token = try #require(envelope["requestToken"] as? String)
        #expect(token.wholeMatch(of: /[0-9a-f]{33}\d{13}/) != nil)
        #expect(token.suffix(13) == "1767323045000")
        #expect(envelope["contextId"] as? String == String(fixture.acme.projects[0].id))
        #expect(envelope["contextType"] as? String == "PROJECT")
        #expect(envelope["processType"] as? String == "PROJECT_INVENTORY_REPORT")
        #expect(envelope["messageContentSha1"] as? String == Digest.of(text.utf8, .sha1).hexadecimal)
        #expect(envelope["status"] as? String == "PENDING")
        #expect(envelope["created"] as? String == "2026-01-02 03:04:05")
        #expect(envelope["modified"] as? String == "2026-01-02 03:04:05")
        #expect(try fixture.count("job") == 1)
    }

    @Test func contextIsANumberForBillsOfMaterialsOnly() async throws {
        let envelope = try await fixture.envelope(
            "generateProductReportAsync",
            ["productToken": fixture.acme.token(.product), "reportType": "ProductSBOMReport", "standard": "CycloneDx"])
        #expect(envelope["contextId"] as? Int64 == fixture.acme.products[0].id)
        #expect(envelope["contextId"] as? String == nil)
        #expect(envelope["contextType"] as? String == "PRODUCT")
        #expect(envelope["processType"] as? String == "PRODUCT_SBOM_REPORT")
        #expect(try await submit()["contextType"] as? String == "DOMAIN")
    }

    @Test func followsAReportToItsDownload() async throws {
        let uuid = try uuidOf(try await submit())
        let org = fixture.acme.token
        fixture.world.time.withLock { $0 += 61_000 }
        let job = try #require(try fixture.queue.claim(for: "test"))
        var envelope = try await fixture.envelope("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])
        #expect(envelope["status"] as? String == "IN_PROGRESS")
        #expect(envelope["created"] as? String == "2026-01-02 03:04:05")
        #expect(envelope["modified"] as? String == "2026-01-02 03:05:06")
        _ = try fixture.queue.heartbeat(job, owner: "test", rows: 42)
        envelope = try await fixture.envelope("getAsyncProcessStatus", ["orgToken": org, "reportStatusUUID": uuid])
        #expect(envelope["rowsDone"] as? Int == 42)
        try fixture.queue.giveBack(job, owner: "test")

        try fixture.finish(uuid, with: Array("PK\u{3}\u{4} the report".utf8), notes: ["a cell was cut"])
        envelope = try await fixture.envelope("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])
        #expect(envelope["status"] as? String == "SUCCESS")
        #expect(envelope["notes"] as? [String] == ["a cell was cut"])
        #expect(envelope["errorMessage"] == nil)

        for key in ["reportStatusUUID", "uuid"] {
            let body = try fixture.body("downloadAsyncReport", ["orgToken": org, key: uuid])
            let response = await fixture.post(Array(body.utf8))
            #expect(response.status == 200)
            #expect(response.headers["Content-Type"] == "application/zip")
            #expect(response.headers["Content-Disposition"] == "attachment; filename=\"Shop-product-Inventory.zip\"")
            let digest = Digest.of("PK\u{3}\u{4} the report".utf8, .sha256).hexadecimal
            #expect(response.headers["ETag"] == "\"\(digest)\"")
            guard case .file(_, offset: 0, count: 15) = response.body else {
                Issue.record("not the whole file: \(response.body)")
                return
            }
        }
        let part = await fixture.post(
            Array(try fixture.body("downloadAsyncReport", ["orgToken": org, "uuid": uuid]).utf8),
            headers: ["Range": "bytes=5-7", "If-None-Match": "*"])
        #expect(part.status == 206)
        #expect(part.headers["Content-Range"] == "bytes 5-7/15")
    }

    @Test func downloadIsRefusedUntilSuccessAndAfterExpiry() async throws {
        let org = fixture.acme.token
        let uuid = try uuidOf(try await submit())
        let download = ["orgToken": org, "reportStatusUUID": uuid]
        var answer = try await fixture.call("downloadAsyncReport", download)
        #expect(answer["errorCode"] as? Int == 3000)
        #expect((answer["errorMessage"] as? String)?.contains("PENDING") == true)
        // Polling changed nothing.
        #expect(
            try await fixture.envelope("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])["status"] as? String
                == "PENDING")
        try fixture.finish(uuid)
        fixture.world.store.withLock { $0.removeAll() }
        answer = try await fixture.call("downloadAsyncReport", download)
        #expect(answer["errorCode"] as? Int == 2021)
        #expect((answer["errorMessage"] as? String)?.contains(uuid) == true)
        #expect(try await fixture.code("downloadAsyncReport", ["orgToken": org, "uuid": "no such"]) == 2021)
    }

    @Test func failureTellsItsReasonWithoutTheWordThatClientsSearchFor() async throws {
        let uuid = try uuidOf(try await submit())
        let job = try #require(try fixture.queue.claim(for: "test"))
        try fixture.queue.fail(job, owner: "test", why: "the errorCode of the library is too long")
        let body = try fixture.body("getAsyncProcessStatus", ["orgToken": fixture.acme.token, "uuid": uuid])
        let response = await fixture.post(Array(body.utf8))
        #expect(!String(decoding: Fixture.bytes(response), as: UTF8.self).contains("errorCode"))
        let envelope = try #require(try Fixture.json(response)["asyncProcessStatus"] as? [String: Any])
        #expect(envelope["status"] as? String == "FAILED")
        #expect(envelope["errorMessage"] as? String == "the errorCode of the library is too long")
        let answer = try await fixture.call("downloadAsyncReport", ["orgToken": fixture.acme.token, "uuid": uuid])
        #expect(answer["errorCode"] as? Int == 2021)
        #expect((answer["errorMessage"] as? String)?.contains("of the library is too long") == true)
    }

    @Test func whatAnUploadBecameHasNoWordThatClientsSearchFor() async throws {
        let (queue, uuid) = (fixture.queue, UUID().uuidString.lowercased())
        let new = NewJob(
            uuid: uuid, organization: fixture.acme.id, kind: .intake, request: "{}", processType: "BOM_UPLOAD")
        try await fixture.database.write { connection in
            let job = try queue.submit(new, claimedBy: "test", on: connection)
            try queue.succeed(job, owner: "test", result: #"{"project":"\"errorCode\""}"#, on: connection)
        }
        let text = try fixture.body(
            "getAsyncProcessStatus", ["orgToken": fixture.acme.token(.organization), "uuid": uuid])
        let response = await fixture.post(Array(text.utf8))
        #expect(!String(decoding: Fixture.bytes(response), as: UTF8.self).contains("errorCode"))
        let envelope = try #require(try Fixture.json(response)["asyncProcessStatus"] as? [String: Any])
        #expect(envelope["imported"] as? [String: String] == ["project": "\"errorCode\""])
    }

    @Test func pollsWithAnyTokenOfTheOrganization() async throws {
        let uuid = try uuidOf(try await submit(.project))
        for kind in ScopeKind.allCases {
            let envelope = try await fixture.envelope(
                "getAsyncProcessStatus", [kind.tokenField: fixture.acme.token(kind, 1), "uuid": uuid.uppercased()])
            #expect(envelope["uuid"] as? String == uuid)
        }
    }

    @Test func aJobOfAnotherOrganizationIsAsUnknown() async throws {
        let uuid = try uuidOf(try await submit())
        for call in ["getAsyncProcessStatus", "downloadAsyncReport", "cancelAsyncProcess", "waybillRetryProcess"] {
            let foreign = try await fixture.call(
                call, ["orgToken": fixture.rival.token, "uuid": uuid], key: fixture.rival.administrator)
            let none = UUID().uuidString.lowercased()
            let unknown = try await fixture.call(
                call, ["orgToken": fixture.rival.token, "uuid": none], key: fixture.rival.administrator)
            #expect(foreign["errorCode"] as? Int == 2021)
            #expect(
                (foreign["errorMessage"] as? String)?.replacing(uuid, with: "")
                    == (unknown["errorMessage"] as? String)?.replacing(none, with: ""))
        }
        #expect(try fixture.database.read { try $0.integer("SELECT cancelled FROM job") } == 0)
    }

    @Test func aMemberOfAProductSeesJobsOfThatProductAlone() async throws {
        let member = try fixture.user(.member, product: 0)
        let other = try fixture.user(.member, product: 1)
        let inside = try uuidOf(try await submit(.project, place: 0))
        let outside = try uuidOf(try await submit(.product, place: 1))
        let wide = try uuidOf(try await submit(.organization))
        let own = try uuidOf(try await submit(.organization, key: member))
        func code(_ uuid: String, _ key: String) async throws -> Int? {
            try await fixture.code("getAsyncProcessStatus", ["orgToken": fixture.acme.token, "uuid": uuid], key: key)
        }
        #expect(try await code(inside, member) == nil)
        #expect(try await code(outside, member) == 2021)
        #expect(try await code(wide, member) == 2021)
        #expect(try await code(own, member) == nil)
        #expect(try await code(own, other) == 2021)
        #expect(try await code(own, fixture.acme.administrator) == nil)
        #expect(
            try await fixture.code("downloadAsyncReport", ["orgToken": fixture.acme.token, "uuid": wide], key: member)
                == 2021)
    }

    /// A comparison shows both its sides.
    @Test func aMemberOfOneSideHasNoComparison() async throws {
        let fields: [String: Any] = [
            "productToken": fixture.acme.token(.product), "reportType": "ProductDiffReport", "format": "json",
            "compareProductToken": fixture.acme.token(.product, 1),
        ]
        let uuid = try uuidOf(try await fixture.envelope("generateProductReportAsync", fields))
        let member = try fixture.user(.member, product: 0)
        let listed = try await fixture.call("waybillGetProcesses", ["orgToken": fixture.acme.token], key: member)
        #expect((listed["processes"] as? [Any])?.count == 0)
        try fixture.finish(uuid)
        let poll = ["orgToken": fixture.acme.token, "uuid": uuid]
        for call in ["getAsyncProcessStatus", "downloadAsyncReport", "waybillRetryProcess"] {
            #expect(try await fixture.code(call, poll, key: member) == 2021, "\(call)")
        }
        #expect(try await fixture.code("getAsyncProcessStatus", poll) == nil)
    }

    @Test func unfinishedProcessesAreListed() async throws {
        let acme = fixture.acme
        let first = try uuidOf(try await submit())
        let queue = fixture.queue
        try await fixture.database.write { connection in
            _ = try queue.submitOwn(
                NewJob(
                    uuid: "matching", organization: acme.id, kind: .matching, request: "{}",
                    processType: "Advisory Matching"), on: connection)
        }
        let over = try uuidOf(try await submit())
        _ = try await fixture.envelope("cancelAsyncProcess", ["orgToken": acme.token, "uuid": over])
        func listed(_ key: String) async throws -> [String] {
            let answer = try await fixture.call("waybillGetProcesses", ["orgToken": acme.token], key: key)
            return try #require(answer["processes"] as? [[String: Any]]).map {
                "\($0["uuid"] ?? "") \($0["status"] ?? "")"
            }
        }
        #expect(try await listed(acme.administrator) == ["\(first) PENDING", "matching PENDING"])
        #expect(try await listed(try fixture.user(.member, product: 1)) == [])
    }

    @Test func cancelEndsAWaitingJob() async throws {
        let uuid = try uuidOf(try await submit())
        let fields = ["orgToken": fixture.acme.token, "uuid": uuid]
        let reader = try fixture.user(.readOnly)
        #expect(try await fixture.code("cancelAsyncProcess", fields, key: reader) == 5001)
        let envelope = try await fixture.envelope("cancelAsyncProcess", fields)
        #expect(envelope["status"] as? String == "FAILED")
        #expect(envelope["errorMessage"] as? String == "cancelled on request")
        #expect(try await fixture.code("cancelAsyncProcess", fields) == 2021)
        let own = try uuidOf(try await submit(key: reader))
        #expect(
            try await fixture.code("cancelAsyncProcess", ["orgToken": fixture.acme.token, "uuid": own], key: reader)
                == nil)
    }

    @Test func aFailedProcessIsTriedAgainOnDemand() async throws {
        let uuid = try uuidOf(try await submit())
        let fields = ["orgToken": fixture.acme.token, "uuid": uuid]
        let waiting = try await fixture.envelope("waybillRetryProcess", fields)
        #expect(waiting["status"] as? String == "PENDING", "it waits already")
        let job = try #require(try fixture.queue.claim(for: "test"))
        try fixture.queue.fail(job, owner: "test", why: "no room")
        let reader = try fixture.user(.readOnly)
        #expect(try await fixture.code("waybillRetryProcess", fields, key: reader) == 5001)
        #expect(try await fixture.envelope("getAsyncProcessStatus", fields)["status"] as? String == "FAILED")
        let envelope = try await fixture.envelope("waybillRetryProcess", fields)
        #expect(envelope["status"] as? String == "PENDING" && envelope["errorMessage"] == nil)
        #expect(try await fixture.envelope("waybillRetryProcess", fields)["status"] as? String == "PENDING")
        try fixture.finish(uuid)
        #expect(try await fixture.envelope("waybillRetryProcess", fields)["status"] as? String == "SUCCESS")
    }

    /// An upload is done again with the rights of today.
    @Test func aRetryNeedsTheRightsOfTheKindOfProcess() async throws {
        let (acme, queue) = (fixture.acme, fixture.queue)
        let shop = acme.products[0].id
        let key = try fixture.user(.member)
        let holder = try #require(try fixture.database.read { try $0.integer("SELECT max(id) FROM account") })
        func failed(_ kind: Job.Kind, product: Int64) async throws -> String {
            var new = NewJob(
                uuid: UUID().uuidString.lowercased(), organization: acme.id, kind: kind, request: "{}",
                processType: "TEST")
            (new.account, new.product) = (holder, product)
            let submitted = new
            let job = try await fixture.database.write { connection in
                try queue.submit(submitted, claimedBy: "test", on: connection)
            }
            try queue.fail(job, owner: "test", why: "no room")
            return job.uuid
        }
        func code(_ uuid: String) async throws -> Int? {
            try await fixture.code("waybillRetryProcess", ["orgToken": acme.token, "uuid": uuid], key: key)
        }
        func give(_ role: Role, for scopes: KeyScopes) async throws {
            try await fixture.database.write { connection in
                try connection.run("UPDATE assignment SET role = \(role.rawValue) WHERE account = \(holder)")
                try connection.run("UPDATE user_key SET scopes = \(scopes.rawValue) WHERE account = \(holder)")
            }
        }
        for product in [shop, 0] {
            let upload = try await failed(.intake, product: product)
            try await give(.readOnly, for: .all)
            #expect(try await code(upload) == 5001)
            try await give(.member, for: .submit)
            #expect(try await code(upload) == 5001)
            #expect(try fixture.database.read { try queue.state(uuid: upload, on: $0) } == .failed)
            try await give(.member, for: .upload)
            #expect(try await code(upload) == nil)
        }
        let report = try await failed(.report, product: shop)
        #expect(try await code(report) == 5001)
        try await give(.readOnly, for: .submit)
        #expect(try await code(report) == nil)
    }

    @Test func statusSaysWhatIsMissing() async throws {
        let uuid = try uuidOf(try await submit())
        let fields = ["orgToken": fixture.acme.token, "uuid": uuid]
        let job = try #require(try fixture.queue.claim(for: "test"))
        try fixture.queue.wait(job, owner: "test", for: .disk, why: "cannot write to /data/artifacts: No space left")
        let envelope = try await fixture.envelope("getAsyncProcessStatus", fields)
        #expect(envelope["status"] as? String == "PENDING" && envelope["errorMessage"] == nil)
        #expect(
            envelope["waitingFor"] as? [String: String] == [
                "reason": "DISK", "message": "the server's disk, which is full or cannot be used",
                "since": TimeText.time(Fixture.start),
            ])
        #expect(!"\(envelope)".contains("/data"))
    }

    @Test func statusSaysThatAReportWaitsForUploads() async throws {
        let acme = fixture.acme
        let queue = fixture.queue
        try await fixture.database.write { connection in
            _ = try queue.submit(
                NewJob(
                    uuid: "upload", organization: acme.id, kind: .intake, request: "{}", processType: "SBOM_UPLOAD"),
                on: connection)
        }
        let uuid = try uuidOf(try await submit())
        let envelope = try await fixture.envelope("getAsyncProcessStatus", ["orgToken": acme.token, "uuid": uuid])
        #expect((envelope["waitingFor"] as? [String: Int]) == ["uploads": 1])
        #expect(try await fixture.code("downloadAsyncReport", ["orgToken": acme.token, "uuid": "upload"]) == 2021)
    }

    @Test(arguments: [
        ("OrgInHouseReport", "ORG_IN_HOUSE_REPORT"), ("ProductSBOMReport", "PRODUCT_SBOM_REPORT"),
        ("RiskReport", "RISK_REPORT"), ("ChangeLogReport", "CHANGE_LOG_REPORT"),
        ("AuditTrailReport", "AUDIT_TRAIL_REPORT"),
    ])
    func processTypes(name: String, expected: String) { #expect(Envelope.processType(name) == expected) }
}
