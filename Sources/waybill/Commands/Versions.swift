import Intake
import Service

extension Command {
    static let importVersions = Command(
        words: ["import", "versions"], operands: "PATH…",
        summary: "Brings the versions that registries have of packages into the database, for alerts of newer ones.",
        flags: []
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no PATH is given") }
        let runtime = try Runtime(configuration)
        let read = Count()
        let ticker = arguments.has("json") ? nil : Ticker(label: "packages", count: { read.value })
        defer { ticker?.stop() }
        let result = try ReleaseImport(
            database: runtime.database, progress: { read.value = $0 },
            warning: { complain("\($0)\n") }
        ).run(arguments.operands)
        ticker?.stop()
        _ = try LocalMatching(runtime, isQuiet: arguments.has("json")).run()
        print(
            arguments.has("json")
                ? result.json
                : "\(result.packages) packages read with \(result.versions) versions; \(result.skipped) records skipped"
        )
    }
}
