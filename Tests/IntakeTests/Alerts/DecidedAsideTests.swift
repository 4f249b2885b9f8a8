import Database
import Foundation
import Inventory
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Intake

/// Alerts of large projects are decided without holding SQLite's only writer.
@Suite struct DecidedAsideTests {
    private static let count = 400
    private static let packages = (0..<count).map { (name: "package-\($0)", version: "1") }

    private func markStale(_ bench: Workbench) throws {
        try bench.database.write { try StaleProject.mark("SELECT id FROM project", on: $0) }
    }

    /// A policy that rejects all packages.
    @Sendable private func reject(_ database: any Database) throws {
        let policy = NewPolicy(
            name: "all", isEnabled: true, filter: "{}", action: "{}", filterType: "NAME", actionType: "REJECT",
            rule: .name(NamePattern(stored: "package-*")), priority: nil)
        try database.write { connection in
            let scope = Scope(kind: .organization, organization: 1)
            _ = try Policies.add(policy, Writing(in: scope, by: .account(0), at: 1, on: connection))
        }
    }

    private func decide(_ database: any Database) throws -> Int {
        try StaleAlerts(database: database, now: { 1_800_000_000_000 }).run(organization: 1) { true }
    }

    private func open(_ bench: Workbench, _ type: String) throws -> Int {
        try bench.number("SELECT count(*) FROM alert WHERE type = \(type) AND state = 'OPEN'")
    }

    @Test func `Deciding again reads no libraries while it holds the writer`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        let before = try bench.texts("SELECT * FROM alert ORDER BY project, number")
        let counting = CountingDatabase(bench.database)
        try markStale(bench)
        #expect(try decide(counting) == 0)
        #expect(counting.mostRead < 20 && counting.largest < 10)
        #expect(try bench.texts("SELECT * FROM alert ORDER BY project, number") == before)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)

        try reject(bench.database)
        counting.forget()
        #expect(try decide(counting) == Self.count)
        #expect(counting.mostRead < 20)
        #expect(try open(bench, "REJECTED_BY_POLICY_RESOURCE") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM library_request WHERE status = 'REJECTED'") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    /// Imports a VEX document with statements about the packages in turn, each about a different vulnerability.
    private func state(_ numbers: Range<Int>, into database: any Database, _ bench: Workbench) throws {
        let statements = numbers.map { number in
            """
            {"vulnerability":{"name":"CVE-2026-\(10_000 + number)"},
            "products":[{"@id":"pkg:npm/\(Self.packages[number % Self.count].name)@1"}],"status":"affected",
            "action_statement":"update"}
            """
        }
        let text = """
            {"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x:\(numbers.lowerBound)","author":"Example",
            "timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[\(statements.joined(separator: ","))]}
            """
        let queue = Queue(database: database, now: bench.queue.now)
        let job = IntakeJob(
            kind: .vex, path: try bench.file(text), destination: Intake.Destination(organization: 1, product: ""))
        let submitted = try database.write { connection in
            try queue.submit(job.newJob(uuid: UUID().uuidString.lowercased()), claimedBy: "me", on: connection)
        }
        _ = try IntakeJob.run(
            Lease(job: submitted, owner: "me"), intake: Intake(queue: queue, newToken: bench.intake.newToken),
            dataFolder: bench.folder.path(""))
    }

    @Test func `Many statements are decided beside the writer, too`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        let counting = CountingDatabase(bench.database)
        try state(0..<Self.count, into: counting, bench)
        #expect(try open(bench, "SECURITY_VULNERABILITY") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM vex_use WHERE outcome = 'APPLIED'") == Self.count)
        // Alerts, their events, exposures and outcomes in one write; the vulnerabilities of the statements were named in parts.
        #expect(counting.largest < Self.count * 4 + 20)
        #expect(
            counting.writes.filter { $0 > Self.count }.count == 2,
            "the document's rows are the other: \(counting.writes)")
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    @Test func `Statements that are known are read without the writer`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        try state(0..<1000, into: bench.database, bench)
        let counting = CountingDatabase(bench.database)
        try state(1000..<1001, into: counting, bench)
        #expect(try open(bench, "SECURITY_VULNERABILITY") == 1001)
        #expect(counting.writes.count < 25, "a write for each fifty of a thousand statements: \(counting.writes)")
    }

    @Test func `What changes while it is decided is not lost`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        // This causes the alerts to be written again.
        try bench.database.write { _ = try $0.run("UPDATE alert SET description = 'before'") }
        let first = try #require(try bench.texts("SELECT uuid FROM alert ORDER BY number").first)
        let meddling = MeddlingDatabase(bench.database, afterSnapshot: 3) { database in
            try database.write { connection in
                let scope = Scope(kind: .organization, organization: 1)
                try Alerts.decide(
                    .ignore(until: 0), on: [first], comments: "seen",
                    Writing(in: scope, by: .account(7), at: 5, on: connection))
            }
        }
        try markStale(bench)
        #expect(try decide(meddling) == Self.count)
        #expect(meddling.hasMeddled)
        #expect(try bench.texts("SELECT uuid, comments FROM alert WHERE state = 'IGNORED'") == ["\(first)|seen"])
        #expect(try bench.number("SELECT count(*) FROM alert WHERE description = 'before'") == 0)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    @Test func `A project that is too large for a call is left to a job`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        try bench.database.write { _ = try $0.run("UPDATE alert SET description = 'before'") }
        try markStale(bench)
        let alerts = StaleAlerts(database: bench.database, now: { 1_800_000_000_000 })
        #expect(try alerts.run(organization: 1, largest: Int64(Self.count) - 1) { true } == 0)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 1)
        #expect(try alerts.run(organization: 1, largest: Int64(Self.count)) { true } == Self.count)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    @Test func `Of two that decide at once, the slower one does nothing`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        // So that the alerts are written again.
        try bench.database.write { _ = try $0.run("UPDATE alert SET description = 'before'") }
        try markStale(bench)
        let counting = CountingDatabase(bench.database)
        let meddling = MeddlingDatabase(counting, afterSnapshot: 3) { database in
            let changed = try self.decide(database)
            #expect(changed == Self.count)
        }
        #expect(try decide(meddling) == 0)
        // The faster one reads where the histories of its alerts end; the libraries and the alerts would be twice as many rows.
        #expect(meddling.hasMeddled && counting.mostRead < Self.count * 3 / 2)
        #expect(try bench.number("SELECT count(*) FROM alert WHERE description = 'before'") == 0)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    @Test func `A policy that comes while it is decided counts`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(Self.packages))
        let meddling = MeddlingDatabase(bench.database, afterSnapshot: 3) { try self.reject($0) }
        try markStale(bench)
        #expect(try decide(meddling) == Self.count)
        #expect(try open(bench, "REJECTED_BY_POLICY_RESOURCE") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }
}

/// A database into which another process writes once, directly after one of the snapshots.
private final class MeddlingDatabase: ForwardingDatabase {
    let real: any Database
    private let left: Mutex<Int>
    private let meddle: @Sendable (any Database) throws -> Void

    /// - Parameter number: the snapshot after which it happens, counted from 1.
    init(
        _ real: any Database, afterSnapshot number: Int, _ meddle: @escaping @Sendable (any Database) throws -> Void
    ) {
        self.real = real
        left = Mutex(number)
        self.meddle = meddle
    }

    var hasMeddled: Bool { left.withLock { $0 <= 0 } }

    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        let result = try real.snapshot(body)
        let isTime = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isTime { try meddle(real) }
        return result
    }
}
