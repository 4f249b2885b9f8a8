import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// People, keys and the audit trail by `--server`: an administrator can do at a server all work that the operator does
    /// on the data.
    struct ServerOfficeTests {
        /// A server over an organization with the product Shop.
        private final class World: Sendable {
            let site: Site
            let organization: Organization
            let server: RunningServer

            init() throws {
                site = try Site()
                organization = try site.organization("Acme")
                _ = try site.importBOM(
                    Document.cycloneDX(libraries: 1, name: "Cart"), to: organization, product: "Shop", project: "Cart")
                server = try RunningServer(site, ["--workers", "0"])
            }

            func remote(_ words: [String], key: String? = nil) throws -> Program.Ending {
                try Executable.run(
                    words + ["--server", "http://127.0.0.1:\(server.port)"],
                    environment: ["WAYBILL_KEY": key ?? organization.key], in: site.folder.url.path)
            }

            func local(_ words: [String]) throws -> Program.Ending {
                try Executable.run(words + site.flags, in: site.folder.url.path)
            }

            /// Whether a key is valid anywhere.
            func opens(_ key: String) throws -> Bool {
                try remote(["list", "products"], key: key).status == 0
            }
        }

        /// The key that a command printed with `--json`.
        private static func key(_ ending: Program.Ending) throws -> String {
            let json = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
            return try #require(json?["userKey"] as? String, "\(ending.errors)")
        }

        @Test func peopleAreLookedAfter() throws {
            let world = try World()
            let ada = ["--email", "ada@example.org"]
            let first = try Self.key(
                try world.remote(["user", "add", "--name", "Ada", "--role", "MEMBER", "--json"] + ada))
            // Both sides show the same, and refuse in the same words.
            for words in [
                ["user", "list"], ["key", "list"] + ada, ["key", "list", "--json"] + ada, ["user", "add"] + ada,
                ["user", "role", "--role", "MEMBER", "--email", "x@example.org"],
                ["user", "role", "--role", "KING"] + ada,
                ["user", "role", "--role", "MEMBER", "--product", "Shpo"] + ada,
                ["key", "list", "--email", "x@example.org"], ["key", "revoke", "--name", "none"] + ada,
                ["key", "create", "--name", "main"] + ada, ["key", "create", "--name", "x", "--scopes", "FLY"] + ada,
                ["key", "renew", "--expires", "2020-01-01"] + ada, ["user", "remove", "--email", "x@example.org"],
            ] {
                let (here, there) = (try world.local(words), try world.remote(words))
                #expect(here.status == there.status, "\(words): \(here.errors) \(there.errors)")
                #expect(here.output == there.output, "\(words)")
                func plain(_ text: String) -> String {
                    text.replacing("in this database", with: "…").replacing("on this server", with: "…")
                }
                #expect(plain(here.errors) == plain(there.errors), "\(words)")
            }
            #expect(try world.opens(first))
            let role = try world.remote(["user", "role", "--role", "READ_ONLY", "--product", "Shop"] + ada)
            #expect(role.output == "ada@example.org is READ_ONLY\n", "\(role.errors)")
            #expect(
                try world.local(["user", "list"]).output.contains("ada@example.org  Ada  MEMBER, READ_ONLY in Shop"))
            #expect(try world.remote(["user", "remove"] + ada).output == "removed ada@example.org\n")
            #expect(try !world.opens(first))
            let whole = try world.remote(["user", "list", "--json"])
            #expect(whole.status == 2 && whole.errors.contains("waybill list users --json"), "\(whole.errors)")
        }

        @Test func keysAreMadeRenewedAndRevoked() throws {
            let world = try World()
            let ada = ["--email", "ada@example.org"]
            let first = try Self.key(try world.remote(["user", "add", "--role", "MEMBER", "--json"] + ada))
            let made = try Self.key(
                try world.remote(
                    ["key", "create", "--name", "ci", "--scopes", "read,upload", "--expires", "2099-01-01", "--json"]
                        + ada))
            #expect(try world.opens(made))
            let listed = try world.remote(["key", "list"] + ada).output
            #expect(listed.contains("ci  READ,UPLOAD  ends 2099-01-01 00:00:00"), "\(listed)")
            let second = try Self.key(try world.remote(["key", "renew", "--name", "ci", "--json"] + ada))
            #expect(try world.opens(second) && !world.opens(made))
            let other = try Self.key(try world.remote(["key", "renew", "--json"] + ada))
            #expect(try world.opens(other) && !world.opens(first))
            #expect(
                try world.remote(["key", "revoke", "--name", "ci"] + ada).output == "revoked ci of ada@example.org\n")
            #expect(try !world.opens(second))
            // Another member may not.
            let refused = try world.remote(["user", "list"], key: other)
            #expect(refused.status == 1 && refused.errors.contains("administrator"), "\(refused.errors)")
        }

        @Test func theAuditTrailIsRead() throws {
            let world = try World()
            for number in 0..<3 {
                let words = ["user", "add", "--email", "u\(number)@example.org"]
                #expect(try world.remote(words).status == 0)
            }
            func records(_ ending: Program.Ending) throws -> [[String: Any]] {
                let json = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
                return try #require(json?["records"] as? [[String: Any]], "\(ending.errors)")
            }
            let words = ["audit", "--event", "USER", "--json", "--org", "Acme"]
            // The number of the organization is the database's.
            let here = try records(world.local(words)).map { $0.filter { $0.key != "organization" } }
            let there = try records(world.remote(words))
            #expect(there.count >= 3 && here.map { $0 as NSDictionary } == there.map { $0 as NSDictionary })
            #expect(try records(world.remote(words + ["--limit", "2"])).count == 2)
            let wrong = ["audit", "--event", "FLY"]
            #expect(try world.remote(wrong).status == 2)
            #expect(try world.remote(wrong).errors == world.local(wrong).errors)
        }
    }
}
