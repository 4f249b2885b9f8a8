package import BOM

/// The choices in a request for a bill of materials.
package struct BOMRequest: Sendable, Equatable {
    /// A standard that can be written, with some of its versions and their formats; the first of each is the default.
    package struct Offer: Sendable {
        package let standard: BOMDocument.Standard
        package let versions: [String]
        package let formats: [Format]
    }

    package static let offers = [
        Offer(
            standard: .spdx, versions: SPDXVersion.allCases.map(\.rawValue),
            formats: [.json, .xml, .yaml, .tv, .xlsx]),
        Offer(standard: .spdx, versions: [SPDX3Writer.version], formats: [.json]),
        Offer(standard: .cycloneDX, versions: CycloneDXVersion.allCases.map(\.rawValue), formats: [.json, .xml]),
    ]

    package let standard: BOMDocument.Standard
    package let version: String
    /// The largest `maxDepthLevel`: all levels.
    static let deepest: Int64 = 1_000_000

    /// The formats of the version.
    package let formats: [Format]
    /// Levels below the top one; nil for all.
    package let depth: Int?
    package let includesVulnerabilities: Bool
    /// The prefix of the ids of packages in SPDX 2.
    let packagePrefix: String

    /// Reads the options of a checked request.
    package init(_ options: [String: [String]]) throws(ReportError) {
        let (offer, version) = try Self.offer(for: options)
        standard = offer.standard
        self.version = version
        formats = offer.formats
        // Mend's documentation: the depth counts for CycloneDX only, and 0, the top level, is its default.
        depth = offer.standard == .spdx ? nil : options["maxdepthlevel"].flatMap { $0.first }.flatMap { Int($0) } ?? 0
        includesVulnerabilities = options["includevulnerabilities"] != ["false"]
        packagePrefix = options["packageids"] == ["older"] ? SPDXIdentifiers.olderPrefix : SPDXIdentifiers.prefix
    }

    /// Whether the document mentions vulnerabilities at the affected packages, as SPDX 2 does.
    var mentionsAdvisories: Bool {
        includesVulnerabilities && standard == .spdx && version != SPDX3Writer.version
    }

    /// Whether a component is left out. The top level has depth 1. A component that no path leads to is always shown.
    func hides(depth: Int) -> Bool {
        guard let limit = self.depth, depth > 0 else { return false }
        return depth - 1 > limit
    }

    /// The stored request has a version that is not offered any more.
    var unknownVersion: ReportError {
        .badValue(
            version, of: "version",
            accepted: Self.versions(of: standard).joined(separator: ", "))
    }

    /// Fills in the version and returns the formats that the standard offers.
    static func complete(_ options: inout [String: [String]]) throws(ReportError) -> [Format] {
        let (offer, version) = try offer(for: options)
        options["version"] = [version]
        return offer.formats
    }

    private static func offer(for options: [String: [String]]) throws(ReportError) -> (Offer, String) {
        guard let standard = options["standard"]?.first else {
            throw .missing("standard", accepted: standards.joined(separator: ", "))
        }
        let offers = offers.filter { $0.standard.rawValue.lowercased() == standard }
        guard let first = offers.first else {
            throw .badValue(standard, of: "standard", accepted: standards.joined(separator: ", "))
        }
        let version = options["version"]?.first ?? first.versions[0]
        guard let offer = offers.first(where: { $0.versions.contains(version) }) else {
            throw .badValue(version, of: "version", accepted: versions(of: first.standard).joined(separator: ", "))
        }
        return (offer, version)
    }

    /// The standards in the spelling of requests, each once.
    static var standards: [String] {
        var found: [String] = []
        for offer in offers where !found.contains(offer.standard.rawValue) { found.append(offer.standard.rawValue) }
        return found
    }

    private static func versions(of standard: BOMDocument.Standard) -> [String] {
        offers.filter { $0.standard == standard }.flatMap(\.versions)
    }
}
