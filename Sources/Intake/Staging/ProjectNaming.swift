import Bytes

// DESIGN. Generators name a document after their input: a folder (`.`), a path, a temporary folder, the digest of an
// image. Such a name is useless for a project, and two projects called `.` would replace each other. The name of the
// document's file then replaces it.

/// Decides whether the name of a document can be the name of a project.
enum ProjectNaming {
    /// Words that mean "no name".
    private static let noNames: Set<String> = [
        "unknown", "noassertion", "none", "null", "undefined", "n/a", "tmp", "temp",
    ]
    /// The lengths of MD5, SHA-1, SHA-256, SHA-384 and SHA-512 in hexadecimal.
    private static let digestLengths: Set<Int> = [32, 40, 64, 96, 128]

    /// The first usable name; nil without any.
    static func firstUseful(of names: [String]) -> String? {
        names.lazy.map(oneLine).first { !isUseless($0) }
    }

    /// Whether a name says nothing about its subject: it is blank, a word for nothing, a path of the machine that made
    /// the document, a temporary folder, a digest or a UUID.
    static func isUseless(_ name: String) -> Bool {
        let name = name.lowercased()
        if !name.contains(where: { $0.isLetter || $0.isNumber }) || noNames.contains(name) { return true }
        return isPath(name) || isTemporary(name) || isDigest(name)
    }

    /// Lower case.
    private static func isPath(_ name: String) -> Bool {
        if name.contains("\\") || name.hasPrefix("file:") { return true }
        if ["/", "./", "../", "~/"].contains(where: name.hasPrefix) { return true }
        // A drive: `c:`, `c:/src`.
        let start = Array(name.utf8.prefix(3))
        return start.count >= 2 && (0x61...0x7A).contains(start[0]) && start[1] == UInt8(ascii: ":")
            && (start.count == 2 || start[2] == UInt8(ascii: "/"))
    }

    /// Whether the name is one that mktemp, Python's tempfile and others make. Lower case.
    private static func isTemporary(_ name: String) -> Bool {
        guard name.hasPrefix("tmp") || name.hasPrefix("temp") else { return false }
        let rest = name.dropFirst(name.hasPrefix("temp") ? 4 : 3)
        if rest.first == "." { return rest.count >= 7 }
        let number = rest.first == "-" || rest.first == "_" ? rest.dropFirst() : rest
        if !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) { return true }
        return rest.count == 8 && rest.contains { $0.isNumber || $0 == "_" }
            && rest.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Lower case.
    private static func isDigest(_ name: String) -> Bool {
        if name.hasPrefix("urn:uuid:") { return true }
        var digits = name[...]
        if let colon = name.firstIndex(of: ":"), ["md5", "sha1", "sha256", "sha384", "sha512"].contains(name[..<colon])
        {
            digits = name[name.index(after: colon)...]
        }
        let hexadecimal = digits.utf8.filter { $0 != UInt8(ascii: "-") }
        let isUUID = digits.utf8.count == 36 && hexadecimal.count == 32
        return (isUUID || hexadecimal.count == digits.utf8.count && digestLengths.contains(hexadecimal.count))
            && hexadecimal.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static let endings = [
        ".gz", ".xz", ".zst", ".zip", ".json", ".xml", ".yaml", ".yml", ".rdf", ".tv", ".tag", ".xlsx", ".txt", ".cdx",
        ".spdx",
        ".bom", ".sbom", ".cyclonedx",
    ]

    /// The name of a file without the endings of packed SBOMs: `shop.cdx.json.gz` gives `shop`.
    static func name(ofFile path: String) -> String {
        var name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path[...]
        while let ending = endings.first(where: { name.lowercased().hasSuffix($0) }), name.count > ending.count {
            name = name.dropLast(ending.count)
        }
        return String(name)
    }

    /// The text without line breaks, short enough for a version to follow.
    private static func oneLine(_ text: String) -> String {
        let words = text.split { $0.isNewline || $0 == "\t" }
        return String(words.joined(separator: " ").prefix(Intake.Destination.nameLimit - 100))
            .beginning(bytes: Intake.Destination.nameBytes - 200)
    }
}
