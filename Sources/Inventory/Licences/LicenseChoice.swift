// DESIGN. `A OR B` offers a choice. A person's choice stands in the expression's place already (it is an expression without a
// choice); what is left open is decided here: by the order that the organization prefers, else for the least restrictive family.
// Each choice is decided for itself, from the inside out. That is also the best for the whole expression, which is as restrictive
// as its most restrictive remaining term.

/// An organization's order of preference among licences, the most preferred first.
package struct LicensePreferences: Sendable, Equatable {
    /// The most that an organization may name.
    package static let limit = 1000

    private let patterns: [LicensePattern]

    /// - Parameter names: SPDX identifiers, also with exceptions, or Mend's names.
    package init(_ names: [String] = []) { patterns = names.map { LicensePattern($0) } }

    /// The place of a licence; nil when the order does not name it.
    func place(of term: LicenseExpression.Term) -> Int? {
        if patterns.isEmpty { return nil }
        let license = PolicyLicense(NamedLicense(term))
        return patterns.firstIndex { $0.fits([license]) }
    }
}

extension LicenseExpression {
    /// Whether it offers a choice.
    package var hasChoice: Bool {
        func has(_ node: Node) -> Bool {
            switch node {
            case .term: false
            case .or: true
            case .and(let operands): operands.contains(where: has)
            }
        }
        return has(root)
    }

    /// The expression with every choice decided: terms that bind all at once.
    package func decided(by preferences: LicensePreferences) -> Self {
        Self(root: Self.decided(root, preferences))
    }

    /// Whether an order of preference names what is decided by it; otherwise the least restrictive alternative is taken.
    package func isOrdered(by preferences: LicensePreferences) -> Bool {
        decided(by: preferences).terms.contains { preferences.place(of: $0) != nil }
    }

    private static func decided(_ node: Node, _ preferences: LicensePreferences) -> Node {
        switch node {
        case .term: return node
        case .and(let operands): return join(operands.map { decided($0, preferences) }, and: true)
        case .or(let operands):
            let alternatives = operands.map { decided($0, preferences) }
            var best = 0
            var bestRank = rank(of: alternatives[0], preferences)
            for index in alternatives.indices.dropFirst() {
                let rank = rank(of: alternatives[index], preferences)
                if rank < bestRank { (best, bestRank) = (index, rank) }
            }
            return alternatives[best]
        }
    }

    /// Smaller is better: the place in the order of preference of the last of its terms (behind all when one is not named), then
    /// the restriction of the hardest (behind all when one has no family).
    private static func rank(of node: Node, _ preferences: LicensePreferences) -> (Int, Int) {
        switch node {
        case .term(let term):
            return (
                preferences.place(of: term) ?? .max,
                LicenseFamily(term)?.restriction ?? LicenseFamily.allCases.count
            )
        case .and(let operands), .or(let operands):
            return operands.reduce((0, 0)) { worst, operand in
                let rank = rank(of: operand, preferences)
                return (max(worst.0, rank.0), max(worst.1, rank.1))
            }
        }
    }
}

/// The licences of a library: the expression in effect, and the names of the references in it.
package struct LicenseDecision: Sendable, Hashable {
    /// Nil where no licence is known.
    package let expression: LicenseExpression?
    package let names: [String: String]

    package init(_ expression: LicenseExpression?, names: [String: String]) {
        self.expression = expression
        self.names = names
    }

    /// A person's choice: each a name, an identifier or an expression; all of them hold.
    package init(given: [String]) {
        var meaning = LicenseMeaning()
        let read = given.compactMap { meaning.expression($0, isExpression: false) }
        expression = LicenseExpression.all(read)
        names = meaning.names
    }

    /// The canonical text, or empty.
    package var text: String { expression?.text ?? "" }
    package var hasChoice: Bool { expression?.hasChoice ?? false }

    /// The licences of the expression, each once and in order; with `isChosen`, the licences that bind after every
    /// choice.
    package func licenses(by preferences: LicensePreferences) -> [(license: NamedLicense, isChosen: Bool)] {
        guard let expression else { return [] }
        let chosen = hasChoice ? Set(expression.decided(by: preferences).terms) : nil
        var seen = Set<LicenseExpression.Term>()
        return expression.terms.compactMap { term in
            guard seen.insert(term).inserted else { return nil }
            return (NamedLicense(term, names: names), chosen?.contains(term) ?? true)
        }
    }
}
