import API
import Database
import TestSupport
import Testing

/// The calls that map groups of an issuer.
struct SignInMappingTests {
    @Test(arguments: TemporaryDatabase.engines) func rulesAreSetAndShown(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, product) = try (world.token(.organization), world.token(.product))
        let rules: [[String: Any]] = [
            ["group": "developers", "role": "member", "productToken": product],
            ["group": "everybody", "role": "READ_ONLY"],
        ]
        let fields: [String: Any] = ["orgToken": org, "issuer": "acme"]
        _ = try await world.call("waybillSetSignInMapping", fields.merging(["rules": rules]) { $1 })
        let shown = try await world.call("waybillGetSignInMapping", fields)
        #expect(shown["isSetByOperator"] as? Bool == false)
        let found = try #require(shown["rules"] as? [[String: String]])
        #expect(
            found == [
                ["group": "developers", "role": "MEMBER", "productToken": product],
                ["group": "everybody", "role": "READ_ONLY"],
            ])
        // An empty list replaces all.
        _ = try await world.call("waybillSetSignInMapping", fields)
        #expect(try await world.call("waybillGetSignInMapping", fields)["rules"] as? [[String: String]] == [])
    }

    @Test func wrongRulesAreRefused() async throws {
        let world = try ManagedWorld(.sqlite)
        let (org, other) = try (world.token(.organization), world.token(.product, organization: 2))
        for (rules, words) in [
            ([["group": "a", "role": "OWNER"]], "rules[0].role"), ([["role": "MEMBER"]], "rules[0].group"),
            ([["group": "a", "role": "MEMBER", "productToken": other]], "rules[0].productToken"),
            ([["group": "a", "role": "MEMBER"], ["group": "a", "role": "READ_ONLY"]], "rules[1].group"),
        ] {
            let answer = try await world.call(
                "waybillSetSignInMapping", ["orgToken": org, "issuer": "acme", "rules": rules])
            #expect((answer["errorMessage"] as? String)?.contains(words) == true, "\(words): \(answer)")
        }
        // The issuer may admit nobody to the other organization.
        let foreign = try await world.call(
            "waybillGetSignInMapping", ["orgToken": try world.token(.organization, organization: 2), "issuer": "acme"],
            as: 2)
        #expect((foreign["errorMessage"] as? String)?.contains("the operator named no issuer") == true)
    }
}
