/// The version of Mend's API in which a report was requested.
///
/// Version 1.4 differs in one word: it writes `critical` where 1.3 and older write `high` (Mend's page "What's new in API
/// v1.4"). Everything else is the same in all versions. There is no 1.5 and no 2.0.
package enum APIVersion: String, Sendable, Codable, CaseIterable {
    case v10 = "1.0"
    case v11 = "1.1"
    case v12 = "1.2"
    case v13 = "1.3"
    case v14 = "1.4"

    package static let newest = APIVersion.v14

    /// Whether answers of this version have the severity `critical`.
    package var knowsCritical: Bool { self == .v14 }

    /// A severity in lower case, in the word of this version.
    package func severity(_ word: String) -> String { word == "critical" && !knowsCritical ? "high" : word }
}
