import API
import Bytes
import Database
import Glibc
import Inventory

// Writing to a closed connection or pipe must be an error to handle, not the end of the process.
signal(SIGPIPE, SIG_IGN)
// Files that libraries make, such as SQLite's, are readable only by this user.
umask(0o077)

exit(runCommandLine(Array(CommandLine.arguments.dropFirst())))

/// Runs a command line and returns the exit status.
func runCommandLine(_ words: [String]) -> Int32 {
    if words.first == "--version" { return runCommandLine(["version"] + words.dropFirst()) }
    if words.first == "help", words.count > 1 { return runCommandLine(Array(words.dropFirst()) + ["--help"]) }
    guard let command = Command.all.first(where: { words.starts(with: $0.words) }) else {
        let asksForHelp = words.last.map { ["--help", "-h", "help"].contains($0) } ?? false
        if asksForHelp, words.count == 1 {
            print(Command.overview, terminator: "")
            return ExitStatus.done
        }
        if asksForHelp, words.count == 2, let help = Command.help(ofGroup: words[0]) {
            print(help, terminator: "")
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
        Configuration.warnOfMistypedVariables()
        for flag in command.flags where flag.isRequired { _ = try configuration.required(flag.name) }
        try command.run(arguments, configuration)
        return ExitStatus.done
    } catch let error as UsageError {
        complain("\(command.name): \(error)\n\(command.usage)\n`\(command.name) --help` shows the flags.\n")
        return ExitStatus.wrongUsage
    } catch {
        // The database's words are for programs, and those of the API for people.
        let why = error is PeopleError || error is KeyError ? APIError(error)?.message : nil
        complain("\(command.name): \(why ?? "\(error)")\n")
        return ExitStatus.failed
    }
}

/// Writes to standard error, for a person. The text may contain texts from others.
func complain(_ text: String) { draw(Deception.forTerminal(text)) }

/// Writes to standard error unchanged, including the characters that control a terminal.
func draw(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
