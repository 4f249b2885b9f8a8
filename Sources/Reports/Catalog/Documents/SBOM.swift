import BOM
import Database

extension Report {
    /// A software bill of materials of a product or a project, in one of the standards.
    static let sbom = Report(
        name: .prefixed("SBOMReport", in: .product, .project),
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
                    .joined(separator: "; ")
                    + "; the first of a standard when absent"),
            Filter(
                "maxDepthLevel", .integer(0...BOMRequest.deepest),
                """
                levels of the dependency tree to include; 0, also when absent, is the top level alone (the command line and the \
                console ask for all); CycloneDX only: compositions, and notes of the answer, say what is left out
                """),
            Filter("includeVulnerabilities", .flag(default: true), "whether vulnerabilities are included"),
        ],
        body: .bom)

    /// Mend's older synchronous report (mend-api.md §3.8): the same document in SPDX only, with package ids that readers of
    /// the older report expect. It is not in the catalog.
    package static let olderSPDX: Report = {
        let ids = Filter("packageIds", .choice(["older"]), "how ids of packages begin")
        return Report(
            name: sbom.name.answered(as: "SpdxReport", having: ["standard": ["SPDX"], "packageIds": ["older"]]),
            title: sbom.title, formats: sbom.formats, filters: sbom.filters + [ids], body: .bom)
    }()
}
