import BOM
import Inventory
import VEX

// DESIGN. A key is a short text that a product and a library have in common if one may be the other: the last part of a name, a
// digest, a token, the serial number of a BOM. It finds candidates through an index; the comparison after it decides.

enum ProductKey {
    /// The part of a name after the last `/` or `:`, so without a group.
    static func name(_ name: String) -> String {
        let name = name.lowercased()
        let last = name.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? name
        return "n:\(last.utf8.count <= 200 ? last : String(last.prefix(50)))"
    }
    static func digest(_ digest: String) -> String { "h:\(digest)" }
    static func token(_ token: String) -> String { "t:\(token)" }
    static func bom(serial: String) -> String { "b:\(serial)" }
    /// Keys of references that have a meaning in the document of one project only.
    static func references(inProject project: Int64) -> String { "r:\(project)" }
}

extension ProductReference {
    /// The keys under which it is found; `project` is the one that the statements are about, or 0.
    func keys(inProject project: Int64) -> [String] {
        var keys = digests.map(ProductKey.digest)
        if let purl { keys.append(ProductKey.name(purl.name)) }
        for (name, _) in spelledNames { keys.append(ProductKey.name(name)) }
        if !token.isEmpty { keys.append(ProductKey.token(token)) }
        if let bomLink { keys.append(ProductKey.bom(serial: bomLink.serial)) }
        if !reference.isEmpty, project > 0 { keys.append(ProductKey.references(inProject: project)) }
        return keys
    }

    /// Name and version. Without a version, also the parts of a name that seems to end in one: `Example 1.2`.
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

    /// Why nothing can be found by it; nil when something may.
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

    /// Whether this package URL is meant: type and path alike, the version or range, and at least the qualifiers given.
    func means(_ other: PackageURL) -> Bool {
        guard let purl, purl.type == other.type, purl.path == other.path, means(version: other.version) else {
            return false
        }
        return purl.qualifiers.allSatisfy { $0.key == "vers" || other.qualifiers.contains($0) }
    }

    /// Whether a thing of this name and version is meant; `names` are spellings of its name in lower case.
    func means(names: [String], version: String) -> Bool {
        spelledNames.contains { name, said in
            names.contains(name.lowercased())
                && (ranges.isEmpty ? said.isEmpty || said == version : means(version: version))
        }
    }
}
