// The words of the dialects. Sources: OpenVEX 0.2.0 (openvex/spec, OPENVEX-SPEC.md, "Status Labels" and "Status Justifications");
// CSAF 2.0 (OASIS), 3.2.3.5 "Flags" and 3.2.3.9 "Product Status"; CycloneDX 1.6 (ECMA-424), impactAnalysisState and
// impactAnalysisJustification.

extension Statement {
    /// The four words of OpenVEX, which are also the meaning of CSAF's groups of products.
    package enum Status: String, Sendable, CaseIterable {
        case notAffected = "not_affected"
        case affected
        case fixed
        case underInvestigation = "under_investigation"

        /// The state that a dialect means when it gives only this word.
        package var state: State {
            switch self {
            case .notAffected: .notAffected
            case .affected: .exploitable
            case .fixed: .resolved
            case .underInvestigation: .inTriage
            }
        }
    }
}

extension Statement.State {
    package var status: Statement.Status {
        switch self {
        case .resolved, .resolvedWithPedigree: .fixed
        case .exploitable: .affected
        case .inTriage: .underInvestigation
        case .falsePositive, .notAffected: .notAffected
        }
    }

    /// Whether no work remains.
    package var isSettled: Bool { status == .notAffected || status == .fixed }
}

extension Statement.Justification {
    /// The five words that OpenVEX and CSAF share.
    package enum Label: String, Sendable, CaseIterable {
        case componentNotPresent = "component_not_present"
        case codeNotPresent = "vulnerable_code_not_present"
        case codeNotInExecutePath = "vulnerable_code_not_in_execute_path"
        case notControllable = "vulnerable_code_cannot_be_controlled_by_adversary"
        case mitigated = "inline_mitigations_already_exist"

        /// The word to use when a dialect has no more exact one.
        package var justification: Statement.Justification {
            switch self {
            case .componentNotPresent: .componentNotPresent
            case .codeNotPresent: .codeNotPresent
            case .codeNotInExecutePath: .codeNotReachable
            case .notControllable: .notControllable
            case .mitigated: .protectedByMitigatingControl
            }
        }
    }

    /// The nearest word of OpenVEX and CSAF.
    package var label: Label {
        switch self {
        case .codeNotPresent: .codeNotPresent
        case .codeNotReachable: .codeNotInExecutePath
        case .componentNotPresent, .requiresDependency: .componentNotPresent
        case .notControllable, .requiresConfiguration, .requiresEnvironment: .notControllable
        case .protectedByCompiler, .protectedAtRuntime, .protectedAtPerimeter, .protectedByMitigatingControl: .mitigated
        }
    }

    /// The nearest word of CycloneDX.
    package var cycloneDX: Statement.Justification {
        switch self {
        case .componentNotPresent: .codeNotPresent
        case .notControllable: .requiresEnvironment
        case .codeNotPresent, .codeNotReachable, .requiresConfiguration, .requiresDependency, .requiresEnvironment,
            .protectedByCompiler, .protectedAtRuntime, .protectedAtPerimeter, .protectedByMitigatingControl:
            self
        }
    }
}

/// The exact words of a statement as a text, for a dialect with coarser ones: `[false_positive, requires_configuration]`.
/// Other programs show it as a text; Waybill's readers parse it.
enum ExactWords {
    /// The name of CycloneDX's property for this text.
    static let property = "waybill:vex:exact"

    /// The words, if the dialect's own are less exact; otherwise empty.
    static func mark(_ statement: Statement, saidState: Statement.State, saidWhy: Statement.Justification?) -> String {
        guard statement.state != saidState || statement.justification != saidWhy else { return "" }
        let words = [statement.state.rawValue] + (statement.justification.map { [$0.rawValue] } ?? [])
        return "[\(words.joined(separator: ", "))]"
    }

    /// Removes the words from the front of a text, and returns the rest.
    static func take(from text: String, into statement: inout Statement) -> String {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return text }
        let words = text[text.index(after: text.startIndex)..<end].split(separator: ",").map {
            String($0.drop { $0 == " " })
        }
        guard let first = words.first, let state = Statement.State(rawValue: first), words.count <= 2 else {
            return text
        }
        let why = words.count == 2 ? Statement.Justification(rawValue: words[1]) : nil
        // If somebody changed the dialect's own words, those count.
        guard words.count == 1 || why != nil, state.status == statement.state.status else { return text }
        statement.state = state
        statement.justification = why
        return String(text[text.index(after: end)...].drop { $0 == " " })
    }
}
