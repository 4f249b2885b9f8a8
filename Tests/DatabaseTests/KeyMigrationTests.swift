import TestSupport
import Testing

@testable import Database

/// The step that gives accounts several keys keeps the existing ones.
struct KeyMigrationTests {
    @Test(arguments: TemporaryDatabase.engines) func oldKeysAndMembersStay(engine: Engine) throws {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let step = try #require(Migration.all.firstIndex { $0.name.description == "keys" })
        try database.write { connection in
            try Migration.make(on: connection, upTo: step)
            try connection.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'Acme', 0)")
            try connection.run(
                """
                INSERT INTO account (id, email, name, kind, key_digest, created_at, key_expires_at)
                VALUES (1, 'a@x', 'A', 'USER', \([UInt8]([1, 2])), 5, 0), (2, 'b@x', 'B', 'USER', \([UInt8]([3])), 6, 99),
                    (3, 'c@x', 'C', 'USER', NULL, 7, 0), (4, 'd@x', 'D', 'USER', \([UInt8]([4])), 8, 0)
                """)
            try connection.run(
                "INSERT INTO assignment (organization, account, product, role) VALUES (1, 1, 0, 'MEMBER')")
            try connection.run("INSERT INTO account_group (id, organization, name) VALUES (7, 1, 'legal')")
            try connection.run("INSERT INTO group_member (account_group, account) VALUES (7, 1), (7, 2), (7, 99)")
        }
        try database.migrate()
        let keys = try database.read { connection in
            try connection.all(
                "SELECT account, name, digest, scopes, created_at, expires_at, used_at FROM user_key ORDER BY id"
            ) { row in "\(row.integer(0)) \(row.string(1)) \(row.blob(2)) \((3...6).map { row.integer($0) })" }
        }
        #expect(
            keys == ["1 main [1, 2] [15, 5, 0, 0]", "2 main [3] [15, 6, 99, 0]", "4 main [4] [15, 8, 0, 0]"])
        let members = try database.read { connection in
            try connection.all("SELECT organization, account FROM membership ORDER BY 1, 2") {
                [$0.integer(0), $0.integer(1)]
            }
        }
        #expect(members == [[1, 1], [1, 2]])
        // The next key has a new number.
        #expect(try database.write { try $0.take(1, from: "user_key") } == 5)
        let left = try database.read { try $0.integer("SELECT count(*) FROM account WHERE key_digest IS NOT NULL") }
        #expect(left == 0)
    }
}
