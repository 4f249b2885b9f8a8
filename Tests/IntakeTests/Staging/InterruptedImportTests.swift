import Database
import Foundation
import Intake
import Jobs
import Synchronization
import TestSupport
import Testing

@Suite struct InterruptedImportTests {
    /// Twelve hundred libraries: two batches, and every kind of row.
    private static let text = document(
        more: #","vulnerabilities":[{"id":"CVE-2099-1","affects":[{"ref":"p1"}]}]"#)

    private static func document(more: String) -> String {
        cycloneDX(
            (0..<1200).map { ("p\($0)", "1") }, edges: [("root", (0..<1200).map { "p\($0)" })], more: more)
    }

    /// A new project without claims is decided and written without holding the writer.
    @Test(arguments: [false, true], [false, true])
    func `An import that dies at any of its writes leaves nothing, and the next attempt succeeds`(
        isAfter: Bool, isNew: Bool
    ) throws {
        let bench = try Workbench()
        if !isNew { try bench.sbom(cycloneDX([("p1", "1"), ("old", "1")])) }
        let file = try bench.file(isNew ? Self.document(more: "") : Self.text)
        let before = try bench.dump()
        let requests = try bench.number("SELECT count(*) FROM library_request")
        var destination = Intake.Destination(organization: 1, product: "Product")
        destination.project = "Project"
        let lease = try bench.lease(IntakeJob(kind: .sbom, path: file, destination: destination))
        var writes = 0
        while true {
            let failing = FailingDatabase(bench.database, writes: writes, isAfter: isAfter)
            let intake = Intake(queue: Queue(database: failing, now: bench.queue.now)) {
                UUID().uuidString
            }
            // Each attempt starts again, as after a crash, when the scan of the previous attempt is known to be dead.
            let published = try? IntakeJob.run(lease, intake: intake, dataFolder: "/")
            let state = try bench.texts("SELECT state FROM job WHERE id = \(lease.job.id)")
            if published != nil || state == ["SUCCESS"] { break }
            #expect(failing.isBroken)
            try bench.database.write { connection in
                _ = try connection.run("UPDATE job SET state = 'PENDING' WHERE id = \(lease.job.id)")
            }
            try bench.intake.sweep()
            #expect(try bench.dump() == before, "after \(writes) writes")
            #expect(try bench.number("SELECT count(*) FROM library_request") == requests)
            try bench.database.write { connection in
                _ = try connection.run("UPDATE job SET state = 'IN_PROGRESS' WHERE id = \(lease.job.id)")
            }
            writes += 1
        }
        #expect(writes >= 6)
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 1200)
        #expect(try bench.number("SELECT count(*) FROM scan") == 1)
        #expect(
            try bench.texts("SELECT change, count(*) FROM inventory_event GROUP BY change ORDER BY 1")
                == (isNew ? ["ADDED|1200"] : ["ADDED|1201", "REMOVED|1"]))
        #expect(try bench.number("SELECT count(*) FROM library_request") == (isNew ? 1200 : 1201))
    }

    @Test func `A scan that was swept away takes no more rows`() throws {
        let bench = try Workbench()
        let scan = try #require(
            try bench.database.write { try StagedScan.begin(organization: 1, job: 99, at: 1, on: $0) })
        #expect(try bench.intake.sweep() == 1)
        #expect(try bench.database.write { try scan.isOpen(on: $0) } == false)
    }

    @Test func `A lease that ended stops the import`() throws {
        let bench = try Workbench()
        let before = try bench.dump()
        let destination = Intake.Destination(organization: 1, product: "Product")
        let lease = try bench.lease(IntakeJob(kind: .sbom, path: try bench.file(Self.text), destination: destination))
        lease.end(because: .cancelled)
        #expect(throws: WorkError.self) { try IntakeJob.run(lease, intake: bench.intake, dataFolder: "/") }
        try bench.queue.fail(lease.job, owner: "me", why: "cancelled")
        try bench.intake.sweep()
        #expect(try bench.dump() == before)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Imports side by side share libraries and lose nothing`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 6) { number in
            do {
                let packages = (0..<1500).map { ("p\((number % 3) * 500 + $0)", "1") }
                try bench.sbom(cycloneDX(packages), project: "Project \(number % 4)")
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try bench.number("SELECT count(*) FROM library WHERE artifact <> 'shop'") == 2500)
        #expect(try bench.number("SELECT count(*) FROM product") == 1)
        #expect(try bench.number("SELECT count(*) FROM project") == 4)
        #expect(
            try bench.number(
                "SELECT count(*) FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library"
            )
                == 6000)
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 6000)
    }

    @Test func `The upload goes with its job, not before`() throws {
        let bench = try Workbench()
        let spool = bench.folder.path("spool")
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        func upload(_ text: String) throws -> (lease: Lease, path: String) {
            let uuid = UUID().uuidString.lowercased()
            let path = bench.folder.path(IntakeJob.spoolPath(of: uuid))
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let request = IntakeJob(
                kind: .sbom, path: IntakeJob.spoolPath(of: uuid), isSpooled: true,
                destination: Intake.Destination(organization: 1, product: "P"))
            let job = try bench.database.write {
                try bench.queue.submit(request.newJob(uuid: uuid), claimedBy: "me", on: $0)
            }
            #expect(try IntakeJob(job) == request)
            return (Lease(job: job, owner: "me"), path)
        }
        let folder = bench.folder.path("")
        let good = try upload(cycloneDX([("a", "1")]))
        try IntakeJob.run(good.lease, intake: bench.intake, dataFolder: folder)
        #expect(!FileManager.default.fileExists(atPath: good.path))

        let bad = try upload("{")
        #expect(throws: WorkError.self) { try IntakeJob.run(bad.lease, intake: bench.intake, dataFolder: folder) }
        #expect(try IntakeJob.sweepSpool(bench.queue, dataFolder: folder) == [])
        try bench.queue.fail(bad.lease.job, owner: "me", why: "broken")
        #expect(try IntakeJob.sweepSpool(bench.queue, dataFolder: folder) == [], "it may be tried again")
        // A file without a job belongs to nobody after a day.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -90_000)], ofItemAtPath: bad.path)
        #expect(try IntakeJob.sweepSpool(bench.queue, dataFolder: folder) == [])
        let later = Queue(database: bench.database) { bench.queue.now() + bench.queue.settings.retention + 1 }
        try later.forgetFinishedJobs()
        // A clock may be set forward while an upload waits for its job, so no file is deleted before ten minutes by a clock
        // that nobody sets.
        for _ in 0..<3 { #expect(try IntakeJob.sweepSpool(later, dataFolder: folder) == []) }
        #expect(try IntakeJob.sweepSpool(later, dataFolder: folder, patience: .zero) == [bad.lease.job.uuid])
        #expect(!FileManager.default.fileExists(atPath: bad.path))
    }
}
