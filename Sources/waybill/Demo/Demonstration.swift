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
        summary:
            "Shows Waybill at work: imports a made-up shop and this machine, asks its own API for reports, then serves.",
        flags: [
            Flag("once", nil, "end after the reports instead of serving"),
            Flag("output", "DIR", "where the reports go (demo/ below the data directory)"),
            Flag("examples", "DIR", "the made-up SBOMs and advisories (the package's, or those of the sources)"),
        ] + serverFlags,
        printsData: false
    ) { arguments, configuration in
        let (listen, grace) = (try configuration.listen(), try configuration.grace())
        let examples = try Examples(named: configuration["examples"])
        let signals = try StopSignals(grace: grace)
        let runtime = try Runtime(configuration, exclusively: true, logLevel: .warning)
        let server = try Server(runtime, try configuration.serverSettings(listen: listen))
        signals.beforeTheEnd { server.abandon() }
        server.start()
        let demonstration = Demonstration(runtime: runtime, server: server, examples: examples)
        try demonstration.run(output: configuration["output"] ?? runtime.directory.path + "/demo")
        if !arguments.has("once") {
            print("\nserving at \(server.url) until Ctrl-C")
            fflush(nil)
            signals.wait()
        }
        server.stopAndWait(grace: grace)
    }
}

/// `waybill demo`: everything goes through the doors that clients use.
struct Demonstration {
    private static let organization = "Demo"
    private static let email = "demo@example.org"

    let runtime: Runtime
    let server: Server
    let examples: Examples

    func run(output: String) throws {
        let organization = try signIn()
        greet(organization)
        let id = try runtime.organization(named: organization.token)
        var imported = try LocalImport(runtime, isQuiet: false)
        step("importing a made-up shop from \(examples.folder)")
        for path in examples.sboms {
            let place = Intake.Destination(organization: id, product: "Shop")
            try imported.run(IntakeJob(kind: .sbom, path: path, destination: place), label: path)
        }
        let shop = imported.results
        try importKnowledge(organization: id)
        show(shop)
        let machine = try importMachine(organization: id)
        step("asking \(server.url) for reports")
        if mkdir(output, 0o700) != 0, errno != EEXIST {
            throw Failure("cannot create \(output): \(systemMessage(errno))")
        }
        let client = APIClient(
            host: server.address.host, port: server.address.port, userKey: organization.userKey)
        for (index, result) in (shop + machine).enumerated() {
            // One project shows all forms of a table.
            for wish in Wish.all + (index == 0 ? Wish.tables : []) {
                try fetch(wish, of: result, client, organization, output: output)
            }
        }
        guard let first = shop.first else { return }
        explain(organization, first)
    }

    /// The organization of all demonstrations, with a key that is new each time: a key is kept nowhere.
    private func signIn() throws -> NewOrganization {
        let known = try runtime.database.read { connection in
            try connection.first("SELECT id, token FROM organization WHERE name = \(Self.organization)") {
                (id: $0.integer(0), token: $0.string(1))
            }
        }
        guard let known else {
            return try NewOrganization.create(named: Self.organization, email: Self.email, in: runtime.database)
        }
        let (key, time) = (UserKey(random: try Randomness.system.bytes(32)), Clock.now())
        try runtime.database.write { connection in
            let scope = Scope(kind: .organization, organization: known.id)
            try People.renew(
                email: Self.email, by: key.digest, Writing(in: scope, by: .system, at: time, on: connection))
        }
        return NewOrganization(name: Self.organization, token: known.token, userKey: key.text)
    }

    private func greet(_ organization: NewOrganization) {
        print(
            """
            open     \(server.url)
            sign in  \(organization.userKey)
            look at  the product Shop, its project Cart; the reports below are under Reports

            """)
        fflush(nil)
    }

    /// Brings in made-up advisories, and what the shop says of one.
    private func importKnowledge(organization: Int64) throws {
        step("importing made-up advisories, and what the shop says of one (VEX)")
        let records = RecordImport(into: runtime.database, progress: { _ in }, warning: { complain("\($0)\n") })
        let result = try AdvisoryImport(records, at: Clock.now()).run([examples.advisories])
        let matched = try LocalMatching(runtime, isQuiet: true).run()
        print("  \(result.read) advisories, \(matched) findings new or changed")
        var said = try LocalImport(runtime, isQuiet: false)
        for path in examples.statements {
            let place = Intake.Destination(organization: organization, product: "")
            try said.run(IntakeJob(kind: .vex, path: path, destination: place), label: path)
        }
        fflush(nil)
    }

    /// Imports the packages of this machine, if it has some that can be read.
    private func importMachine(organization: Int64) throws -> [Intake.Result] {
        guard access("/var/lib/dpkg/status", R_OK) == 0 else {
            step("this is no Debian machine: its packages are left out")
            return []
        }
        step("importing this machine's Debian packages")
        var imported = try LocalImport(runtime, isQuiet: false)
        var place = Intake.Destination(organization: organization, product: "Machines")
        place.project = LocalImport.hostName()
        try imported.run(IntakeJob(kind: .debian, path: "/", destination: place), label: "Debian packages")
        show(imported.results)
        if imported.results.contains(where: { $0.basis?.isAssessed == false }) {
            let data = runtime.directory.path
            print(
                "  not assessed: no advisories of Debian are here; they come with\n  waybill update osv/Debian --data \(data)"
            )
        }
        return imported.results
    }

    private func show(_ results: [Intake.Result]) {
        for result in results { print("  \(result.product) / \(result.project): \(result.libraries) libraries") }
        fflush(nil)
    }

    private func step(_ text: String) {
        print("• \(text)")
        fflush(nil)
    }

    /// A report to ask for.
    private struct Wish {
        let type: String
        let fields: [(String, String)]

        /// Those of each project.
        static let all = [
            Wish(type: "ProjectVulnerabilityReport", fields: [("format", "xlsx")]),
            Wish(type: "RiskReport", fields: [("format", "pdf")]),
            Wish(type: "AttributionReport", fields: [("format", "html")]),
            Wish(type: "ProjectSBOMReport", fields: [("format", "json"), ("standard", "SPDX"), ("version", "2.3")]),
            Wish(
                type: "ProjectSBOMReport",
                fields: [
                    ("format", "json"), ("standard", "CycloneDX"), ("version", "1.6"), ("maxDepthLevel", "99"),
                ]),
            Wish(type: "ProjectVEXReport", fields: [("format", "json"), ("standard", "OpenVEX")]),
            Wish(type: "ProjectLicensesReport", fields: [("format", "xlsx")]),
        ]
        /// One report in all forms of a table.
        static let tables = ["xlsx", "pdf", "json", "csv", "xml"].map {
            Wish(type: "ProjectInventoryReport", fields: [("format", $0)])
        }
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
    /// The text, padded with blanks to this many characters.
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
