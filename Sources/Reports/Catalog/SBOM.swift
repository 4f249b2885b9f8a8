import BOM
import Database

extension Report {
    /// A software bill of materials of a product or a project, in one of the standards.
    static let sbom = Report(
        // The synchronous requests are older than the other standards: SPDX alone (mend-api.md §3.8).
        name: .prefixed("SBOMReport", in: .product, .project).answered(
            as: "SpdxReport", having: ["standard": ["SPDX"]]),
        title: "SBOM",
        formats: [.json, .xml, .yaml, .tv, .xlsx],
        filters: [
            Filter("standard", .choice(BOMRequest.standards), "the standard; required"),
            Filter(
                "version", .text,
                "the version of the standard: "
                    + BOMRequest.offers.map { offer in
                        let versions = offer.versions.joined(separator: ", ")
                        let formats = offer.formats.map(\.rawValue).joined(separator: ", ")
                        return "\(offer.standard.rawValue) \(versions) (\(formats))"
                    }
                    .joined(separator: "; ")),
            Filter(
                "maxDepthLevel", .integer(0...1_000_000),
                "levels of the dependency tree to include; 0 is the top level only; CycloneDX only"),
            Filter("includeVulnerabilities", .flag(default: true), "whether vulnerabilities are included"),
        ],
        body: .bom)
}
