import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// People who are locked out, and the operator who helps them while a server runs.
    struct KeyCommandTests {
        @Test func whoIsLockedOutGetsAnotherKey() throws {
            let site = try Site()
            let organization = try site.organization()
            let server = try RunningServer(site, ["--workers", "0"])
            let org: [String: Any] = ["orgToken": organization.token]
            func code(_ key: String) throws -> Int? {
                try server.call("getAllUsers", org, key: key)["errorCode"] as? Int
            }
            let added = try site.json(["user", "add", "--email", "ada@example.org", "--role", "MEMBER"])
            let old = try #require(added["userKey"] as? String)
            #expect(try code(old) == nil)
            let renewed = try site.json(["key", "renew", "--email", "ada@example.org"])
            let key = try #require(renewed["userKey"] as? String)
            #expect(try code(old) == 5001)
            #expect(try code(key) == nil)
            _ = try site.json(["user", "role", "--email", "ada@example.org", "--role", "NONE"])
            #expect(try code(key) == 5001)
            let users = try #require(try site.json(["user", "list"])["users"] as? [[String: Any]])
            #expect(users.map { $0["role"] as? String } == ["ADMINISTRATOR", "NONE"])
            // The last administrator stays, whatever the operator types.
            let email = try #require(users[0]["email"] as? String)
            for words in [
                ["user", "remove"], ["user", "role", "--role", "MEMBER"], ["key", "revoke", "--name", "main"],
                ["key", "renew", "--expires", "2020-01-01"],
            ] {
                let ending = try Executable.run(words + ["--email", email] + site.flags)
                #expect(ending.status == 1, "\(words): \(ending.output)\(ending.errors)")
                #expect(try code(organization.key) == nil, "\(words)")
            }
            let records = try site.json(["audit", "--event", "KEY"])["records"] as? [[String: Any]]
            #expect(records?.count == 1)
            #expect(try server.stop().status == 0)
        }
    }
}
