import Database
import Intake
import Service

extension Command {
    static let importVEX = Command(
        words: ["import", "vex"], operands: "FILE…",
        summary: "Brings statements about vulnerabilities (VEX): CycloneDX, OpenVEX 0.2, CSAF 2.0.",
        flags: [
            .org,
            Flag(
                "project", "TOKEN", "the project that they are about, or \"Product/Project\" (what the statements say)"),
        ]
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no FILE is given") }
        let runtime = try Runtime(existing: configuration)
        let organization = try runtime.organization(named: configuration["org"])
        var imported = try LocalImport(runtime, isQuiet: arguments.has("json"))
        let place = try configuration["project"].map { try project($0, organization, in: runtime) }
        var destination = Intake.Destination(organization: organization, product: place?.productName ?? "")
        destination.project = place?.name ?? ""
        try imported.each(of: arguments.operands) { imported, file in
            let job = IntakeJob(kind: .vex, path: try regularFile(file), destination: destination)
            try imported.run(job, label: file, project: (place?.product ?? 0, place?.id ?? 0))
        } finally: {
            try tell($0.results, arguments, runtime)
        }
    }

    private typealias Place = (id: Int64, product: Int64, name: String, productName: String)

    /// The project with a token or a name. What another organization has is unknown here.
    private static func project(_ text: String, _ organization: Int64, in runtime: Runtime) throws -> Place {
        let scope = try runtime.scope(named: text, in: organization, kinds: [.project])
        let facts = try runtime.database.read { try ScopeFacts.read(scope, on: $0) }
        guard let facts, let product = facts.path.last else { throw Failure("the project \(text.prefix(200)) is gone") }
        return Place(scope.project, scope.product, facts.name, product)
    }

    private static func tell(_ results: [Intake.Result], _ arguments: Arguments, _ runtime: Runtime) throws {
        let summaries = try runtime.database.snapshot { connection in
            try results.compactMap(\.document).map { try StatementSummary(of: $0, on: connection) }
        }
        if arguments.has("json") {
            print(StatementSummary.json(summaries))
            return
        }
        for summary in summaries {
            print(
                "\(counted(summary.statements, "statement")): \(summary.applied) applied, \(summary.superseded) superseded, "
                    + "\(summary.notAppliedCount) not applied")
            for it in summary.notApplied.prefix(100) {
                print(
                    "  not applied: \(it.vulnerability) in \(it.product.isEmpty ? "nothing" : it.product): \(it.reason)"
                )
            }
        }
    }
}
