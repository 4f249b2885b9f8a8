import API
import Dispatch
import Glibc
import Jobs
import Outbound
import Synchronization

/// The automatic work of a server: it submits scheduled reports, sends webhooks for finished reports, runs updates, and writes
/// notes of requests.
final class Automation: Sendable {
    private let runtime: Runtime
    private let scheduler: Scheduler
    private let targets: WebhookTargets
    private let updates: UpdateKeeper?
    private let bell: Bell
    private let secrets: SecretBox?
    private let mail: MailServer?
    private let ledger: Ledger
    private let auditLog: AuditLog?
    private let accessLog: AccessLog?
    private let people: SignInKeeper?
    private let isStopping = Atomic<Bool>(false)
    private let running = DispatchGroup()

    init(
        _ runtime: Runtime, _ backend: Backend, updates: UpdateSettings?, mail: MailServer?, auditLog: AuditLog?,
        accessLog: AccessLog?
    ) {
        self.mail = mail
        self.auditLog = auditLog
        self.accessLog = accessLog
        self.runtime = runtime
        scheduler = Scheduler(backend)
        targets = backend.webhookTargets
        self.updates = updates.map { UpdateKeeper(queue: runtime.queue, settings: $0) }
        bell = backend.bell
        secrets = backend.secrets
        ledger = backend.ledger
        people = backend.issuers.map { SignInKeeper($0, queue: runtime.queue, log: runtime.log) }
    }

    func start() {
        // Each kind of work has a thread, so a slow receiver delays no report.
        loop("schedules") { [self] in
            for case .refused(let schedule, let why) in try scheduler.run() {
                runtime.log(.warning, "no report by schedule", ["schedule": "\(schedule)", "why": why])
            }
        }
        if let updates {
            loop("updates") { [self] in if try updates.tend() { bell.ring() } }
        }
        loop("ledger") { [self] in try ledger.write(to: runtime.database, at: runtime.queue.now()) }
        if let auditLog {
            loop("audit log") { [self] in try auditLog.run { !self.isStopping.load(ordering: .relaxed) } }
        }
        if let people { loop("people of issuers") { try people.tend() } }
        if accessLog != nil { loop("access log") { [self] in try writeAccessLog() } }
        DispatchQueue(label: "webhooks").async(group: running) { [self] in
            let sender = WebhookSender(runtime, targets: targets, secrets: secrets)
            turn("webhooks") { try sender.run { !self.isStopping.load(ordering: .relaxed) } }
        }
        DispatchQueue(label: "notices").async(group: running) { [self] in
            let reports = ScheduledReports(queue: runtime.queue, store: runtime.store, publicURL: mail?.publicURL)
            let sender = NoticeSender(reports, log: runtime.log, targets: targets, secrets: secrets, mail: mail)
            turn("notices") { try sender.run { !self.isStopping.load(ordering: .relaxed) } }
        }
    }

    private func loop(_ name: String, _ work: @escaping @Sendable () throws -> Void) {
        DispatchQueue(label: name).async(group: running) { [self] in turn(name, work) }
    }

    /// Does the work once a second. A failure is logged, and the work is tried again.
    private func turn(_ name: String, _ work: () throws -> Void) {
        while !isStopping.load(ordering: .relaxed) {
            do {
                try work()
            } catch {
                runtime.log(.error, "\(name) failed", ["error": "\(error)"])
            }
            sleep(1)
        }
    }

    /// Starts no further work.
    func stopBeginning() { isStopping.store(true, ordering: .relaxed) }

    /// Blocks until all work has ended: a running delivery takes at most 15 seconds, a mail half a minute.
    func wait() { running.wait() }

    private func writeAccessLog() throws {
        guard let lost = try accessLog?.write(), lost > 0 else { return }
        runtime.log(.warning, "lines of the access log are lost", ["count": "\(lost)"])
    }

    /// Writes the notes of the last requests. Blocks until the ledger is written.
    func closeLedger() {
        do {
            try ledger.writeLast(to: runtime.database, at: runtime.queue.now())
            try auditLog?.run()
            try writeAccessLog()
        } catch {
            runtime.log(.error, "notes of the last requests are lost", ["error": "\(error)"])
        }
    }
}
