import Bytes

// DESIGN. A severity is a word, and its colour a help. Colours go from dark to light in the order of their meaning, so that they differ
// on a grey printer.

/// The severities as people read them, the worst first. Vulnerabilities without a rating are `unrated`.
enum ShownSeverity: String, CaseIterable {
    case critical = "Critical"
    case high = "High"
    case medium = "Medium"
    case low = "Low"
    case unrated = "Unrated"
    /// A score of 0.0. It is rare: people see it only where there is some.
    case harmless = "None"

    /// From the word of an advisory, in lower or upper case.
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
    /// The colour as a sheet writes it: `FFRRGGBB`.
    var hexadecimal: String {
        let digits = Array("0123456789ABCDEF")
        return [red, green, blue].reduce(into: "FF") { text, part in
            let level = Int((min(max(part, 0), 1) * 255).rounded())
            text.append(digits[level / 16])
            text.append(digits[level % 16])
        }
    }
}
