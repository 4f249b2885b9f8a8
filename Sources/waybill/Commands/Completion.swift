// DESIGN. Completions are made from the table of commands. Each script contains the table as plain lists. It starts no
// process while a person types, and a shell that reads it needs no Waybill.

extension Command {
    static let completion = Command(
        words: ["completion"], operands: "SHELL",
        summary: "Prints the completions of a shell: bash, zsh or fish.", flags: [], printsData: false
    ) { arguments, _ in
        let known = Completion.allCases.map(\.rawValue)
        guard arguments.operands.count == 1 else {
            throw UsageError(description: "one SHELL is wanted: \(known.joined(separator: ", "))")
        }
        let word = arguments.operands[0]
        guard let shell = Completion(rawValue: word) else {
            throw UsageError(
                description:
                    "there are no completions for \(word.prefix(100)); accepted: \(known.joined(separator: ", "))")
        }
        print(shell.script, terminator: "")
    }
}

/// A shell with command-line completion.
enum Completion: String, CaseIterable {
    case bash
    case zsh
    case fish

    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    /// The first words of commands, each once, in their order.
    private static var firstWords: [String] {
        Command.all.map { $0.words[0] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The second words that may follow a first one.
    private static func secondWords(behind first: String) -> [String] {
        Command.all.filter { $0.words.count > 1 && $0.words[0] == first }.map { $0.words[1] }
    }

    /// The meaning of a first word: the summary of its command, or the commands that begin with it.
    private static func meaning(ofFirst first: String) -> String {
        let seconds = secondWords(behind: first)
        guard seconds.isEmpty else { return seconds.joined(separator: ", ") }
        return quoted(Command.all.first { $0.words == [first] }?.summary ?? "")
    }

    private static func flags(of command: Command) -> [String] { command.allFlags.map { "--\($0.name)" } }

    /// The first two words of a command line with this command, in the form that `case` matches.
    private static func pattern(of command: Command) -> String {
        command.words.count > 1 ? "'\(command.words.joined(separator: " "))'" : "\(command.words[0])' '*"
    }

    private static var bashScript: String {
        var text = """
            # Completions of waybill for bash, made by `waybill completion bash`.
            _waybill() {
                local word=${COMP_WORDS[COMP_CWORD]} choices=
                if [[ $COMP_CWORD -eq 1 ]]; then
                    choices="\(firstWords.joined(separator: " "))"
                else
                    case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in

            """
        for command in Command.all {
            let pattern = pattern(of: command)
            text += "        \(pattern)) choices=\"\(flags(of: command).joined(separator: " "))\" ;;\n"
        }
        text += "        esac\n        if [[ $COMP_CWORD -eq 2 ]]; then\n            case ${COMP_WORDS[1]} in\n"
        for first in firstWords where !secondWords(behind: first).isEmpty {
            text += "            \(first)) choices=\"\(secondWords(behind: first).joined(separator: " "))\" ;;\n"
        }
        return text + """
                    esac
                fi
            fi
            mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
            }
            complete -o default -F _waybill waybill

            """
    }

    private static var zshScript: String {
        var text = """
            #compdef waybill
            # Completions of waybill for zsh, made by `waybill completion zsh`.
            _waybill() {
                local -a choices
                if (( CURRENT == 2 )); then
                    choices=(\(firstWords.map { "'\($0):\(meaning(ofFirst: $0))'" }.joined(separator: " ")))
                    _describe command choices
                    return
                fi

            """
        for first in firstWords where !secondWords(behind: first).isEmpty {
            let rows = Command.all.filter { $0.words.count > 1 && $0.words[0] == first }.map {
                "'\($0.words[1]):\(quoted($0.summary))'"
            }
            text += "    if (( CURRENT == 3 )) && [[ $words[2] == \(first) ]]; then\n"
            text += "        choices=(\(rows.joined(separator: " ")))\n        _describe command choices\n"
            text += "        return\n    fi\n"
        }
        text += "    case \"$words[2] $words[3]\" in\n"
        for command in Command.all {
            let pattern = pattern(of: command)
            let rows = command.allFlags.map { "'--\($0.name):\(quoted($0.meaning))'" }
            text += "    \(pattern)) choices=(\(rows.joined(separator: " "))) ;;\n"
        }
        return text + """
                esac
                if [[ $words[CURRENT] == -* ]]; then _describe flag choices; else _files; fi
            }
            _waybill "$@"

            """
    }

    private static var fishScript: String {
        var text = """
            # Completions of waybill for fish, made by `waybill completion fish`.
            # Whether the command line so far is that of a command, of one word or two.
            function __waybill_is
                set -l words (commandline -opc)
                test "$words[2]" = "$argv[1]"; and test (count $argv) -eq 1 -o "$words[3]" = "$argv[2]"
            end
            # Whether the second word of a command comes next.
            function __waybill_continues
                set -l words (commandline -opc)
                test (count $words) -eq 2 -a "$words[2]" = "$argv[1]"
            end

            """
        for first in firstWords {
            let meaning = meaning(ofFirst: first)
            text += "complete -c waybill -n __fish_use_subcommand -f -a \(first) -d '\(meaning)'\n"
        }
        for command in Command.all {
            if command.words.count > 1 {
                text += "complete -c waybill -n '__waybill_continues \(command.words[0])' -f -a \(command.words[1]) "
                text += "-d '\(quoted(command.summary))'\n"
            }
            let condition = "__waybill_is \(command.words.joined(separator: " "))"
            for flag in command.allFlags {
                let value = flag.value == nil ? "" : " -r"
                text += "complete -c waybill -n '\(condition)' -l \(flag.name)\(value) -d '\(quoted(flag.meaning))'\n"
            }
        }
        return text
    }

    /// A text to put between single quotes, on one line.
    private static func quoted(_ text: String) -> String {
        text.replacing("'", with: "’").replacing("\\", with: "")
    }
}
