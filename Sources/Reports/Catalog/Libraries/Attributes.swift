import Database

extension Report {
    /// Values of custom attributes.
    static let attributes = Report(
        name: .prefixed("AttributesReport", in: .organization, .product).answered(as: "AttributesReport"),
        title: "Custom Attributes",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "attributes", item: "attribute", title: "Attributes",
                from: """
                    \(Joins.attributes)
                    """,
                order: ["s.project", "o.position", "y.attribute", "y.product", "y.project"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .text("attribute", "Attribute", "t.name"),
                    .text("value", "Value", "y.value", width: 40),
                    .text("keyUuid", "", "l.uuid"),
                ])
        ])
    )
}
