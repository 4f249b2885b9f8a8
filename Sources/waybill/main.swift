import Glibc
import Inventory

// Writing to a client or a pipe that is gone must be an error to handle, not the end of the process.
signal(SIGPIPE, SIG_IGN)
// What libraries make, as SQLite its files, is nobody's business but this user's.
umask(0o077)

exit(runCommandLine(Array(CommandLine.arguments.dropFirst())))

/// Runs a command line and gives the exit status: 0 done, 1 failed, 2 wrong usage.
func runCommandLine(_ words: [String]) -> Int32 {
    if words == ["--version"] {
        print("waybill \(ProgramVersion.current)")
        return 0
    }
    guard let command = Command.all.first(where: { words.starts(with: $0.words) }) else {
        if let first = words.first, ["--help", "-h", "help"].contains(first) {
            print(Command.overview, terminator: "")
            return 0
        }
        // Flags are left out: a value among them may be secret.
        let name = words.prefix { !$0.hasPrefix("-") }.joined(separator: " ")
        if !words.isEmpty {
            complain("waybill: \(name.isEmpty ? "no command is given" : "there is no command \(name)")\n")
        }
        complain(Command.overview)
        return 2
    }
    do {
        let arguments = try Arguments(
            Array(words.dropFirst(command.words.count)), known: command.allFlags)
        if arguments.has("help") {
            print(command.help, terminator: "")
            return 0
        }
        let configuration = try Configuration(arguments)
        for flag in command.flags where flag.isRequired { _ = try configuration.required(flag.name) }
        try command.run(arguments, configuration)
        return 0
    } catch let error as UsageError {
        complain("\(command.name): \(error)\n\n\(command.help)")
        return 2
    } catch {
        complain("\(command.name): \(error)\n")
        return 1
    }
}

/// Tells a person on standard error.
func complain(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
