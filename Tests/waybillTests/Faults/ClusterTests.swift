import Bytes
import Foundation
import Synchronization
import TestSupport
import Testing

// DESIGN. Two servers and three workers on one PostgreSQL, as in production, under faults: workers are killed, PostgreSQL
// is restarted, and one worker reaches it only through a relay that is cut for longer than a lease lasts. Clients behave
// like scripts: they repeat a request until there is an answer.

extension EndToEnd {
    /// A cluster under faults for some minutes; `make test-cluster`.
    @Suite(
        .enabled(if: ProcessInfo.processInfo.environment["WAYBILL_CLUSTER"] != nil, "minutes, see make test-cluster"))
    struct ClusterTests {
        private static let clients = 20
        private static let jobsOfEach = 25

        /// The outcome of one job.
        private struct Outcome: Sendable {
            let uuid: String
            let isSuccess: Bool
            let error: String
            /// The digest that the server stated, and the digest of the received bytes.
            let told: String
            let found: String
        }

        /// The requested types, formats and scopes, in turn.
        private static let kinds: [(type: String, scope: String, fields: [String: String])] = [
            ("ProjectInventoryReport", "projectToken", ["format": "xlsx"]),
            ("ProductInventoryReport", "productToken", ["format": "json"]),
            ("OrgInventoryReport", "orgToken", ["format": "csv"]),
            ("ProjectSBOMReport", "projectToken", ["standard": "cyclonedx", "version": "1.5", "format": "json"]),
            ("ProjectInventoryReport", "projectToken", ["format": "pdf"]),
            ("ProductLibraryLocationReport", "productToken", ["format": "xml"]),
            ("ProjectLicensesReport", "projectToken", ["format": "xlsx"]),
            ("ProductSBOMReport", "productToken", ["standard": "spdx", "version": "2.3", "format": "tv"]),
            ("OrgLicensesReport", "orgToken", ["format": "json"]),
            ("ProjectInventoryReport", "projectToken", ["format": "xml"]),
        ]

        /// A product for each project. So no two jobs have the same data, except reports on the organization, and none
        /// is answered with another's artifact.
        private static func projects(of organization: Organization, at site: Site) throws -> [Site.Imported] {
            return try (1...50).map { number in
                try site.importBOM(
                    Document.cycloneDX(libraries: (number % 5 + 1) * 1000, version: "\(number)"), to: organization,
                    product: "s\(number)", project: "p\(number)")
            }
        }

        @Test func nothingIsLostWhenEverythingFails() throws {
            let postgres = try PostgreSQLServer()
            let relay = try Relay(to: postgres.port)
            defer { relay.end() }
            let folder = try TemporaryFolder()
            let artifacts = "file:\(folder.path("artifacts"))"
            let url = postgres.url(byNetwork: true)
            let near = ["--database", url, "--artifacts", artifacts]
            let far = [
                "--database", url.replacing(":\(postgres.port)/", with: ":\(relay.port)/"), "--artifacts", artifacts,
            ]
            let site = try Site(near)
            let organization = try site.organization()
            let projects = try Self.projects(of: organization, at: site)
            let servers = try (0..<2).map { _ in try RunningServer(Site(near), ["--workers", "0"]) }
            let places = [try Site(near), try Site(near), try Site(far)]
            var workers = try places.map { try $0.start("worker", "--workers", "2") }
            let retries = Mutex(0)
            let outcomes = Mutex<[Outcome]>([])
            let open = Mutex(Self.clients)

            for client in 0..<Self.clients {
                Thread.detachNewThread {
                    for job in 0..<Self.jobsOfEach {
                        let number = client * Self.jobsOfEach + job
                        let outcome = Self.finish(
                            number, Self.kinds[number % Self.kinds.count], projects[number / 10 % projects.count],
                            organization,
                            servers, onRetry: { retries.withLock { $0 += 1 } })
                        outcomes.withLock { $0.append(outcome) }
                    }
                    open.withLock { $0 -= 1 }
                }
            }
            let begun = Date()
            var written = try Self.fire(at: &workers, of: places, relay, postgres) { open.withLock { $0 } == 0 }
            let kills = written.count
            let all = outcomes.withLock { $0 }
            #expect(all.count == Self.clients * Self.jobsOfEach)
            #expect(kills >= 12, "the jobs were over before all the trouble was: make more of them")
            Self.expectWhole(all)

            for worker in workers { worker.kill(SIGTERM) }
            for worker in workers {
                try worker.wait()
                written.append(worker.errors)
            }
            for server in servers { try server.stop() }
            try Self.expectNothingLeft(of: Set(all.map(\.uuid)), at: site, in: folder, postgres)
            let again = try postgres.psql("SELECT count(*) FROM job WHERE attempt > 1")
            let lost = written.reduce(0) { $0 + $1.components(separatedBy: "was lost").count - 1 }
            print(
                Self.summary(of: all),
                """
                in \(Int(Date().timeIntervalSince(begun))) s; \(kills) workers killed, PostgreSQL restarted, one node cut off; \
                \(again) jobs took more than one attempt, \(lost) leases were lost, \(retries.withLock { $0 }) requests were tried again
                """)
        }

