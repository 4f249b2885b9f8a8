import Database

extension Report {
    /// Statements about the vulnerabilities of a product or a project (VEX), in one of the dialects.
    static let statements = Report(
        name: .prefixed("VEXReport", in: .product, .project),
        title: "VEX",
        formats: [.json, .xml],
        filters: [
            Filter("standard", .choice(VEXRequest.Standard.allCases.map(\.rawValue)), "the standard; required"),
            Filter(
                "version", .text,
                "the version of the standard: "
                    + VEXRequest.Standard.allCases.map { standard in
                        let formats = standard.formats.map(\.rawValue).joined(separator: ", ")
                        return "\(standard.rawValue) \(standard.versions.joined(separator: ", ")) (\(formats))"
                    }
                    .joined(separator: "; ")),
        ],
        body: .vex)
}
