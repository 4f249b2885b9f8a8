import Database
import Foundation
import Inventory
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Intake

/// The end of an import of a large project is short, because new rows were decided and written before.
@Suite struct PublishedAsideTests {
    private static let count = 1200

    private func packages(_ version: Int, _ count: Int = count, claims: Int = 0) -> String {
        let claimed = (0..<claims).map { #"{"id":"CVE-2099-\#($0)","affects":[{"ref":"package-\#($0)"}]}"# }
        return cycloneDX(
            (0..<count).map { (name: "package-\($0)", version: "\(version)") },
            more: claims == 0 ? "" : #","vulnerabilities":[\#(claimed.joined(separator: ","))]"#)
    }

    private func importing(_ text: String, into database: any Database, _ bench: Workbench) throws {
        let queue = Queue(database: database, now: bench.queue.now)
        var destination = Intake.Destination(organization: 1, product: "Product")
        destination.project = "Project"
        let job = IntakeJob(kind: .sbom, path: try bench.file(text), destination: destination)
        let submitted = try database.write { connection in
            try queue.submit(job.newJob(uuid: UUID().uuidString.lowercased()), claimedBy: "me", on: connection)
        }
        _ = try IntakeJob.run(
            Lease(job: submitted, owner: "me"), intake: Intake(queue: queue, newToken: bench.intake.newToken),
            dataFolder: bench.folder.path(""))
    }

    private func reject(
        _ database: any Database, _ rule: PolicyRule = .name(NamePattern(stored: "package-*"))
    ) throws {
        let policy = NewPolicy(
            name: "all", isEnabled: true, filter: "{}", action: "{}", filterType: "NAME", actionType: "REJECT",
            rule: rule, priority: nil)
        try database.write { connection in
            let scope = Scope(kind: .organization, organization: 1)
            _ = try Policies.add(policy, Writing(in: scope, by: .account(0), at: 1, on: connection))
        }
    }

    private static let tables: [StaticString] = [
        "library_request", "alert", "alert_event", "exposure", "project_severity", "scan_basis", "stale_project",
    ]

    /// The rows that an import leaves, without times and invisible row numbers.
    private func facts(_ bench: Workbench) throws -> [String] {
        try [
            "SELECT number, library_uuid, status, policy, handled_by FROM library_request ORDER BY project, number",
            "SELECT number, type, level, library_uuid, subject, state FROM alert ORDER BY project, number",
            "SELECT alert, position, state, account FROM alert_event ORDER BY project, alert, position",
            """
            SELECT e.change, l.uuid FROM inventory_event e JOIN library l ON l.id = e.library
            JOIN project p ON p.id = e.project ORDER BY e.id
            """,
            "SELECT lookup, obstacle, libraries FROM scan_basis b JOIN project p ON p.scan = b.scan ORDER BY lookup",
            """
            SELECT e.position, v.name, e.found, e.claim, e.state FROM exposure e JOIN vulnerability v ON v.id = e.vulnerability
            JOIN project p ON p.scan = e.scan ORDER BY e.position, v.name
            """,
            "SELECT severity, open_alerts, ignored_alerts FROM project_severity ORDER BY severity",
            "SELECT name, version FROM project ORDER BY id", "SELECT project FROM stale_project",
        ].flatMap { (sql: SQL) in try bench.texts(sql) + ["--"] }
    }

    @Test func `The transaction that shows a new project writes a few rows`() throws {
        let bench = try Workbench()
        try reject(bench.database)
        let counting = CountingDatabase(bench.database)
        try importing(packages(1), into: counting, bench)
        #expect(try bench.number("SELECT count(*) FROM alert WHERE policy > 0 AND state = 'OPEN'") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM library_request WHERE status = 'REJECTED'") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM inventory_event WHERE change = 'ADDED'") == Self.count)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
        // The earlier transactions inserted libraries, or rows that no query found yet.
        #expect(try #require(counting.writes.last) < 60, "\(counting.writes)")
    }

    @Test func `An import without changes reads no libraries while it holds the writer`() throws {
        let bench = try Workbench()
        try importing(packages(1), into: bench.database, bench)
        let before = try facts(bench)
        let counting = CountingDatabase(bench.database)
        try importing(packages(1), into: counting, bench)
        #expect(counting.mostRead < 100, "libraries are looked up beside the writer, too")
        #expect(try facts(bench) == before)
    }

    @Test func `Claims of a new project are written before it is shown`() throws {
        let bench = try Workbench()
        let counting = CountingDatabase(bench.database)
        try importing(packages(1, claims: 400), into: counting, bench)
        #expect(try bench.number("SELECT count(*) FROM exposure") == 400)
        #expect(try bench.number("SELECT count(*) FROM alert WHERE type = 'SECURITY_VULNERABILITY'") == 400)
        #expect(try bench.number("SELECT sum(open_alerts) FROM project_severity") == 400)
        // A search for vulnerabilities that no project shows follows.
        #expect(counting.writes.suffix(2).allSatisfy { $0 < 60 }, "\(counting.writes)")
    }

    @Test(arguments: [false, true], [0, 200])
    func `What is decided beside the writer is what the writer decides`(hasPolicy: Bool, claims: Int) throws {
        // A project of few libraries is decided by the writer. Statements of advisories are the same there.
        let aside = try Workbench()
        let other = try Workbench(.postgresql)
        for bench in [aside, other] {
            if hasPolicy { try reject(bench.database) }
            try importing(packages(1, claims: claims), into: bench.database, bench)
            try importing(packages(2, Self.count - 7, claims: claims / 2), into: bench.database, bench)
        }
        #expect(try facts(aside) == facts(other))
    }

    @Test func `An import that dies after its rows are written leaves nothing`() throws {
        let bench = try Workbench()
        try reject(bench.database)
        let dying = DyingDatabase(bench.database) { try $0.integer("SELECT count(*) FROM alert") ?? 0 >= Self.count }
        #expect(throws: (any Error).self) { try importing(packages(1), into: dying, bench) }
        #expect(try bench.number("SELECT count(*) FROM project") == 0)
        #expect(try bench.number("SELECT count(*) FROM alert") >= Self.count)
        try bench.database.write { _ = try $0.run("UPDATE job SET state = 'FAILED' WHERE state = 'IN_PROGRESS'") }
        #expect(try bench.intake.sweep() == 1)
        for table in Self.tables {
            #expect(try bench.number("SELECT count(*) FROM \(literal: table)") == 0, "\(table)")
        }
        #expect(try bench.number("SELECT count(*) FROM inventory_event") == 0)
        #expect(try bench.number("SELECT count(*) FROM library") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A decision does not count alerts of a project that is not there yet`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let scope = Scope(kind: .organization, organization: 1)
        var decision = LastingDecision(
            .ignored(IgnoreReason(.notAffected)), reach: .organization, organization: 1, by: 7, at: 1)
        decision.vulnerability = "CVE-2026-1"
        try bench.database.write { [decision] connection in
            let made = try Decisions.add(
                decision, alerts: [], Writing(in: scope, by: .account(7), at: 1, on: connection))[0]
            try connection.run(
                """
                INSERT INTO alert (project, organization, number, uuid, type, level, library, library_uuid, direct, subject,
                    description, state, created_at, modified_at, decision_id)
                VALUES (77, 1, 1, 'a', 'SECURITY_VULNERABILITY', 'MAJOR', 1, 'l', 1, 'CVE-2026-1', '', 'IGNORED', 0, 0,
                    \(made.id))
                """)
        }
        func counted() throws -> [Int64] {
            try bench.database.read { try Decisions.list(Decisions.Wanted(scope), on: $0).map(\.alerts) }
        }
        #expect(try counted() == [0])
        try bench.database.write { connection in
            try connection.run(
                """
                INSERT INTO product (id, organization, token, name, created_at, updated_at)
                VALUES (1, 1, 'd', 'Product', 0, 0) ON CONFLICT DO NOTHING
                """)
            try connection.run(
                """
                INSERT INTO project (id, organization, product, token, name, created_at, updated_at, scan)
                VALUES (77, 1, 1, 'p', 'Project', 0, 0, 1)
                """)
        }
        #expect(try counted() == [1])
    }

    @Test func `A project that another import made meanwhile is decided again`() throws {
        let bench = try Workbench()
        try reject(bench.database)
        let meddling = DyingDatabase(bench.database, dies: false) { connection in
            try connection.integer("SELECT count(*) FROM alert") ?? 0 >= Self.count
        } meddle: {
            try bench.sbom(cycloneDX([("alone", "1")]))
        }
        try importing(packages(1), into: meddling, bench)
        // The other import was accepted later, so it stays.
        #expect(
            try bench.texts(
                "SELECT l.artifact FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library"
            ) == ["alone"])
        try bench.intake.sweep()
        #expect(
            try bench.number(
                "SELECT count(*) FROM alert a WHERE NOT EXISTS (SELECT 1 FROM project p WHERE p.id = a.project)") == 0)
        #expect(try bench.number("SELECT count(*) FROM project") == 1)
    }

