import Intake
import Service

extension Command {
    static let importAdvisories = records(
        "advisories", summary: "Brings advisories in OSV format into the database and matches all libraries with them."
    ) { records, paths in
        let result = try AdvisoryImport(records, at: Clock.now()).run(paths)
        return ImportReport(
            read: result.read, skipped: result.skipped,
            text: { matched in
                let skipped = counted(result.skipped, "record was skipped", "records were skipped")
                return """
                    \(counted(result.read, "advisory", "advisories")) read: \(result.added) added, \(result.updated) updated, \
                    \(result.withdrawn) withdrawn; \(counted(matched, "finding")) new or changed
                    """ + (result.skipped > 0 ? "\n\(skipped)" : "")
            }, json: { result.json(matched: $0) })
    }

    static let importVersions = records(
        "versions", counting: "packages",
        summary: "Brings the versions that registries have of packages into the database, for alerts of newer ones."
    ) { records, paths in
        let result = try ReleaseImport(records).run(paths)
        return ImportReport(
            read: result.packages, skipped: result.skipped,
            text: { _ in
                """
                \(counted(result.packages, "package")) read with \(counted(result.versions, "version")); \
                \(counted(result.skipped, "record")) skipped
                """
            }, json: { _ in result.json })
    }

    static let importDigests = records(
        "digests",
        summary:
            "Brings lists of what files with given SHA-1 or SHA-256 are, to name those of which only that is known."
    ) { records, paths in
        let result = try DigestImport(records).run(paths)
        return ImportReport(
            read: result.digests, skipped: result.skipped,
            text: { _ in
                "\(counted(result.digests, "digest")) read; \(counted(result.skipped, "record")) skipped"
            },
            json: { _ in result.json })
    }

    /// The text that the command prints, given the number of new or changed findings.
    private struct ImportReport {
        /// The records that were read, including known ones, and the others.
        let read: Int
        let skipped: Int
        let text: (Int) -> String
        let json: (Int) -> String

        /// The reason why nothing was read.
        var nothing: String {
            skipped == 0 ? "there is no record in it" : "\(counted(skipped, "record")) could not be read"
        }
    }

    /// A command that imports records, then matches the packages that they marked.
    ///
    /// - Parameter counting: the counted noun in the terminal's line; nil for the command's own word.
    private static func records(
        _ word: String, counting: String? = nil, summary: String,
        _ run: @escaping @Sendable (RecordImport, [String]) throws -> ImportReport
    ) -> Command {
        Command(words: ["import", word], operands: "PATH…", summary: summary, flags: []) { arguments, configuration in
            guard !arguments.operands.isEmpty else { throw UsageError(description: "no PATH is given") }
            let runtime = try Runtime(existing: configuration)
            let isQuiet = arguments.has("json")
            let (read, part) = (Count(), Part())
            let ticker = isQuiet ? nil : Ticker(label: counting ?? word, count: { read.value }, part: part)
            defer { ticker?.stop() }
            let records = RecordImport(
                into: runtime.database, progress: { read.value = $0 },
                amount: { (part.done.value, part.total.value) = ($0, $1) }, warning: { complain("\($0)\n") })
            let report = try run(records, arguments.operands)
            ticker?.stop()
            let matched = try LocalMatching(runtime, isQuiet: isQuiet).run()
            print(isQuiet ? report.json(matched) : report.text(matched))
            // A wrong path must not look like a source without news.
            guard report.read > 0 else { throw Failure("nothing was read: \(report.nothing)") }
        }
    }
}
