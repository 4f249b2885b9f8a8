import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The texts made from the table of commands: usage errors, completions, man pages.
    struct CommandTableTests {
        @Test(
            arguments: [
                (["reprot"], "waybill: there is no command reprot; did you mean waybill report?\n"),
                (["import", "sbmo"], "waybill: there is no command import sbmo; did you mean waybill import sbom?\n"),
                (["user"], "waybill user: which? list, add, remove, role\n"),
                (
                    ["improt", "sbom", "x"],
                    "waybill: there is no command improt sbom x; did you mean waybill import sbom?\n"
                ),
                (
                    ["usre"],
                    "waybill: there is no command usre; did you mean waybill user list|add|remove|role?\n"
                ),
                (["nonsense"], "waybill: there is no command nonsense; `waybill --help` lists them\n"),
                // No message repeats a text that may be secret.
                (["--key", "abc"], "waybill: no command is given; `waybill --help` lists them\n"),
            ] as [([String], String)])
        func aMistypedCommandIsOneLine(arguments: [String], errors: String) throws {
            let ending = try Executable.run(arguments)
            #expect(ending.status == 2)
            #expect(ending.errors == errors)
        }

        @Test func aMistypedFlagNamesTheNearestOne() throws {
            let ending = try Executable.run(["init", "--organisation=Secret", "--email", "a@example.org"])
            #expect(ending.status == 2)
            #expect(
                ending.errors == """
                    waybill init: unknown flag --organisation; did you mean --organization?
                    usage: waybill init [flags]
                    `waybill init --help` shows the flags.

                    """)
        }

        @Test func theVersionInEachForm() throws {
            let plain = try Executable.run(["version"])
            #expect(try Executable.run(["--version"]).output == plain.output)
            let json = try Executable.run(["version", "--json"]).output
            let version = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String])["version"]
            #expect(plain.output == "waybill \(version ?? "")\n")
        }

        /// Every command and every flag is in each of them.
        @Test func completionsAndManPagesNameEverything() throws {
            let scripts = try ["bash", "zsh", "fish"].map { try Executable.run(["completion", $0]).output }
            let folder = try TemporaryFolder()
            #expect(try Executable.run(["manual", "--output", folder.url.path]).status == 0)
            let overview = try String(contentsOfFile: folder.path("waybill.1"), encoding: .utf8)
            for command in try CommandLineTests.commands() {
                let name = "waybill-" + command.split(separator: " ").joined(separator: "-")
                #expect(overview.contains("\(name) (1)"))
                let page = try String(contentsOfFile: folder.path("\(name).1"), encoding: .utf8)
                let words = command.split(separator: " ").map(String.init)
                let help = try Executable.run(words + ["--help"]).output
                for line in help.split(separator: "\n") where line.hasPrefix("  --") {
                    let flag = line.dropFirst(4).prefix { $0 != " " }
                    #expect(page.contains("\\-\\-\(flag.replacing("-", with: "\\-"))"), "\(name) \(flag)")
                    for script in scripts { #expect(script.contains(flag), "\(name) \(flag)") }
                }
            }
        }

        /// The manual of operation and every man page contain each status of the help.
        @Test func exitStatusesAreDocumented() throws {
            let help = try Executable.run(["--help"]).output
            let sentence = try #require(
                help.components(separatedBy: "Exit status: ").last?.split(separator: "\n").first)
            let statuses = sentence.matches(of: /(\d) ([a-z]+)/).map { (String($0.1), String($0.2)) }
            #expect(statuses.map(\.0) == ["0", "1", "2"], "\(sentence)")
            let manual = try String(contentsOfFile: ReadmeTests.root + "/docs/operation.md", encoding: .utf8)
            let page = try Executable.run(["manual", "report"]).output
            for (number, word) in statuses {
                #expect(manual.contains("| \(number) | \(word)"), "\(number)")
                #expect(page.contains(".B \(number)\n\(word)"), "\(number)")
            }
        }

        /// Runs a command on a terminal that `script` provides, with these variables and without the `NO_COLOR` that `swift test` sets.
        /// The terminal outlives the command, because `script` may lose output that it has not read when the last process ends.
        private static func onTerminal(_ words: String, _ variables: [String: String]) throws -> Program.Ending {
            let clean = variables["NO_COLOR"] == nil ? "unset NO_COLOR; " : ""
            let line = "\(clean)\(Executable.path) \(words); ended=$?; sleep 0.5; exit $ended"
            return try Program("/usr/bin/script", ["-qec", line, "/dev/null"], environment: variables).wait(atMost: 60)
        }

        @Test func colourIsForTerminalsThatWantIt() throws {
            let site = try Site()
            _ = try site.organization()
            let escape = "\u{1b}["
            let words = "doctor --data \(site.data)"
            let coloured = try Self.onTerminal(words, ["TERM": "xterm"])
            #expect(coloured.output.contains(escape), "\(coloured)")
            for variables in [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"]] {
                let ending = try Self.onTerminal(words, variables)
                #expect(ending.output.contains("database") && !ending.output.contains(escape), "\(variables)")
            }
            // An empty NO_COLOR has no meaning (https://no-color.org).
            #expect(try Self.onTerminal(words, ["TERM": "xterm", "NO_COLOR": ""]).output.contains(escape))
            #expect(try !site.run("doctor").output.contains(escape))
        }

        @Test func progressShowsTimeAndMemory() throws {
            let site = try Site()
            _ = try site.organization()
            let path = site.folder.path("bom.json")
            try Document.cycloneDX(libraries: 2_000, name: "Large").write(to: URL(fileURLWithPath: path))
            let ending = try Self.onTerminal("import sbom \(path) --product Shop --data \(site.data)", [:])
            #expect(ending.output.contains(/bom\.json: \d+, \d+ s, \d+ MiB/), "\(ending.output.suffix(500))")
            // Outside of a terminal no line changes.
            let plain = try site.run("import", "sbom", path, "--product", "Shop")
            #expect(plain.status == 0 && !plain.errors.contains("MiB"), "\(plain.errors)")
        }
    }
}
