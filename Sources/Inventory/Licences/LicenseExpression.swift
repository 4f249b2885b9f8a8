// DESIGN. The parser keeps its own stack of open parentheses, so a hostile text costs no call depth. Chains of one
// operator become one node: `A AND B AND …` with ten thousand terms is two levels deep. The tree has at most
// `depthLimit` levels, so recursion over it is safe.

/// An SPDX licence expression (SPDX 2.3 Annex D; operators in any case, as SPDX 3.0 Annex B allows).
package struct LicenseExpression: Sendable, Hashable {
    /// One licence of an expression: `GPL-2.0+ WITH Classpath-exception-2.0`, `DocumentRef-a:LicenseRef-b`.
    package struct Term: Sendable, Hashable {
        /// The text after `DocumentRef-`, or empty.
        package var document = ""
        /// The licence id in the spelling of the SPDX list, or a `LicenseRef-…`. An unknown id stays as the text
        /// spells it.
        package var id: String
        /// A `+` behind the id.
        package var orLater = false
        /// The exception id behind `WITH`, or empty.
        package var exception = ""

        package init(id: String, orLater: Bool = false, exception: String = "", document: String = "") {
            self.id = id
            self.orLater = orLater
            self.exception = exception
            self.document = document
        }

        /// The prefix of ids for licences outside the SPDX list (Annex D.2).
        package static let prefix = "LicenseRef-"

        /// The reference for a licence of which only the name is known.
        package static func reference(named name: String) -> Self {
            Self(id: prefix + IDText.safe(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name))
        }

        /// Whether the term is a `LicenseRef-…`, of this document or of another one.
        package var isReference: Bool { id.hasPrefix(Self.prefix) }
        /// Whether the licence is on the SPDX list or a reference, and its exception, if any, is on the SPDX list.
        package var isKnown: Bool {
            (isReference || LicenseList.spdx.license(id: id) != nil)
                && (exception.isEmpty || LicenseList.spdx.exception(id: exception) != nil)
        }

        /// The text in an expression.
        package var text: String {
            (document.isEmpty ? "" : "DocumentRef-\(document):") + id + (orLater ? "+" : "")
                + (exception.isEmpty ? "" : " WITH \(exception)")
        }
    }

    /// The tree. `and` and `or` have at least two operands, and no operand of the same kind.
    package indirect enum Node: Sendable, Hashable {
        case term(Term)
        case and([Node])
        case or([Node])
    }

    package var root: Node

    package init(root: Node) { self.root = root }

    /// The longest text that is read, in bytes.
    package static let sizeLimit = 1 << 18
    /// The deepest nesting of parentheses that is read.
    package static let depthLimit = 64

    /// Reads an expression; nil when the text is no expression or exceeds the limits. Unknown ids are kept.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.sizeLimit else { return nil }
        var parser = ExpressionParser()
        var text = text
        guard let root = text.withUTF8({ parser.parse($0) }) else { return nil }
        self.root = root
    }

    /// The canonical text: ids in the spelling of the list, operators in capitals, the fewest possible parentheses,
    /// and the order of the terms kept.
    package var text: String {
        var text = ""
        Self.write(root, to: &text)
        return text
    }

    /// All terms from left to right, repeated ones included.
    package var terms: [Term] {
        var terms: [Term] = []
        Self.visit(root) { terms.append($0) }
        return terms
    }

    /// The distinct licence ids and references, in the order of their first mention, without the exceptions.
    package var licenses: [String] {
        var seen = Set<String>()
        return terms.compactMap { seen.insert($0.id).inserted ? $0.id : nil }
    }

    /// Whether every licence and exception is known.
    package var isKnown: Bool { terms.allSatisfy(\.isKnown) }

    /// The term of an expression that has only one; nil for others.
    package var single: Term? {
        if case .term(let term) = root { return term }
        return nil
    }

    /// The expression with each term replaced.
    package func mapTerms(_ replace: (Term) -> Node) -> Self {
        Self(root: Self.map(root, replace))
    }

    /// The expression with each term replaced; terms without a replacement are removed. Nil when no term is left.
    package func compactMapTerms(_ replace: (Term) -> Node?) -> Self? {
        Self.compactMap(root, replace).map(Self.init)
    }

    /// All expressions joined by `AND`; nil for an empty list. Equal operands occur once.
    package static func all(_ expressions: [Self]) -> Self? {
        var operands: [Node] = []
        for expression in expressions {
            if case .and(let inner) = expression.root { operands += inner } else { operands.append(expression.root) }
        }
        return joined(operands, and: true)
    }

    private static func write(_ node: Node, to text: inout String) {
        switch node {
        case .term(let term): text += term.text
        case .or(let operands):
            for (index, operand) in operands.enumerated() {
                if index > 0 { text += " OR " }
                write(operand, to: &text)
            }
        case .and(let operands):
            for (index, operand) in operands.enumerated() {
                if index > 0 { text += " AND " }
                if case .or = operand {
                    text += "("
                    write(operand, to: &text)
                    text += ")"
                } else {
                    write(operand, to: &text)
                }
            }
        }
    }

    private static func visit(_ node: Node, _ body: (Term) -> Void) {
        switch node {
        case .term(let term): body(term)
        case .and(let operands), .or(let operands): for operand in operands { visit(operand, body) }
        }
    }

    private static func map(_ node: Node, _ replace: (Term) -> Node) -> Node {
        switch node {
        case .term(let term): replace(term)
        case .and(let operands): join(operands.map { map($0, replace) }, and: true)
        case .or(let operands): join(operands.map { map($0, replace) }, and: false)
        }
    }

    private static func compactMap(_ node: Node, _ replace: (Term) -> Node?) -> Node? {
        let (operands, isAnd): ([Node], Bool)
        switch node {
        case .term(let term): return replace(term)
        case .and(let inner): (operands, isAnd) = (inner, true)
        case .or(let inner): (operands, isAnd) = (inner, false)
        }
        let left = operands.compactMap { compactMap($0, replace) }
        return left.isEmpty ? nil : join(left, and: isAnd)
    }

    /// Joins operands and merges operands of the same kind into the new node, so that the tree keeps its promise.
    static func join(_ operands: [Node], and: Bool) -> Node {
        if operands.count == 1 { return operands[0] }
        var flat: [Node] = []
        flat.reserveCapacity(operands.count)
        for operand in operands {
            switch operand {
            case .and(let inner) where and: flat += inner
            case .or(let inner) where !and: flat += inner
            case .term, .and, .or: flat.append(operand)
            }
        }
        return and ? .and(flat) : .or(flat)
    }
}

