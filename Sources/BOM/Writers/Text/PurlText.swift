import Inventory

/// Package URLs as documents may carry them.
enum PurlText {
    /// The text as it was spelled where that is fit to print, else its canonical form; nil when it is no package URL.
    static func valid(_ text: String) -> String? {
        text.isEmpty ? nil : PackageURL(text).map { fit(text, as: $0) }
    }

    /// The same of a text that was read already.
    static func fit(_ text: String, as purl: PackageURL) -> String {
        let isFit = text.hasPrefix("pkg:") && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        return isFit ? text : purl.text
    }
}
