import Database
import Intake

extension Command {
    static let importVEX = Command(
        words: ["import", "vex"], operands: "FILE…",
        summary: "Brings statements about vulnerabilities (VEX): CycloneDX, OpenVEX 0.2, CSAF 2.0.",
        flags: [
            .org,
            Flag(
                "project", "TOKEN", "the project that they are about, or \"Product/Project\" (what the statements say)"),
        ] + Flag.remote
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no FILE is given") }
        let (workplace, isQuiet) = (try configuration.workplace(), arguments.has("json"))
        let organization = try workplace.organization()
        let project = try configuration["project"].map {
            try workplace.place(named: $0, in: organization, kinds: [.project])
        }
        var account = ImportAccount(known: nil)
        try account.each(of: arguments.operands) { account, file in
            var document = ImportFile(kind: .vex, file: file)
            document.about = project
            account.add(try workplace.bring(document, isQuiet: isQuiet))
        } finally: {
            tell($0.results.compactMap(\.statements), arguments)
        }
    }

    private static func tell(_ summaries: [StatementSummary], _ arguments: Arguments) {
        if arguments.has("json") { return print(StatementSummary.json(summaries)) }
        for summary in summaries {
            print(
                "\(counted(summary.statements, "statement")): \(summary.applied) applied, \(summary.superseded) superseded, "
                    + "\(summary.notAppliedCount) not applied")
            for it in summary.notApplied.prefix(100) {
                say(
                    "  not applied: \(it.vulnerability) in \(it.product.isEmpty ? "nothing" : it.product): \(it.reason)"
                )
            }
        }
    }
}
