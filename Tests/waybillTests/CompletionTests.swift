import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Each shell reads its script and completes command lines with it.
    struct CompletionTests {
        /// Command lines, each with its completion if only one word can follow.
        private static let unique = [
            ("waybill im", "waybill import "), ("waybill import sb", "waybill import sbom "),
            ("waybill user re", "waybill user remove "), ("waybill report --form", "waybill report --format "),
            ("waybill import sbom --product x --project-v", "waybill import sbom --product x --project-version "),
            // A flag of `list` is not a flag of `user list`.
            ("waybill list --lim", "waybill list --limit "), ("waybill user list --lim", "waybill user list --lim"),
        ]

        /// Writes a shell's script under a name.
        private static func write(_ shell: String, to path: String) throws {
            let script = try Executable.run(["completion", shell])
            #expect(script.status == 0, "\(script.errors)")
            try script.output.write(toFile: path, atomically: true, encoding: .utf8)
        }

        @Test func bashCompletes() throws {
            let folder = try TemporaryFolder()
            let script = folder.path("waybill")
            try Self.write("bash", to: script)
            for (words, expected) in [
                ("waybill im", "import"), ("waybill import sb", "sbom"),
                ("waybill import sbom --proj", "--project\n--project-version"), ("waybill report --form", "--format"),
            ] {
                let parts = words.split(separator: " ")
                let line = """
                    source \(script); COMP_WORDS=(\(words)); COMP_CWORD=\(parts.count - 1); _waybill
                    printf '%s\\n' "${COMPREPLY[@]}"
                    """
                let output = try ForeignTool.run("/bin/bash", ["-c", line])
                #expect(String(decoding: output, as: UTF8.self) == expected + "\n", "\(words)")
            }
        }

        /// Types each line and a tab into a zsh with a terminal, and prints the resulting line.
        private static let zshTypist = #"""
            zmodload zsh/zpty
            folder=$1; shift
            zpty shell "zsh -f -i"
            zpty -w shell "PROMPT= PS2=; fpath=($folder \$fpath); autoload -Uz compinit; compinit -u -d $folder/dump"
            zpty -w shell "show() { print -r -- \"<\$BUFFER>\"; BUFFER= }; zle -N show; bindkey '^T' show; print READ''Y"
            zpty -r shell out $'*READY*'
            for line in "$@"; do
                zpty -w -n shell "$line"$'\t\x14'
                zpty -r shell out $'*<*>*'
                print -r -- "${${out##*<}%%>*}"
            done
            zpty -d shell
            """#

        @Test(.enabled(if: ForeignTool.find("zsh") != nil, "needs Debian's package zsh")) func zshCompletes() throws {
            let folder = try TemporaryFolder()
            try Self.write("zsh", to: folder.path("_waybill"))
            try Self.zshTypist.write(toFile: folder.path("type"), atomically: true, encoding: .utf8)
            let zsh = try ForeignTool.path("zsh", package: "zsh")
            let typed = try Program(
                zsh, ["-f", folder.path("type"), folder.url.path] + Self.unique.map(\.0),
                environment: ["TERM": "xterm"]
            ).wait(atMost: 60)
            let lines = typed.output.components(separatedBy: "\n").dropLast()
            #expect(Array(lines) == Self.unique.map(\.1), "\(typed.errors)")
        }

        @Test(.enabled(if: ForeignTool.find("fish") != nil, "needs Debian's package fish")) func fishCompletes() throws
        {
            let folder = try TemporaryFolder()
            try Self.write("fish", to: folder.path("waybill.fish"))
            let fish = try ForeignTool.path("fish", package: "fish")
            /// The words that fish offers for a line, each with its description.
            func offered(_ line: String) throws -> [(word: String, meaning: String)] {
                let command = "source \(folder.path("waybill.fish")); complete -C '\(line)'"
                let output = try ForeignTool.run(fish, ["--no-config", "-c", command])
                return String(decoding: output, as: UTF8.self).split(separator: "\n").map { row in
                    let parts = row.split(separator: "\t", maxSplits: 1).map(String.init)
                    return (parts[0], parts.count > 1 ? parts[1] : "")
                }
            }
            for (line, completed) in Self.unique {
                let last = String(completed.split(separator: " ").last ?? "")
                #expect(try offered(line).map(\.word) == (completed.hasSuffix(" ") ? [last] : []), "\(line)")
            }
            #expect(try offered("waybill import sbom --proj").map(\.word) == ["--project", "--project-version"])
            #expect(try offered("waybill us").map(\.meaning) == ["list, add, remove, role"])
            #expect(try offered("waybill list --datab").first?.meaning.hasPrefix("sqlite:PATH or ") == true)
        }
    }
}
