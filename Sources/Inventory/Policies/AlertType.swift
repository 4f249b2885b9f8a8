/// The subject of an alert, in Mend's words. The alerts of one library are listed in the order of these cases.
package enum AlertType: String, Sendable, Hashable, CaseIterable {
    /// The library has a known vulnerability.
    case vulnerability = "SECURITY_VULNERABILITY"
    /// The first policy that fits the library rejects it.
    case rejectedByPolicy = "REJECTED_BY_POLICY_RESOURCE"
    /// The library is in use although a person rejected the request for it.
    case rejectedDeFacto = "REJECTED_DEFACTO_RESOURCE"
    /// More than one licence was found.
    case multipleLicenses = "MULTIPLE_LICENSES"
    /// The project also has other versions of the library.
    case multipleVersions = "MULTIPLE_LIBRARY_VERSIONS"
    /// A newer version with another first number is known.
    case newMajorVersion = "NEW_MAJOR_VERSION"
    /// A newer version with the same first number is known.
    case newMinorVersion = "NEW_MINOR_VERSION"
    /// A severe bug of the library is open.
    case severeBug = "HIGH_SEVERITY_BUG"

    /// Mend's `level`; for a vulnerability it depends on the severity.
    package enum Level: String, Sendable {
        case minor = "MINOR"
        case major = "MAJOR"
    }

    /// The level of all types but vulnerabilities.
    package var level: Level {
        switch self {
        case .vulnerability, .rejectedByPolicy, .rejectedDeFacto, .newMajorVersion, .severeBug: .major
        case .multipleLicenses, .multipleVersions, .newMinorVersion: .minor
        }
    }

    /// The reason why the cause of an alert disappeared, in the words of reports.
    package enum Resolution: String, Sendable {
        case libraryRemoved = "Library removed"
        case libraryUpgraded = "Library upgraded"
        case inHouse = "In-house library"
        case advisoryWithdrawn = "Advisory withdrawn"
        case notAffected = "Version not affected"
        case policyChanged = "Policy changed"
        case requestApproved = "Request approved"
        case licensesChanged = "Licenses changed"
        case oneVersionLeft = "One version left"
        case newestVersion = "Newest known version"
        case bugClosed = "Bug closed"
    }

    /// The reason why the cause disappeared while the library stayed.
    package var resolution: Resolution {
        switch self {
        case .vulnerability: .notAffected
        case .rejectedByPolicy: .policyChanged
        case .rejectedDeFacto: .requestApproved
        case .multipleLicenses: .licensesChanged
        case .multipleVersions: .oneVersionLeft
        case .newMajorVersion, .newMinorVersion: .newestVersion
        case .severeBug: .bugClosed
        }
    }
}
