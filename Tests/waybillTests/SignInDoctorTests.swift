import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The doctor's findings about a file of issuers before a server starts with it.
    struct SignInDoctorTests {
        private static func file(_ site: Site, _ issuers: [String: String]) throws -> String {
            let listed = issuers.sorted { $0.key < $1.key }.map { id, organization in
                """
                {"id":"\(id)","issuer":"https://\(id).example","client":"waybill","organizations":["\(organization)"],
                "mapping":[{"group":"all","role":"READ_ONLY"}]}
                """
            }
            let path = site.folder.path("issuers.json")
            try Data(#"{"address":"https://waybill.example","issuers":[\#(listed.joined(separator: ","))]}"#.utf8)
                .write(to: URL(fileURLWithPath: path))
            return path
        }

        /// Signs a person of `https://old.example` in.
        private static func enter(_ site: Site) throws {
            let database = try DatabaseURL.sqlite(path: site.data + "/waybill.sqlite").open()
            defer { database.close() }
            let person = IssuedPerson(
                issuer: "https://old.example", subject: "ada", email: "ada@acme.example", isEmailVerified: true,
                name: "Ada", groups: ["all"])
            let reach = IssuerReach(
                name: "old", organizations: [1],
                rules: [MappingRule(group: "all", role: .readOnly, organization: 1, product: 0)], linksByEmail: false)
            try database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: 1), by: .system, at: 1, on: connection)
                _ = try Identities.enter(person, by: reach, newKey: [9], writing)
            }
        }

        private static func line(_ site: Site, _ flags: [String]) throws -> String {
            let ending = try Executable.run(["doctor"] + flags + site.flags)
            #expect(ending.status == 0, "\(ending.output)")
            return ending.output.split(separator: "\n").map { String($0) }.first { $0.contains(" sign-in: ") } ?? ""
        }

        @Test func theDoctorSaysWhoLosesRights() throws {
            let site = try Site()
            _ = try site.organization("Acme")
            #expect(try Self.line(site, []) == "ok   sign-in: nobody signs in with an issuer")
            let both = try Self.file(site, ["old": "Acme", "new": "Acme"])
            #expect(try Self.line(site, ["--sign-in", both]) == "ok   sign-in: 2 issuers")
            try Self.enter(site)
            #expect(
                try Self.line(site, ["--sign-in", both]) == "ok   sign-in: 2 issuers: 1 person of https://old.example")
            let forgotten = try Self.line(site, [])
            #expect(
                forgotten.hasPrefix("warn sign-in: rights that issuers gave: 1 person of https://old.example;"),
                "\(forgotten)")
            let new = try Self.file(site, ["new": "Acme"])
            let lost = try Self.line(site, ["--sign-in", new])
            #expect(
                lost.hasPrefix("warn sign-in: rights of 1 person of https://old.example end at the next start"),
                "\(lost)")
            let misspelt = try Self.file(site, ["old": "Acmee"])
            let nowhere = try Self.line(site, ["--sign-in", misspelt])
            #expect(nowhere.hasPrefix("warn sign-in: names that lead to no organization"), "\(nowhere)")
            #expect(nowhere.hasSuffix(": Acmee (old)"), "\(nowhere)")
            // The list of users has the time.
            let users = try site.json(["user", "list"])["users"] as? [[String: Any]] ?? []
            #expect(users.count == 2 && users.compactMap { $0["lastSignIn"] as? String }.count == 1, "\(users)")
        }

        @Test func theDoctorReadsTheFile() throws {
            let site = try Site()
            _ = try site.organization("Acme")
            let path = site.folder.path("issuers.json")
            try Data(#"{"address":"https://waybill.example","issuer":[]}"#.utf8).write(to: URL(fileURLWithPath: path))
            let ending = try site.run("doctor", "--sign-in", path)
            #expect(
                ending.status == 1 && ending.output.contains("BAD  sign-in: --sign-in is \(path)"), "\(ending.output)")
        }
    }
}
