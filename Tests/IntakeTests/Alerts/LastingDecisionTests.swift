import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Database
@testable import Intake

/// Decisions that apply to many alerts: where they apply, which of several counts, and how they end.
struct LastingDecisionTests {
    /// An organization with one project, `Web` in `Shop`, whose libraries `a` and `b` have vulnerabilities.
    private final class Bench {
        let bench: Workbench
        var time: Int64

        init(_ engine: Engine, _ vulnerabilities: String...) throws {
            bench = try Workbench(engine)
            time = bench.queue.now()
            let records = vulnerabilities.map { name in
                let affected = ["a", "b"].map {
                    #"{"package":{"ecosystem":"npm","name":"\#($0)"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}"#
                }
                return #"{"id":"\#(name)","aliases":["GHSA-xxxx-\#(name.count)"],"modified":"2024-01-01T00:00:00Z","#
                    + #""affected":[\#(affected.joined(separator: ","))]}"#
            }
            let path = bench.folder.path("advisories.jsonl")
            try Data(records.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
            _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
            try bench.queue.matchAll()
        }

        @discardableResult
        func upload(
            _ packages: [(name: String, version: String)], version: String = "", project: String = "Web",
            product: String = "Shop", organization: Int64 = 1
        ) throws -> Intake.Result {
            var destination = Intake.Destination(organization: organization, product: product)
            destination.project = project
            destination.projectVersion = version
            let file = try bench.file(cycloneDX(packages))
            let lease = try bench.lease(IntakeJob(kind: .sbom, path: file, destination: destination))
            return try IntakeJob.run(lease, intake: bench.intake, dataFolder: bench.folder.path(""))
        }

        /// Decides about a vulnerability in a project, and returns the number of changed alerts.
        @discardableResult
        func decide(
            _ reach: LastingDecision.Reach, as verdict: LastingDecision.Verdict = .ignored(IgnoreReason(.notAffected)),
            in project: String = "Web", _ change: (inout LastingDecision) -> Void = { $0.vulnerability = "CVE-1" }
        ) throws -> (decision: LastingDecision, alerts: Int) {
            time += 1000
            var decision = LastingDecision(verdict, reach: reach, organization: 1, by: 7, at: time)
            let place = try #require(
                try bench.database.read { connection in
                    try connection.first(
                        """
                        SELECT p.id, p.product, p.name, p.version FROM project p
                        WHERE p.name = \(project) AND p.organization = 1
                        """
                    ) { row in
                        let family = ProjectFamily(project: row.string(2), version: row.string(3)).name
                        return (project: row.integer(0), product: row.integer(1), family: family)
                    }
                })
            if reach != .organization { decision.product = place.product }
            if reach == .project { (decision.project, decision.family) = (place.project, place.family) }
            change(&decision)
            let made = try write { [decision] in try Decisions.add(decision, alerts: [], $0) }[0]
            let done = try DecisionWork(database: bench.database, now: bench.queue.now).run(made) { false }
            #expect(done.isDone)
            return (made, done.alerts)
        }

        func write<Result: Sendable>(_ body: @escaping @Sendable (Writing) throws -> Result) throws -> Result {
            try bench.database.write { [time] connection in
                try body(
                    Writing(
                        in: Scope(kind: .organization, organization: 1), by: .account(7), at: time, on: connection))
            }
        }

        func settle(at time: Int64? = nil) throws {
            let now = time ?? self.time
            _ = try StaleAlerts(database: bench.database, now: { now }).run(organization: 1) { true }
        }

        /// The unresolved alerts about vulnerabilities, and whether they are ignored.
        func alerts() throws -> [String] {
            try bench.texts(
                """
                SELECT p.name, l.artifact, l.version, a.subject, a.state FROM alert a
                JOIN project p ON p.id = a.project JOIN library l ON l.id = a.library
                WHERE a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED'
                ORDER BY p.organization, p.name, l.artifact, a.subject
                """)
        }
    }

    // MARK: Where it holds

