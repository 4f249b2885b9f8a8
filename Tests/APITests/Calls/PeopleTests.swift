import Database
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import API

/// Users, groups and roles: mend-api.md §3.6.
struct PeopleTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private var org: [String: Any] { ["orgToken": fixture.acme.token] }

    private func call(_ name: String, _ fields: [String: Any], key: String? = nil) async throws -> [String: Any] {
        try await fixture.call(name, org.merging(fields) { $1 }, key: key)
    }

    private func code(_ name: String, _ fields: [String: Any], key: String? = nil) async throws -> Int? {
        try await call(name, fields, key: key)["errorCode"] as? Int
    }

    @Test func aUserIsMadeAndRemoved() async throws {
        let user: [String: Any] = ["name": "Ada", "email": "ada@acme.example"]
        let made = try await call(
            "createUser",
            ["inviter": ["email": "admin@acme.example"], "addedUser": user, "role": "read_only"])
        let key = try #require(made["userToken"] as? String)
        #expect(key.utf8.count == 64)
        #expect(try await code("createUser", ["addedUser": user]) == 2013)
        #expect(try await code("createUser", ["addedUser": ["name": "X", "email": "nobody"]]) == 2021)
        let users = try #require(try await call("getAllUsers", [:], key: key)["users"] as? [[String: Any]])
        #expect(users.map { $0["email"] as? String } == ["admin@acme.example", "ada@acme.example"])
        // The same e-mail address in another organization is no user here.
        let other = try await fixture.call(
            "getAllUsers", ["orgToken": fixture.rival.token], key: fixture.rival.administrator)
        #expect((other["users"] as? [Any])?.count == 1)
        _ = try await call("removeUserFromOrganization", ["user": ["email": "ada@acme.example"]])
        #expect(try await code("getAllUsers", [:], key: key) == 5001)
        #expect(try await code("removeUserFromOrganization", ["user": ["email": "ada@acme.example"]]) == 2011)
    }

    @Test func theLastAdministratorStays() async throws {
        #expect(try await code("removeUserFromOrganization", ["user": ["email": "admin@acme.example"]]) == 2021)
        let made = try await call("createUser", ["addedUser": ["name": "Ada", "email": "ada@acme.example"]])
        let key = try #require(made["userToken"] as? String)
        _ = try await call(
            "setOrganizationAssignments",
            ["administrators": ["userAssignments": [["email": "ada@acme.example"]], "groupAssignments": NSNull()]])
        // The first one lost the role, and with it everything that the key allowed.
        #expect(try await code("getAllUsers", [:]) == 5001)
        #expect(try await code("getAllUsers", [:], key: key) == nil)
    }

    @Test func oneRoleOfOneMemberIsSet() async throws {
        let made = try await call("createUser", ["addedUser": ["name": "Ada", "email": "ada@acme.example"]])
        let key = try #require(made["userToken"] as? String)
        func set(_ role: String, _ more: [String: Any] = [:], key: String? = nil) async throws -> Int? {
            let fields: [String: Any] = ["email": "ada@acme.example", "role": role]
            return try await code("waybillSetRole", fields.merging(more) { $1 }, key: key)
        }
        #expect(try await code("getAllUsers", [:], key: key) == 5001)
        #expect(try await set("read_only") == nil)
        #expect(try await code("getAllUsers", [:], key: key) == nil)
        // Other people keep their roles, and a reader gives none.
        #expect(try await set("ADMINISTRATOR", key: key) == 5001)
        #expect(try await set("NONE") == nil)
        #expect(try await code("getAllUsers", [:], key: key) == 5001)
        #expect(try await set("MEMBER", ["productToken": fixture.acme.products[0].token]) == nil)
        #expect(try await code("getAllUsers", [:], key: key) == nil)
        #expect(try await set("MEMBER", ["productToken": fixture.rival.products[0].token]) == 5001)
        #expect(try await set("OWNER") == 2021)
        #expect(try await code("waybillSetRole", ["email": "nobody@acme.example", "role": "MEMBER"]) == 2011)
        // The last administrator stays an administrator.
        #expect(try await code("waybillSetRole", ["email": "admin@acme.example", "role": "NONE"]) == 2021)
    }

    @Test func groupsGiveRoles() async throws {
        let made = try await call("createUser", ["addedUser": ["name": "Ada", "email": "ada@acme.example"]])
        let key = try #require(made["userToken"] as? String)
        _ = try await call("createGroup", ["group": ["name": "legal", "description": "all of them"]])
        #expect(try await code("createGroup", ["group": ["name": "legal"]]) == 2021)
        let pairs: [[Any]] = [[["name": "legal"], [["email": "ada@acme.example"]]]]
        _ = try await call("addUsersToGroups", ["assignedUsers": pairs])
        #expect(try await code("addUsersToGroups", ["assignedUsers": [[["name": "none"], [["email": "x"]]]]]) == 2008)
        #expect(try await code("addUsersToGroups", ["assignedUsers": [[["name": "legal"], [["email": "x"]]]]]) == 2011)
        let groups = try #require(try await call("getAllGroups", [:])["groups"] as? [[String: Any]])
        #expect(groups.count == 1)
        #expect((groups[0]["users"] as? [[String: Any]])?.first?["email"] as? String == "ada@acme.example")
        #expect(try await code("createProduct", ["productName": "New"], key: key) == 5001)
        _ = try await call(
            "setOrganizationAssignments", ["administrators": ["groupAssignments": [["name": "legal"]]]])
        #expect(try await code("createProduct", ["productName": "New"], key: key) == nil)
        let roles = try await call("getOrganizationAssignments", [:])
        #expect(
            (roles["groupRoles"] as? [String: [[String: String]]]) == ["ADMIN": [["name": "legal"]]])
        #expect((roles["userRoles"] as? [String: [Any]])?["ADMIN"]?.count == 1)
    }

    @Test func rolesOfAProduct() async throws {
        let made = try await call("createUser", ["addedUser": ["name": "Ada", "email": "ada@acme.example"]])
        let key = try #require(made["userToken"] as? String)
        let product: [String: Any] = ["productToken": fixture.acme.token(.product)]
        #expect(try await fixture.code("createProject", product.merging(["projectName": "A"]) { $1 }, key: key) == 5001)
        let admins: [String: Any] = ["userAssignments": [["email": "ada@acme.example"]]]
        _ = try await fixture.call("setProductAssignments", product.merging(["productAdmins": admins]) { $1 })
        #expect(try await fixture.code("createProject", product.merging(["projectName": "A"]) { $1 }, key: key) == nil)
        let other: [String: Any] = ["productToken": fixture.acme.token(.product, 1), "projectName": "A"]
        #expect(try await fixture.code("createProject", other, key: key) == 5001)
        let roles = try await fixture.call("getProductAssignments", product)
        #expect((roles["userRoles"] as? [String: [[String: String]]])?["ADMIN"]?.first?["name"] == "Ada")
    }

    @Test func keysAreRenewedAndEnd() async throws {
        let service = try await call("createServiceUser", ["addedUser": ["name": "ci"], "role": "MEMBER"])
        let old = try #require(service["userToken"] as? String)
        let renewed = try await call("regenerateUserKey", ["serviceUserKey": old, "expires": "2026-01-02 04:00:00"])
        let key = try #require(renewed["userToken"] as? String)
        #expect(try await code("getAllUsers", [:], key: old) == 5001)
        #expect(try await code("getAllUsers", [:], key: key) == nil)
        fixture.world.time.withLock { $0 += 3_600_000 }
        #expect(try await code("getAllUsers", [:], key: key) == 5001)
        let wrong = try await call("regenerateUserKey", ["serviceUserKey": old])
        #expect(wrong["errorCode"] as? Int == 2021)
        #expect((wrong["errorMessage"] as? String)?.contains(old) == false)
    }
}
