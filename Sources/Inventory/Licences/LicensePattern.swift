import Bytes

/// A licence that binds a library, in the form that policies use.
package struct PolicyLicense: Sendable, Hashable {
    /// The term's text in small letters.
    let term: String
    /// The name that reports show, in small letters.
    let name: String
    package let family: LicenseFamily?

    /// - Parameter spdx: a term of an expression: an identifier, with an exception or without, or a reference.
    package init(spdx: String, name: String) {
        self.name = name.lowercased()
        term = spdx.lowercased()
        family = LicenseExpression(spdx)?.single.flatMap { LicenseFamily($0) }
    }

    init(_ license: NamedLicense) {
        name = license.name.lowercased()
        term = license.spdx.lowercased()
        family = license.family
    }
}

/// A licence that somebody searches for: an SPDX identifier or expression, or a name that reports show.
///
/// An identifier means only that licence: `GPL-2.0-only` means neither `GPL-2.0-or-later` nor `GPL-2.0-only WITH …`. Old
/// spellings (`GPL-2.0+`) and aliases mean the identifier of today. A shown name (`GPL 2.0`) means every licence that reports
/// show under this name.
package struct LicensePattern: Sendable, Equatable {
    fileprivate let name: String
    fileprivate let expression: LicenseExpression?

    package init(_ text: String) {
        let text = text.trimmingBlanks()
        name = text.lowercased()
        var meaning = LicenseMeaning()
        expression = meaning.expression(text, isExpression: true)
    }

    /// Whether every part is on the SPDX list, is a licence without its version, or is written as a reference. Free words that
    /// are none of these become references, too.
    package var isKnown: Bool {
        let refers = name.contains(LicenseExpression.Term.prefix.lowercased())
        func isKnown(_ node: LicenseExpression.Node) -> Bool {
            switch node {
            case .term(let term) where term.isReference: refers || UnversionedLicense(id: term.id) != nil
            case .term(let term): LicenseList.spdx.license(id: term.id) != nil
            case .and(let operands), .or(let operands): operands.allSatisfy(isKnown)
            }
        }
        return expression.map { isKnown($0.root) } ?? false
    }

    /// Whether the licences that bind a library fit: for `AND` all of its terms must be among them, for `OR` any.
    package func fits(_ licenses: [PolicyLicense]) -> Bool {
        if licenses.contains(where: { $0.name == name }) { return true }
        return expression.map { Self.fits($0.root, licenses) } ?? false
    }

    private static func fits(_ node: LicenseExpression.Node, _ licenses: [PolicyLicense]) -> Bool {
        switch node {
        case .term(let term):
            let text = term.text.lowercased()
            return licenses.contains { $0.term == text }
        case .and(let operands): return operands.allSatisfy { fits($0, licenses) }
        case .or(let operands): return operands.contains { fits($0, licenses) }
        }
    }
}

/// Several licences to search for. They are prepared once, so that a library costs the same whether there are many or
/// few.
struct LicensePatterns: Sendable {
    private var names: Set<String> = []
    private var terms: Set<String> = []
    private var compounds: [LicensePattern] = []

    init(_ texts: [String]) {
        for pattern in texts.map({ LicensePattern($0) }) {
            names.insert(pattern.name)
            guard let expression = pattern.expression else { continue }
            if let term = expression.single {
                terms.insert(term.text.lowercased())
            } else {
                compounds.append(pattern)
            }
        }
    }

    func fits(_ licenses: [PolicyLicense]) -> Bool {
        licenses.contains { names.contains($0.name) || terms.contains($0.term) }
            || compounds.contains { $0.fits(licenses) }
    }
}
