import BOM
import Inventory

/// A licence of a library as reports show it, with where it was found.
struct EffectiveLicense: Sendable, Hashable {
    /// Identifier of the SPDX list, or empty.
    var spdx: String
    /// The name that reports show.
    var name: String
    var url: String
    /// `Open Source`, `Source Available` or `Unknown`.
    var type: String
    var riskScore: Int?
    /// The page or file that says so, or empty.
    var reference: String
}

/// Says which licences a component has in effect.
///
/// What an analysis concluded goes before what the supplier declared, unless it says nothing (NOASSERTION). Expressions
/// become the licences that they name, in their order. Answers are remembered: a document names few licences often.
struct EffectiveLicenses {
    /// The most remembered claims; then all are forgotten.
    private static let memoryLimit = 4096
    /// The most licences of one library that are kept as rows; the expression itself is in the facts.
    static let limit = 200

    private var known: [String: [EffectiveLicense]] = [:]

    /// The licences in order, each once, and how many more there are beyond `limit`.
    mutating func licenses(of component: Component) -> (kept: [EffectiveLicense], dropped: Int) {
        let concluded = component.concludedLicenses.contains { $0.form != .noAssertion }
        let claims = concluded ? component.concludedLicenses : component.licenses
        let file = component.externalReferences.first { $0.kind == "license" }?.url ?? ""
        if claims.count == 1, claims[0].url.isEmpty, file.isEmpty {
            let found = licenses(of: claims[0])
            return found.count <= Self.limit ? (found, 0) : (Array(found[..<Self.limit]), found.count - Self.limit)
        }
        var found: [EffectiveLicense] = []
        var seen = Set<EffectiveLicense>()
        for claim in claims {
            for var license in licenses(of: claim) where seen.insert(license).inserted {
                license.reference = claim.url.isEmpty ? file : claim.url
                if license.url.isEmpty { license.url = claim.url }
                found.append(license)
            }
        }
        return found.count <= Self.limit ? (found, 0) : (Array(found[..<Self.limit]), found.count - Self.limit)
    }

    private mutating func licenses(of claim: LicenseClaim) -> [EffectiveLicense] {
        let text: String
        let isName: Bool
        switch claim.form {
        case .none, .noAssertion: return []
        case .id(let id): (text, isName) = (id, false)
        case .expression(let expression): (text, isName) = (expression, false)
        case .name(let name): (text, isName) = (name, true)
        }
        let key = isName ? "n" + text : "e" + text
        if let found = known[key] { return found }
        let found = isName ? Self.named(text) : Self.expressed(text)
        if known.count >= Self.memoryLimit { known.removeAll() }
        if text.utf8.count <= 512 { known[key] = found }
        return found
    }

    private static func meant(_ text: String) -> [EffectiveLicense] {
        if let expression = LicenseList.spdx.expression(reading: text) { return listed(expression) }
        return []
    }

    private static func expressed(_ text: String) -> [EffectiveLicense] {
        let found = meant(text)
        if !found.isEmpty { return found }
        if let expression = LicenseExpression(text) { return listed(expression) }
        return unknown(text)
    }

    private static func named(_ text: String) -> [EffectiveLicense] {
        let found = meant(text)
        return found.isEmpty ? unknown(text) : found
    }

    private static func listed(_ expression: LicenseExpression) -> [EffectiveLicense] {
        var seen = Set<String>()
        return expression.terms.compactMap { term in
            let term = current(term)
            guard seen.insert(term.text).inserted else { return nil }
            let naming = LicenseNaming(term)
            return EffectiveLicense(
                spdx: LicenseList.spdx.license(id: term.id) == nil ? "" : term.text, name: naming.name,
                url: naming.url, type: naming.kind, riskScore: Int(naming.riskScore), reference: "")
        }
    }

    /// The term without a deprecated id of the GNU family: `LGPL-2.1+` is `LGPL-2.1-or-later`, `GPL-2.0` the `-only` one.
    private static func current(_ term: LicenseExpression.Term) -> LicenseExpression.Term {
        let list = LicenseList.spdx
        let isLater = term.orLater || term.id.hasSuffix("+")
        let base = term.id.hasSuffix("+") ? String(term.id.dropLast()) : term.id
        guard list.license(id: base)?.isDeprecated == true else { return term }
        guard let known = list.license(id: base + (isLater ? "-or-later" : "-only")) else { return term }
        return LicenseExpression.Term(id: known.id, exception: term.exception, document: term.document)
    }

    private static func unknown(_ text: String) -> [EffectiveLicense] {
        let name = oneLine(text)
        if name.isEmpty { return [] }
        return [EffectiveLicense(spdx: "", name: name, url: "", type: "Unknown", riskScore: nil, reference: "")]
    }

    /// The text in one line of at most 500 characters: names are kept one a line.
    private static func oneLine(_ text: String) -> String {
        String(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(500))
    }
}
