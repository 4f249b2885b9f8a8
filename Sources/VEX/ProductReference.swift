package import BOM
import Bytes
package import Inventory

/// A document's names for a product, or for a part of one. Empty texts are absent; any one of the names may suffice to find the
/// product.
package struct ProductReference: Sendable, Equatable {
    /// The text in the document's spelling, for messages.
    package var text: String
    /// A package URL without a version means all versions.
    package var purl: PackageURL?
    package var name = ""
    package var version = ""
    /// Ranges of versions in the notation of `vers`, any of which fits.
    package var ranges: [String] = []
    /// Digests in lower-case hexadecimal, of any length.
    package var digests: [String] = []
    package var bomLink: BOMLink?
    /// A token of Waybill's: 64 hexadecimal digits.
    package var token = ""
    /// A reference that has a meaning in only one document, such as CycloneDX's bom-ref.
    package var reference = ""

    package init(text: String) { self.text = text }

    /// Interprets an identifier: as a package URL, a BOM-Link, a token, or otherwise as a reference.
    package init(identifier: String) {
        self.init(text: identifier)
        take(identifier: identifier)
    }

    /// Whether it has no name that could be searched.
    package var isNameless: Bool {
        purl == nil && name.isEmpty && digests.isEmpty && bomLink == nil && token.isEmpty && reference.isEmpty
    }

    /// Adds the names in an identifier.
    package mutating func take(identifier: String) {
        if identifier.isEmpty { return }
        if let purl = PackageURL(identifier) {
            self.purl = self.purl ?? purl
            // A proposal by the authors of package URLs: the range is a qualifier.
            if let range = purl.qualifier("vers") { ranges.append(range) }
        } else if let link = BOMLink(identifier) {
            bomLink = link
        } else if Self.isToken(identifier) {
            token = identifier.lowercased()
        } else if reference.isEmpty {
            reference = identifier
        }
    }

    package mutating func take(digest: String) {
        let digest = digest.lowercased()
        if (32...128).contains(digest.utf8.count), digest.utf8.allSatisfy(\.isHexadecimalDigit) {
            digests.append(digest)
        }
    }

    private static func isToken(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy(\.isHexadecimalDigit)
    }

    /// The reason why the ranges cannot be read, as the end of a sentence; nil when they can.
    package var unreadableRange: String? {
        ranges.first { VersRange($0) == nil }.map {
            "its range of versions \"\($0.prefix(100))\" is none that can be compared"
        }
    }

    /// Whether this means a version; without a version or a range, it means all.
    package func means(version other: String) -> Bool {
        let version = self.version.isEmpty ? purl?.version ?? "" : self.version
        if ranges.isEmpty { return version.isEmpty || version == other }
        return ranges.contains { VersRange($0)?.contains(other) ?? false }
    }

    // MARK: As JSON, to be kept

    package func encode() -> String {
        var writer = FactsWriter()
        writer.object {
            $0.text("text", text)
            $0.text("purl", purl?.text ?? "")
            $0.text("name", name)
            $0.text("version", version)
            $0.texts("ranges", ranges)
            $0.texts("digests", digests)
            $0.text("token", token)
            $0.text("reference", reference.isEmpty && bomLink != nil ? text : reference)
        }
        return writer.text
    }

    package static func decode(_ text: String) throws(FactsError) -> ProductReference {
        try decoding("a product of a statement", text) { (json) throws(JSONError) in
            var it = ProductReference(text: "")
            try ComponentFacts.members(&json) { (json) throws(JSONError) in
                if json.keyEquals("text") {
                    it.text = try json.string()
                } else if json.keyEquals("purl") {
                    it.purl = PackageURL(try json.string())
                } else if json.keyEquals("name") {
                    it.name = try json.string()
                } else if json.keyEquals("version") {
                    it.version = try json.string()
                } else if json.keyEquals("ranges") {
                    it.ranges = try json.texts()
                } else if json.keyEquals("digests") {
                    it.digests = try json.texts()
                } else if json.keyEquals("token") {
                    it.token = try json.string()
                } else if json.keyEquals("reference") {
                    it.take(reference: try json.string())
                } else {
                    return false
                }
                return true
            }
            return it
        }
    }

    private mutating func take(reference text: String) {
        if let link = BOMLink(text) { bomLink = link } else { reference = text }
    }
}
