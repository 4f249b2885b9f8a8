import Inventory

/// What the syntaxes of CycloneDX share: from the words of the standard (1.2 to 1.7) to the model.
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

    /// One entry of `licenses`, as its parts stood in the document.
    struct LicenseParts {
        var id = ""
        var name = ""
        var expression = ""
        var text = ""
        var url = ""
        /// `declared`, `concluded` (1.6), or empty.
        var acknowledgement = ""

        /// The statement, or nil when nothing is stated. Generators write expressions, and the words of SPDX for no licence,
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

        /// A valid expression of several terms, or of a licence with an exception.
        private static func compound(_ text: String) -> String? {
            guard text.contains(" "), let expression = LicenseExpression(text), expression.isKnown else { return nil }
            return expression.single.map { $0.exception.isEmpty } ?? false ? nil : text
        }
    }

    /// The text of an attachment (`text` of a licence); nil when its encoding is unknown or it is no text.
    static func attachment(_ content: String, encoding: String) -> String? {
        switch encoding {
        case "": return content
        case "base64":
            guard let bytes = base64(content) else { return nil }
            return String(validating: bytes, as: UTF8.self)
        default: return nil
        }
    }

    /// RFC 4648 §4, blanks ignored.
    private static func base64(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            case 0x20, 0x09, 0x0A, 0x0D: continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 1
            if count % 4 == 0 {
                bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                bits = 0
            }
        }
        switch count % 4 {
        case 2: bytes.append(UInt8(bits >> 4 & 255))
        case 3: bytes += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
        case 1: return nil
        default: break
        }
        return bytes
    }
}
