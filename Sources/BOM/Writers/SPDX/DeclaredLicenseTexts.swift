import Bytes
import Inventory

// DESIGN. Texts come last in an SPDX document, so they wait here: up to a limit, then licences keep their names only. An id
// that a document declares may be taken by another text, when documents are merged; then the claims that follow are led to a new one.

/// The licences of an SPDX document that no list knows: an id for each, and its text at the end (clause 10).
struct DeclaredLicenseTexts: Sendable {
    /// A name with the digest of its text: texts that are not kept must not stay here either.
    private struct Content: Hashable {
        let name: String
        let digest: [UInt8]

        init(name: String, text: String) {
            self.name = name.utf8.count > 256 ? "" : name
            let digested = name.utf8.count > 256 ? "\(name)\n\(text)" : text
            digest = digested.isEmpty ? [] : Digest.of(Array(digested.utf8), .sha256)
        }
    }
    /// Bytes of texts that are kept.
    static let limit = 64 << 20

    private var entries: [ExtractedLicense] = []
    private var places: [String: Int] = [:]
    private var references: [Content: String] = [:]
    /// The ids of the document that is being merged which had to become others.
    private var renamed: [String: String] = [:]
    private var held = 0
    private var reader: LicenseStatementReader
    /// Texts that were dropped.
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

    /// The id, numbered where it is taken.
    private func free(_ base: String) -> String {
        var id = base
        var number = 1
        while places[id] != nil {
            number += 1
            id = "\(base)-\(number)"
        }
        return id
    }

    /// The expression of all claims, with each licence in it listed or declared; `NONE` or `NOASSERTION` if that is the claim.
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

    /// A `LicenseRef-` of an expression: declared already, or declared now with the known facts.
    private mutating func use(_ id: String, _ claim: LicenseClaim) {
        guard places[id] == nil else { return }
        var license = ExtractedLicense(id: id)
        license.text = claim.text
        if !claim.url.isEmpty { license.urls = [claim.url] }
        keep(license, id: id)
    }

    /// The id of a licence known by its name only: one for each name and text; `wanted` where that is free.
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

    /// The licences that are declared so far.
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
