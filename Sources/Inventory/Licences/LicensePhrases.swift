// DESIGN. Distributions join licence names, which have several words, by short words: `GPLv2+ and (MIT or Public Domain)`. The
// operators are those of an expression; the operands are runs of words. Like the parser of expressions, this one keeps its own
// stack.

/// Reads expressions whose operands are names.
struct LicensePhrases {
    private struct Level {
        var alternatives: [LicenseExpression.Node] = []
        var conjunction: [LicenseExpression.Node] = []
    }

    private var levels = [Level()]
    private var phrase: [Substring] = []
    /// Open parentheses within the phrase; they belong to a name.
    private var inside = 0
    private var wantsOperand = true
    private var operands = 0

    /// The most operands of a text that is split.
    private static let operandLimit = 256

    /// The tree of a text; the id of each term is a name in the spelling of the text. Nil for a single name, and for a text of
    /// another form.
    static func parse(_ text: String) -> LicenseExpression? {
        var parser = LicensePhrases()
        let words = Self.words(of: text)
        for (index, word) in words.enumerated() {
            guard parser.take(word, followedBy: words[(index + 1)...]) else { return nil }
        }
        guard parser.inside == 0, parser.endPhrase(), parser.levels.count == 1, parser.operands > 1 else { return nil }
        return LicenseExpression(root: parser.closeLevel())
    }

    /// Splits a text at blanks; parentheses, bars and semicolons are words of their own.
    private static func words(of text: String) -> [Substring] {
        text.split(whereSeparator: \.isWhitespace).flatMap { run in
            var words: [Substring] = []
            var start = run.startIndex
            for index in run.indices where "();|".contains(run[index]) {
                if start < index { words.append(run[start..<index]) }
                words.append(run[index...index])
                start = run.index(after: index)
            }
            if start < run.endIndex { words.append(run[start...]) }
            return words
        }
    }

    private mutating func take(_ word: Substring, followedBy rest: ArraySlice<Substring>) -> Bool {
        switch word {
        case "(" where phrase.isEmpty:
            guard wantsOperand, levels.count <= LicenseExpression.depthLimit else { return false }
            levels.append(Level())
            return true
        case "(":
            inside += 1
        case ")" where inside > 0:
            inside -= 1
        case ")":
            guard endPhrase(), levels.count > 1 else { return false }
            let node = closeLevel()
            levels[levels.count - 1].conjunction.append(node)
            return true
        default:
            if inside == 0, let isAnd = Self.joins(word, rest) {
                // Two bars count as one operator.
                if word == "|", phrase.isEmpty, wantsOperand { return !levels[levels.count - 1].alternatives.isEmpty }
                guard endPhrase() else { return false }
                wantsOperand = true
                if !isAnd { closeConjunction() }
                return true
            }
        }
        if !wantsOperand && phrase.isEmpty { return false }
        phrase.append(word)
        return true
    }

    /// Whether a word means "all of" (true) or a choice (false); nil when it is a part of a name, as in `or later`.
    private static func joins(_ word: Substring, _ rest: ArraySlice<Substring>) -> Bool? {
        switch word.lowercased() {
        case "&", "&&", ";": return true
        case "|", "||": return false
        case "and", "or":
            let small: Set<String> = ["any", "at", "your", "option"]
            let next = rest.lazy.map { $0.lowercased().filter(\.isLetter) }.first { !$0.isEmpty && !small.contains($0) }
            if let next, LicenseList.later.contains(next) { return nil }
            return word.lowercased() == "and"
        default: return nil
        }
    }

    /// Ends an operand; false when it is empty.
    private mutating func endPhrase() -> Bool {
        guard !phrase.isEmpty else { return !wantsOperand }
        let name = phrase.joined(separator: " ").replacing("( ", with: "(").replacing(" )", with: ")")
        phrase.removeAll()
        operands += 1
        guard operands <= Self.operandLimit else { return false }
        levels[levels.count - 1].conjunction.append(.term(.init(id: name)))
        wantsOperand = false
        return true
    }

    private mutating func closeConjunction() {
        let conjunction = levels[levels.count - 1].conjunction
        levels[levels.count - 1].conjunction = []
        levels[levels.count - 1].alternatives.append(LicenseExpression.join(conjunction, and: true))
    }

    private mutating func closeLevel() -> LicenseExpression.Node {
        closeConjunction()
        wantsOperand = false
        return LicenseExpression.join(levels.removeLast().alternatives, and: false)
    }
}
