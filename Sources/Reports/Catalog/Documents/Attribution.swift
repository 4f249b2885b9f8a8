import Database

extension Report {
    /// The text to ship with a product: licences, copyrights and notices of what it is made of.
    static let attribution = Report(
        name: Name(types: [.product: "ProductAttributionReport", .project: "AttributionReport"], word: "Attribution")
            .answered(as: "AttributionReport"),
        title: "Attribution",
        formats: [.html, .txt, .json],
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
            Filter("exportFormat", .choice(["HTML", "TXT", "JSON"]), "the format, before that of the request"),
            Filter(
                "licenseReferenceTextPlacement", .choice(["LICENSE_SECTION", "APPENDIX_SECTION"]),
                "texts of licences beside each library, or once in an appendix"),
            Filter("customAttribute", .text, "the name of a custom attribute to show for each library"),
            Filter("includeVersions", .flag(default: true), "false leaves the versions out"),
        ],
        body: .attribution(
            Table(
                key: "libraries", item: "library", title: "Attribution",
                from: """
                    \(Joins.libraries)
                    LEFT JOIN library_notice n ON n.organization = l.organization AND n.library_uuid = l.uuid
                    WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("project", "", "s.project_name"),
                    .text("filename", "", "l.filename"),
                    .text("name", "", "l.artifact"),
                    .text("version", "", "l.version"),
                    .text("copyright", "", "l.copyright"),
                    .link("homepage", "", "l.homepage"),
                    .text("notice", "", "coalesce(n.text, '')"),
                    .integer("key", "", "l.key_id"),
                    .text("author", "", "l.author"),
                    .text("expression", "", "l.license_expression"),
                ],
                lists: [
                    Table(
                        key: "licenses", item: "license", title: "Licenses",
                        // What binds, with the text that the library's document brings, else those of the SPDX list.
                        from: """
                            scope s JOIN occurrence o ON o.scan = s.scan
                            JOIN library_license x ON x.library = o.library AND x.chosen = 1
                            JOIN license n ON n.id = x.license
                            LEFT JOIN license_text b ON b.spdx = n.base LEFT JOIN license_text e ON e.spdx = n.exception
                            LEFT JOIN library_text t ON t.organization = n.organization AND t.digest = x.text
                            WHERE s.scan > 0
                            """,
                        order: ["s.project", "o.position", "x.position"],
                        columns: [
                            .text("name", "", "n.name"),
                            .text("spdx", "", "CASE WHEN n.base <> '' THEN n.spdx ELSE '' END"),
                            .link("url", "", "n.url"), .text("base", "", "n.base"),
                            .text("exception", "", "n.exception"), .text("digest", "", "x.text"),
                            .text("own", "", "coalesce(t.body, '')"),
                            .text("baseText", "", "CASE WHEN t.digest IS NULL THEN coalesce(b.body, '') ELSE '' END"),
                            .text(
                                "exceptionText", "",
                                "CASE WHEN t.digest IS NULL THEN coalesce(e.body, '') ELSE '' END"),
                        ]),
                    Table(
                        key: "attributes", item: "attribute", title: "Attributes",
                        from: """
                            \(Joins.attributes)
                            """,
                        order: ["s.project", "o.position", "y.attribute", "y.product", "y.project"],
                        columns: [.text("name", "", "t.name"), .text("value", "", "y.value")]),
                ])))
}
