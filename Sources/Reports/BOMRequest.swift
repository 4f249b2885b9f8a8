package import BOM

/// What a request for a bill of materials asks for.
package struct BOMRequest: Sendable, Equatable {
    /// A standard that can be written, its versions and its formats; the first of each is the default.
    package struct Offer: Sendable {
        package let standard: BOMDocument.Standard
        package let versions: [String]
        package let formats: [Format]
    }

    package static let offers = [
        Offer(
            standard: .spdx, versions: SPDXVersion.allCases.map(\.rawValue),
            formats: [.json, .xml, .yaml, .tv, .xlsx]),
        Offer(standard: .cycloneDX, versions: CycloneDXVersion.allCases.map(\.rawValue), formats: [.json, .xml]),
    ]

    package let standard: BOMDocument.Standard
    package let version: String
    /// The formats of the standard.
    package let formats: [Format]
    /// Levels below the top one; nil for all.
    package let depth: Int?
    package let includesVulnerabilities: Bool

    /// Reads the options of a checked request.
    package init(_ options: [String: [String]]) throws(ReportError) {
        let (offer, version) = try Self.offer(for: options)
        standard = offer.standard
        self.version = version
        formats = offer.formats
        // Documented: the depth counts for CycloneDX only, and 0, the top level, is its default.
        depth = offer.standard == .spdx ? nil : options["maxdepthlevel"].flatMap { $0.first }.flatMap { Int($0) } ?? 0
        includesVulnerabilities = options["includevulnerabilities"] != ["false"]
    }

    /// Whether a component is left out: the top level has depth 1, and what no path leads to is never hidden.
    func hides(depth: Int) -> Bool {
        guard let limit = self.depth, depth > 0 else { return false }
        return depth - 1 > limit
    }

    /// A version that was offered when the request was stored and is not any more.
    var unknownVersion: ReportError {
        .badValue(
            version, of: "version",
            accepted: Self.offers.first { $0.standard == standard }?.versions.joined(separator: ", ") ?? "")
    }

    /// Fills in the version and gives the formats that are offered for the standard.
    static func complete(_ options: inout [String: [String]]) throws(ReportError) -> [Format] {
        let (offer, version) = try offer(for: options)
        options["version"] = [version]
        return offer.formats
    }

    private static func offer(for options: [String: [String]]) throws(ReportError) -> (Offer, String) {
        guard let standard = options["standard"]?.first else {
            throw .missing("standard", accepted: offers.map(\.standard.rawValue).joined(separator: ", "))
        }
        guard let offer = offers.first(where: { $0.standard.rawValue.lowercased() == standard }) else {
            throw .badValue(
                standard, of: "standard", accepted: offers.map(\.standard.rawValue).joined(separator: ", "))
        }
        let version = options["version"]?.first ?? offer.versions[0]
        guard offer.versions.contains(version) else {
            throw .badValue(version, of: "version", accepted: offer.versions.joined(separator: ", "))
        }
        return (offer, version)
    }
}
