// DESIGN. Mend spells licences its own way (`Apache 2.0`, `BSD 3`, `LGPL 2.1`, `MIT`); its full list is not public. The rule:
// an id of the SPDX list loses `-only`, `-or-later` and `-Clause`, and its hyphens become blanks; a few ids have a name of their
// own. `GPL-2.0-only` and `GPL-2.0-or-later` so share the name `GPL 2.0`: who must tell them apart reads the SPDX id.

/// What reports say of a licence beside its SPDX id.
package struct LicenseNaming: Sendable {
    /// The name in Mend's spelling.
    package let name: String
    /// `Open Source`, `Source Available` or `Unknown`: due diligence's `type`.
    package let kind: String
    /// nil where the table of families has no answer.
    package let family: LicenseFamily?
    /// The copyright risk, 0 … 100, as text (`17`); empty where there is no family.
    package let riskScore: String
    /// The page of the licence on the SPDX list, or empty.
    package let url: String

    /// What is said of one term of an expression.
    package init(_ term: LicenseExpression.Term) {
        let license = LicenseList.spdx.license(id: term.id)
        family = LicenseFamily(LicenseExpression(root: .term(term)))
        riskScore = family.map { String($0.riskScore) } ?? ""
        url = license.map { "https://spdx.org/licenses/\($0.id).html" } ?? ""
        if family == .restricted {
            kind = "Source Available"
        } else {
            kind = license == nil ? "Unknown" : "Open Source"
        }
        var name = license.map { Self.displayName(ofID: $0.id) } ?? Self.referenceName(term.id)
        if !term.exception.isEmpty { name += " with \(Self.exceptionName(term.exception))" }
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

    private static func referenceName(_ id: String) -> String {
        id.hasPrefix("LicenseRef-") ? String(id.dropFirst(11)) : id
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
    /// Deprecated ids such as `GPL-2.0+` lose their sign like `-or-later`.
    fileprivate func replacingPlus() -> String { hasSuffix("+") ? String(dropLast()) : self }
}