    @Test func `A project is looked at again when a list came after it was decided`() throws {
        let bench = try Workbench()
        try reject(bench.database)
        let meddling = DyingDatabase(bench.database, dies: false) { connection in
            try connection.integer("SELECT count(*) FROM alert") ?? 0 >= Self.count
        } meddle: {
            try bench.database.write { connection in
                let entry = Exploitation.Entry(name: "CVE-2099-1", since: nil)
                try Exploitation.replace("kev", with: [entry], at: 1, on: connection)
            }
        }
        try importing(packages(1), into: meddling, bench)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 1)
    }

    @Test func `Exposures that are others before the import ends are replaced`() throws {
        let bench = try Workbench()
        // More than one transaction takes.
        let count = 2100
        // Read after exposures, so that these are written before everything is decided.
        try reject(bench.database, .severities(["CRITICAL"]))
        let meddling = DyingDatabase(bench.database, dies: false) { connection in
            try connection.integer("SELECT count(*) FROM exposure") ?? 0 > 0
        } meddle: {
            try bench.database.write { _ = try $0.run("UPDATE vulnerability SET edition = edition + 1") }
        }
        try importing(packages(1, count, claims: count), into: meddling, bench)
        #expect(
            try bench.number(
                """
                SELECT count(*) FROM exposure e JOIN vulnerability v ON v.id = e.vulnerability AND v.edition = e.edition
                """) == count)
        #expect(try bench.number("SELECT count(*) FROM exposure") == count)
        #expect(try bench.number("SELECT count(*) FROM alert WHERE type = 'SECURITY_VULNERABILITY'") == count)
    }
}

/// A database whose process dies, or into which another process writes once, as soon as something exists.
private final class DyingDatabase: ForwardingDatabase {
    private struct Death: Error {}
    let real: any Database
    private let dies: Bool
    private let isTime: @Sendable (any Connection) throws -> Bool
    private let meddle: @Sendable () throws -> Void
    private let isOver = Flag()

    private final class Flag: Sendable {
        private let value = Mutex(false)
        /// True once.
        func raise() -> Bool {
            value.withLock { value in
                defer { value = true }
                return !value
            }
        }
    }

    init(
        _ real: any Database, dies: Bool = true, when isTime: @escaping @Sendable (any Connection) throws -> Bool,
        meddle: @escaping @Sendable () throws -> Void = {}
    ) {
        self.real = real
        self.dies = dies
        self.isTime = isTime
        self.meddle = meddle
    }

    private func look() throws {
        guard try real.read(isTime) else { return }
        if dies { throw Death() }
        if isOver.raise() { try meddle() }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try look()
        return try real.write(body)
    }
}
