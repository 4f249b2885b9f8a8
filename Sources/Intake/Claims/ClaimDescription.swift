import BOM
import Bytes
import Database
import Inventory

/// A document's description of a vulnerability that no advisory describes, as a row of `vulnerability`.
enum ClaimDescription {
    /// The most bytes of a stored text.
    private static let textLimit = 64 << 10

    /// - Parameter body: the body in `vulnerability_claim`.
    static func row(named name: String, from body: String, for organization: Int64) throws -> VulnerabilityRow {
        let claim = try VulnerabilityFacts.decode(body)
        var row = VulnerabilityRow(name: name, organization: organization)
        row.type = VulnerabilityMerge.type(of: name)
        row.url = Advisory(id: name, source: isWeb(claim.sourceURL) ? claim.sourceURL : "").page
        row.published = time(claim.published) ?? time(claim.created)
        row.modified = time(claim.updated) ?? row.published ?? 0
        row.weaknesses = claim.weaknesses.filter { $0 > 0 }.map { "CWE-\($0)" }.joined(separator: "\n")
        row.description = text(claim.description.isEmpty ? claim.detail : claim.description)
        row.recommendation = text(claim.recommendation)
        let record = SeverityRecord(
            name: name, aliases: claim.aliases, vectors: claim.ratings.map(\.vector).filter { !$0.isEmpty },
            word: word(of: claim.ratings), isWithdrawn: false)
        row.rate(by: SeverityDecision(of: name, from: [record], rank: VulnerabilityMerge.rank))
        return row
    }

    /// Whether a description outranks another: by a newer CVSS version, a higher score, a worse word, or a later change. The
    /// bytes of the texts come last, so that the order of imports has no effect.
    static func outranks(_ row: VulnerabilityRow, _ other: VulnerabilityRow) -> Bool {
        let words = ["", "none", "low", "medium", "high", "critical"]
        func key(_ row: VulnerabilityRow) -> (String, Int64, Int, Int64) {
            (row.cvssVersion, row.score ?? -1, words.firstIndex(of: row.severity) ?? 0, row.modified)
        }
        let (mine, its) = (key(row), key(other))
        if mine != its { return mine > its }
        func texts(_ row: VulnerabilityRow) -> String {
            [row.vector4, row.vector3, row.vector2, row.description, row.recommendation, row.url, row.weaknesses]
                .joined(separator: "\n")
        }
        return texts(other).utf8.lexicographicallyPrecedes(texts(row).utf8)
    }

    /// Whether two descriptions, also of different documents, are equal.
    static func isSame(_ row: VulnerabilityRow, _ other: VulnerabilityRow) -> Bool {
        var row = row
        row.claimScan = other.claimScan
        row.claim = other.claim
        row.edition = other.edition
        return row == other
    }

    private static func time(_ text: String) -> Int64? { TimeText.milliseconds(text).flatMap { $0 > 0 ? $0 : nil } }

    private static func isWeb(_ text: String) -> Bool {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && !text.contains { $0.isWhitespace }
    }

    private static func text(_ text: String) -> String {
        text.utf8.count <= textLimit ? text : String(text.prefix(textLimit / 4))
    }

    /// The worst word of the ratings that have one; otherwise the word of a CVSS score without a vector, on the scale of
    /// its version.
    static func word(of ratings: [VulnerabilityClaim.Rating]) -> String {
        let words = ["critical", "high", "medium", "low"]
        let said = Set(ratings.map { $0.severity.lowercased() })
        if let word = words.first(where: said.contains) { return word }
        if said.contains("info") { return "low" }
        if said.contains("none") { return "none" }
        let tenths = ratings.compactMap { rating -> (Int, CVSS.Version)? in
            guard let score = rating.score, score.isFinite, (0...10).contains(score) else { return nil }
            let number = Int((score * 10).rounded())
            switch rating.method {
            case "CVSSv2": return (number, .v2)
            case "CVSSv3": return (number, .v30)
            case "CVSSv31": return (number, .v31)
            case "CVSSv4": return (number, .v4)
            default: return nil
            }
        }
        return tenths.map { CVSS.severity(of: $0.0, in: $0.1) }.max()?.rawValue ?? ""
    }
}
