import Database

extension Report {
    /// The text to ship with a product: licences, copyrights and notices of its components.
    static let attribution = Report(
        name: Name(types: [.product: "ProductAttributionReport", .project: "AttributionReport"], word: "Attribution")
            .answered(as: "AttributionReport"),
        title: "Attribution",
        formats: [.html, .txt, .json, .pdf],
        filters: [
            Filter("reportTitle", .text, "the title at the top"),
            Filter("reportHeader", .text, "a text after the title"),
            Filter("reportFooter", .text, "a text at the end"),
            Filter(
                "reportingScope", .list(["SUMMARY", "LICENSES", "COPYRIGHTS", "NOTICES", "PRIMARY_ATTRIBUTES"]),
                "the sections to print; all when it is not given"),
            Filter(
                "reportingAggregationMode", .choice(["BY_PROJECT", "BY_COMPONENT"]),
                "a library under each project that has it, or once"),
            Filter(
                "missingLicenseDisplayOption", .choice(["BLANK", "GENERIC_LICENSE"]),
                "what stands where no text of a licence is known: nothing, or where it can be read"),
            Filter("exportFormat", .choice(["HTML", "TXT", "JSON", "PDF"]), "the format, before that of the request"),
            Filter(
                "licenseReferenceTextPlacement", .choice(["LICENSE_SECTION", "APPENDIX_SECTION"]),
                "texts of licences beside each library, or each once in an appendix; in HTML and PDF the appendix when it is not given"
            ),
            Filter("customAttribute", .text, "the name of a custom attribute to show for each library"),
            Filter("includeVersions", .flag(default: true), "false leaves the versions out"),
        ] + Filter.ofLibrary,
        body: .attribution)
}
