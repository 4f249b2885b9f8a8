import Glibc
import Intake
import Service

extension Command {
    static let importAdvisories = Command(
        words: ["import", "advisories"], operands: "PATH…",
        summary: "Brings advisories in OSV format into the database and matches all libraries with them.",
        flags: []
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no PATH is given") }
        let runtime = try Runtime(configuration)
        let read = Count()
        let ticker = arguments.has("json") ? nil : Ticker(label: "advisories", count: { read.value })
        defer { ticker?.stop() }
        let result = try AdvisoryImport(
            database: runtime.database, progress: { read.value = $0 },
            warning: { complain("\($0)\n") }
        ).run(arguments.operands)
        ticker?.stop()
        let matched = try LocalMatching(runtime, isQuiet: arguments.has("json")).run()
        if arguments.has("json") {
            print(result.json(matched: matched))
        } else {
            print(
                """
                \(result.read) advisories read: \(result.added) added, \(result.updated) updated, \
                \(result.withdrawn) withdrawn; \(matched) findings new or changed
                """)
            if result.skipped > 0 { print("\(result.skipped) records were skipped") }
        }
    }
}
