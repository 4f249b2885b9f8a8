import Bytes
import Database
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import API

/// Two changes of one organization at once: the second one waits for the first, and sees its result.
struct AtOnceTests {
    /// Runs `second` on another thread before `first` commits, and waits until it waits or ends.
    private func atOnce(
        _ database: any Database, _ first: @escaping @Sendable (any Connection) throws -> Void,
        _ second: @escaping @Sendable (any Connection) throws -> Void
    ) throws {
        let (done, failure) = (DispatchSemaphore(value: 0), Failure())
        try database.write { connection in
            try first(connection)
            Thread.detachNewThread {
                do { try database.write(second) } catch { failure.error.withLock { $0 = error } }
                done.signal()
            }
            // SQLite has one writer.
            guard connection.engine == .postgresql else { return }
            for _ in 0..<1000 {
                let waiting = try database.read {
                    try $0.integer(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE wait_event_type = 'Lock' AND datname = current_database()
                        """)
                }
                if waiting != 0 { return }
                usleep(10_000)
            }
            Issue.record("the second change did not wait for the first")
        }
        done.wait()
        if let error = failure.error.withLock({ $0 }) { throw error }
    }

    private final class Failure: Sendable {
        let error = Mutex<(any Error)?>(nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func twoChoicesOfLicencesStay(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let uuids = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT DISTINCT uuid FROM library l WHERE organization = 1 AND NOT EXISTS (SELECT 1
                    FROM license_override x WHERE x.organization = 1 AND x.library_uuid = l.uuid) ORDER BY uuid LIMIT 2
                """
            ) { $0.string(0) }
        }
        try #require(uuids.count == 2)
        let curator = Curator(organization: 1, author: .system, time: 9)
        try atOnce(fixture.database) { connection in
            let isSet = try LicenseOverrides.set(["MIT"], of: uuids[0], reference: "", by: curator, on: connection)
            #expect(isSet)
        } _: { connection in
            let isSet = try LicenseOverrides.set(["GPL-3.0"], of: uuids[1], reference: "", by: curator, on: connection)
            #expect(isSet)
        }
        let given = try fixture.database.read { connection in
            try connection.all(
                "SELECT library_uuid, given FROM license_override WHERE organization = 1 AND at = 9 ORDER BY library_uuid"
            ) { "\($0.string(0)) \($0.string(1))" }
        }
        #expect(given == ["\(uuids[0]) MIT", "\(uuids[1]) GPL-3.0"])
    }

    @Test(arguments: TemporaryDatabase.engines) func anAddressBecomesOneMember(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let digests = try (0..<2).map { _ in UserKey(random: try Randomness.system.bytes(32)).digest }
        @Sendable func add(_ place: Int, on connection: any Connection) throws {
            let new = People.NewMember(
                name: "Ada", email: "ada@acme.example", kind: "USER", key: NewKey(digests[place]), role: .member)
            try People.add(
                new, Writing(in: Scope(kind: .organization, organization: 1), by: .system, at: 9, on: connection))
        }
        #expect(throws: PeopleError.isMember("ada@acme.example")) {
            try atOnce(fixture.database) {
                try add(0, on: $0)
            } _: {
                try add(1, on: $0)
            }
        }
        let accounts = try fixture.database.read {
            try $0.integer("SELECT count(*) FROM account WHERE email = 'ada@acme.example'")
        }
        #expect(accounts == 1)
    }
}