        /// Kills a worker and starts another one in its place, repeatedly until `isOver`; restarts PostgreSQL and ends the cut
        /// of the relay along the way. Returns the output of each killed worker.
        private static func fire(
            at workers: inout [Program], of places: [Site], _ relay: Relay, _ postgres: PostgreSQLServer,
            until isOver: () -> Bool
        ) throws -> [String] {
            let begun = Date()
            var written: [String] = []
            _ = eventually(within: 2, every: 50, isOver)
            relay.cut()
            defer { relay.mend() }
            while !isOver(), Date().timeIntervalSince(begun) < 1200 {
                let round = written.count
                // The third worker is cut off instead of killed, until the relay is repaired.
                let victim = round % (round < 10 ? 2 : 3)
                workers[victim].kill(SIGKILL)
                try workers[victim].wait()
                written.append(workers[victim].errors)
                workers[victim] = try places[victim].start("worker", "--workers", "2")
                if round == 5 { try postgres.restart(pause: 2) }
                if round == 9 { relay.mend() }
                _ = eventually(within: 2.5, every: 50, isOver)
            }
            return written
        }

        /// Each client has the uuid of its job, and either the whole artifact or an error with the reason.
        private static func expectWhole(_ outcomes: [Outcome]) {
            for outcome in outcomes {
                #expect(!outcome.uuid.isEmpty, "\(outcome.error)")
                #expect(outcome.isSuccess || !outcome.error.isEmpty, "\(outcome)")
                #expect(outcome.told == outcome.found, "\(outcome)")
            }
        }

