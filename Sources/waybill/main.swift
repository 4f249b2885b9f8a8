import Glibc
import Inventory

// Writing to a client or a pipe that is gone must be an error to handle, not the end of the process.
signal(SIGPIPE, SIG_IGN)
// Files that libraries make, as SQLite does, are for this user only.
umask(0o077)

exit(runCommandLine(Array(CommandLine.arguments.dropFirst())))

/// Runs a command line and gives the exit status.
func runCommandLine(_ words: [String]) -> Int32 {
    if words.first == "--version" { return runCommandLine(["version"] + words.dropFirst()) }
    guard let command = Command.all.first(where: { words.starts(with: $0.words) }) else {
        if let first = words.first, ["--help", "-h", "help"].contains(first) {
            print(Command.overview, terminator: "")
            return ExitStatus.done
        }
        complain(words.isEmpty ? Command.overview : Suggestion.unknownCommand(words))
        return ExitStatus.wrongUsage
    }
    do {
        let arguments = try Arguments(
            Array(words.dropFirst(command.words.count)), known: command.allFlags)
        if arguments.has("help") {
            print(command.help, terminator: "")
            return ExitStatus.done
        }
        let configuration = try Configuration(arguments)
        for flag in command.flags where flag.isRequired { _ = try configuration.required(flag.name) }
        try command.run(arguments, configuration)
        return ExitStatus.done
    } catch let error as UsageError {
        complain("\(command.name): \(error)\n\(command.usage)\n`\(command.name) --help` shows the flags.\n")
        return ExitStatus.wrongUsage
    } catch {
        complain("\(command.name): \(error)\n")
        return ExitStatus.failed
    }
}

/// Writes to standard error.
func complain(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
