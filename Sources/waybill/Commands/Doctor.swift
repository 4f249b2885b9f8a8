import API
import Bytes
import Database
import Feeds
import Glibc
import Intake
import Inventory
import Jobs
import Reports
import Service
import Store

extension Command {
    static let doctor = Command(
        words: ["doctor"], operands: "",
        summary: "Checks configuration, database, artifact store, fonts and licence list; says what to do.",
        flags: [Flag.signIn]
    ) { arguments, configuration in
        let doctor = Doctor(configuration)
        let findings = doctor.examine()
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.objects("checks", findings) { json, finding in
                        json.text("check", finding.check)
                        json.flag("ok", finding.isGood)
                        json.text("message", finding.message)
                        if finding.isWarning { json.flag("warning", true) }
                    }
                    // The check `advisories` gives the reason.
                    if doctor.missingFile() == nil, let basis = try? doctor.basis() {
                        $0.object("basis") { basis.write(to: &$0) }
                    }
                })
        } else {
            for finding in findings {
                let word =
                    finding.isGood
                    ? finding.isWarning ? Colour.yellow.on("warn") : Colour.green.on("ok  ") : Colour.red.on("BAD ")
                print("\(word) \(finding.check): \(Deception.forTerminal(finding.message))")
            }
        }
        let bad = findings.filter { !$0.isGood }.count
        if bad > 0 { throw Failure("\(bad) of \(findings.count) checks failed") }
    }
}

/// Checks everything that a server needs.
struct Doctor {
    struct Finding {
        let check: String
        let isGood: Bool
        let message: String
        /// Whether it works now but needs attention soon.
        var isWarning = false
    }

    let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    func examine() -> [Finding] {
        let missing = missingFile()
        var findings = missing.map { beforeTheFirstStart($0) } ?? dataChecks
        findings.append(check("fonts") { try fonts() })
        findings.append(
            check("licence list") {
                let count = LicenseList.spdx.licenses.count
                guard count > 0 else { throw Failure("the program holds no licence list: build it again") }
                return "\(count) licences of the SPDX list \(LicenseList.version)"
            })
        let isUsable = missing == nil && findings.allSatisfy { $0.check != "database" || $0.isGood }
        if isUsable { findings.append(knowledge()) }
        findings.append(
            check("settings") {
                _ = try configuration.logLevel()
                return "\(try configuration.workers()) workers"
            })
        return findings
    }

    /// The file of the database if it does not exist yet; nil if it exists or cannot be made.
    func missingFile() -> String? {
        guard let path = try? configuration.databaseURL().sqlitePath, access(path, F_OK) != 0, errno == ENOENT else {
            return nil
        }
        return path
    }

    /// The message for a database that does not exist yet; checking must not make one.
    private func beforeTheFirstStart(_ file: String) -> [Finding] {
        let folder = configuration.dataDirectory()
        let isThere = access(folder, F_OK) == 0
        var findings = [
            Finding(
                check: "data directory", isGood: true,
                message: isThere ? "\(folder), there" : "\(folder), not there yet; the first start makes it"),
            Finding(
                check: "database", isGood: true,
                message: """
                    there is none at \(file): waybill init or the first start makes it; if there should be one, --data or \
                    --database names another place
                    """, isWarning: true),
        ]
        if configuration["artifacts"] != nil { findings.append(checkStore()) }
        return findings
    }

    private func checkStore() -> Finding {
        check("artifact store") {
            try configuration.artifactStore().check()
            return "can be written"
        }
    }

    /// The checks of existing data.
    private var dataChecks: [Finding] {
        let database = checkDatabase()
        // Its fault is reported once.
        guard database.isGood else { return [checkDirectory(), database, checkStore()] }
        return [
            checkDirectory(), database, look("advisories", advisories), look("licence texts", licenseTexts),
            check("patterns") { try patterns() },
            check("jobs") { try jobs() },
            check("snapshots") { try snapshots() },
            search(),
            check("webhook secrets") { try secrets() },
            look("sign-in", signIn),
            checkStore(),
        ]
    }

