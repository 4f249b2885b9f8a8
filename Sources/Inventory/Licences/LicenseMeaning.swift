import Bytes

// DESIGN. The one place where a licence statement becomes an expression. Every term of the result is on the SPDX list in its
// current spelling, or it is a reference: one that the document declares, a licence without its version, or a name that no
// list has. So one unknown term does not affect the others, and every statement is kept.

/// Interprets the licence statements of one library. References keep the names that they had in their document.
package struct LicenseMeaning: Sendable, Hashable {
    /// The names of the results' references, by their ids.
    package private(set) var names: [String: String] = [:]
    /// The references of the document that were replaced by other terms, by the text of the term.
    package private(set) var origins: [String: String] = [:]
    /// The references that Waybill made for a bare name; documents do not declare them.
    package private(set) var coined: Set<String> = []
    private let declared: [String: String]

    private static let list = LicenseList.spdx
    /// Longer names are cut.
    private static let nameLimit = 500

    /// - Parameter declared: the names that the document gives its references, by their ids.
    package init(declared: [String: String] = [:]) {
        self.declared = Dictionary(
            declared.map { (Self.plain($0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    /// NONE and NOASSERTION (SPDX 2.3 §7.13) mean no licence in documents of every standard.
    package static func isNothing(_ text: String) -> Bool {
        let length = text.utf8.count
        guard length == 4 || length == 11 else { return false }
        let upper = text.uppercased()
        return upper == "NONE" || upper == "NOASSERTION"
    }

    /// The expression that a statement means; nil when it states no licence.
    ///
    /// - Parameter isExpression: whether the document's standard says that the field holds expressions, so that words like
    ///   `or` are operators. A free name is split only where a part of it is a known licence.
    package mutating func expression(_ text: String, isExpression: Bool) -> LicenseExpression? {
        guard text.utf8.count <= LicenseExpression.sizeLimit else { return free(text) }
        if let known = named(text) { return known }
        if let expression = LicenseExpression(text) ?? Self.mended(text) {
            let isOne = expression.single != nil
            if isOne || isExpression || expression.terms.contains(where: isUnderstood) {
                return expression.compactMapTerms { node(of: $0) }
            }
        }
        if text.utf8.count <= 4096, !text.contains("://") {
            if let known = Self.list.expression(reading: text) { return known.compactMapTerms(Self.list.current) }
            if let found = listed(text) ?? phrases(text) { return found }
        }
        return free(text)
    }

    /// An expression whose references have underscores, which no idstring has.
    private static func mended(_ text: String) -> LicenseExpression? {
        guard text.contains("_"), text.contains(LicenseExpression.Term.prefix) else { return nil }
        return LicenseExpression(plain(text))
    }

    private static func plain(_ id: String) -> String { String(id.map { $0 == "_" ? "-" : $0 }) }

    // MARK: Terms

    /// A listed licence, an alias, or a licence without its version, when the whole text is the name.
    private func named(_ text: String) -> LicenseExpression? { Self.list.expression(naming: text) }

    private func isUnderstood(_ term: LicenseExpression.Term) -> Bool {
        term.isReference || Self.list.license(id: term.id) != nil || Self.isNothing(term.id)
            || Self.list.meaning(of: term) != nil || UnversionedLicense(named: term.id) != nil
    }

    private mutating func node(of term: LicenseExpression.Term) -> LicenseExpression.Node? {
        if Self.isNothing(term.id) { return nil }
        var term = term
        if !term.exception.isEmpty, Self.list.exception(id: term.exception) == nil {
            let known = Self.list.exception(named: term.exception, of: term.id)
            term.exception = known?.id ?? addition(term.exception)
        }
        if term.isReference { return reference(term) }
        if Self.list.license(id: term.id) != nil { return Self.list.current(term) }
        let name = term.id + (term.orLater ? "+" : "")
        if let found = named(name), let node = Self.adding(term.exception, to: found) { return node }
        return free(name, exception: term.exception)?.root
    }

    /// The reference itself, or the licence that the document's name for it means.
    private mutating func reference(_ term: LicenseExpression.Term) -> LicenseExpression.Node {
        guard term.document.isEmpty else { return .term(term) }
        let name = Self.oneLine(declared[term.id] ?? "")
        let called = name.isEmpty ? NamedLicense.tail(of: term.id) : name
        if let known = known(called), let node = Self.adding(term.exception, to: known) {
            if let single = known.single { origins[single.text] = origins[single.text] ?? term.id }
            return node
        }
        names[term.id] = called
        return .term(term)
    }

    /// The expression for a name that is understood as a whole.
    private func known(_ text: String) -> LicenseExpression? {
        if let known = named(text) { return known }
        return Self.list.expression(reading: text)?.compactMapTerms(Self.list.current)
    }

    /// An expression with an exception added; nil when the exception cannot be added.
    private static func adding(_ exception: String, to expression: LicenseExpression) -> LicenseExpression.Node? {
        if exception.isEmpty { return expression.root }
        guard var single = expression.single, single.exception.isEmpty else { return nil }
        single.exception = exception
        return .term(single)
    }

    /// The id for an exception that no list knows (SPDX 3.0.1 Annex B, `AdditionRef-`).
    private mutating func addition(_ text: String) -> String {
        if text.hasPrefix("AdditionRef-") { return text }
        let id = "AdditionRef-" + IDText.safe(text)
        names[id] = text
        return id
    }

    /// A licence of which only the name is known; nil for an empty name.
    private mutating func free(_ text: String, exception: String = "") -> LicenseExpression? {
        let name = Self.oneLine(text)
        guard !name.isEmpty, !Self.isNothing(name) else { return nil }
        var term = LicenseExpression.Term.reference(named: name)
        let base = term.id
        var number = 1
        // Two names may give one id, and the document may use this id for something else.
        while (names[term.id] ?? declared[term.id] ?? name) != name {
            number += 1
            term.id = "\(base)-\(number)"
        }
        names[term.id] = name
        coined.insert(term.id)
        term.exception = exception
        return LicenseExpression(root: .term(term))
    }

    /// The name in one line, because names are stored one a line.
    private static func oneLine(_ text: String) -> String {
        String(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(nameLimit))
    }

    // MARK: Names of several words

    /// Names joined by words, of which at least one name is known; nil for any other text.
    private mutating func phrases(_ text: String) -> LicenseExpression? {
        guard let tree = LicensePhrases.parse(text) ?? Self.choice(text) else { return nil }
        var known: [String: LicenseExpression] = [:]
        var isNothing = false
        for term in tree.terms {
            if Self.isNothing(term.id) {
                isNothing = true
            } else if let found = known[term.id] ?? self.known(term.id) ?? withException(term.id) {
                known[term.id] = found
            } else if !Self.isName(term.id) {
                return nil
            }
        }
        guard !known.isEmpty || isNothing else { return nil }
        return tree.compactMapTerms { term in
            Self.isNothing(term.id) ? nil : known[term.id]?.root ?? free(term.id)?.root
        }
    }

    /// Names with slashes between them: a choice.
    private static func choice(_ text: String) -> LicenseExpression? {
        let pieces = text.split(separator: "/").map { String($0).trimmingBlanks() }
        guard pieces.count > 1, pieces.count <= 64, pieces.allSatisfy(isName) else { return nil }
        return LicenseExpression.joined(pieces.map { .term(.init(id: $0)) }, and: false)
    }

    /// Names with commas between them, of which at least one is known; nil for any other text.
    private mutating func listed(_ text: String) -> LicenseExpression? {
        guard let enumeration = LicenseEnumeration(text) else { return nil }
        var reading = self
        var found = 0
        var needsMore = false
        var nodes: [LicenseExpression.Node] = []
        for member in enumeration.members where !Self.isNothing(member) {
            if let expression = known(member) ?? reading.phrases(member) ?? reading.withException(member) {
                found += 1
                nodes.append(expression.root)
            } else {
                // A sentence that contains one name is no list.
                if !Self.isName(member) { needsMore = true }
                if let name = reading.free(member) { nodes.append(name.root) }
            }
        }
        guard found > (needsMore ? 1 : 0) else { return nil }
        self = reading
        return LicenseExpression.joined(nodes, and: enumeration.isAnd)
    }

    /// `GPLv3+ with exceptions`.
    private mutating func withException(_ text: String) -> LicenseExpression? {
        guard let place = text.range(of: " with ") ?? text.range(of: " WITH ") else { return nil }
        guard let base = known(String(text[..<place.lowerBound])) else { return nil }
        let exception = String(text[place.upperBound...]).trimmingBlanks()
        if exception.isEmpty { return nil }
        let id = Self.list.exception(id: exception)?.id ?? addition(exception)
        return Self.adding(id, to: base).map(LicenseExpression.init)
    }

    /// Whether a text that no list knows may be the name of a licence. It may not when it looks like a piece of a sentence
    /// or of another name.
    private static func isName(_ text: String) -> Bool {
        guard (2...64).contains(text.utf8.count), let first = text.first, first.isLetter else { return false }
        let words = text.lowercased().split(whereSeparator: \.isWhitespace)
        let pieces: Set<Substring> = ["version", "ver", "v", "see", "the", "with", "without", "only", "any", "other"]
        return words.count <= 4 && !pieces.contains(words[0]) && !LicenseList.later.contains(String(words[0]))
            && !(words[0].hasPrefix("v") && words[0].dropFirst().allSatisfy { $0.isNumber || $0 == "." })
    }
}

extension String {
    /// The place of another text's first occurrence.
    fileprivate func range(of other: String) -> Range<String.Index>? { firstRange(of: other) }
}
