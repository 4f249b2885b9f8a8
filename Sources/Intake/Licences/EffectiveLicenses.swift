import BOM
import Bytes
import Database
import Inventory

/// The licences that a document gives a component.
struct FoundLicenses: Sendable {
    /// The expression, with the names of its references.
    let decision: LicenseDecision
    /// The licences in the expression, in order; choices are decided without an order of preference.
    let rows: [LicenseRow]
    /// The expression as text, or empty.
    let text: String
    /// The full texts in the document, by their digests.
    let texts: [(digest: String, body: String)]

    static let nothing = FoundLicenses(LicenseDecision(nil, names: [:]), sources: [:], texts: [])

    /// The place of a term.
    struct Source {
        /// The page or file that states the licence, or empty.
        var reference = ""
        /// An address, for a licence without a page on the SPDX list.
        var url = ""
        /// The SHA-256 of the document's text in hexadecimal, or empty.
        var text = ""
    }

    init(_ decision: LicenseDecision, sources: [String: Source], texts: [(digest: String, body: String)]) {
        self.decision = decision
        self.texts = texts
        text = decision.text
        rows = decision.licenses(by: LicensePreferences()).map { license, isChosen in
            let source = sources[license.spdx] ?? Source()
            return LicenseRow(
                license, isChosen: isChosen, reference: source.reference, url: source.url, text: source.text)
        }
    }

    /// The rows with choices decided by an order of preference.
    func rows(by preferences: LicensePreferences) -> [LicenseRow] {
        guard let expression = decision.expression, decision.hasChoice else { return rows }
        let chosen = Set(expression.decided(by: preferences).terms)
        return rows.map { row in
            var row = row
            row.isChosen = chosen.contains(row.license.term)
            return row
        }
    }
}

/// Determines the licences of components from their documents.
///
/// The concluded licences take precedence over the declared ones, unless they are NOASSERTION. All claims apply
/// together. Answers are cached, because a document repeats few licences often.
struct EffectiveLicenses {
    /// The most cached claims; beyond it the cache is emptied.
    private static let memoryLimit = 4096

    private var known: [String: FoundLicenses] = [:]

    mutating func licenses(of component: Component) -> FoundLicenses {
        let file = component.externalReferences.first { $0.kind == "license" }?.url ?? ""
        return licenses(component.decidingLicenses, file: file)
    }

    /// The licences of a file itself.
    mutating func licenses(of file: SourceFile) -> FoundLicenses { licenses(file.decidingLicenses, file: "") }

    private mutating func licenses(_ claims: [LicenseClaim], file: String) -> FoundLicenses {
        if claims.isEmpty { return .nothing }
        guard let key = Self.key(claims, file: file) else { return Self.found(claims, file: file) }
        if let found = known[key] { return found }
        let found = Self.found(claims, file: file)
        if known.count >= Self.memoryLimit { known.removeAll() }
        known[key] = found
        return found
    }

    /// The key of an answer in the cache; nil for claims that are too long for it, such as licence texts.
    private static func key(_ claims: [LicenseClaim], file: String) -> String? {
        var key = file
        for claim in claims {
            guard claim.text.isEmpty, key.utf8.count <= 512 else { return nil }
            switch claim.form {
            case .none, .noAssertion: key += "\n-"
            case .id(let text), .expression(let text): key += "\ne\(text)"
            case .name(let text): key += "\nn\(text)"
            }
            key += "\n\(claim.url)"
            for reference in claim.references { key += "\n\(reference.id)\t\(reference.name)\t\(reference.digest)" }
        }
        return key.utf8.count <= 1024 ? key : nil
    }

    private static func found(_ claims: [LicenseClaim], file: String) -> FoundLicenses {
        let references = Dictionary(
            claims.flatMap(\.references).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var meaning = LicenseMeaning(declared: references.mapValues(\.name))
        var sources: [String: FoundLicenses.Source] = [:]
        var texts: [(digest: String, body: String)] = []
        var expressions: [LicenseExpression] = []
        for claim in claims {
            guard let expression = claim.expression(by: &meaning) else { continue }
            expressions.append(expression)
            // A text belongs to its claim, so to the claim's first licence.
            var digest = ""
            if !claim.text.allSatisfy(\.isWhitespace) {
                digest = Digest.of(Array(claim.text.utf8), .sha256).hexadecimal
                texts.append((digest, claim.text))
            }
            for term in expression.terms where sources[term.text] == nil {
                let reference = references[meaning.origins[term.text] ?? term.id]
                sources[term.text] = FoundLicenses.Source(
                    reference: claim.url.isEmpty ? file : claim.url, url: claim.url,
                    text: digest.isEmpty ? reference?.digest ?? "" : digest)
                digest = ""
            }
        }
        return FoundLicenses(
            LicenseDecision(LicenseExpression.all(expressions), names: meaning.names), sources: sources, texts: texts)
    }
}
