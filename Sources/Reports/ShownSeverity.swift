import Bytes

// DESIGN. A severity is shown as a word; its colour only helps. Colours go from dark to light in the order of severities, so
// that they differ on a grey printer.

/// The severities in words for people, the worst first. Vulnerabilities without a rating are `unrated`.
enum ShownSeverity: String, CaseIterable {
    case critical = "Critical"
    case high = "High"
    case medium = "Medium"
    case low = "Low"
    case unrated = "Unrated"
    /// A score of 0.0. This severity is rare, so it is shown only where a vulnerability has it.
    case harmless = "None"

    /// Reads the word of an advisory, in lower or upper case.
    init(word: String) {
        self =
            switch word.lowercased() {
            case "critical": .critical
            case "high": .high
            case "medium", "moderate": .medium
            case "low": .low
            case "none": .harmless
            default: .unrated
            }
    }

    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    var color: PDFColor {
        switch self {
        case .critical: PDFColor(red: 0.42, green: 0.04, blue: 0.10)
        case .high: PDFColor(red: 0.78, green: 0.22, blue: 0.14)
        case .medium: PDFColor(red: 0.93, green: 0.58, blue: 0.20)
        case .low: PDFColor(red: 0.98, green: 0.84, blue: 0.52)
        case .unrated: PDFColor(red: 0.90, green: 0.91, blue: 0.93)
        case .harmless: PDFColor(red: 0.97, green: 0.98, blue: 0.98)
        }
    }
}

extension PDFColor {
    /// The colour in the form of sheets: `FFRRGGBB`.
    var hexadecimal: String {
        let digits = Array("0123456789ABCDEF")
        return [red, green, blue].reduce(into: "FF") { text, part in
            let level = Int((min(max(part, 0), 1) * 255).rounded())
            text.append(digits[level / 16])
            text.append(digits[level % 16])
        }
    }
}