    @Test(arguments: TemporaryDatabase.engines)
    func `It holds for later imports and versions of a project, unless a range excludes them`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0"), ("b", "1.0.0")], version: "main")
        try it.decide(.project, in: "Web - main") {
            $0.vulnerability = "CVE-1"
            $0.libraryName = "pkg:npm/a"
            $0.versions = "vers:npm/<2.0.0"
            $0.projectVersions = "vers:generic/<3"
        }
        // `main` is not a version that a range could contain.
        #expect(try it.alerts().allSatisfy { $0.hasSuffix("OPEN") })
        try it.decide(.project, in: "Web - main") {
            $0.vulnerability = "cve-1"
            $0.libraryName = "pkg:npm/a"
            $0.versions = "vers:npm/<2.0.0"
        }
        #expect(try it.alerts() == ["Web - main|a|1.0.0|CVE-1|IGNORED", "Web - main|b|1.0.0|CVE-1|OPEN"])
        try it.upload([("a", "1.5.0"), ("b", "1.0.0")], version: "main")
        try it.upload([("a", "1.6.0")], version: "2")
        try it.upload([("a", "2.0.0")], version: "3")
        try it.upload([("a", "1.0.0")], project: "Web - backend")
        try it.upload([("a", "1.0.0")], product: "Other")
        #expect(
            try it.alerts() == [
                "Web|a|1.0.0|CVE-1|OPEN", "Web - 2|a|1.6.0|CVE-1|IGNORED", "Web - 3|a|2.0.0|CVE-1|OPEN",
                "Web - backend|a|1.0.0|CVE-1|OPEN", "Web - main|a|1.5.0|CVE-1|IGNORED",
                "Web - main|b|1.0.0|CVE-1|OPEN",
            ])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A new version of a project inherits what was decided for the one before`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")], version: "1")
        try it.decide(.project, in: "Web - 1") {
            $0.vulnerability = "CVE-1"
            $0.projectVersions = "vers:generic/<3"
            $0.comments = "never called"
        }
        try it.upload([("a", "1.0.0")], version: "2")
        try it.upload([("a", "1.0.0")], version: "3")
        #expect(
            try it.alerts() == [
                "Web - 1|a|1.0.0|CVE-1|IGNORED", "Web - 2|a|1.0.0|CVE-1|IGNORED", "Web - 3|a|1.0.0|CVE-1|OPEN",
            ])
        #expect(
            try it.bench.texts("SELECT DISTINCT reason, comments FROM alert WHERE state = 'IGNORED'") == [
                "not_affected|never called"
            ])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `It holds in a product or an organization, never in another one`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")])
        try it.upload([("a", "1.0.0")], project: "Desk")
        try it.upload([("b", "1.0.0")], project: "Elsewhere", product: "Other")
        try it.upload([("a", "1.0.0")], project: "Foreign", organization: 2)
        #expect(try it.decide(.product).alerts == 2)
        #expect(
            try it.alerts() == [
                "Desk|a|1.0.0|CVE-1|IGNORED", "Elsewhere|b|1.0.0|CVE-1|OPEN", "Web|a|1.0.0|CVE-1|IGNORED",
                "Foreign|a|1.0.0|CVE-1|OPEN",
            ])
        #expect(try it.decide(.organization).alerts == 1)
        #expect(try it.alerts().filter { $0.hasSuffix("OPEN") } == ["Foreign|a|1.0.0|CVE-1|OPEN"])
        // By another name of the vulnerability, and for every vulnerability of a library.
        #expect(try it.decide(.product, as: .open) { $0.vulnerability = "GHSA-xxxx-5" }.alerts == 2)
        #expect(try it.decide(.product) { $0.libraryName = "pkg:npm/a" }.alerts == 2)
    }

    // MARK: Which counts

    @Test(arguments: TemporaryDatabase.engines)
    func `The narrower counts, then the newer, and first what was decided about the alert itself`(
        engine: Engine
    ) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")])
        func state() throws -> String { try it.alerts().first?.split(separator: "|").last.map(String.init) ?? "" }
        let narrow = try it.decide(.project, as: .open).decision
        #expect(try it.decide(.organization).alerts == 0)
        #expect(try state() == "OPEN")
        let newer = try it.decide(.project).decision
        #expect(try state() == "IGNORED")
        // An import applies the decision in the same way as the call.
        try it.upload([("a", "1.0.0"), ("b", "1.0.0")])
        #expect(try it.alerts() == ["Web|a|1.0.0|CVE-1|IGNORED", "Web|b|1.0.0|CVE-1|IGNORED"])
        let uuid = try it.bench.texts("SELECT uuid FROM alert WHERE subject = 'CVE-1' ORDER BY number")[0]
        try it.write { try Alerts.decide(.open, on: [uuid], comments: "mine", $0) }
        try it.decide(.project)
        try it.upload([("a", "1.0.0")])
        #expect(try state() == "OPEN")
        #expect(try it.bench.number("SELECT decision_id FROM alert WHERE uuid = \(uuid)") == 0)
        // A decision about this alert replaces its own, and can be withdrawn; the newest decision of the project then counts.
        var mine = LastingDecision(.ignored(.none), reach: .alert, organization: 1, by: 7, at: it.time)
        mine.comments = "after all"
        let made = try it.write { [mine] in try Decisions.add(mine, alerts: [uuid], $0) }
        #expect(made.count == 1)
        #expect(try it.bench.texts("SELECT comments FROM alert WHERE uuid = \(uuid)") == ["after all"])
        let gone = [made[0].id, narrow.id, newer.id]
        #expect(try it.write { try Decisions.withdraw(gone, $0) } == nil)
        try it.settle()
        #expect(try it.bench.texts("SELECT state, comments FROM alert WHERE uuid = \(uuid)") == ["IGNORED|"])
        #expect(throws: DecisionError.unknownAlert("x")) {
            try it.write { [mine] in _ = try Decisions.add(mine, alerts: ["x"], $0) }
        }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `It counts before documents, and a newer document contests it`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")])
        try it.decide(.organization)
        func say(_ status: String, at day: String) throws {
            let text = """
                {"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x:\(day)","author":"A","timestamp":"\(day)T00:00:00Z",
                "version":1,"statements":[{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:npm/a"}],
                "status":"\(status)"}]}
                """
            let destination = Intake.Destination(organization: 1, product: "")
            let lease = try it.bench.lease(
                IntakeJob(kind: .vex, path: try it.bench.file(text), destination: destination))
            _ = try IntakeJob.run(lease, intake: it.bench.intake, dataFolder: it.bench.folder.path(""))
        }
        try say("affected", at: "2001-01-01")
        #expect(try it.bench.texts("SELECT state, contested FROM alert WHERE subject = 'CVE-1'") == ["IGNORED|0"])
        try say("affected", at: "2999-01-01")
        #expect(
            try it.bench.texts(
                "SELECT state, CASE WHEN contested > 0 THEN 'contested' ELSE '' END FROM alert WHERE subject = 'CVE-1'")
                == ["IGNORED|contested"])
        #expect(try it.bench.texts("SELECT DISTINCT outcome FROM vex_use ORDER BY outcome").contains("OVERRULED"))
    }

    // MARK: How it ends

    @Test(arguments: TemporaryDatabase.engines)
    func `It ends by itself, with a line of the change log`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")])
        let end = it.time + 100_000
        try it.bench.database.write { connection in
            for organization in 1...2 {
                try connection.run(
                    """
                    INSERT INTO webhook (id, organization, url, secret, account, created_at)
                    VALUES (\(organization), \(organization), 'https://hooks.example/', '', 7, 0)
                    """)
            }
        }
        for verdict: LastingDecision.Verdict in [.ignored(.none), .open] {
            try it.decide(.project, as: verdict) {
                $0.libraryName = "pkg:npm/a"
                $0.expires = end
            }
        }
        try it.decide(.organization)
        #expect(try it.alerts() == ["Web|a|1.0.0|CVE-1|OPEN"])
        #expect(try it.bench.database.read { try Decisions.expired(at: end - 1, on: $0) } == nil)
        #expect(try it.bench.database.read { try Decisions.expired(at: end, on: $0) } == 1)
        let ended = try it.bench.database.write {
            try Decisions.expire(organization: 1, limit: 10, at: end, on: $0)
        }
        #expect(ended == 2)
        #expect(try it.bench.database.read { try Decisions.expired(at: end, on: $0) } == nil)
        // The wider decision then counts.
        try it.settle(at: end)
        #expect(try it.alerts() == ["Web|a|1.0.0|CVE-1|IGNORED"])
        let lines = try it.bench.texts("SELECT class, aspect, after, operator FROM change ORDER BY id DESC LIMIT 2")
        #expect(lines == ["DECISION|CHANGED|EXPIRED|SYSTEM", "DECISION|CHANGED|EXPIRED|SYSTEM"])
        #expect(try it.bench.number("SELECT count(*) FROM decision WHERE state = 'EXPIRED'") == 2)
        #expect(try it.bench.texts("SELECT job FROM webhook_delivery ORDER BY id") == ["decision:1", "decision:2"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A withdrawn decision leaves its alerts as they would be without it`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0"), ("b", "1.0.0")], version: "1")
        let made = try it.decide(.organization, in: "Web - 1").decision
        #expect(try it.bench.number("SELECT sum(ignored_alerts) FROM project_severity") == 2)
        #expect(try it.write { try Decisions.withdraw([made.id, 999], $0) } == 999)
        #expect(try it.write { try Decisions.withdraw([made.id], $0) } == nil)
        try it.settle()
        #expect(try it.alerts().allSatisfy { $0.hasSuffix("OPEN") })
        #expect(
            try it.bench.texts("SELECT comments FROM alert_event ORDER BY position DESC LIMIT 1") == [
                "The decision for it and others is over"
            ])
        #expect(try it.write { try Decisions.withdraw([made.id], $0) } == made.id)
        // Other users may not withdraw it, and it is deleted with its product.
        let other = try it.decide(.product, in: "Web - 1").decision
        let foreign = try it.bench.database.write { connection in
            try Decisions.withdraw(
                [other.id],
                Writing(in: Scope(kind: .organization, organization: 2), by: .account(8), at: 1, on: connection))
        }
        #expect(foreign == other.id)
        try it.write { writing in
            try Deletion.product(
                writing.moved(to: Scope(kind: .product, organization: 1, product: other.product)))
        }
        #expect(try it.bench.number("SELECT count(*) FROM decision WHERE product > 0") == 0)
    }

    @Test func `Work that stopped is done by looks at projects`() throws {
        let it = try Bench(.sqlite, "CVE-1")
        try it.upload([("a", "1.0.0")])
        var decision = LastingDecision(.ignored(.none), reach: .organization, organization: 1, by: 7, at: it.time)
        decision.vulnerability = "CVE-1"
        let made = try it.write { [decision] in try Decisions.add(decision, alerts: [], $0) }[0]
        let now = it.time
        let work = DecisionWork(database: it.bench.database, now: { now + 100_000 })
        let stopped = try work.run(made) { true }
        #expect(stopped.alerts == 0 && !stopped.isDone)
        #expect(try it.alerts() == ["Web|a|1.0.0|CVE-1|OPEN"])
        try it.settle()
        #expect(try it.alerts() == ["Web|a|1.0.0|CVE-1|IGNORED"])
        // So does a process that has ended.
        let next = try it.write { [decision] in try Decisions.add(decision, alerts: [], $0) }[0]
        try work.resume()
        try it.settle()
        #expect(try it.bench.number("SELECT decision_id FROM alert WHERE subject = 'CVE-1'") == Int(next.id))
        #expect(try it.bench.number("SELECT count(*) FROM decision WHERE applied = 0") == 0)
    }

    // MARK: Thousands of projects

    /// Projects with one alert each, about one vulnerability of one library, without as many imports.
    private func fill(_ bench: Workbench, projects: Int) throws {
        let numbers: SQL = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(projects))"
        try bench.database.write { connection in
            try connection.run(
                """
                INSERT INTO project (id, organization, product, token, name, created_at, updated_at, scan)
                \(numbers) SELECT 10000 + n.i, 1, (SELECT max(id) FROM product), 'p' || n.i, 'Project ' || n.i, 0, 0,
                    900000 + n.i FROM n
                """)
            try connection.run(
                """
                INSERT INTO alert (project, organization, number, uuid, type, level, library, library_uuid, direct, subject,
                    vulnerability, description, state, created_at, modified_at)
                \(numbers) SELECT 10000 + n.i, 1, 1, 'alert ' || n.i, a.type, a.level, a.library, a.library_uuid, a.direct,
                    a.subject, a.vulnerability, a.description, 'OPEN', 0, 0
                FROM n, (SELECT * FROM alert WHERE subject = 'CVE-1') a
                """)
        }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Projects with many alerts share a transaction with few others`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.database.write { connection in
            for project in 1...10 {
                try connection.run(
                    """
                    INSERT INTO project_severity (project, severity, open_alerts, ignored_alerts)
                    VALUES (\(project), 'high', \(project == 10 ? 9000 : 900), \(900))
                    """)
            }
        }
        let pages = try bench.database.read { try DecisionWork.pages(of: Array(1...250), on: $0) }
        #expect(pages.map(\.count) == [2, 2, 2, 2, 1, 1, 200, 40])
        #expect(pages.flatMap(\.self) == Array(1...250))
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `3,000 projects are decided at once`(engine: Engine) throws {
        let it = try Bench(engine, "CVE-1")
        try it.upload([("a", "1.0.0")])
        try fill(it.bench, projects: 3000)
        #expect(try it.decide(.organization).alerts == 3001)
        #expect(try it.bench.number("SELECT count(*) FROM alert WHERE state = 'IGNORED' AND decision_id > 0") == 3001)
        #expect(try it.bench.number("SELECT count(*) FROM alert_event WHERE state = 'IGNORED'") == 3001)
        #expect(try it.bench.number("SELECT sum(ignored_alerts) FROM project_severity") == 3001)
        #expect(try it.bench.number("SELECT count(*) FROM project WHERE revision > 0") == 3001)
        #expect(try it.bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    @Test func `An index leads to the alerts that a decision may be about`() throws {
        let it = try Bench(.sqlite, "CVE-1")
        try it.bench.database.read { connection in
            for vulnerabilities: Set<Int64>? in [[1], [1, 2], nil] {
                let plan = try connection.plan(DecisionWork.candidates(in: [1, 2, 3], vulnerabilities))
                #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
            }
        }
    }
}
