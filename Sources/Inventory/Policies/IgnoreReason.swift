/// Why a person ignores an alert.
package struct IgnoreReason: Sendable, Equatable {
    package enum Word: String, Sendable, CaseIterable {
        case notAffected = "not_affected"
        case falsePositive = "false_positive"
        case willNotFix = "will_not_fix"
        case workaround
    }

    /// The words of CycloneDX 1.6, `analysis.justification`.
    package static let justifications = [
        "code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency",
        "requires_environment", "protected_by_compiler", "protected_at_runtime", "protected_at_perimeter",
        "protected_by_mitigating_control",
    ]

    package let word: Word
    /// For `notAffected`: one of `justifications`, or empty.
    package let justification: String

    /// The reason when the client gives none.
    package static let none = IgnoreReason(.willNotFix)

    package init(_ word: Word, justification: String = "") {
        self.word = word
        self.justification = justification
    }

    /// CycloneDX's `analysis.state` and `analysis.response`.
    package var state: String {
        switch word {
        case .notAffected: "not_affected"
        case .falsePositive: "false_positive"
        case .willNotFix, .workaround: "exploitable"
        }
    }
    package var responses: [String] {
        switch word {
        case .notAffected, .falsePositive: []
        case .willNotFix: ["will_not_fix"]
        case .workaround: ["workaround_available"]
        }
    }
}
