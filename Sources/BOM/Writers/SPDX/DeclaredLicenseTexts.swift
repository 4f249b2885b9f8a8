import Bytes
import Inventory

// DESIGN. Texts come last in an SPDX document, so they wait here up to a limit; beyond it, licences keep only their names. When
// documents are merged, another text may already have an id that a document declares. The following claims then get a new id.

/// The licences of an SPDX document that are not on the SPDX list: an id for each, and its text at the end (clause
/// 10).
struct DeclaredLicenseTexts: Sendable {
    /// A name with the digest of its text: this key must not hold texts that are not kept.
    private struct Content: Hashable {
        let name: String
        let digest: [UInt8]

        init(name: String, text: String) {
            self.name = name.utf8.count > 256 ? "" : name
            let digested = name.utf8.count > 256 ? "\(name)\n\(text)" : text
            digest = digested.isEmpty ? [] : Digest.of(Array(digested.utf8), .sha256)
        }
    }
    /// The most bytes of kept texts.
    static let limit = 64 << 20

    private var entries: [ExtractedLicense] = []
    private var places: [String: Int] = [:]
    private var references: [Content: String] = [:]
    /// The changed ids of the document that is being merged.
    private var renamed: [String: String] = [:]
    private var held = 0
    private var reader: LicenseStatementReader
    /// The number of dropped texts.
    private(set) var lost = 0

    /// - Parameter takesAnyPlus: as for `LicenseStatementReader`.
    init(takesAnyPlus: Bool) { reader = LicenseStatementReader(takesAnyPlus: takesAnyPlus) }

    /// Takes over the declared licences of a document, for the claims that follow.
    mutating func declare(_ licenses: [ExtractedLicense]) {
        reader.declare(licenses)
        renamed = [:]
        for license in licenses {
            let id = LicenseStatement.reference(license.id)
            guard let place = places[id] else {
                keep(license, id: id)
                continue
            }
            if entries[place].text == license.text || license.text.isBlank { continue }
            let content = Content(name: "\(id)\n\(license.name)", text: license.text)
            if let known = references[content] {
                renamed[id] = known
            } else {
                let other = free(id)
                references[content] = other
                renamed[id] = other
                keep(license, id: other)
            }
        }
    }

    private mutating func keep(_ license: ExtractedLicense, id: String) {
        var license = license
        license.id = id
        if held + license.text.utf8.count + license.name.utf8.count > Self.limit {
            license.text = ""
            license.name = ""
            lost += 1
        }
        held += license.text.utf8.count + license.name.utf8.count
        places[id] = entries.count
        entries.append(license)
    }

    /// The id, followed by a number if it is taken.
    private func free(_ base: String) -> String {
        var id = base
        var number = 1
        while places[id] != nil {
            number += 1
            id = "\(base)-\(number)"
        }
        return id
    }

    /// The expression of all claims, with each of its licences listed or declared; `NONE` or `NOASSERTION` if the claim says
    /// so.
    mutating func expression(of claims: [LicenseClaim]) -> String {
        if claims.isEmpty { return "NOASSERTION" }
        let read = reader.read(claims)
        var said: [LicenseExpression] = []
        for (statement, claim) in zip(read.statements, claims) {
            guard case .expression(let expression) = statement else { continue }
            said.append(
                expression.mapTerms { term in
                    guard term.isReference else { return .term(term) }
                    if let name = read.names[term.id] { return .term(.init(id: reference(term.id, name: name, claim))) }
                    let id = renamed[term.id] ?? term.id
                    use(id, claim)
                    return .term(.init(id: id))
                })
        }
        return LicenseExpression.all(said)?.text ?? (read.statements.contains(.none) ? "NONE" : "NOASSERTION")
    }

    /// The declared form of a `LicenseRef-` in an expression; declares it with the known facts on first use.
    private mutating func use(_ id: String, _ claim: LicenseClaim) {
        guard places[id] == nil else { return }
        var license = ExtractedLicense(id: id)
        license.text = claim.text
        if !claim.url.isEmpty { license.urls = [claim.url] }
        keep(license, id: id)
    }

    /// The id of a licence known only by name: one for each name and text; `wanted` if it is free.
    private mutating func reference(_ wanted: String, name: String, _ claim: LicenseClaim) -> String {
        let content = Content(name: name, text: claim.text)
        if let known = references[content] { return known }
        let id = free(wanted)
        references[content] = id
        var license = ExtractedLicense(id: id)
        license.name = SPDXText.line(name)
        license.text = claim.text.isBlank ? name : claim.text
        if !claim.url.isEmpty { license.urls = [claim.url] }
        keep(license, id: id)
        return id
    }

    /// The licences declared so far.
    var declared: [ExtractedLicense] { entries }

    func write(with tree: inout some TreeWriter, to out: inout ByteSink) throws(SinkError) {
        guard !entries.isEmpty else { return }
        tree.beginList(.notXML("hasExtractedLicensingInfos"), to: &out)
        for license in entries {
            tree.beginObject("hasExtractedLicensingInfos", to: &out)
            tree.field("licenseId", license.id, to: &out)
            let given = SPDXText.line(license.name)
            let name = given.isEmpty ? String(license.id.dropFirst(11)) : given
            tree.field("extractedText", license.text.isBlank ? name : license.text, to: &out)
            tree.field("name", name, to: &out)
            let urls = license.urls.filter(URLText.isWebLocation)
            if !urls.isEmpty {
                tree.beginList(.notXML("seeAlsos"), to: &out)
                for url in urls { tree.field("seeAlsos", url, to: &out) }
                tree.endList(to: &out)
            }
            tree.text("comment", license.comment, to: &out)
            tree.endObject(to: &out)
            try out.drain()
        }
        tree.endList(to: &out)
    }
}
