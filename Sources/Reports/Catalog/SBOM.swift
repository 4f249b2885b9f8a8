import BOM
import Database

extension Report {
    /// A software bill of materials of a product or a project, in one of the standards.
    static let sbom = Report(
        name: .prefixed("SBOMReport", in: .product, .project),
        title: "SBOM",
        formats: [.json, .xml, .yaml, .tv, .xlsx],
        filters: [
            Filter("standard", .choice(BOMRequest.offers.map(\.standard.rawValue)), "the standard; required"),
            Filter(
                "version", .text,
                "the version of the standard: "
                    + BOMRequest.offers.map { "\($0.standard.rawValue) \($0.versions.joined(separator: ", "))" }
                    .joined(separator: "; ")),
            Filter(
                "maxDepthLevel", .integer(0...1_000_000),
                "levels of the dependency tree to include; 0 is the top level only; CycloneDX only"),
            Filter("includeVulnerabilities", .flag(default: true), "whether vulnerabilities are included"),
        ],
        body: .bom)
}