        /// Starts one more node, whose sweeper cleans up. Then only the jobs that clients know exist, all of them ended, with
        /// the files of their artifacts.
        private static func expectNothingLeft(
            of uuids: Set<String>, at site: Site, in folder: TemporaryFolder, _ postgres: PostgreSQLServer
        ) throws {
            let last = try RunningServer(site, ["--workers", "1"])
            let number = { (sql: String) in Int(try postgres.psql(sql)) ?? -1 }
            let names = {
                Set(try postgres.psql("SELECT uuid FROM artifact").split(separator: "\n").map { "\($0).zip" })
            }
            let files = {
                Set(
                    (FileManager.default.enumerator(atPath: folder.path("artifacts"))?.allObjects as? [String] ?? [])
                        .map { $0.split(separator: "/").last.map(String.init) ?? "" }.filter { $0.contains(".zip") })
            }
            let isSwept = try eventually(within: 130) { try files() == names() }
            let difference = try files().symmetricDifference(names())
            #expect(isSwept, "\(difference)")
            #expect(try number("SELECT count(*) FROM job WHERE state NOT IN ('SUCCESS', 'FAILED')") == 0)
            #expect(try number("SELECT count(*) FROM job WHERE lease_owner <> ''") == 0)
            #expect(try number("SELECT count(*) FROM job WHERE state = 'FAILED' AND error = ''") == 0)
            #expect(
                try number("SELECT count(*) FROM job WHERE kind = 'REPORT'") == uuids.count,
                "a submission was doubled or lost")
            #expect(
                try number(
                    "SELECT count(*) FROM job WHERE state = 'SUCCESS' AND kind = 'REPORT' AND artifact NOT IN (SELECT uuid FROM artifact)"
                ) == 0)
            try last.stop()
        }

        private static func summary(of outcomes: [Outcome]) -> String {
            let failed = outcomes.filter { !$0.isSuccess }
            let reasons = Set(failed.map(\.error)).sorted().map { "FAILED: \($0)\n" }.joined()
            return "\(reasons)\(outcomes.count) jobs, \(failed.count) of them FAILED,"
        }

        /// Requests a report like a patient script, and checks the answer.
        private static func finish(
            _ number: Int, _ kind: (type: String, scope: String, fields: [String: String]), _ project: Site.Imported,
            _ organization: Organization, _ servers: [RunningServer], onRetry: () -> Void
        ) -> Outcome {
            let tokens = [
                "orgToken": organization.token, "productToken": project.productToken,
                "projectToken": project.projectToken,
            ]
            let scopes = ["orgToken": "Organization", "productToken": "Product", "projectToken": "Project"]
            var turn = number
            var said: [String: Int] = [:]
            func ask(_ fields: [String: Any], key: String? = nil) -> Answer {
                while true {
                    turn += 1
                    do {
                        var fields = fields
                        fields["userKey"] = organization.key
                        let answer = try Wire.exchange(
                            port: servers[turn % 2].port, "POST", "/api/v1.4",
                            ["Content-Type: application/json"] + (key.map { ["Idempotency-Key: \($0)"] } ?? []),
                            body: try JSONSerialization.data(withJSONObject: fields))
                        if answer.status == 200, answer.header("Content-Type") == "application/zip" { return answer }
                        if try answer.json()["asyncProcessStatus"] != nil { return answer }
                        // A permanent error is an answer, too.
                        said[answer.text, default: 0] += 1
                        if said[answer.text] == 300 { return answer }
                    } catch {
                        // There was no answer, which happens while the database is unavailable; the request is
                        // repeated.
                    }
                    onRetry()
                    usleep(200_000)
                }
            }
            func state(_ answer: Answer) -> [String: Any] {
                (try? answer.json()["asyncProcessStatus"]) as? [String: Any] ?? [:]
            }
            var fields: [String: Any] = kind.fields
            fields["requestType"] = "generate\(scopes[kind.scope] ?? "")ReportAsync"
            fields["reportType"] = kind.type
            fields[kind.scope] = tokens[kind.scope]
            let submission = ask(fields, key: "job-\(number)")
            guard let uuid = state(submission)["uuid"] as? String else {
                return Outcome(uuid: "", isSuccess: false, error: submission.text, told: "", found: "")
            }
            var now: [String: Any] = [:]
            repeat {
                usleep(50_000)
                now = state(
                    ask(["requestType": "getAsyncProcessStatus", "orgToken": organization.token, "uuid": uuid]))
            } while !["SUCCESS", "FAILED"].contains(now["status"] as? String ?? "")
            guard now["status"] as? String == "SUCCESS" else {
                return Outcome(
                    uuid: uuid, isSuccess: false, error: "\(now["errorMessage"] ?? now)", told: "", found: "")
            }
            let zip = ask([
                "requestType": "downloadAsyncReport", "orgToken": organization.token, "reportStatusUUID": uuid,
            ])
            let isWhole = (try? Archive.single(zip.body)) != nil
            let digest = Digest.of([UInt8](zip.body), .sha256).hexadecimal
            return Outcome(
                uuid: uuid, isSuccess: true, error: isWhole ? "" : "not whole",
                told: zip.header("ETag")?.trimmingCharacters(in: ["\""]) ?? "no ETag",
                found: isWhole ? digest : "broken")
        }
    }
}
