import Database
import TestSupport
import Testing

@testable import Reports

/// The report also has users with access by a group.
struct MembersTests {
    @Test(arguments: TemporaryDatabase.engines) func groupsWithARoleAreListed(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let places = try (0...2).map { try fixture.scope(.project, place: $0) }
        let (organization, webshop, bank) = (places[0].organization, places[0].product, places[2].product)
        try fixture.database.write { connection in
            try connection.run(
                """
                INSERT INTO account (id, email, name, kind, created_at)
                VALUES (9001, 'ada@example.org', 'Ada', 'USER', 1), (9002, 'bob@example.org', 'Bob', 'USER', 1)
                """)
            for (id, name) in [(Int64(71), "legal"), (72, "shop team"), (73, "nobody's")] {
                try connection.run(
                    "INSERT INTO account_group (id, organization, name) VALUES (\(id), \(organization), \(name))")
            }
            try connection.run("INSERT INTO group_member VALUES (71, 9001), (71, 9002), (72, 9002)")
            for (group, product, role) in [
                (Int64(71), Int64(0), "READ_ONLY"), (71, 0, "ADMINISTRATOR"), (72, webshop, "MEMBER"),
            ] {
                try connection.run(
                    """
                    INSERT INTO group_assignment (organization, account_group, product, role)
                    VALUES (\(organization), \(group), \(product), \(role))
                    """)
            }
        }
        func groups(_ kind: ScopeKind, _ place: Int = 0, visible: [Int64]? = nil) throws -> [String] {
            let found = ReportCase.all.first {
                $0.type == "\(kind.prefix)MembersReport" && $0.format == .json
            }
            let report = try #require(found)
            let scope = try fixture.scope(kind, place: place, visibleProducts: visible)
            let part = try #require(report.produce(fixture, scope: scope).parts().first)
            return try part.rows("groups").map { group in
                let members = (group["members"] as? [[String: Any]] ?? []).map { "\($0["name"] ?? "")" }
                return "\(group["name"] ?? "") \(group["role"] ?? "") \(members.joined(separator: " "))"
            }
        }
        let legal = "legal ADMINISTRATOR Ada Bob"
        let team = "shop team MEMBER Bob"
        #expect(try groups(.organization) == [legal, team])
        #expect(try groups(.product) == [legal, team])
        #expect(try groups(.project, 2) == [legal])
        // Users who see some products get the rows about these.
        #expect(try groups(.organization, visible: [webshop]) == [team])
        #expect(try groups(.organization, visible: [bank]) == [])
    }

    /// If a person has several roles in one place, the report shows the one with the most rights.
    @Test(arguments: TemporaryDatabase.engines) func theStrongestRoleIsShown(engine: Engine) throws {
        let words = [
            "ADMINISTRATOR", "MEMBER", "DEFAULT_APPROVER", "PRODUCT_APPROVER", "PRODUCT_INTEGRATOR", "READ_ONLY",
            "ALERTS_EMAIL_RECEIVER",
        ]
        let fixture = try InventoryFixture(engine, isFilled: false)
        for word in words {
            let weakness = try fixture.database.read { connection in
                try connection.integer(
                    "SELECT \(SQL(Report.weakness(of: "r.role"))) FROM (SELECT CAST(\(word) AS text) AS role) r")
            }
            let role = Role(assignment: word)
            #expect(
                role.map { Role.allCases.reversed().firstIndex(of: $0) } ?? 3 == weakness.map { Int($0) }, "\(word)")
        }
        try fixture.database.write { connection in
            try connection.run(
                """
                INSERT INTO account (id, email, name, kind, created_at)
                VALUES (9001, 'ada@example.org', 'Ada', 'USER', 1), (9002, 'bob@example.org', 'Bob', 'USER', 1)
                """)
            try connection.run("INSERT INTO account_group (id, organization, name) VALUES (71, 1, 'legal')")
            for role in ["ALERTS_EMAIL_RECEIVER", "MEMBER"] {
                try connection.run(
                    "INSERT INTO assignment (organization, account, product, role) VALUES (1, 9001, 0, \(role))")
                try connection.run(
                    """
                    INSERT INTO group_assignment (organization, account_group, product, role) VALUES (1, 71, 0, \(role))
                    """)
            }
            try connection.run(
                """
                INSERT INTO assignment (organization, account, product, role) VALUES (1, 9002, 0, 'ALERTS_EMAIL_RECEIVER')
                """)
        }
        let found = ReportCase.all.first { $0.type == "OrgMembersReport" && $0.format == .json }
        let scope = Scope(kind: .organization, organization: 1)
        let parts = try #require(found).produce(fixture, scope: scope).parts()
        let part = try #require(parts.first)
        #expect(
            try part.rows("members").map { "\($0["name"] ?? "") \($0["role"] ?? "")" } == [
                "Ada MEMBER", "Bob ALERTS_EMAIL_RECEIVER",
            ])
        #expect(try part.rows("groups").map { $0["role"] as? String } == ["MEMBER"])
    }
}
