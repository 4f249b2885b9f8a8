import Bytes
import Intake
import Service

extension Command {
    static let importLicenses = Command(
        words: ["import", "licenses"], operands: "PATH…",
        summary: "Brings the texts of the SPDX licence list into the database, for attribution reports.",
        flags: []
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no PATH is given") }
        let runtime = try Runtime(existing: configuration)
        let work = LicenseImport(database: runtime.database)
        var count = 0
        for path in arguments.operands { count += try work.run(path) }
        print(
            arguments.has("json")
                ? JSONWriter.object { $0.number("licenses", count) }
                : counted(count, "text of a licence", "texts of licences"))
    }
}
