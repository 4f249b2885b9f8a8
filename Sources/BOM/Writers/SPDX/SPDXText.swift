/// Texts in the forms of SPDX 2.
enum SPDXText {
    /// A text of one line: line breaks and tabs become blanks, and white space at the ends is removed.
    static func line(_ text: String) -> String {
        var result = text
        if text.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            result = String(decoding: text.utf8.map { $0 < 32 || $0 == 127 ? 32 : $0 }, as: UTF8.self)
        }
        // Non-ASCII white space at the ends begins or ends with a non-ASCII byte.
        guard let first = result.utf8.first, let last = result.utf8.last,
            first <= 32 || first >= 128 || last <= 32 || last >= 128
        else { return result }
        guard result.first?.isWhitespace == true || result.last?.isWhitespace == true else { return result }
        var rest = result[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// A text of one line that is never empty.
    static func name(_ text: String) -> String {
        let line = line(text)
        return line.isEmpty ? "unnamed" : line
    }

    /// The comment of a package. The comment also holds an invalid package URL, unchanged.
    static func comment(of it: Component, hasPurl: Bool) -> String {
        if hasPurl || it.purl.isEmpty { return it.comment }
        return it.comment + (it.comment.isEmpty ? "" : "\n") + "Package URL as given: \(it.purl)"
    }

    /// A supplier or originator (§7.5): `Person: name (email)` or `Organization: …`; nil without a name. A tool cannot supply
    /// and becomes an organization.
    static func agent(_ agent: Agent) -> String? {
        named(agent.kind == .person ? "Person" : "Organization", agent)
    }

    /// A creator (§6.8).
    static func creator(_ agent: Agent) -> String? {
        if agent.kind == .tool { return line(agent.name).isEmpty ? nil : "Tool: \(line(agent.name))" }
        return named(agent.kind == .person ? "Person" : "Organization", agent)
    }

    private static func named(_ kind: String, _ agent: Agent) -> String? {
        let name = line(agent.name.isEmpty ? agent.email : agent.name)
        guard !name.isEmpty, name != "NOASSERTION" else { return nil }
        let email = line(agent.email)
        // Without the empty pair of parentheses, a reader would take a parenthesis of the name for the address.
        if !email.isEmpty, email != name { return "\(kind): \(name) (\(email))" }
        return name.contains("(") ? "\(kind): \(name) ()" : "\(kind): \(name)"
    }

    /// `cpe23Type` or `cpe22Type`; nil for a text that is neither (Annex F.2).
    static func cpeType(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        if text.hasPrefix("cpe:2.3:") { return isCPE23(Array(bytes[8...])) ? "cpe23Type" : nil }
        if text.hasPrefix("cpe:/") {
            let parts = text.dropFirst(5).split(separator: ":", omittingEmptySubsequences: false)
            let isSound =
                parts.count <= 7 && ["", "a", "h", "o", "A", "H", "O"].contains(String(parts[0]))
                && parts.dropFirst().allSatisfy {
                    $0.utf8.allSatisfy { isAlphanumeric($0) || "._-~%".utf8.contains($0) }
                }
            return isSound ? "cpe22Type" : nil
        }
        return nil
    }

    private static func isCPE23(_ bytes: [UInt8]) -> Bool {
        var fields: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                fields[fields.count - 1] += bytes[index...(index + 1)]
                index += 2
                continue
            }
            if bytes[index] == UInt8(ascii: ":") {
                fields.append([])
            } else {
                fields[fields.count - 1].append(bytes[index])
            }
            index += 1
        }
        guard fields.count == 11, fields[0].count == 1, "aho*-".utf8.contains(fields[0][0]) else { return false }
        for (index, field) in fields.enumerated().dropFirst() {
            if field == [UInt8(ascii: "*")] || field == [UInt8(ascii: "-")] { continue }
            guard index == 6 ? isLanguage(field) : isComponent(field) else { return false }
        }
        return true
    }

    /// Whether a field consists of letters, digits, `-._` and escaped signs, with `*` or `?` allowed at the ends.
    private static func isComponent(_ field: [UInt8]) -> Bool {
        var rest = field[...]
        let wild = "*?".utf8
        while let first = rest.first, wild.contains(first) { rest.removeFirst() }
        while let last = rest.last, wild.contains(last), rest.count < 2 || rest[rest.endIndex - 2] != UInt8(ascii: "\\")
        {
            rest.removeLast()
        }
        guard !rest.isEmpty else { return false }
        var index = rest.startIndex
        while index < rest.endIndex {
            if rest[index] == UInt8(ascii: "\\") {
                guard index + 1 < rest.endIndex,
                    "\\*?!\"#$%&'()+,/:;<=>@[]^`{|}~".utf8.contains(rest[index + 1])
                else { return false }
                index += 2
            } else {
                guard isAlphanumeric(rest[index]) || "-._".utf8.contains(rest[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    private static func isLanguage(_ field: [UInt8]) -> Bool {
        let parts = field.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        func letters(_ part: ArraySlice<UInt8>) -> Bool { part.allSatisfy { $0 | 32 >= 97 && $0 | 32 <= 122 } }
        guard parts.count <= 2, [2, 3].contains(parts[0].count), letters(parts[0]) else { return false }
        guard parts.count == 2 else { return true }
        return (parts[1].count == 2 && letters(parts[1]))
            || (parts[1].count == 3 && parts[1].allSatisfy { $0 >= 48 && $0 <= 57 })
    }

    /// Whether a locator is valid for a listed type of PACKAGE-MANAGER or PERSISTENT-ID (Annex F.3, F.4).
    static func isLocator(_ text: String, of type: String, version: SPDXVersion) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return false }
        func parts(_ separator: Character, _ counts: ClosedRange<Int>) -> Bool {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            return counts.contains(parts.count) && parts.allSatisfy { !$0.isEmpty }
        }
        switch type {
        case "maven-central": return parts(":", 2...3)
        case "npm": return parts("@", 2...2)
        case "nuget": return parts("/", 2...2)
        case "bower": return parts("#", 2...2)
        case "swh":
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "swh" && parts[1] == "1"
                && ["snp", "rel", "rev", "dir", "cnt"].contains(String(parts[2])) && isHexadecimal(parts[3], 40)
        case "gitoid":
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return version >= .v23 && parts.count == 4 && parts[0] == "gitoid"
                && ["blob", "tree", "commit", "tag"].contains(String(parts[1]))
                && (parts[2] == "sha1"
                    ? isHexadecimal(parts[3], 40) : parts[2] == "sha256" && isHexadecimal(parts[3], 64))
        default: return false
        }
    }

    private static func isHexadecimal(_ text: Substring, _ digits: Int) -> Bool {
        text.utf8.count == digits && Hash(algorithm: "", value: String(text)).isHexadecimal
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57)
    }
}
