import Inventory

/// Package URLs in a form that documents may contain.
enum PurlText {
    /// The text in its original spelling if that is printable, otherwise its canonical form; nil when it is not a
    /// package URL.
    static func valid(_ text: String) -> String? {
        text.isEmpty ? nil : PackageURL(text).map { fit(text, as: $0) }
    }

    /// The same for a text that was parsed already.
    static func fit(_ text: String, as purl: PackageURL) -> String {
        let isFit = text.hasPrefix("pkg:") && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        return isFit ? text : purl.text
    }
}
