import Bytes
import Inventory

/// The part that all syntaxes of CycloneDX share: the mapping from the terms of the standard (1.2 to 1.7) to the
/// model.
enum CycloneDXMapping {
    /// The versions that are read.
    static let versions: Set<String> = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]

    static let scopes: Set<String> = ["required", "optional", "excluded"]

    /// A component type; nil when the standard has no such type.
    static func kind(_ type: String) -> Component.Kind? {
        guard let kind = Component.Kind(rawValue: type) else { return nil }
        switch kind {
        case .source, .archive, .install, .other, .service: return nil
        case .application, .framework, .library, .container, .platform, .device, .firmware, .file, .data,
            .operatingSystem, .deviceDriver, .machineLearningModel, .cryptographicAsset:
            return kind
        }
    }

    /// One entry of `licenses` in the parts of the document.
    struct LicenseParts {
        var id = ""
        var name = ""
        var expression = ""
        var text = ""
        var url = ""
        /// `declared`, `concluded` (1.6), or empty.
        var acknowledgement = ""

        /// The statement; nil when the entry states nothing. Generators write expressions, and SPDX's words for no licence,
        /// into any of the fields.
        var claim: LicenseClaim? {
            let said = [expression, id, name].first { !$0.isEmpty }
            if let said, let form = SPDXMapping.form(withoutLicense: said) { return LicenseClaim(form) }
            if !expression.isEmpty { return LicenseClaim(.expression(expression), text: text, url: url) }
            if let said, let expression = Self.compound(said) {
                return LicenseClaim(.expression(expression), text: text, url: url)
            }
            if !id.isEmpty { return LicenseClaim(.id(id), text: text, url: url) }
            if !name.isEmpty { return LicenseClaim(.name(name), text: text, url: url) }
            if !text.isEmpty || !url.isEmpty { return LicenseClaim(.name(url), text: text, url: url) }
            return nil
        }

        /// A valid expression with several terms, or with an exception.
        private static func compound(_ text: String) -> String? {
            guard text.contains(" "), let expression = LicenseExpression(text), expression.isKnown else { return nil }
            return expression.single.map { $0.exception.isEmpty } ?? false ? nil : text
        }
    }

    /// The text of an attachment (`text` of a licence); nil when its encoding is unknown or it is not text.
    static func attachment(_ content: String, encoding: String) -> String? {
        switch encoding {
        case "": return content
        case "base64":
            // Content that is not valid base64 is dropped.
            guard let bytes = try? Base64Decoder.decode(content) else { return nil }
            return String(validating: bytes, as: UTF8.self)
        default: return nil
        }
    }
}
