import API
import Bytes
import Database
import Glibc
import HTTP
import Intake
import Jobs
import Service

extension Command {
    static let demo = Command(
        words: ["demo"], operands: "",
        summary: "Shows Waybill at work: imports this machine, asks its own API for reports, then serves.",
        flags: [
            Flag("once", nil, "end after the reports instead of serving"),
            Flag("output", "DIR", "where the reports go (demo/ below the data directory)"),
        ] + serverFlags,
        printsData: false
    ) { arguments, configuration in
        let (listen, grace) = (try configuration.listen(), try configuration.grace())
        let signals = try StopSignals(grace: grace)
        let runtime = try Runtime(configuration, exclusively: true, logLevel: .warning)
        let server = try Server(runtime, try configuration.serverSettings(listen: listen))
        signals.beforeTheEnd { server.abandon() }
        server.start()
        let demonstration = Demonstration(runtime: runtime, server: server)
        try demonstration.run(output: configuration["output"] ?? runtime.directory.path + "/demo")
        if !arguments.has("once") {
            print("\nserving at \(server.url) until Ctrl-C; the console is there too, the user key opens it")
            fflush(nil)
            signals.wait()
        }
        server.stopAndWait(grace: grace)
    }
}

/// What `waybill demo` does: everything goes through the doors that clients use.
struct Demonstration {
    let runtime: Runtime
    let server: Server

    func run(output: String) throws {
        step("creating an organization")
        let organization = try NewOrganization.create(
            named: "Demo \(TimeText.time(Clock.now()))", email: "demo-\(Clock.now())@example.org", in: runtime.database)
        let id = try runtime.organization(named: organization.token)
        var imported = LocalImport(runtime, isQuiet: false)
        if access("/var/lib/dpkg/status", R_OK) == 0 {
            step("importing this machine's Debian packages")
            var machine = Intake.Destination(organization: id, product: "Machines")
            machine.project = LocalImport.hostName()
            try imported.run(IntakeJob(kind: .debian, path: "/", destination: machine), label: "Debian packages")
        } else {
            step("this is no Debian machine: its packages are left out")
        }
        step("importing a sample SBOM")
        let sample = runtime.directory.spool + "/" + (try Randomness.system.uuid())
        let file = try DurableFile(path: sample)
        try Array(SampleSBOM.text.utf8).withBytes { bytes throws(SinkError) in try file.write(bytes) }
        try file.publish()
        var job = IntakeJob(
            kind: .sbom, path: sample, destination: Intake.Destination(organization: id, product: "Shop"))
        job.isSpooled = true
        try imported.run(job, label: "sample SBOM")
        for result in imported.results {
            print("  \(result.product) / \(result.project): \(result.libraries) libraries")
        }
        let client = APIClient(
            host: server.address.host, port: server.address.port, userKey: organization.userKey)
        step("asking \(server.url) for reports")
        if mkdir(output, 0o700) != 0, errno != EEXIST {
            throw Failure("cannot create \(output): \(systemMessage(errno))")
        }
        for result in imported.results {
            for wish in Wish.all { try fetch(wish, of: result, client, organization, output: output) }
        }
        guard let last = imported.results.last else { return }
        explain(organization, last)
    }

    private func step(_ text: String) {
        print("• \(text)")
        fflush(nil)
    }

    /// A report to ask for.
    private struct Wish {
        let type: String
        let fields: [(String, String)]

        static let all =
            ["xlsx", "pdf", "json", "csv", "xml"].map {
                Wish(type: "ProjectInventoryReport", fields: [("format", $0)])
            } + [
                Wish(type: "ProjectLicensesReport", fields: [("format", "xlsx")]),
                Wish(
                    type: "ProjectSBOMReport", fields: [("format", "json"), ("standard", "SPDX"), ("version", "2.3")]),
                Wish(
                    type: "ProjectSBOMReport",
                    fields: [
                        ("format", "json"), ("standard", "CycloneDX"), ("version", "1.5"), ("maxDepthLevel", "99"),
                    ]),
            ]
    }

    private func fetch(
        _ wish: Wish, of result: Intake.Result, _ client: APIClient, _ organization: NewOrganization, output: String
    ) throws {
        let begun = Clock.now()
        var body = ByteSink()
        for (name, value) in wish.fields { body.append(raw: ",\"\(name)\":\"\(value)\"") }
        let submitted = try client.call(
            "generateProjectReportAsync",
            ["projectToken": "\"\(result.projectToken)\"", "reportType": "\"\(wish.type)\"\(body.text)"])
        guard let uuid = submitted.text("uuid") else {
            throw Failure("\(wish.type): \(String(decoding: submitted.body.prefix(300), as: UTF8.self))")
        }
        var status = submitted
        while true {
            status = try client.call(
                "getAsyncProcessStatus", ["orgToken": "\"\(organization.token)\"", "uuid": "\"\(uuid)\""])
            let state = status.text("status") ?? ""
            if state == "SUCCESS" { break }
            guard state == "PENDING" || state == "IN_PROGRESS" else {
                throw Failure("\(wish.type) ended as \(state): \(status.text("errorMessage") ?? "")")
            }
            usleep(20_000)
        }
        let download = try client.call(
            "downloadAsyncReport", ["orgToken": "\"\(organization.token)\"", "reportStatusUUID": "\"\(uuid)\""])
        let kind = wish.fields.map(\.1).filter { $0 != "99" }.joined(separator: "-")
        let project = result.project.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        let path = "\(output)/\(project)-\(wish.type)-\(kind).zip"
        let file = try DurableFile(path: path)
        try download.body.withBytes { bytes throws(SinkError) in try file.write(bytes) }
        try file.publish()
        let id = try runtime.organization(named: organization.token)
        let rows = try runtime.database.read { [queue = runtime.queue] connection in
            try queue.find(uuid: uuid, organization: id, on: connection)?.rowsDone ?? 0
        }
        let numbers = "\(rows) rows".padded(12) + "\(download.body.count) bytes".padded(16)
        print("  \(numbers)\(Clock.now() - begun) ms".padded(40) + path)
        fflush(nil)
    }

    private func explain(_ organization: NewOrganization, _ last: Intake.Result) {
        let url = "\(server.url)/api/v1.4"
        print(
            """

            url          \(server.url)
            orgToken     \(organization.token)
            userKey      \(organization.userKey)
            projectToken \(last.projectToken)

            Go on with:

            curl -s \(url) -H 'Content-Type: application/json' -d '{"requestType":"generateProjectReportAsync","userKey":"\(organization.userKey)","projectToken":"\(last.projectToken)","reportType":"ProjectInventoryReport","format":"xlsx"}'
            curl -s \(url) -H 'Content-Type: application/json' -d '{"requestType":"getAsyncProcessStatus","userKey":"\(organization.userKey)","orgToken":"\(organization.token)","uuid":"UUID-OF-THE-FIRST-ANSWER"}'
            curl -s \(url) -H 'Content-Type: application/json' -d '{"requestType":"downloadAsyncReport","userKey":"\(organization.userKey)","orgToken":"\(organization.token)","reportStatusUUID":"UUID-OF-THE-FIRST-ANSWER"}' -o report.zip
            """)
    }
}

extension String {
    /// With blanks behind it, so many characters long.
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
