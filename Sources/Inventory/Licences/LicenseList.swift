// DESIGN. The list is a text in the program. It is parsed on first use (under a millisecond), so it slows down neither the
// compiler nor the start. Ids are found by lower case. Names and aliases are found by a normal form (`normalForm`) that all
// spellings of one licence share, so the table of aliases stays short.

/// A licence of the SPDX list.
package struct License: Sendable, Hashable {
    package let id: String
    package let name: String
    package let isOSIApproved: Bool
    package let isFSFLibre: Bool
    package let isDeprecated: Bool
}

/// An exception of the SPDX list, written behind `WITH`.
package struct LicenseException: Sendable, Hashable {
    package let id: String
    package let name: String
    package let isDeprecated: Bool
}

/// The SPDX licence list: the facts of each id, and the id that a name means.
package struct LicenseList: Sendable {
    /// The list that is built into Waybill; `make licences` writes it.
    package static let spdx = LicenseList()

    /// Sorted by id without regard to case.
    package let licenses: [License]
    package let exceptions: [LicenseException]
    private let licenseIndex: [String: Int]
    private let exceptionIndex: [String: Int]
    /// The expression for each name and alias, by the name's normal form.
    private let meanings: [String: String]

    private init() {
        var licenses: [License] = []
        licenses.reserveCapacity(800)
        for (id, flags, name) in Self.fields(of: Self.licenseLines) {
            licenses.append(
                License(
                    id: id, name: name, isOSIApproved: flags.contains("o"), isFSFLibre: flags.contains("f"),
                    isDeprecated: flags.contains("d")))
        }
        self.licenses = licenses
        exceptions = Self.fields(of: Self.exceptionLines).map { id, flags, name in
            LicenseException(id: id, name: name, isDeprecated: flags.contains("d"))
        }
        licenseIndex = Dictionary(
            licenses.enumerated().map { ($1.id.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        exceptionIndex = Dictionary(
            exceptions.enumerated().map { ($1.id.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })

        // The first entry of a form counts: our own aliases, then current ids and names, then deprecated ones.
        var meanings: [String: String] = [:]
        meanings.reserveCapacity(2500)
        for (alias, expression) in Self.aliases() {
            let form = Self.normalForm(alias)
            if meanings[form] == nil { meanings[form] = expression }
        }
        for deprecated in [false, true] {
            for license in licenses where license.isDeprecated == deprecated {
                for text in [license.id, license.name] {
                    let form = Self.normalForm(text)
                    if meanings[form] == nil { meanings[form] = license.id }
                }
            }
        }
        self.meanings = meanings
    }

    /// The licence with an id, in any case; nil when the list has none.
    package func license(id: String) -> License? {
        licenseIndex[id.lowercased()].map { licenses[$0] }
    }

    /// The exception with an id, in any case; nil when the list has none.
    package func exception(id: String) -> LicenseException? {
        exceptionIndex[id.lowercased()].map { exceptions[$0] }
    }

    /// The expression that a free name means: an id, a name of the list, or an alias such as `Apache License, Version
    /// 2.0`, `GPLv2+`, `LGPL-2.1+`, `Expat`; nil when the name is unknown. A deprecated id gives its successor.
    package func expression(named name: String) -> LicenseExpression? {
        guard name.utf8.count <= 512 else { return nil }
        if let license = license(id: name), !license.isDeprecated {
            return LicenseExpression(root: .term(.init(id: license.id)))
        }
        return meanings[Self.normalForm(name)].flatMap { LicenseExpression($0) }
    }

    /// The normal form of a name: lower case, without `the`, `license`, `version` and similar words. `v2`, `2` and `2.0`
    /// are alike. Letters and digits are separate words (`gplv2` is `gpl 2.0`), and `or later` becomes the word `+`.
    static func normalForm(_ text: String) -> String {
        let joining: Set<String> = ["or", "and"]
        var words: [String] = []
        for var word in Self.words(of: text.lowercased()) {
            let isNumber = word.utf8.first.map { $0 >= 48 && $0 <= 57 } ?? false
            if isNumber {
                // The `v` before a number marks a version and is no part of the name.
                if let last = words.last, last.hasSuffix("v") {
                    words.removeLast()
                    if last.utf8.count > 1 { words.append(String(last.dropLast())) }
                }
                if !word.contains(".") { word += ".0" }
            } else if later.contains(word), let last = words.last(where: { $0 != "any" }), joining.contains(last) {
                // `or later`, `and any later version`.
                if words.last == "any" { words.removeLast() }
                words[words.count - 1] = "+"
                continue
            }
            words.append(word)
        }
        let empty: Set<String> = [
            "the", "license", "licence", "licenses", "licences", "licensed", "version", "ver", "v",
        ]
        return words.filter { !empty.contains($0) }.joined(separator: " ")
    }

    /// Words that stand for later versions.
    static let later: Set<String> = ["later", "newer", "above", "greater", "higher"]

    /// Runs of letters, runs of digits (with dots between them), and `+`.
    private static func words(of text: String) -> [String] {
        enum Run { case none, letters, digits }
        var words: [String] = []
        var run = Run.none
        for character in text {
            switch character {
            case "0"..."9":
                if run != .digits { words.append("") }
                run = .digits
                words[words.count - 1].append(character)
            case "." where run == .digits: words[words.count - 1].append(character)
            case _ where character.isLetter:
                if run != .letters { words.append("") }
                run = .letters
                words[words.count - 1].append(character)
            default:
                run = .none
                if character == "+" { words.append("+") }
            }
        }
        for index in words.indices { while words[index].hasSuffix(".") { words[index].removeLast() } }
        return words
    }

    private static func fields(of lines: StaticString) -> [(String, String, String)] {
        lines.description.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "|", omittingEmptySubsequences: false)
            return parts.count == 3 ? (String(parts[0]), String(parts[1]), String(parts[2])) : nil
        }
    }
}
