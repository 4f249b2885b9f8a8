package import BOM

// DESIGN. Three dialects express the same in different words: which vulnerability, in which products, in which state, and why.
// This is their common model, without a database and without a syntax. Its words are the finest of all dialects (CycloneDX's
// six states), so reading loses nothing; `Words.swift` has the words of each dialect. The facts about the vulnerability itself
// (names, ratings, texts) are BOM's `VulnerabilityClaim`, as inside a bill of materials.

/// A document's statement about one vulnerability in some products.
package struct Statement: Sendable, Equatable {
    /// Names, ratings and texts of the vulnerability. The affected products and the analysis are in the members below.
    package var vulnerability: VulnerabilityClaim
    package var targets: [Target] = []
    package var state: State
    package var justification: Justification?
    /// The reason for the state of the products; mostly the reason why they are not affected.
    package var impact = ""
    /// The recommended action.
    package var action = ""
    /// The author's response, in words of CycloneDX 1.6, `analysis.response`.
    package var responses: [String] = []
    /// The times of the first and the last version of the statement, in milliseconds since 1970; nil if the document
    /// gives none.
    package var firstIssued: Int64?
    package var lastUpdated: Int64?
    /// The reason why it cannot be applied to anything, as the end of a sentence; nil when it can.
    package var fault: String?

    package init(_ vulnerability: VulnerabilityClaim, _ state: State) {
        self.vulnerability = vulnerability
        self.state = state
    }

    /// The subject of a statement.
    package struct Target: Sendable, Equatable {
        package var product: ProductReference
        /// The part of the product that has the vulnerability; nil if unknown.
        package var part: ProductReference?

        package init(_ product: ProductReference, part: ProductReference? = nil) {
            self.product = product
            self.part = part
        }

        /// The name in messages.
        package var text: String { part.map { "\($0.text) in \(product.text)" } ?? product.text }
    }

    /// The state of the vulnerability in a product: CycloneDX 1.6, `analysis.state` (ECMA-424, impactAnalysisState).
    package enum State: String, Sendable, CaseIterable {
        case resolved
        case resolvedWithPedigree = "resolved_with_pedigree"
        case exploitable
        case inTriage = "in_triage"
        case falsePositive = "false_positive"
        case notAffected = "not_affected"
    }

    /// The reason why a product is not affected: CycloneDX 1.6, `analysis.justification` (impactAnalysisJustification), and
    /// two words of CISA's "VEX Status Justifications" (2022) that CycloneDX lacks.
    package enum Justification: String, Sendable, CaseIterable {
        case codeNotPresent = "code_not_present"
        case codeNotReachable = "code_not_reachable"
        case requiresConfiguration = "requires_configuration"
        case requiresDependency = "requires_dependency"
        case requiresEnvironment = "requires_environment"
        case protectedByCompiler = "protected_by_compiler"
        case protectedAtRuntime = "protected_at_runtime"
        case protectedAtPerimeter = "protected_at_perimeter"
        case protectedByMitigatingControl = "protected_by_mitigating_control"
        case componentNotPresent = "component_not_present"
        case notControllable = "vulnerable_code_cannot_be_controlled_by_adversary"
    }
}

/// The metadata of a VEX document.
package struct StatementHead: Sendable, Equatable {
    /// The name: `CycloneDX`, `OpenVEX`, `CSAF`.
    package var dialect: String
    package var author = ""
    package var identifier = ""
    package var version = ""
    /// The time of its creation or last change, in milliseconds since 1970; nil if the document gives none.
    package var time: Int64?

    package init(dialect: String) { self.dialect = dialect }
}

/// Takes statements in the order in which a reader meets them.
///
///     struct Count: StatementReceiver {
///         var statements = 0
///         mutating func begin(_ head: StatementHead) {}
///         mutating func statement(_ statement: Statement) { statements += 1 }
///         mutating func warning(_ text: String) {}
///     }
///     var count = Count()
///     try VEXReader.read(file: path, into: &count)
///
/// All calls come on the thread of the reader, before it returns. Times are milliseconds since 1970. An error of the
/// receiver ends the reading, and the reader throws it. When reading fails, the statements passed on before do not
/// count. A receiver may read other documents.
package protocol StatementReceiver {
    /// Called once, before all other calls.
    mutating func begin(_ head: StatementHead) throws(BOMError)
    /// A statement, in the order of the document, without the parts that contradict another statement.
    mutating func statement(_ statement: Statement) throws(BOMError)
    /// Something unusual that was skipped or repaired.
    mutating func warning(_ text: String)
}
