import BOM
import Database
import Inventory
import VEX

/// A project in the forms in which statements may name it.
struct ProjectIdentity {
    private let document: DocumentFacts?
    private let tokens: [String]
    /// In lower case.
    private let names: [String]
    private let version: String
    private let purl: PackageURL?
    private let digests: Set<String>

    init(of view: ProjectView, on connection: any Connection) throws {
        let coming = view.coming.map {
            (document: $0.document, project: $0.name, product: $0.productName, token: $0.productToken)
        }
        let row =
            try coming
            ?? connection.first(
                """
                SELECT s.document, p.name, d.name, d.token FROM project p JOIN product d ON d.id = p.product
                JOIN scan s ON s.id = p.scan WHERE p.id = \(view.project)
                """
            ) { (document: $0.string(0), project: $0.string(1), product: $0.string(2), token: $0.string(3)) }
        let facts = try row.flatMap { $0.document.isEmpty ? nil : try DocumentFacts.decode($0.document) }
        document = facts
        tokens = [view.token, row?.token ?? ""]
        let subject = facts?.subject
        let root = facts?.root
        var names = [subject?.name ?? "", row?.project ?? ""]
        if let row { names.append("\(row.product)/\(row.project)") }
        if let root, !root.group.isEmpty { names += ["\(root.group)/\(root.name)", "\(root.group):\(root.name)"] }
        self.names = names.filter { !$0.isEmpty }.map { $0.lowercased() }
        version = subject?.version ?? ""
        purl = root.flatMap { PackageURL($0.purl) }
        digests = Set((root?.hashes ?? []).map { $0.value.lowercased() })
    }

    /// The document that the project shows.
    var shown: BOMDocument? { document?.document }

    /// References that mean the whole product.
    var described: Set<String> {
        Set((document?.document.describes ?? []) + [document?.root?.purl ?? ""].filter { !$0.isEmpty })
    }

    func keys(inProject project: Int64) -> [String] {
        var keys = tokens.filter { !$0.isEmpty }.map(ProductKey.token) + names.map(ProductKey.name)
        if let purl { keys.append(ProductKey.name(purl.name)) }
        keys += digests.map(ProductKey.digest)
        if let identifier = shown?.identifier.lowercased(), identifier.hasPrefix("urn:uuid:") {
            keys.append(ProductKey.bom(serial: String(identifier.dropFirst(9))))
        }
        keys.append(ProductKey.references(inProject: project))
        return keys
    }

    /// Whether a product means the project itself.
    func isMeant(by product: ProductReference) -> Bool {
        if !product.token.isEmpty { return tokens.contains(product.token) }
        if let link = product.bomLink, let shown {
            guard link.leads(to: shown) else { return false }
            return link.fragment.map { described.contains($0) || described.contains(link.decodedFragment ?? $0) }
                ?? true
        }
        if let purl, product.purl != nil { return product.means(purl) }
        if !digests.isEmpty, !product.digests.isEmpty { return !digests.isDisjoint(with: product.digests) }
        if product.purl != nil, product.name.isEmpty { return false }
        return product.means(names: names, version: version)
    }
}

/// A library of a project, in the forms in which statements may name it.
struct ProductLibrary {
    let position: Int64
    private let purl: PackageURL?
    /// In lower case.
    private let names: [String]
    private let version: String
    private let digests: [String]

    /// Some libraries of a project after `last`. With `allDigests`, digests that are only in the facts of the document
    /// are included.
    static func page(
        of view: ProjectView, after last: Int64, limit: Int, allDigests: Bool, on connection: any Connection
    ) throws -> [ProductLibrary] {
        let facts: SQL = allDigests ? "(SELECT f.body FROM library_facts f WHERE f.library = l.id)" : "''"
        return try connection.all(
            """
            SELECT o.position, l.purl, l.group_id, l.artifact, l.version, l.sha1, \(facts)
            FROM occurrence o JOIN library l ON l.id = o.library
            WHERE o.scan = \(view.scan) AND o.position > \(last) ORDER BY o.position LIMIT \(limit)
            """
        ) { try ProductLibrary(row: $0) }
    }

    private init(row: borrowing RowBuffer) throws {
        position = row.integer(0)
        let purl = PackageURL(row.string(1))
        self.purl = purl
        (names, version) = (Self.names(purl, group: row.string(2), artifact: row.string(3)), row.string(4))
        var digests = [row.string(5)].filter { !$0.isEmpty }
        let facts = row.isNull(6) ? "" : row.string(6)
        if !facts.isEmpty { digests += try ComponentFacts.decode(facts).hashes.map { $0.value.lowercased() } }
        self.digests = digests
    }

    private static func names(_ purl: PackageURL?, group: String, artifact: String) -> [String] {
        var names = [artifact]
        if let purl { names += [purl.name, purl.path] }
        if !group.isEmpty { names += ["\(group)/\(artifact)", "\(group):\(artifact)"] }
        return Set(names.map { $0.lowercased() }).sorted()
    }

    var keys: Set<String> { Set(names.map(ProductKey.name) + digests.map(ProductKey.digest)) }

    /// The keys of a library that do not depend on a project.
    static func keys(purl: String, artifact: String, sha1: String) -> Set<String> {
        var keys = Set(names(PackageURL(purl), group: "", artifact: artifact).map(ProductKey.name))
        if !sha1.isEmpty { keys.insert(ProductKey.digest(sha1)) }
        return keys
    }

    func isMeant(by product: ProductReference) -> Bool {
        if let purl, product.purl != nil { return product.means(purl) }
        if !product.digests.isEmpty, digests.contains(where: product.digests.contains) { return true }
        if product.purl != nil, product.name.isEmpty { return false }
        return product.means(names: names, version: version)
    }

    /// Whether a product that means this library states a version by a number, a range or a digest; otherwise it means all
    /// versions.
    func isVersionNamed(by product: ProductReference) -> Bool {
        if !product.ranges.isEmpty || !product.version.isEmpty || product.purl?.version.isEmpty == false { return true }
        if digests.contains(where: product.digests.contains) { return true }
        return product.spelledNames.contains { name, said in !said.isEmpty && names.contains(name.lowercased()) }
    }
}
