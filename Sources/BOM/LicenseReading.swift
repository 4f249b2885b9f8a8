package import Inventory

// DESIGN. The inventory and every writer read the licence claims of a component with this code, so that no two outputs
// interpret one text differently.

extension LicenseClaim {
    /// The expression that the claim states; nil where the claim states no licence.
    package func expression(by meaning: inout LicenseMeaning) -> LicenseExpression? {
        switch form {
        case .none, .noAssertion: nil
        case .id(let text), .expression(let text): meaning.expression(text, isExpression: true)
        case .name(let text): meaning.expression(text, isExpression: false)
        }
    }

    /// Whether the expression contains a `LicenseRef-`.
    var mentionsReference: Bool {
        switch form {
        case .none, .noAssertion: false
        case .id(let text), .expression(let text), .name(let text): text.contains(LicenseExpression.Term.prefix)
        }
    }

    /// Whether the claim states in any form that there is no licence (NONE, SPDX 2.3 §7.13).
    var isNone: Bool {
        switch form {
        case .none: true
        case .noAssertion: false
        case .id(let text), .expression(let text), .name(let text):
            text.utf8.count == 4 && LicenseMeaning.isNothing(text)
        }
    }
}

extension Component {
    /// The claims that decide: the concluded licences have precedence over the declared ones, unless they are NOASSERTION.
    package var decidingLicenses: [LicenseClaim] { LicenseClaim.deciding(concludedLicenses, else: licenses) }
}

extension SourceFile {
    /// The claims that decide: the concluded licences have precedence over those in the file, unless they are NOASSERTION.
    package var decidingLicenses: [LicenseClaim] { LicenseClaim.deciding(concludedLicenses, else: licenses) }
}

extension LicenseClaim {
    fileprivate static func deciding(_ concluded: [LicenseClaim], else others: [LicenseClaim]) -> [LicenseClaim] {
        concluded.contains { $0.form != .noAssertion } ? concluded : others
    }
}
