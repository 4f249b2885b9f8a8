import Bytes
import Console
import Database
import Foundation
import HTTP
import Jobs
import TestSupport
import Testing

@testable import API
@testable import Service

/// The audit trail on both engines: the actions that leave a record, its readers, and its content.
struct AuditTests {
    private struct Office {
        let world: ManagedWorld
        let site: Site
        let org: [String: Any]

        init(_ engine: Engine) throws {
            world = try ManagedWorld(engine)
            site = Site(world.backend)
            org = ["orgToken": try world.token(.organization)]
        }

        var database: any Database { world.inventory.database }
        var now: Int64 { world.inventory.queue.now() }

        func flush() throws { try world.backend.ledger.write(to: database, at: now) }

        func records(_ fields: [String: Any] = [:], as organization: Int = 1) async throws -> [[String: Any]] {
            // The first one is stored, because a test may delete the path to it.
            let token =
                organization == 1
                ? org : ["orgToken": try world.token(.organization, organization: Int64(organization))]
            return try await world.list(
                "waybillGetAuditTrail", "records", token.merging(fields) { $1 }, as: organization)
        }

        /// Sends a request from an address to any door.
        func send(
            _ path: String, _ body: String, from address: String, headers: HTTPFields = [:]
        ) async -> HTTPResponse {
            let request = HTTPRequest(
                method: "POST", path: path, headers: headers, body: .bytes(Array(body.utf8)), client: address)
            switch site.reply(to: request) {
            case .now(let response): return response
            case .later(let work): return await work()
            }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func changesAndDownloadsAreOneRecordEach(engine: Engine) async throws {
        let office = try Office(engine)
        let before = try await office.records(["limit": 1000]).count
        _ = try await office.world.call(
            "createUser", office.org.merging(["addedUser": ["email": "ada@example.org"], "role": "MEMBER"]) { $1 })
        _ = try await office.world.call(
            "waybillRenewKey", office.org.merging(["keyName": "main", "email": "ada@example.org"]) { $1 })
        _ = try await office.world.raw("getOrganizationInventoryReport", office.org.merging(["format": "json"]) { $1 })
        _ = try await office.world.call("deleteProject", ["projectToken": try office.world.token(.project)])
        try office.flush()
        let records = try await office.records(["limit": 1000])
        #expect(records.count == before + 5)
        let newest = records.prefix(5).compactMap { $0["event"] as? String }
        #expect(Set(newest) == ["USER", "ROLE", "KEY", "DOWNLOAD", "DELETION"], "\(newest)")
        #expect(records.prefix(5).allSatisfy { $0["userEmail"] as? String == "admin1@example.org" })
        let download = try #require(try await office.records(["event": "download"]).first)
        #expect(download["request"] as? String == "getOrganizationInventoryReport")
        #expect(download["detail"] as? String == "OrgInventoryReport as json")
        #expect(download["door"] as? String == "api")
        // Earlier imports left theirs.
        #expect(try await office.records(["event": "IMPORT"]).isEmpty == false)
        // The other organization has no such record.
        let theirs = try await office.records(["limit": 1000], as: 2)
        #expect(!String(describing: theirs).contains("admin1@example.org"))
    }

    @Test(arguments: TemporaryDatabase.engines) func pagesFollowEachOther(engine: Engine) async throws {
        let office = try Office(engine)
        for number in 0..<7 {
            _ = try await office.world.call(
                "createGroup", office.org.merging(["group": ["name": "g\(number)"]]) { $1 })
            office.world.inventory.pass(1000)
        }
        var found: [String] = []
        var cursor: String?
        repeat {
            var fields: [String: Any] = ["limit": 3, "event": "ROLE"]
            fields["cursor"] = cursor
            let answer = try await office.world.call("waybillGetAuditTrail", office.org.merging(fields) { $1 })
            let page = try #require(answer["records"] as? [[String: Any]])
            found += page.compactMap { $0["detail"] as? String }
            cursor = answer["next"] as? String
        } while cursor != nil
        #expect(found == (0..<7).reversed().map { "GROUP CREATED g\($0)" })
        let wrong = try await office.world.call(
            "waybillGetAuditTrail", office.org.merging(["cursor": "x"]) { $1 })
        #expect(wrong["errorCode"] as? Int == 2021)
    }

    @Test(arguments: TemporaryDatabase.engines) func refusedKeysAreCounted(engine: Engine) async throws {
        let office = try Office(engine)
        let token = try office.world.token(.organization)
        let wrong = String(repeating: "0", count: 64)
        for _ in 0..<5 {
            _ = await office.send(
                "/api/v1.4", #"{"requestType":"getAllUsers","userKey":"\#(wrong)","orgToken":"\#(token)"}"#,
                from: "192.0.2.1")
        }
        _ = await office.send("/console/enter", "userKey=\(wrong)", from: "192.0.2.1")
        for _ in 0..<3 { _ = await office.send("/console/enter", "userKey=\(wrong)", from: "192.0.2.2") }
        // The minute runs still.
        try office.flush()
        func refused() throws -> [String] {
            var wanted = AuditTrail.Wanted(organization: nil, limit: 100)
            wanted.event = .refusedKey
            return try office.database.read { try AuditTrail.list(wanted, on: $0) }
                .map { "\($0.origin.address) \($0.origin.door) \($0.times)" }.sorted()
        }
        #expect(try refused() == [])
        office.world.inventory.pass(60_000)
        try office.flush()
        #expect(try refused() == ["192.0.2.1 api 5", "192.0.2.1 console 1", "192.0.2.2 console 3"])
        // No organization sees them, and they contain no key.
        #expect(try await office.records(["event": "REFUSED_KEY"]).isEmpty)
        let all = try office.database.read { try AuditTrail.list(.init(organization: nil, limit: 1000), on: $0) }
        let text = all.map(\.json).joined()
        #expect(!text.contains(wrong) && !text.contains(office.world.keys[0].text))
    }

    @Test(arguments: TemporaryDatabase.engines) func signInsAndThePageAreForAdministrators(engine: Engine) async throws
    {
        let office = try Office(engine)
        func enter(_ key: String) async throws -> HTTPFields {
            let response = await office.send("/console/enter", "userKey=\(key)", from: "192.0.2.9")
            let cookie = try #require(response.headers["Set-Cookie"])
            return ["Cookie": String(cookie.prefix { $0 != ";" })]
        }
        let token = try office.world.token(.organization)
        func page(_ headers: HTTPFields) async -> (Int, String) {
            let path = "/console/organization/\(token)/audit"
            let request = HTTPRequest(method: "GET", path: path, headers: headers)
            guard case .later(let work) = office.site.reply(to: request) else { return (0, "") }
            let response = await work()
            return (response.status, String(decoding: Fixture.bytes(response), as: UTF8.self))
        }
        let session = try await enter(office.world.keys[0].text)
        let (status, text) = await page(session)
        #expect(status == 200 && text.contains("SIGN_IN") && text.contains("192.0.2.9"))
        _ = await office.send("/console/leave", "", from: "192.0.2.9", headers: session)
        #expect(
            try await office.records(["limit": 2]).map { $0["event"] as? String } == ["SIGN_OUT", "SIGN_IN"])
        let made = try await office.world.call(
            "createUser", office.org.merging(["addedUser": ["email": "r@example.org"], "role": "MEMBER"]) { $1 })
        let key = try #require(made["userToken"] as? String)
        let (refused, nothing) = await page(try await enter(key))
        #expect((400..<500).contains(refused) && !nothing.contains("SIGN_IN"))
        let answer = try await office.world.call("waybillGetAuditTrail", office.org, key: key)
        #expect(answer["errorCode"] as? Int == 5001)
        // The report, too.
        let asked = office.org.merging(["reportType": "AuditTrailReport"]) { $1 }
        #expect(
            try await office.world.call("generateOrganizationReportAsync", asked, key: key)["errorCode"] as? Int == 5001
        )
        let own = try await office.world.call("generateOrganizationReportAsync", asked)
        let uuid = try #require((own["asyncProcessStatus"] as? [String: Any])?["uuid"] as? String)
        let poll = office.org.merging(["uuid": uuid]) { $1 }
        #expect(try await office.world.call("getAsyncProcessStatus", poll, key: key)["errorCode"] as? Int == 2021)
        #expect(try office.world.rows("AuditTrailReport", "records").contains { $0["event"] as? String == "SIGN_OUT" })
    }