    private func checkDirectory() -> Finding {
        check("data directory") {
            let directory = try DataDirectory(configuration.dataDirectory())
            var space = statvfs()
            guard statvfs(directory.path, &space) == 0 else {
                throw Failure("\(directory.path): \(systemMessage(errno))")
            }
            // Some file systems report an unlimited size, with which no product fits.
            let free = Int(clamping: space.f_bavail).multipliedReportingOverflow(by: Int(clamping: space.f_frsize))
            let left = (free.overflow ? .max : free.partialValue) >> 20
            guard left >= 512 else {
                throw Failure("\(directory.path) has \(left) MiB left; make room, reports and uploads need it")
            }
            return "\(directory.path), \(left) MiB free"
        }
    }

    private func checkDatabase() -> Finding {
        check("database") {
            let url = try configuration.databaseURL()
            let database = try url.open()
            defer { database.close() }
            switch try database.schemaState() {
            case .current: break
            case .empty: return "\(url): empty; waybill init or the first start makes its tables"
            case .older(let found, let known):
                return "\(url): schema \(found) of \(known); the next start brings it up to date, back it up before"
            }
            let (organizations, projects) = try database.read { connection in
                (
                    try connection.integer("SELECT count(*) FROM organization") ?? 0,
                    try connection.integer("SELECT count(*) FROM project") ?? 0
                )
            }
            return "\(url): \(counted(organizations, "organization")), \(counted(projects, "project"))"
        }
    }

    /// As `check`, for something that may pass with a warning.
    private func look(_ name: String, _ look: () throws -> (message: String, isWarning: Bool)) -> Finding {
        do {
            let (message, isWarning) = try look()
            return Finding(check: name, isGood: true, message: message, isWarning: isWarning)
        } catch {
            return Finding(check: name, isGood: false, message: "\(error)")
        }
    }

    private func check(_ name: String, _ look: () throws -> String) -> Finding {
        do {
            return Finding(check: name, isGood: true, message: try look())
        } catch {
            return Finding(check: name, isGood: false, message: "\(error)")
        }
    }

    /// The basis of verdicts about vulnerabilities over all projects; nil if there is no database of this program
    /// yet.
    func basis() throws -> Basis? {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else { return nil }
        return try database.snapshot { try Basis.everything(on: $0) }
    }

    /// Saved patterns that RE2 refuses; earlier versions accepted other expressions. They decide nothing now.
    private func patterns() throws -> String {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else {
            return "can be looked at when the schema is up to date"
        }
        let unusable = try database.read { try UnusablePattern.list(on: $0) }
        guard unusable.isEmpty else {
            let texts = unusable.prefix(20).map { "\($0.text) (\($0.organizationName))" }
            let more = unusable.count > 20 ? "; and \(unusable.count - 20) more" : ""
            throw Failure("\(texts.joined(separator: "; "))\(more); replace them (docs/policies.md)")
        }
        return "all that are saved can be used"
    }

    /// Whether a session keeps dead versions of rows in PostgreSQL.
    private func snapshots() throws -> String {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard database.engine == .postgresql else { return "readers of SQLite do not slow the queue" }
        guard let held = try database.read({ try HeldSnapshot.oldest(on: $0) }) else { return "none is held" }
        guard held.age <= HeldSnapshot.limit else { throw Failure(held.warning) }
        return "the oldest is held for \(held.age / 1000) s"
    }

    /// Whether an index finds parts of names. Without the index the search gives the same answers, but more slowly.
    private func search() -> Finding {
        var isSlow = false
        var finding = check("search") {
            let database = try configuration.databaseURL().open()
            defer { database.close() }
            guard case .current = try database.schemaState() else {
                return "can be looked at when the schema is up to date"
            }
            isSlow = try !database.read { try LibraryNames.isIndexed(on: $0) }
            return isSlow
                ? """
                parts of names are compared one by one: the extension pg_trgm could not be made; docs/ask.md says how to make up \
                for it
                """ : "parts of names have an index"
        }
        finding.isWarning = isSlow
        return finding
    }

