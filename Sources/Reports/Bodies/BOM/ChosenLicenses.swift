import BOM
import Database

/// The licences that people chose for libraries of a scan, for a bill of materials.
struct ChosenLicenses: Sendable {
    /// The claims by the number of the library.
    private let claims: [Int64: [LicenseClaim]]

    init(of scan: Int64, organization: Int64, on connection: any Connection) throws {
        var claims: [Int64: [LicenseClaim]] = [:]
        let some = try connection.integer("SELECT 1 FROM license_override WHERE organization = \(organization) LIMIT 1")
        if some != nil {
            try connection.each(
                """
                SELECT o.library, v.given FROM occurrence o JOIN library l ON l.id = o.library
                JOIN license_override v ON v.organization = \(organization) AND v.library_uuid = l.uuid
                WHERE o.scan = \(scan)
                """
            ) { row in
                // Writers convert known names into expressions.
                claims[row.integer(0)] = row.string(1).split(separator: "\n").map {
                    LicenseClaim(.expression(String($0)))
                }
            }
        }
        self.claims = claims
    }

    /// Writes the chosen licences as the concluded ones; the found ones stay as declared where the standard has fields
    /// for both. CycloneDX has one field, which holds only the choice.
    func apply(to component: inout Component, library: Int64, in standard: BOMDocument.Standard) {
        guard let chosen = claims[library] else { return }
        switch standard {
        case .spdx:
            let says = component.licenses.contains { $0.form != .noAssertion }
            if !says { component.licenses = component.concludedLicenses }
        case .cycloneDX: component.licenses = []
        }
        component.concludedLicenses = chosen
    }
}
