import Bytes

/// The texts of the SPDX list are templates. Some begin with a notice that an author has to fill in, or with the notice of the
/// template's own author (`Internet Systems Consortium` in ISC). In a report, readers would take either one for a statement of
/// the library's author.
package enum LicenseTemplate {
    /// The number of lines that are searched for a notice.
    private static let head = 12

    /// The text with `lines` in place of its template's notices. Without lines, the notices are removed. Notices inside the
    /// terms, and in the advice on how to apply the licence, stay. The notice of a licence whose own text is under copyright
    /// stays, too (`Everyone is permitted to copy and distribute verbatim copies of this license document`).
    ///
    /// - Parameter isListed: whether the text comes from the SPDX list, so that all its notices are the template's. In a text
    ///   from a document, only notices that nobody filled in are the template's.
    package static func filled(_ text: String, with lines: [String], isListed: Bool) -> String {
        var parts = beginning(text)
        let notices = Self.notices(parts, isListed: isListed)
        guard let first = notices.first else { return text }
        for line in notices.reversed() {
            parts.remove(at: line)
            guard lines.isEmpty || line != first else { continue }
            // Merges double blank lines, and removes blank lines at the beginning.
            if line < parts.count, isBlank(parts[line]), line == 0 || isBlank(parts[line - 1]) {
                parts.remove(at: line)
            }
        }
        parts.insert(contentsOf: lines.map { Substring($0) }, at: first)
        return parts.joined(separator: "\n")
    }

    /// The notices of the template's authors in a text of the SPDX list. They do not belong to the users of the
    /// licence.
    package static func holders(_ text: String) -> [String] {
        let parts = beginning(text)
        return notices(parts, isListed: true).map { parts[$0].trimmingBlanks() }
    }

    /// The copyright statements of a text: the lines at its head that begin like a notice and name a year, except those of a
    /// template.
    package static func statements(in text: String) -> [String] {
        let lines = beginning(text)
        guard !isAboutItself(lines) else { return [] }
        return lines.prefix(head).filter { isNotice($0) && !isOpenNotice($0) }.map { $0.trimmingBlanks() }
    }

    /// The lines around a notice one by one, and the rest of the text as one.
    private static func beginning(_ text: String) -> [Substring] {
        text.split(maxSplits: head, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    private static func notices(_ lines: [Substring], isListed: Bool) -> [Int] {
        let head = lines.indices.prefix(Self.head)
        let open = head.filter { isOpenNotice(lines[$0]) }
        guard isListed, !isAboutItself(lines) else { return open }
        return head.filter { line in
            open.contains(line) || isNotice(lines[line]) && endsNotice(line + 1 < lines.count ? lines[line + 1] : "")
        }
    }

    /// Whether the licence states a copyright of its own text at its beginning.
    private static func isAboutItself(_ lines: [Substring]) -> Bool {
        lines.contains { line in
            let text = line.prefix(2000).lowercased()
            return text.contains("verbatim cop") || text.contains("this license document")
        }
    }

    /// Whether a line begins like a notice and names a year.
    package static func isNotice(_ line: some StringProtocol) -> Bool {
        guard line.utf8.count <= 300 else { return false }
        let text = line.lowercased().drop { $0.isWhitespace || $0 == "*" || $0 == "#" }
        let begins = ["copyright", "portions copyright", "(c)", "©"].contains { text.hasPrefix($0) }
        return begins && namesYear(text)
    }

    /// Whether the text has four digits in a row that are a year from 1900 on.
    private static func namesYear(_ text: Substring) -> Bool {
        text.utf8.split { !(48...57).contains($0) }.contains { digits in
            digits.count == 4 && (digits.starts(with: "19".utf8) || digits.starts(with: "20".utf8))
        }
    }

    /// Whether the line that follows starts something new, rather than continuing the sentence of the notice.
    private static func endsNotice(_ line: some StringProtocol) -> Bool {
        let text = line.prefix(300).lowercased().drop { $0.isWhitespace }
        return text.isEmpty || isNotice(line.prefix(300))
            || ["permission", "redistribution", "all rights", "this ", "you ", "licensed"].contains {
                text.hasPrefix($0)
            }
    }

    private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

    /// Whether a line begins like a notice, perhaps after the name of a work, and has a place to fill in.
    package static func isOpenNotice(_ line: some StringProtocol) -> Bool {
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
