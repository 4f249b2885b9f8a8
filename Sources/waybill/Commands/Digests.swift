import Intake
import Service

extension Command {
    static let importDigests = Command(
        words: ["import", "digests"], operands: "PATH…",
        summary:
            "Brings lists of what files with given SHA-1 or SHA-256 are, to name those of which only that is known.",
        flags: []
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no PATH is given") }
        let runtime = try Runtime(configuration)
        let read = Count()
        let ticker = arguments.has("json") ? nil : Ticker(label: "digests", count: { read.value })
        defer { ticker?.stop() }
        let result = try DigestImport(
            database: runtime.database, progress: { read.value = $0 },
            warning: { complain("\($0)\n") }
        ).run(arguments.operands)
        ticker?.stop()
        _ = try LocalMatching(runtime, isQuiet: arguments.has("json")).run()
        print(
            arguments.has("json")
                ? result.json : "\(result.digests) digests read; \(result.skipped) records skipped")
    }
}
