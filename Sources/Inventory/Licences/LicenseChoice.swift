// DESIGN. `A OR B` leaves a choice between licences. Where a person has chosen, the expression holds the result and no choice
// is left. Any other choice is decided here: by the organization's order of preference, else for the least restrictive family.
// Each choice is decided by itself, from the innermost outwards. That is also the best result for the whole expression, because
// the most restrictive remaining term determines how restrictive the expression is.

/// An organization's order of preference among licences, the most preferred first.
package struct LicensePreferences: Sendable, Equatable {
    /// The largest number of licences that an organization may rank.
    package static let limit = 1000

    private let patterns: [LicensePattern]

    /// - Parameter names: SPDX identifiers, also with exceptions, or Mend's names.
    package init(_ names: [String] = []) { patterns = names.map { LicensePattern($0) } }

    /// The position of a licence in the order; nil when the order does not name it.
    func place(of term: LicenseExpression.Term) -> Int? {
        if patterns.isEmpty { return nil }
        let license = PolicyLicense(NamedLicense(term))
        return patterns.firstIndex { $0.fits([license]) }
    }
}

extension LicenseExpression {
    /// Whether the expression offers a choice.
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

    /// The expression after every choice: all terms that are left bind together.
    package func decided(by preferences: LicensePreferences) -> Self {
        Self(root: Self.decided(root, preferences))
    }

    /// Whether an order of preference names a licence of the choice; otherwise the least restrictive alternative is
    /// taken.
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

    /// The rank of an alternative; smaller is better. First counts the worst place that its terms have in the order of
    /// preference (behind all places when a term is not named). Then counts the most restrictive of its families (behind all
    /// families when a term has none).
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
    /// The expression in effect; nil where no licence is known.
    package let expression: LicenseExpression?
    package let names: [String: String]

    package init(_ expression: LicenseExpression?, names: [String: String]) {
        self.expression = expression
        self.names = names
    }

    /// The licences that a person chose: names, identifiers or expressions; all of them hold.
    package init(given: [String]) {
        var meaning = LicenseMeaning()
        let read = given.compactMap { meaning.expression($0, isExpression: false) }
        expression = LicenseExpression.all(read)
        names = meaning.names
    }

    /// The canonical text, or empty.
    package var text: String { expression?.text ?? "" }
    package var hasChoice: Bool { expression?.hasChoice ?? false }

    /// The licences of the expression, each once and in order. With `isChosen`, only the licences that bind after
    /// every choice.
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
