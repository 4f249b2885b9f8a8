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
        let imported = LocalImport(runtime, isQuiet: false)
        step("importing a made-up shop from \(examples.folder)")
        let shop = try examples.sboms.map { path in
            let place = Intake.Destination(organization: id, product: "Shop")
            return try imported.run(IntakeJob(kind: .sbom, path: path, destination: place), label: path)
        }
        try importKnowledge(organization: id)
        show(shop)
        let machine = try importMachine(organization: id)
        step("asking \(server.url) for reports")
        if mkdir(output, 0o700) != 0, errno != EEXIST {
            throw Failure("cannot create \(output): \(systemMessage(errno))")
        }
        let client = try ServerPlace(
            ServerAddress(url: server.url, key: organization.userKey), organization: organization.token)
        for (index, result) in (shop + machine).enumerated() {
            // One project shows all forms of a table.
            for wish in Wish.all + (index == 0 ? Wish.tables : []) {
                try fetch(wish, of: result, client, output: output)
            }
        }
        guard let first = shop.first else { return }
        explain(organization, first)
    }

    /// The organization of all demonstrations, with a new key each time, because keys are not stored.
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

    /// Imports made-up advisories, and the shop's statement about one of them.
    private func importKnowledge(organization: Int64) throws {
        step("importing made-up advisories, and what the shop says of one (VEX)")
        let records = RecordImport(into: runtime.database, progress: { _ in }, warning: { complain("\($0)\n") })
        let result = try AdvisoryImport(records, at: Clock.now()).run([examples.advisories])
        let matched = try LocalMatching(runtime, isQuiet: true).run()
        print("  \(result.read) advisories, \(matched) findings new or changed")
        let said = LocalImport(runtime, isQuiet: false)
        for path in examples.statements {
            let place = Intake.Destination(organization: organization, product: "")
            try said.run(IntakeJob(kind: .vex, path: path, destination: place), label: path)
        }
        fflush(nil)
    }

    /// Imports the packages of this machine, if it has readable ones.
    private func importMachine(organization: Int64) throws -> [Intake.Result] {
        guard access("/var/lib/dpkg/status", R_OK) == 0 else {
            step("this is no Debian machine: its packages are left out")
            return []
        }
        step("importing this machine's Debian packages")
        let imported = LocalImport(runtime, isQuiet: false)
        var place = Intake.Destination(organization: organization, product: "Machines")
        place.project = LocalImport.hostName()
        let machine = try imported.run(
            IntakeJob(kind: .debian, path: "/", destination: place), label: "Debian packages")
        show([machine])
        if machine.basis?.isAssessed == false {
            let data = runtime.directory.path
            print(
                """
                  not assessed: no advisories of Debian are here; they come with
                  \(CommandLine.arguments.first ?? "waybill") update osv/Debian --data \(data)
                """
            )
        }
        return [machine]
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

    private func fetch(_ wish: Wish, of result: Intake.Result, _ client: ServerPlace, output: String) throws {
        let begun = Clock.now()
        let filters = wish.fields.filter { $0.0 != "format" }
        let wanted = try WantedReport(
            wish.type, of: NamedPlace(scope: Scope(kind: .project, organization: 0), token: result.projectToken),
            wish.fields.first { $0.0 == "format" }?.1,
            filters: Dictionary(uniqueKeysWithValues: filters.map { ($0.0, [$0.1]) }), client)
        let kind = wish.fields.map(\.1).filter { $0 != "99" }.joined(separator: "-")
        let project = result.project.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        let path = "\(output)/\(project)-\(wish.type)-\(kind).zip"
        let progress = ReportProgress()
        let made = try client.make(
            wanted.request, of: wanted.place, fields: wanted.fields, into: ReportOutput(path: path), progress: progress)
        let numbers = counted(made.rows, "row").padded(12) + counted(progress.bytes.value, "byte").padded(16)
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