/// Reads `or := and (OR and)*`, `and := term (AND term)*` with an explicit stack.
private struct ExpressionParser {
    /// An open parenthesis (or the whole text): the finished alternatives, and the conjunction under construction.
    private struct Level {
        var alternatives: [LicenseExpression.Node] = []
        var conjunction: [LicenseExpression.Node] = []

        mutating func closeConjunction() {
            alternatives.append(LicenseExpression.join(conjunction, and: true))
            conjunction = []
        }
    }
    private enum Token {
        case open, close, plus
        case word(String)
    }

    private var levels = [Level()]
    private var wantsOperand = true

    mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> LicenseExpression.Node? {
        var index = 0
        while let token = Self.next(bytes, &index) {
            switch token {
            case .open:
                guard wantsOperand, levels.count <= LicenseExpression.depthLimit else { return nil }
                levels.append(Level())
            case .close:
                guard !wantsOperand, levels.count > 1, var level = levels.popLast() else { return nil }
                level.closeConjunction()
                levels[levels.count - 1].conjunction.append(LicenseExpression.join(level.alternatives, and: false))
            case .plus: return nil
            case .word(let word):
                if wantsOperand {
                    guard let term = Self.term(word, bytes, &index) else { return nil }
                    levels[levels.count - 1].conjunction.append(.term(term))
                    wantsOperand = false
                } else {
                    switch word.lowercased() {
                    case "and": break
                    case "or": levels[levels.count - 1].closeConjunction()
                    default: return nil
                    }
                    wantsOperand = true
                }
            }
        }
        guard index == bytes.count, !wantsOperand, levels.count == 1 else { return nil }
        levels[0].closeConjunction()
        return LicenseExpression.join(levels[0].alternatives, and: false)
    }

    /// Reads the term that begins with a word, and a `+` and `WITH exception` behind the word.
    private static func term(
        _ word: String, _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> LicenseExpression.Term? {
        guard let term = simple(word) else { return nil }
        var result = term
        // The `+` must follow without a blank (Annex D.3). A blank before it is accepted, because the text can mean
        // nothing else.
        var ahead = index
        if case .plus = next(bytes, &ahead) {
            guard !result.isReference else { return nil }
            result.orLater = true
            index = ahead
        }
        ahead = index
        guard case .word(let with) = next(bytes, &ahead), with.lowercased() == "with" else { return result }
        guard case .word(let exception) = next(bytes, &ahead), !isOperator(exception) else { return nil }
        result.exception = LicenseList.spdx.exception(id: exception)?.id ?? exception
        index = ahead
        return result
    }

    private static func isOperator(_ word: String) -> Bool {
        guard word.utf8.count <= 4 else { return false }
        let lower = word.lowercased()
        return lower == "and" || lower == "or" || lower == "with"
    }

    private static func simple(_ word: String) -> LicenseExpression.Term? {
        if isOperator(word) { return nil }
        var id = Substring(word)
        var document = ""
        if let colon = id.firstIndex(of: ":") {
            let head = id[..<colon]
            guard head.lowercased().hasPrefix("documentref-"), head.utf8.count > 12 else { return nil }
            document = String(head.dropFirst(12))
            id = id[id.index(after: colon)...]
            guard !id.contains(":"), id.lowercased().hasPrefix("licenseref-") else { return nil }
        }
        if id.utf8.count > 11, id.prefix(11).lowercased() == "licenseref-" {
            return .init(id: "LicenseRef-" + id.dropFirst(11), document: document)
        }
        guard document.isEmpty, !id.isEmpty else { return nil }
        let text = String(id)
        return .init(id: LicenseList.spdx.license(id: text)?.id ?? text)
    }

    /// The next token; nil at the end, and before a byte that no expression contains (`index` then stays at this
    /// byte).
    private static func next(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Token? {
        while index < bytes.count, bytes[index] == 32 || (bytes[index] >= 9 && bytes[index] <= 13) { index += 1 }
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "("):
            index += 1
            return .open
        case UInt8(ascii: ")"):
            index += 1
            return .close
        case UInt8(ascii: "+"):
            index += 1
            return .plus
        default: break
        }
        let start = index
        while index < bytes.count, isWordByte(bytes[index]) { index += 1 }
        return index > start ? .word(String(decoding: bytes[start..<index], as: UTF8.self)) : nil
    }

    /// `idstring` (Annex D.2: letters, digits, `-` and `.`) and the colon behind a `DocumentRef-`.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...58, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