    @Test(arguments: TemporaryDatabase.engines) func linesAreWrittenOnceAfterTheCommit(engine: Engine) async throws {
        let office = try Office(engine)
        let folder = try TemporaryFolder()
        let path = folder.path("audit.jsonl")
        let log = AuditLog(file: try LineFile(path), database: office.database)
        try log.run()
        func lines() throws -> [String] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        }
        let before = try lines().count
        _ = try await office.world.call("createGroup", office.org.merging(["group": ["name": "legal"]]) { $1 })
        try log.run()
        try log.run()
        let added = try lines().dropFirst(before)
        #expect(added.count == 1)
        let line = try #require(added.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["event"] as? String == "ROLE" && object["detail"] as? String == "GROUP CREATED legal")
        #expect(object["call"] as? String == "createGroup" && object["email"] as? String == "admin1@example.org")
        // When it was moved away, it is made again.
        try FileManager.default.moveItem(atPath: path, toPath: folder.path("audit.1"))
        _ = try await office.world.call("createGroup", office.org.merging(["group": ["name": "two"]]) { $1 })
        try log.run()
        #expect(try lines().count == 1)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(arguments: TemporaryDatabase.engines) func oldRecordsGoInSlices(engine: Engine) throws {
        let office = try Office(engine)
        try office.database.write { connection in
            _ = try AuditTrail.sweep(before: .max, limit: 100_000, on: connection)
            for time in 1...10 {
                try AuditTrail.add(AuditRecord(.signIn, organization: 1, at: Int64(time)), on: connection)
            }
        }
        func sweep() throws -> Int {
            try office.database.write { try AuditTrail.sweep(before: 8, limit: 3, on: $0) }
        }
        #expect(try [sweep(), sweep(), sweep(), sweep()] == [3, 3, 1, 0])
        let left = try office.database.read { try AuditTrail.list(.init(organization: 1, limit: 100), on: $0) }
        #expect(left.map(\.time) == [10, 9, 8])
    }

    /// A full ledger drops records, and reports that.
    @Test func theLedgerIsBounded() throws {
        let office = try Office(.sqlite)
        let ledger = Ledger()
        for number in 0..<10_050 { ledger.note(AuditRecord(.download, organization: 1, at: Int64(number))) }
        for number in 0..<6_000 { ledger.refuse(from: "192.0.2.\(number)", at: "api", time: 1) }
        try ledger.writeLast(to: office.database, at: 5)
        let counts = try office.database.read { connection in
            try connection.all(
                """
                SELECT event, count(*), sum(times) FROM audit
                WHERE event IN ('DOWNLOAD', 'REFUSED_KEY', 'LOST') AND call <> 'downloadAsyncReport'
                GROUP BY event ORDER BY event
                """
            ) { row in "\(row.string(0)) \(row.integer(1)) \(row.integer(2))" }
        }
        #expect(counts == ["DOWNLOAD 10000 10000", "LOST 1 50", "REFUSED_KEY 5001 6000"])
    }
}
