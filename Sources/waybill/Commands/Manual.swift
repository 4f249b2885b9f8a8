import Bytes
import Glibc
import Inventory
import Service

// DESIGN. Man pages and help come from the same table of commands, so they agree.

extension Command {
    static let manual = Command(
        words: ["manual"], operands: "[COMMAND…]",
        summary: "Prints the man page of a command, or of all; for `waybill manual | man -l -` and packages.",
        flags: [Flag("output", "DIR", "write all pages into a directory instead")], printsData: false
    ) { arguments, configuration in
        if let folder = configuration["output"] {
            guard arguments.operands.isEmpty else { throw UsageError(description: "--output writes all pages") }
            for (name, text) in ManualPage.all { try write(text, to: "\(folder)/\(name).1") }
            return
        }
        guard !arguments.operands.isEmpty else { return print(ManualPage.overview, terminator: "") }
        guard let command = all.first(where: { $0.words == arguments.operands }) else {
            throw UsageError(description: "there is no command \(arguments.operands.joined(separator: " "))")
        }
        print(ManualPage.page(of: command), terminator: "")
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try DurableFile(path: path)
        try Array(text.utf8).withBytes { bytes throws(SinkError) in try file.write(bytes) }
        try file.publish()
    }
}

/// Pages in the language of man(7).
enum ManualPage {
    /// Every page with its name.
    static var all: [(name: String, text: String)] {
        [("waybill", overview)] + Command.all.map { (name(of: $0), page(of: $0)) }
    }

    static var overview: String {
        var text = head("waybill", "inventory and reports of open-source risk and compliance")
        text += ".SH SYNOPSIS\n.B waybill\n.I COMMAND\n[flags]\n.SH DESCRIPTION\n"
        text += paragraph(
            """
            Takes in SBOMs, scanner uploads and advisories, keeps what the products of an organization are made of, and answers \
            the Mend HTTP API, above all its asynchronous reports.
            """)
        text += ".SH COMMANDS\n"
        for command in Command.all {
            text += ".TP\n.BR \(name(of: command)) (1)\n" + paragraph(command.summary)
        }
        return text + ending
    }

    static func page(of command: Command) -> String {
        var text = head(name(of: command), command.summary)
        text += ".SH SYNOPSIS\n.B \(command.name)\n"
        if !command.operands.isEmpty { text += ".I \(escaped(command.operands))\n" }
        text += "[flags]\n.SH DESCRIPTION\n" + paragraph(command.summary) + ".SH OPTIONS\n"
        for flag in command.allFlags {
            let value = flag.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
            text += ".TP\n\\fB\\-\\-\(escaped(flag.name))\\fR\(value)\n"
            text += paragraph(flag.meaning + (flag.isRequired ? " (required)" : ""))
        }
        return text + ending
    }

    private static func name(of command: Command) -> String { "waybill-" + command.words.joined(separator: "-") }

    private static func head(_ name: String, _ summary: String) -> String {
        let brief = summary.hasSuffix(".") ? String(summary.dropLast()) : summary
        return """
            .TH \(name.uppercased().replacing("-", with: "\\-")) 1 "" "waybill \(ProgramVersion.current)" "Waybill"
            .SH NAME
            \(escaped(name)) \\- \(escaped(brief))

            """
    }

    /// The end of all pages.
    private static var ending: String {
        let statuses = ExitStatus.all.map { ".TP\n.B \($0.0)\n\(paragraph($0.1))" }.joined()
        return """
            .SH EXIT STATUS
            \(statuses).SH ENVIRONMENT
            .TP
            .B WAYBILL_*
            \(paragraph("Settings by the names of the flags in capitals, as WAYBILL_DATA for --data. Flags go before them."))\
            .SH FILES
            .TP
            .I /etc/waybill/waybill.conf
            \(paragraph("Settings of the packaged server, one `name = value` a line; read where --config names it."))\
            .TP
            .I ./waybill-data
            \(paragraph("The data directory where none is named."))\
            .SH SEE ALSO
            .BR waybill (1),
            .I /usr/share/doc/waybill

            """
    }

    /// A line of text.
    private static func paragraph(_ text: String) -> String {
        let text = escaped(text)
        // A line that begins with one of these characters is a request.
        return (text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : "") + text + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
    }
}
