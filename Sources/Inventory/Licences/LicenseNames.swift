import Bytes

// DESIGN. A name may carry more than its alias: an abbreviation in parentheses (`GNU General Public License (GPL), Version 2`)
// or an exception in words (`with the Classpath Exception`). Rules read both here, so that each licence needs no alias for
// them.

extension LicenseList {
    /// The licence that the whole text names: a listed one, an alias, or a licence without its version. An abbreviation in
    /// parentheses or a listed exception may follow. The result uses current ids. Nil when the text names no known licence.
    func expression(naming text: String) -> LicenseExpression? {
        if let known = expression(named: text) { return known.compactMapTerms(current) }
        if let unversioned = UnversionedLicense(named: text) {
            return LicenseExpression(root: .term(.init(id: unversioned.id)))
        }
        guard text.utf8.count <= 512 else { return nil }
        return expression(excepting: text) ?? expression(abbreviating: text)
    }

    // MARK: Exceptions

    /// A licence, followed by `with` and an exception of the list.
    private func expression(excepting text: String) -> LicenseExpression? {
        guard let (head, tail) = Self.halves(of: text) else { return nil }
        guard var term = expression(naming: head)?.single, term.exception.isEmpty else { return nil }
        guard let exception = exception(named: tail, of: term.id) else { return nil }
        term.exception = exception.id
        return LicenseExpression(root: .term(term))
    }

    /// The texts before and after the first word `with` or `w/`.
    private static func halves(of text: String) -> (head: String, tail: String)? {
        let bytes = Array(text.utf8)
        func isLetter(_ index: Int) -> Bool { bytes.indices.contains(index) && (97...122).contains(bytes[index] | 32) }
        for word in ["with", "w/"] {
            let pattern = Array(word.utf8)
            guard bytes.count > pattern.count else { continue }
            for start in 1..<(bytes.count - pattern.count) {
                let end = start + pattern.count
                let fits = pattern.indices.allSatisfy { offset in
                    let byte = bytes[start + offset]
                    return ((65...90).contains(byte) ? byte | 32 : byte) == pattern[offset]
                }
                guard fits, !isLetter(start - 1), word == "w/" || !isLetter(end) else { continue }
                let edges = { (character: Character) in !character.isLetter && !character.isNumber && character != "+" }
                let head = String(decoding: bytes[..<start], as: UTF8.self)
                let tail = String(decoding: bytes[end...], as: UTF8.self)
                guard let last = head.lastIndex(where: { !edges($0) || $0 == ")" }), !tail.allSatisfy(edges) else {
                    return nil
                }
                return (String(head[...last]), tail)
            }
        }
        return nil
    }

    /// The exception with this name, as `the GNU Classpath Exception`; nil when no exception or several have the
    /// name.
    ///
    /// - Parameter base: the id of the licence that has the exception; it decides between versions of the exception.
    package func exception(named text: String, of base: String) -> LicenseException? {
        guard text.utf8.count <= 256 else { return nil }
        if let exception = exception(id: text) { return exception }
        guard let found = Self.exceptionNames[Self.exceptionForm(text)] else { return nil }
        if found.count == 1 { return exception(id: found[0]) }
        func major(_ id: String) -> Character? { id.first { $0.isNumber } }
        let fitting = found.filter { major($0) == major(base) }
        return fitting.count == 1 ? exception(id: fitting[0]) : nil
    }

    /// The ids of exceptions by the normal forms of their ids and names, with and without versions.
    private static let exceptionNames: [String: [String]] = {
        var names: [String: [String]] = [
            "cpe": ["Classpath-exception-2.0"], "ce": ["Classpath-exception-2.0"],
            "classpath linking": ["Classpath-exception-2.0"], "bison": ["Bison-exception-2.2"],
        ]
        let aliased = Set(names.keys)
        for exception in spdx.exceptions where !exception.isDeprecated {
            for text in [exception.id, exception.name] {
                let form = exceptionForm(text)
                let words = form.split(separator: " ")
                let isVersioned = words.count > 1 && words.last?.allSatisfy { $0.isNumber || $0 == "." } ?? false
                let plain = isVersioned ? words.dropLast().joined(separator: " ") : form
                for name in [form, plain] where !aliased.contains(name) && !name.isEmpty {
                    if names[name, default: []].contains(exception.id) { continue }
                    names[name, default: []].append(exception.id)
                }
            }
        }
        return names
    }()

    private static func exceptionForm(_ text: String) -> String {
        let empty: Set<Substring> = ["gnu", "exception", "exceptions"]
        return normalForm(text).split(separator: " ").filter { !empty.contains($0) }.joined(separator: " ")
    }

    // MARK: Abbreviations

    /// A name with its abbreviation in parentheses. Both must mean one licence, or the abbreviation must be the initials of the
    /// name.
    private func expression(abbreviating text: String) -> LicenseExpression? {
        guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else { return nil }
        let short = String(text[text.index(after: open)..<close]).trimmingBlanks()
        let isShort =
            (2...12).contains(short.utf8.count) && short.allSatisfy { $0.isLetter || $0.isNumber || ".+-".contains($0) }
        guard isShort, short.first?.isUppercase == true else { return nil }
        let name = String(text[..<open]).trimmingBlanks()
        guard let whole = expression(naming: name + String(text[text.index(after: close)...])) else { return nil }
        guard let abbreviated = expression(naming: short) else {
            let initials = name.split(whereSeparator: { !$0.isLetter }).compactMap(\.first).map { $0.uppercased() }
            return initials.joined().contains(short.uppercased().filter(\.isLetter)) ? whole : nil
        }
        if abbreviated == whole { return whole }
        // `GNU General Public License (GPL), version 2`, `GNU General Public License (GPLv2)`.
        func isVersion(_ one: LicenseExpression, of other: LicenseExpression) -> Bool {
            guard let one = one.single, let other = other.single, other.exception.isEmpty else { return false }
            guard UnversionedLicense(id: other.id) != nil else { return false }
            return one.id.hasPrefix(NamedLicense.tail(of: other.id) + "-")
        }
        if isVersion(whole, of: abbreviated) { return whole }
        return isVersion(abbreviated, of: whole) ? abbreviated : nil
    }
}
