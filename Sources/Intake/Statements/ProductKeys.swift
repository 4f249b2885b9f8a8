import BOM
import Inventory
import VEX

// DESIGN. A key is a short text that a product and a library share if one may be the other: the last part of a name, a digest,
// a token, the serial number of a BOM. An index finds candidates by it; the comparison afterwards decides.

enum ProductKey {
    /// The part of a name after the last `/` or `:`, which excludes a group.
    static func name(_ name: String) -> String {
        let name = name.lowercased()
        let last = name.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? name
        return "n:\(last.utf8.count <= 200 ? last : String(last.prefix(50)))"
    }
    static func digest(_ digest: String) -> String { "h:\(digest)" }
    static func token(_ token: String) -> String { "t:\(token)" }
    static func bom(serial: String) -> String { "b:\(serial)" }
    /// Keys for references that have a meaning only in the document of one project.
    static func references(inProject project: Int64) -> String { "r:\(project)" }
}

extension ProductReference {
    /// The keys that find it; `project` is the subject of the statements, or 0.
    func keys(inProject project: Int64) -> [String] {
        var keys = digests.map(ProductKey.digest)
        if let purl { keys.append(ProductKey.name(purl.name)) }
        for (name, _) in spelledNames { keys.append(ProductKey.name(name)) }
        if !token.isEmpty { keys.append(ProductKey.token(token)) }
        if let bomLink { keys.append(ProductKey.bom(serial: bomLink.serial)) }
        if !reference.isEmpty, project > 0 { keys.append(ProductKey.references(inProject: project)) }
        return keys
    }

    /// The names with their versions. For a name without a version that seems to end in one, also its parts: `Example
    /// 1.2`.
    var spelledNames: [(name: String, version: String)] {
        guard !name.isEmpty else { return [] }
        guard version.isEmpty, ranges.isEmpty, purl == nil, let blank = name.lastIndex(of: " ") else {
            return [(name, version)]
        }
        let last = name[name.index(after: blank)...]
        let digits = last.first == "v" ? last.dropFirst() : last
        guard digits.first?.isNumber == true else { return [(name, version)] }
        return [(name, version), (String(name[..<blank]), String(last))]
    }

    /// The reason why it can match nothing; nil when it may match.
    func obstacle(inProject project: Int64) -> String? {
        if let unreadableRange { return unreadableRange }
        if isNameless {
            return
                "\"\(text.prefix(200))\" is no package URL, name, digest, token or BOM-Link, by which products are found"
        }
        guard keys(inProject: project).isEmpty else { return nil }
        return
            "\"\(text.prefix(200))\" is a reference that means something in one project's document only: say which project"
    }

    /// Whether it means this package URL: equal type and path, the version or range, and at least the given qualifiers.
    func means(_ other: PackageURL) -> Bool {
        guard let purl, purl.type == other.type, purl.path == other.path, means(version: other.version) else {
            return false
        }
        return purl.qualifiers.allSatisfy { $0.key == "vers" || other.qualifiers.contains($0) }
    }

    /// Whether it means a thing with this name and version; `names` are spellings of the name in lower case.
    func means(names: [String], version: String) -> Bool {
        spelledNames.contains { name, said in
            names.contains(name.lowercased())
                && (ranges.isEmpty ? said.isEmpty || said == version : means(version: version))
        }
    }
}
