import Database

extension Report {
    /// Approval requests: who asked for a library in a project, and the outcome.
    static let history = Report(
        name: .prefixed("HistoryReport", in: .organization, .product, .project).answered(as: "RequestHistoryReport"),
        title: "Request History",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary + Filter.dates("r.created_at", "requests that were made"),
        body: .tables([
            Table(
                key: "requests", item: "request", title: "Request History",
                from: """
                    scope s JOIN library_request r ON r.project = s.project JOIN library l ON l.id = r.library
                    WHERE s.scan >= 0
                    """,
                order: ["s.project", "r.number"],
                columns: [
                    .timestamp("date", "Date", "r.created_at"),
                    .text("library", "Library", "l.filename", width: 36),
                    .text("type", "Type", "l.type", width: 16),
                    .names("licenses", "Licenses", item: "license", name: "", "l.licenses"),
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .text("requestedBy", "Requested By", "r.requested_by"),
                    .text("status", "Status", "r.status", width: 12),
                    .text("handledBy", "Handled By", "r.handled_by"),
                    .timestamp("handledDate", "Handled Date", "r.handled_at"),
                    .text("comments", "Comments", "nullif(r.comments, '')", width: 40).omittedWhenNull,
                ])
        ])
    )
}
