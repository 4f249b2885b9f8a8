/// Texts of the SPDX list, which are templates: some begin with the notice that an author is to fill in.
package enum LicenseTemplate {
    /// Lines that a notice stands among.
    private static let head = 10

    /// The text without notices that nobody filled in (`Copyright (c) <year> <copyright holders>`): beside a library they would read
    /// as what its author says. What stands in the terms, or behind them in advice on how to apply them, stays.
    package static func withoutNotices(_ text: String) -> String {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let notices = lines.indices.prefix(head).filter { isOpenNotice(lines[$0]) }
        if notices.isEmpty { return text }
        for line in notices.reversed() {
            lines.remove(at: line)
            // One blank line instead of two, and none in front.
            if line < lines.count, isBlank(lines[line]), line == 0 || isBlank(lines[line - 1]) {
                lines.remove(at: line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

    /// Whether a line begins as a notice does, perhaps behind the name of a work, and has a place to fill in.
    private static func isOpenNotice(_ line: Substring) -> Bool {
        guard line.utf8.count <= 200 else { return false }
        let text = line.lowercased().drop { $0.isWhitespace }
        if text.hasPrefix("<copyright") { return true }
        guard let word = text.firstRange(of: "copyright") else { return false }
        let name = text[..<word.lowerBound]
        guard name.isEmpty || name.utf8.count < 40 && (name.first == "<" || name.first == "[") else { return false }
        let rest = text[word.upperBound...]
        if rest.contains("(year)") { return true }
        return [("<", ">"), ("[", "]"), ("${", "}")].contains { open, close in
            guard let start = rest.firstRange(of: open) else { return false }
            guard let end = rest[start.upperBound...].firstRange(of: close) else { return false }
            let inside = rest[start.upperBound..<end.lowerBound]
            return inside.count < 60 && !inside.contains("@") && !inside.contains("/")
        }
    }
}
