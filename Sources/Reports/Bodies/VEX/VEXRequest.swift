import BOM

/// The choices in a request for a VEX document.
struct VEXRequest: Sendable, Equatable {
    enum Standard: String, Sendable, CaseIterable {
        case cycloneDX = "CycloneDX"
        case openVEX = "OpenVEX"
        case csaf = "CSAF"

        /// The first is the default.
        var versions: [String] {
            switch self {
            case .cycloneDX: CycloneDXVersion.allCases.map(\.rawValue).reversed()
            case .openVEX: ["0.2.0"]
            case .csaf: ["2.0"]
            }
        }

        var formats: [Format] { self == .cycloneDX ? [.json, .xml] : [.json] }
    }

    let standard: Standard
    let version: String

    /// Reads the options of a checked request.
    init(_ options: [String: [String]]) throws(ReportError) {
        let accepted = Standard.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word = options["standard"]?.first else { throw .missing("standard", accepted: accepted) }
        guard let standard = Standard.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
            throw .badValue(word, of: "standard", accepted: accepted)
        }
        let version = options["version"]?.first ?? standard.versions[0]
        guard standard.versions.contains(version) else {
            throw .badValue(version, of: "version", accepted: standard.versions.joined(separator: ", "))
        }
        self.standard = standard
        self.version = version
    }

    /// Fills in the version and returns the formats that the standard offers.
    static func complete(_ options: inout [String: [String]]) throws(ReportError) -> [Format] {
        let wanted = try VEXRequest(options)
        options["version"] = [wanted.version]
        return wanted.standard.formats
    }
}
