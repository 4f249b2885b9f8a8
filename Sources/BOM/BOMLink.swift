// DESIGN. CycloneDX refers to parts of another BOM by BOM-Links: `urn:cdx:serial/edition#bom-ref` (cyclonedx.org,
// "BOM-Link"; ECMA-424, the type `bomLink`). Generators write the bom-ref either plainly or percent-encoded, as in
// the fragment of a URI.

import Bytes

/// A reference to a BOM or to a part of one.
package struct BOMLink: Sendable, Equatable {
    /// The UUID of the BOM's serial number, in lower case.
    package let serial: String
    /// The `version` of the BOM, which counts its editions.
    package let edition: Int
    /// The element of the BOM in the spelling of the link; nil for the BOM itself.
    package let fragment: String?

    /// Nil when the text is no BOM-Link.
    package init?(_ text: String) {
        guard text.lowercased().hasPrefix("urn:cdx:") else { return nil }
        let rest = text.dropFirst(8)
        let name = rest.prefix { $0 != "#" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let edition = Int(parts[1]), edition > 0, !parts[0].isEmpty else { return nil }
        serial = parts[0].lowercased()
        self.edition = edition
        fragment = rest.endIndex == name.endIndex ? nil : String(rest[name.endIndex...].dropFirst())
    }

    /// Whether the link refers to the document.
    package func leads(to document: BOMDocument) -> Bool {
        document.identifier.lowercased() == "urn:uuid:\(serial)" && document.edition == edition
    }

    /// The fragment without its percent-encoding (RFC 3986, 2.1); nil for a link without a fragment.
    package var decodedFragment: String? {
        guard let fragment, fragment.contains("%") else { return nil }
        return fragment.percentDecoded
    }
}
