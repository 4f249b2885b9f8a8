import Bytes
import Database
import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import API

/// Least privilege: roles that a call gives and removes, and keys with scopes, on both engines.
struct KeyTests {
    /// Makes calls as one of several people.
    private struct Office {
        let world: ManagedWorld
        let org: [String: Any]

        init(_ engine: Engine) throws {
            world = try ManagedWorld(engine)
            org = ["orgToken": try world.token(.organization)]
        }

        func call(_ name: String, _ fields: [String: Any] = [:], key: String? = nil) async throws -> [String: Any] {
            var all = org.merging(fields) { $1 }
            if all["productToken"] != nil, !name.hasPrefix("create") || name == "createProject" {
                all["orgToken"] = nil
            }
            return try await world.call(name, all, key: key)
        }

        func code(_ name: String, _ fields: [String: Any] = [:], key: String? = nil) async throws -> Int? {
            try await call(name, fields, key: key)["errorCode"] as? Int
        }

        func user(_ email: String, _ fields: [String: Any] = [:]) async throws -> String {
            let answer = try await call("createUser", ["addedUser": ["email": email]].merging(fields) { $1 })
            return try #require(answer["userToken"] as? String, "\(answer)")
        }

        func keys(_ fields: [String: Any] = [:], key: String? = nil) async throws -> [[String: Any]] {
            let answer = try await call("waybillGetKeys", fields, key: key)
            return try #require(answer["keys"] as? [[String: Any]], "\(answer)")
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aNewUserHasTheRoleThatTheCallNames(engine: Engine) async throws {
        let office = try Office(engine)
        let product = try office.world.token(.product)
        let tag: [String: Any] = ["productToken": product, "tagKey": "team", "tagValue": "blue"]
        let none = try await office.user("none@example.org")
        #expect(try await office.code("getAllUsers", key: none) == 5001)
        // A user without a role is a member, too, and is found by the e-mail address.
        let users = try #require(try await office.call("getAllUsers")["users"] as? [[String: Any]])
        #expect(users.contains { $0["email"] as? String == "none@example.org" })
        let reader = try await office.user("reader@example.org", ["role": "READ_ONLY"])
        #expect(try await office.code("getAllUsers", key: reader) == nil)
        #expect(try await office.code("saveProductTag", tag, key: reader) == 5001)
        let member = try await office.user("member@example.org", ["role": "Member"])
        #expect(try await office.code("saveProductTag", tag, key: member) == nil)
        // The role of the whole organization is removed, and given back.
        func members(_ emails: [String]) async throws {
            _ = try await office.call(
                "setOrganizationAssignments", ["members": ["userAssignments": emails.map { ["email": $0] }]])
        }
        try await members([])
        #expect(try await office.code("saveProductTag", tag, key: member) == 5001)
        #expect(try await office.code("getAllUsers", key: member) == 5001)
        try await members(["none@example.org"])
        #expect(try await office.code("saveProductTag", tag, key: none) == nil)
        let wrong = try await office.call(
            "createUser", ["addedUser": ["email": "x@example.org"], "role": "KING"])
        #expect(wrong["errorCode"] as? Int == 2021)
        #expect((wrong["errorMessage"] as? String)?.contains("READ_ONLY, NONE") == true)
    }

    @Test(arguments: TemporaryDatabase.engines) func aServiceWorksInOneProductOnly(engine: Engine) async throws {
        let office = try Office(engine)
        let (own, other) = (try office.world.token(.product), try office.world.token(.product, place: 2))
        let made = try await office.call(
            "createServiceUser",
            ["addedUser": ["name": "ci"], "role": "MEMBER", "productToken": own, "scopes": ["UPLOAD", "READ"]])
        let key = try #require(made["userToken"] as? String)
        let products = try await office.call("getAllProducts", key: key)
        #expect((products["products"] as? [[String: Any]])?.map { $0["productToken"] as? String } == [own])
        #expect(try await office.code("getProductProjectVitals", ["productToken": own], key: key) == nil)
        #expect(try await office.code("getProductProjectVitals", ["productToken": other], key: key) == 5001)
        // The role is sufficient, but the key's scopes are not.
        let refused = try await office.call(
            "saveProductTag", ["productToken": own, "tagKey": "a", "tagValue": "b"], key: key)
        #expect(refused["errorCode"] as? Int == 5001)
        #expect(
            refused["errorMessage"] as? String
                == "User is not allowed to perform this action: saveProductTag needs a key for ADMINISTER")
        // A user learns nothing of another's product.
        let foreign = try office.world.token(.product, organization: 2)
        #expect(
            try await office.code(
                "createServiceUser", ["addedUser": ["name": "spy"], "role": "MEMBER", "productToken": foreign]) == 5001)
    }

