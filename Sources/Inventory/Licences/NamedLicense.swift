// DESIGN. Mend spells licences its own way (`Apache 2.0`, `BSD 3`, `LGPL 2.1`, `MIT`); its full list is not public. The rule:
// an id of the SPDX list loses `-only`, `-or-later` and `-Clause`, and its hyphens become blanks. A few ids have a name of
// their own. So `GPL-2.0-only` and `GPL-2.0-or-later` share the name `GPL 2.0`. Names are only shown: all decisions use the
// term, and no code converts a name back.

/// One licence of an expression, with its facts for reports.
package struct NamedLicense: Sendable, Hashable {
    /// The term of the expression.
    package let term: LicenseExpression.Term
    /// The name in Mend's spelling, or as the document spells it.
    package let name: String
    /// The page of the licence on the SPDX list, or empty.
    package let url: String
    /// `Open Source`, `Source Available` or `Unknown`: due diligence's `type`.
    package let kind: String
    /// nil where the tables of families have no answer.
    package let family: LicenseFamily?
    /// The identifier of the text on the SPDX list: the licence's, or in `exception` that of the exception after
    /// `WITH`. Empty for texts that are not on the list.
    package let base: String
    package let exception: String

    /// The identifier in SPDX's spelling, with the exception; a reference where the SPDX list has no such licence.
    package var spdx: String { term.text }
    /// The copyright risk, 0 … 100; nil for a licence without a family.
    package var riskScore: Int? { family?.riskScore }

    /// - Parameter names: the names of references, by their ids.
    package init(_ term: LicenseExpression.Term, names: [String: String] = [:]) {
        self.term = term
        let listed = LicenseList.spdx.license(id: term.id)
        let unversioned = UnversionedLicense(id: term.id)
        family = LicenseFamily(term)
        base = listed?.id ?? ""
        exception = LicenseList.spdx.exception(id: term.exception)?.id ?? ""
        url = listed.map { "https://spdx.org/licenses/\($0.id).html" } ?? ""
        if family == .restricted {
            kind = "Source Available"
        } else {
            kind = listed == nil && unversioned == nil ? "Unknown" : "Open Source"
        }
        var name =
            listed.map { Self.displayName(ofID: $0.id) } ?? unversioned?.name ?? names[term.id]
            ?? Self.tail(of: term.id)
        if !term.exception.isEmpty {
            name += " with \(names[term.exception] ?? Self.exceptionName(term.exception))"
        }
        self.name = name
    }

    /// The name in Mend's spelling of an id of the SPDX list.
    package static func displayName(ofID id: String) -> String {
        if let special = specialNames[id] { return special }
        var words = id.split(separator: "-")
        if words.count > 1, words.last == "only" { words.removeLast() }
        if words.count > 2, words.last == "later", words[words.count - 2] == "or" { words.removeLast(2) }
        if words.first == "BSD", words.count > 2, words[2] == "Clause" { words.remove(at: 2) }
        return words.joined(separator: " ").replacingPlus()
    }

    /// The name of a reference: the text after `LicenseRef-`.
    package static func tail(of id: String) -> String {
        let prefix = LicenseExpression.Term.prefix
        return id.hasPrefix(prefix) ? String(id.dropFirst(prefix.count)) : id
    }

    private static func exceptionName(_ id: String) -> String {
        id.split(separator: "-").map { $0 == "exception" ? "Exception" : String($0) }.joined(separator: " ")
    }

    private static let specialNames = [
        "0BSD": "BSD Zero", "BSL-1.0": "Boost 1.0", "CC0-1.0": "CC0 1.0", "Unlicense": "Unlicense",
        "Python-2.0": "Python 2.0",
        "curl": "Curl", "Zlib": "Zlib", "MIT-0": "MIT No Attribution", "PSF-2.0": "Python Software Foundation 2.0",
        "BUSL-1.1": "Business Source License 1.1",
    ]
}

extension String {
    /// Deprecated ids such as `GPL-2.0+` lose the `+`, just as others lose `-or-later`.
    fileprivate func replacingPlus() -> String { hasSuffix("+") ? String(dropLast()) : self }
}
