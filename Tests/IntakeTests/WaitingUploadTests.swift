import Bytes
import Database
import Foundation
import Glibc
import Intake
import Jobs
import Synchronization
import TestSupport
import Testing

/// An accepted upload survives every fault of its surroundings.
@Suite struct WaitingUploadTests {
    /// An upload that was accepted like by a server.
    private func upload(_ bench: Workbench, _ text: String, project: String = "Project") throws -> (Job, path: String) {
        let uuid = UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(
            atPath: bench.folder.path("spool"), withIntermediateDirectories: true)
        let path = bench.folder.path(IntakeJob.spoolPath(of: uuid))
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        var destination = Intake.Destination(organization: 1, product: "Product")
        destination.project = project
        let request = IntakeJob(
            kind: .sbom, path: IntakeJob.spoolPath(of: uuid), isSpooled: true, destination: destination)
        let queue = bench.queue
        let job = try bench.database.write { connection in
            try SharedUpload.share(file: path, job: uuid, on: connection)
            return try queue.submit(request.newJob(uuid: uuid), on: connection)
        }
        return (job, path)
    }

    /// Claims the next job, even if it is not due, and does it like a worker.
    private func work(_ bench: Workbench, _ intake: Intake) throws {
        try bench.database.write { _ = try $0.run("UPDATE job SET run_at = 0 WHERE state = 'PENDING'") }
        let job = try #require(try bench.queue.claim(for: "worker"))
        let folder = bench.folder.path("")
        let worker = Worker(
            queue: bench.queue, owner: "worker", bell: Bell(), persistence: 0, observe: { _ in },
            work: { try IntakeJob.run($0, intake: intake, dataFolder: folder) })
        worker.run(Lease(job: job, owner: "worker"))
    }

    private func now(_ bench: Workbench, _ job: Job) throws -> Job {
        try #require(
            try bench.database.read { try bench.queue.find(uuid: job.uuid, organization: 1, on: $0) })
    }

    /// The rows of an upload leave the reserve of the disk free, like its bytes.
    @Test(arguments: TemporaryDatabase.engines) func `A disk without room is waited for`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (job, _) = try upload(bench, cycloneDX([("a", "1"), ("b", "1")]))
        var intake = Intake(queue: bench.queue, newToken: bench.intake.newToken)
        intake.hasRoom = { false }
        try work(bench, intake)
        let seen = try now(bench, job)
        #expect(seen.state == .pending && seen.waitingFor == .disk && seen.attempt == 0, "\(seen.error)")
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 0)
        intake.hasRoom = { true }
        try work(bench, intake)
        #expect(try now(bench, job).state == .success)
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 2)
    }

    /// If it waited, its own rows would take the room that it waits for.
    @Test(arguments: TemporaryDatabase.engines)
    func `A document that fills the disk itself is refused, and leaves nothing`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (job, _) = try upload(bench, cycloneDX((0..<6000).map { ("p\($0)", "1") }))
        let looks = Atomic<Int>(0)
        var intake = Intake(queue: bench.queue, newToken: bench.intake.newToken)
        // Checked every 64 components.
        intake.hasRoom = { looks.wrappingAdd(1, ordering: .relaxed).newValue < 85 }
        try work(bench, intake)
        let seen = try now(bench, job)
        #expect(seen.state == .failed && seen.error.contains("the disk has no room for the content"), "\(seen.error)")
        while try intake.sweep() > 0 {}
        #expect(try bench.staged() == 0)
        #expect(try bench.number("SELECT count(*) FROM project") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines, [(EMFILE, Outage.files), (EACCES, .permission), (EIO, .disk)])
    func `A file that cannot be opened now is opened later`(engine: Engine, fault: (Int32, Outage)) throws {
        let bench = try Workbench(engine)
        let (job, path) = try upload(bench, cycloneDX([("a", "1")]))
        let isBroken = Atomic<Bool>(true)
        let intake = Intake(queue: bench.queue, newToken: bench.intake.newToken) { path in
            guard isBroken.load(ordering: .relaxed) else { return open(path, O_RDONLY) }
            errno = fault.0
            return -1
        }
        for _ in 0..<12 {
            try work(bench, intake)
            let seen = try now(bench, job)
            #expect(seen.state == .pending && seen.waitingFor == fault.1 && seen.attempt == 0, "\(seen.error)")
            #expect(try IntakeJob.sweepSpool(bench.queue, dataFolder: bench.folder.path("")) == [])
        }
        #expect(FileManager.default.fileExists(atPath: path))
        isBroken.store(false, ordering: .relaxed)
        try work(bench, intake)
        #expect(try now(bench, job).state == .success)
        #expect(try bench.number("SELECT count(*) FROM occurrence") == 1)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A database that takes nothing keeps an upload waiting`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (job, _) = try upload(bench, cycloneDX((0..<50).map { ("p\($0)", "1") }))
        let disk = FullDatabase(bench.database)
        let intake = Intake(queue: Queue(database: disk, now: bench.queue.now), newToken: bench.intake.newToken)
        disk.isFull = true
        for _ in 0..<12 {
            try work(bench, intake)
            let seen = try now(bench, job)
            #expect(seen.state == .pending && seen.waitingFor == .disk && seen.attempt == 0, "\(seen.error)")
        }
        disk.isFull = false
        try work(bench, intake)
        #expect(try now(bench, job).state == .success)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A refused upload is kept as long as its job, and tried again on demand`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (job, path) = try upload(bench, "{")
        try work(bench, bench.intake)
        #expect(try now(bench, job).state == .failed && now(bench, job).attempt == 1)
        #expect(try IntakeJob.sweepSpool(bench.queue, dataFolder: bench.folder.path("")) == [])
        #expect(FileManager.default.fileExists(atPath: path))
        if engine == .postgresql {
            // Another node, which never had the file.
            unlink(path)
            #expect(try bench.number("SELECT count(*) FROM upload WHERE job = \(job.uuid)") == 1)
        }
        #expect(try bench.database.read { try Queue.uploadsToKeep(on: $0) } == [job.uuid], "backups hold it")
        #expect(try bench.database.write { try bench.queue.rerun(uuid: job.uuid, on: $0) } == .restarted)
        try work(bench, bench.intake)
        #expect(try now(bench, job).state == .failed && !now(bench, job).error.contains("no longer"))
        let later = Queue(database: bench.database) { bench.queue.now() + bench.queue.settings.retention + 1 }
        try later.forgetFinishedJobs()
        for _ in 0..<2 { try IntakeJob.sweepSpool(later, dataFolder: bench.folder.path(""), patience: .zero) }
        #expect(try bench.number("SELECT count(*) FROM upload") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `An upload that is gone ends its job with a text that helps`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (job, path) = try upload(bench, cycloneDX([("a", "1")]))
        unlink(path)
        try bench.database.write { _ = try $0.run("DELETE FROM upload") }
        try work(bench, bench.intake)
        let seen = try now(bench, job)
        #expect(seen.state == .failed && seen.error.contains("upload it again") && !seen.error.contains("/"))
    }
}
