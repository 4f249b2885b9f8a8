/// A command of the executable.
struct Command: Sendable {
    let words: [String]
    /// The arguments after the words in the usage line.
    let operands: String
    let summary: String
    let flags: [Flag]
    /// Whether it prints data, and therefore has `--json`.
    var printsData = true
    let run: @Sendable (Arguments, Configuration) throws -> Void

    /// All commands. The first command whose words begin the command line is run.
    static let all: [Command] = [
        .serve, .worker, .initialize, .importSBOM, .importDebian, .importAgent, .importKubernetes, .importAdvisories,
        .importLicenses, .importVersions, .importDigests, .importVEX, .update, .report, .ask, .list, .get, .delete,
        .wait,
        .retry, .userList, .userAdd,
        .userRemove, .userRole, .keyList, .keyCreate, .keyRenew, .keyRevoke, .audit, .backup, .restore, .migrate, .demo,
        .doctor, .completion, .manual, .version,
    ]

    /// The flags of this command and those of all.
    var allFlags: [Flag] { flags + Flag.shared + (printsData ? [.json] : []) }

    var name: String { "waybill " + words.joined(separator: " ") }

    /// The usage line.
    var usage: String { "usage: \(name)\(operands.isEmpty ? "" : " " + operands) [flags]" }

    var help: String {
        var text = "\(usage)\n\n\(summary)\n\nflags:\n"
        for flag in allFlags {
            let left = "--\(flag.name)\(flag.value.map { " " + $0 } ?? "")"
            let padding = String(repeating: " ", count: max(2, 30 - left.count))
            text += "  \(left)\(padding)\(flag.meaning)\(flag.isRequired ? " (required)" : "")\n"
        }
        return text
            + "\nSettings come from flags, then WAYBILL_* variables (WAYBILL_DATA), then the file of --config.\n"
    }

    /// The commands that begin with this word and have a second word: `import`, `user`, `key`.
    static func group(_ word: String) -> [Command] { all.filter { $0.words.count > 1 && $0.words[0] == word } }

    /// The help for a first word that several commands share; nil for others.
    static func help(ofGroup word: String) -> String? {
        let commands = group(word)
        guard !commands.isEmpty else { return nil }
        return "usage: waybill \(word) COMMAND [flags]\n\ncommands:\n" + lines(commands)
            + "\n`waybill \(word) COMMAND --help` shows more.\n"
    }

    private static func lines(_ commands: [Command]) -> String {
        commands.map { command in
            let left = command.words.joined(separator: " ")
            return "  \(left)\(String(repeating: " ", count: max(2, 20 - left.count)))\(command.summary)\n"
        }.joined()
    }

    static var overview: String {
        "usage: waybill COMMAND [flags]\n\ncommands:\n" + lines(all)
            + """

            `waybill COMMAND --help` shows more. Exit status: \(ExitStatus.sentence).

            """
    }
}

/// The meaning of a command's exit status.
enum ExitStatus {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let wrongUsage: Int32 = 2

    /// Each status with its meaning.
    static let all = [(done, "done"), (failed, "failed; standard error says why"), (wrongUsage, "wrong usage")]

    static var sentence: String { all.map { "\($0) \($1)" }.joined(separator: ", ") }
}