    @Test(arguments: TemporaryDatabase.engines) func keysAreMadeUsedAndRevoked(engine: Engine) async throws {
        let office = try Office(engine)
        let first = try await office.user("ada@example.org", ["role": "MEMBER"])
        let made = try await office.call(
            "waybillAddKey", ["keyName": "reports", "scopes": ["read", "submit"], "expires": "2026-02-01"], key: first)
        let second = try #require(made["userToken"] as? String)
        #expect(second.utf8.count == 64)
        #expect(try await office.code("waybillAddKey", ["keyName": "reports"], key: first) == 2021)
        #expect(try await office.code("waybillAddKey", ["keyName": "x", "scopes": "FLY"], key: first) == 2021)
        #expect(try await office.code("waybillAddKey", ["keyName": "x", "expires": "2020-01-01"], key: first) == 2021)
        // The new key reads, and makes no further keys.
        #expect(try await office.code("getAllProducts", key: second) == nil)
        #expect(try await office.code("waybillAddKey", ["keyName": "x"], key: second) == 5001)
        try office.world.backend.ledger.write(
            to: office.world.inventory.database, at: office.world.inventory.queue.now())
        let listed = try await office.keys(key: second)
        #expect(listed.map { $0["keyName"] as? String } == ["main", "reports"])
        #expect(listed[1]["scopes"] as? [String] == ["READ", "SUBMIT"])
        #expect(listed[1]["expires"] as? String == "2026-02-01 00:00:00")
        #expect(listed[1]["isThisKey"] as? Bool == true && listed[0]["isThisKey"] as? Bool == false)
        #expect(listed[1]["lastUsed"] as? String == TimeText.time(office.world.inventory.queue.now()))
        #expect(!String(describing: listed).contains(second))
        // An administrator sees and ends it; a member cannot change keys of others.
        #expect(try await office.code("waybillGetKeys", ["email": "admin1@example.org"], key: first) == 5001)
        #expect(try await office.keys(["email": "ada@example.org"]).count == 2)
        #expect(
            try await office.code("waybillRevokeKey", ["keyName": "reports", "email": "ada@example.org"]) == nil)
        #expect(try await office.code("getAllProducts", key: second) == 5001)
        #expect(try await office.code("waybillRevokeKey", ["keyName": "reports"], key: first) == 2021)
        #expect(try await office.code("getAllProducts", key: first) == nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func membersRenewTheirOwn(engine: Engine) async throws {
        let office = try Office(engine)
        let old = try await office.user(
            "ada@example.org", ["role": "READ_ONLY", "scopes": "READ", "expires": "2026-01-12 03:04:05"])
        let renewed = try await office.call("waybillRenewKey", ["keyName": "main"], key: old)
        let key = try #require(renewed["userToken"] as? String, "\(renewed)")
        #expect(try await office.code("getAllProducts", key: old) == 5001)
        #expect(try await office.code("getAllProducts", key: key) == nil)
        // It lives no longer than its given time.
        #expect(try await office.keys(key: key)[0]["expires"] as? String == "2026-01-12 03:04:05")
        #expect(
            try await office.code("waybillRenewKey", ["keyName": "main", "expires": "2027-01-01"], key: key) == 2021)
        office.world.inventory.pass(11 * 86_400_000)
        #expect(try await office.code("getAllProducts", key: key) == 5001)
        // The administrator opens the door again.
        let again = try await office.call("waybillRenewKey", ["keyName": "main", "email": "ada@example.org"])
        #expect(
            try await office.code("getAllProducts", key: try #require(again["userToken"] as? String)) == nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func theLastAdministratorStaysInside(engine: Engine) async throws {
        let office = try Office(engine)
        let email = "admin1@example.org"
        for (name, fields) in [
            ("regenerateUserKey", ["email": email, "expires": "2020-01-01"]),
            ("waybillRenewKey", ["keyName": "main", "expires": "2020-01-01"]),
            ("waybillRevokeKey", ["keyName": "main"]),
            ("removeUserFromOrganization", ["user": ["email": email]]),
            ("setOrganizationAssignments", ["administrators": ["userAssignments": [[String: String]]()]]),
        ] as [(String, [String: Any])] {
            let answer = try await office.call(name, fields)
            #expect(answer["errorCode"] as? Int == 2021, "\(name): \(answer)")
            #expect(try await office.code("getAllUsers") == nil, "\(name)")
        }
        // A key that only reads cannot sign in.
        let made = try await office.call("waybillAddKey", ["keyName": "reader", "scopes": "READ"])
        #expect(made["userToken"] != nil)
        #expect(try await office.code("waybillRevokeKey", ["keyName": "main"]) == 2021)
        // When another administrator has a key, it may be deleted.
        let other = try await office.user("second@example.org", ["role": "ADMINISTRATOR"])
        #expect(try await office.code("waybillRevokeKey", ["keyName": "main"]) == nil)
        #expect(try await office.code("getAllUsers") == 5001)
        #expect(try await office.code("getAllUsers", key: other) == nil)
    }

    @Test func aPollWritesNothingOfItsKey() async throws {
        let fixture = try Fixture()
        let answer = try await fixture.envelope(
            "generateOrganizationReportAsync",
            ["orgToken": fixture.acme.token, "reportType": "OrgInventoryReport"])
        let poll: [String: Any] = ["orgToken": fixture.acme.token, "uuid": try #require(answer["uuid"] as? String)]
        func used() throws -> [Int64] {
            try fixture.database.read { connection in
                try connection.all("SELECT used_at FROM user_key ORDER BY id") { $0.integer(0) }
            }
        }
        let ledger = fixture.door.ledger
        try ledger.write(to: fixture.database, at: fixture.queue.now())
        #expect(try used()[0] == Fixture.start)
        for _ in 0..<100 {
            fixture.world.time.withLock { $0 += 500 }
            _ = try await fixture.envelope("getAsyncProcessStatus", poll)
        }
        // Less than a minute has passed, so no use waits for its write.
        try ledger.write(to: fixture.database, at: fixture.queue.now())
        #expect(try used()[0] == Fixture.start)
        fixture.world.time.withLock { $0 += 10_000 }
        _ = try await fixture.envelope("getAsyncProcessStatus", poll)
        try ledger.write(to: fixture.database, at: fixture.queue.now())
        #expect(try used()[0] == Fixture.start + 60_000)
    }
}
