import BOM
import Database
import Inventory

// DESIGN. A claim names its component by the bom-ref, by a BOM-Link into the document, or by a package URL. By the
// standard a package URL is no reference, but it is often written as one. All references are looked up among the rows
// of a scan, in one pass over its entries and, if there are package URLs, another over its libraries. So claims of the
// scan's own document and of a document with only claims find their targets in the same way.

/// The components of a scan that the references of claims name.
struct ClaimTargets {
    /// The document of the scan.
    let document: BOMDocument
    /// References to the described component; they count even without an entry in the document.
    var described: Set<String> = []

    /// The most comparisons between package URLs of claims and of components; an ordinary document needs a few for each.
    private static let comparisonLimit = 5_000_000

    /// The target of each reference; `texts` are the references by their numbers.
    func find(
        _ texts: [Int32: String], in scan: Int64, on connection: any Connection
    ) throws -> [Int32: LibraryClaims.Target] {
        var targets: [Int32: LibraryClaims.Target] = [:]
        var wanted: [String: [Int32]] = [:]
        for (reference, text) in texts {
            if described.contains(text) {
                targets[reference] = .places([LibraryClaims.product])
                continue
            }
            wanted[text, default: []].append(reference)
            guard let link = BOMLink(text), link.leads(to: document) else { continue }
            guard let fragment = link.fragment else {
                targets[reference] = .places([LibraryClaims.product])
                continue
            }
            wanted[fragment, default: []].append(reference)
            if let decoded = link.decodedFragment { wanted[decoded, default: []].append(reference) }
        }
        guard !wanted.isEmpty else { return targets }
        try connection.each("SELECT ref, position, occurrence FROM component WHERE scan = \(scan) ORDER BY position") {
            row in
            guard let references = wanted[row.string(0)] else { return }
            let place = row.integer(1) == 0 ? LibraryClaims.product : Int(row.integer(2))
            for reference in references where targets[reference] == nil { targets[reference] = .places([place]) }
        }
        try findPackages(texts.filter { targets[$0.key] == nil }, in: scan, on: connection, &targets)
        for (reference, text) in texts where targets[reference] == nil { targets[reference] = .nothing(reason(text)) }
        return targets
    }

    /// The reason why a reference has no target.
    private func reason(_ text: String) -> String {
        if let link = BOMLink(text), !link.leads(to: document) {
            return
                "lies in another document: this one is \"\(document.identifier.prefix(100))\", edition \(document.edition)"
        }
        return PackageURL(text) == nil ? "is nothing in this document" : "is the package URL of no component"
    }

    /// Finds the components for package URLs, by all qualifiers and, if given, the version.
    private func findPackages(
        _ texts: [Int32: String], in scan: Int64, on connection: any Connection,
        _ targets: inout [Int32: LibraryClaims.Target]
    ) throws {
        let purls = texts.compactMapValues { PackageURL($0) }
        guard !purls.isEmpty else { return }
        var wanted: [String: [Int32]] = [:]
        for (reference, purl) in purls { wanted[Self.name(purl, purl.version), default: []].append(reference) }
        var places: [Int32: Set<Int>] = [:]
        var comparisons = 0
        func compare(_ text: String, at place: Int) {
            guard let purl = PackageURL(text) else { return }
            // A package URL without a version means all versions.
            for name in Set([Self.name(purl, purl.version), Self.name(purl, "")]) {
                for reference in wanted[name] ?? [] where comparisons < Self.comparisonLimit {
                    comparisons += 1
                    guard purls[reference]?.qualifiers.allSatisfy(purl.qualifiers.contains) == true else { continue }
                    places[reference, default: []].insert(place)
                }
            }
        }
        try connection.each(
            """
            SELECT o.position, l.purl FROM occurrence o JOIN library l ON l.id = o.library
            WHERE o.scan = \(scan) AND l.purl <> ''
            """
        ) { compare($0.string(1), at: Int($0.integer(0))) }
        for (reference, found) in places { targets[reference] = .places(found.sorted()) }
        guard comparisons >= Self.comparisonLimit else { return }
        for reference in purls.keys where targets[reference] == nil {
            targets[reference] = .nothing("is one of too many package URLs")
        }
    }

    private static func name(_ purl: PackageURL, _ version: String) -> String {
        "\(purl.type)/\(purl.path)@\(version)"
    }
}

extension LibraryClaims {
    /// Warns of claims about the whole product without effect, because no source says that one of its libraries has the
    /// vulnerability; empty when all have an effect. A claim about a library is itself such a source.
    func unfound(targets: [Int32: Target], in scan: Int64, on connection: any Connection) throws -> [String] {
        let unfound = try claimsAboutProduct(targets: targets).filter { claim in
            let names = SQL.list(claim.names.map { Value.text($0) })
            return try connection.integer(
                """
                SELECT 1 WHERE EXISTS (SELECT 1 FROM advisory_name n
                    JOIN vulnerability_advisory a ON a.advisory = n.advisory
                    JOIN finding f ON f.vulnerability = a.vulnerability JOIN occurrence o ON o.library = f.library
                    WHERE n.name IN \(names) AND o.scan = \(scan))
                OR EXISTS (SELECT 1 FROM library_claim k
                    WHERE k.scan = \(scan) AND k.occurrence > 0 AND k.vulnerability IN \(names))
                """) == nil
        }
        func warning(_ claims: [(names: [String], decides: Bool)], _ what: String) -> [String] {
            guard !claims.isEmpty else { return [] }
            let names = claims.prefix(5).compactMap(\.names.first).joined(separator: ", ")
            return ["\(claims.count) \(what): " + names + (claims.count > 5 ? ", …" : "")]
        }
        return warning(
            unfound.filter(\.decides),
            "statements about the product decide nothing yet, as none of its components is known to have their vulnerabilities"
        )
            + warning(
                unfound.filter { !$0.decides },
                "vulnerabilities of the product as a whole raise no alert, as the project lists no component that they could be "
                    + "about; the document may name one in `affects`")
    }
}