    /// Webhooks whose secrets the present key does not decrypt.
    private func secrets() throws -> String {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else {
            return "can be looked at when the schema is up to date"
        }
        let kept = try database.read { try Webhooks.secrets(on: $0) }
        guard !kept.isEmpty else { return "no webhook has one" }
        let key = configuration.secretKey()
        let sealed = kept.filter { SecretBox.isSealed($0.secret) }
        guard let box = try key.read() else {
            guard !sealed.isEmpty else { return "\(kept.count) are encrypted at the next start" }
            throw Failure(
                """
                \(sealed.count) webhooks cannot be called: their key \(key.path) is not there; put it back (no backup holds \
                it), or remove the webhooks and add them again
                """)
        }
        let (count, why) = try box.unreadable(in: database)
        guard count == 0 else {
            throw Failure(
                """
                \(count) webhooks cannot be called: \(why) than \(key.path); put the old key back (no backup holds it), or \
                remove the webhooks and add them again
                """)
        }
        return "\(kept.count) can be read with \(key.path)"
    }

    /// Jobs that cannot continue, and jobs that were given up.
    private func jobs() throws -> String {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else {
            return "can be looked at when the schema is up to date"
        }
        let queue = Queue(database: database, now: Clock.now)
        let shown = 10
        let (waits, givenUp, count, failed) = try database.snapshot { connection in
            (
                try queue.waits(on: connection), try queue.givenUp(limit: shown, on: connection),
                try queue.givenUpCount(on: connection),
                try queue.failedUploadCount(on: connection)
            )
        }
        var troubles = waits.map { wait in
            """
            \(wait.count) wait since \(TimeText.time(wait.since)) for \(wait.outage) (\(wait.why)); they go on by themselves \
            when it is there
            """
        }
        if count > 0 {
            let names = givenUp.map { "\($0.uuid) (\($0.processType): \($0.error))" }.joined(separator: ", ")
            let more = count > shown ? " and \(count - Int64(shown)) more" : ""
            troubles.append(
                "\(count) were given up: \(names)\(more); waybill retry UUID, or --all, has them tried again")
        }
        guard troubles.isEmpty else { throw Failure(troubles.joined(separator: "; ")) }
        // A refused document is no fault of the server, but its sender may not notice the refusal.
        let refused = failed == 0 ? "" : "; \(counted(failed, "upload")) failed: waybill list uploads"
        return "none waits for something that is missing, none was given up\(refused)"
    }

    /// The age of the sources of `waybill update`.
    private func knowledge() -> Finding {
        let name = "knowledge"
        do {
            let database = try configuration.databaseURL().open()
            defer { database.close() }
            guard case .current = try database.schemaState() else {
                return Finding(
                    check: name, isGood: true, message: "can be looked at when the schema is up to date")
            }
            let states = try database.read { try FeedState.all(on: $0) }
            guard !states.isEmpty else {
                return Finding(
                    check: name, isGood: true,
                    message:
                        "nothing was brought in by `waybill update` yet; `waybill serve --update 6h` does it by itself")
            }
            let troubles = states.compactMap { trouble($0, at: Clock.now()) }
            let newest = states.map { "\($0.name) \($0.checked > 0 ? TimeText.time($0.checked) : "never")" }
            return Finding(
                check: name, isGood: true,
                message: (troubles.isEmpty ? newest : troubles).joined(separator: "; "), isWarning: !troubles.isEmpty)
        } catch {
            return Finding(check: name, isGood: false, message: "\(error)")
        }
    }

    /// The fault of a source, or nil.
    private func trouble(_ state: FeedState, at now: Int64) -> String? {
        if state.isFailing { return "\(state.name) failed at \(TimeText.time(state.failed)): \(state.error)" }
        guard let life = Feed.life(of: state.name), now - state.checked > life else { return nil }
        return
            "\(state.name) is too old: looked at last at \(TimeText.time(state.checked)); run waybill update \(state.name)"
    }

    /// Draws a text in several scripts, because without fonts a PDF would consist of empty boxes.
    private func fonts() throws -> String {
        let missing = try PDFCanvas.missingScripts()
        guard missing.isEmpty else {
            throw Failure(
                "no font for \(missing.joined(separator: ", ")); install \(PDFCanvas.fontPackages)")
        }
        return "Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese, Japanese, Korean and emoji"
    }
}
