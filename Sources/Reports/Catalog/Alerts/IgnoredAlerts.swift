import Database

// DESIGN. The reason for an ignored alert stands in the alert where a person decided. Where a document decided, it stands in
// the statement that counts; `exposure` names this statement, so the report joins it. Statements of the project's own SBOM are
// looked up by the name of the vulnerability.

extension Report {
    /// Alerts that a person or a VEX statement ignores.
    static let ignoredAlerts = Report(
        name: .prefixed("IgnoreAlertsReport", in: .organization, .product, .project).answered(
            as: "IgnoredAlertsReport"),
        title: "Ignored Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofAlert,
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Ignored Alerts",
                from: Decision.source, condition: "a.state = 'IGNORED'",
                order: ["s.project", "a.number"],
                urgency: .ofAlert,
                columns: Column.alertOfAnyType([
                    .text("", "Ignored By", "coalesce(i.email, 'VEX')", width: 24),
                    .text("comments", "Comments", "nullif(a.comments, '')", width: 40).omittedWhenNull,
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                    .text("reason", "Reason", Decision.reason, width: 16).omittedWhenNull,
                    .text("justification", "Justification", Decision.justification, width: 24).omittedWhenNull,
                    .text("decidedBy", "Decided By", Decision.author, width: 24).omittedWhenNull,
                    .text("scope", "Scope", Decision.scope, width: 14).omittedWhenNull,
                    Column("expires", "Expires", .date, "nullif(a.ignored_until, 0)", width: 12).omittedWhenNull,
                ]),
                lists: Table.alertLists,
                printed: Column.alertOfAnyTypePrinted("Reason", "Justification", "Comments", "Ignored By", "Expires"))
        ])
    )
}

/// The decision about an ignored `alert a`: by the person `i`, or by a document where `a.ignored_by` is 0.
private enum Decision {
    /// As `Table.alertSource`, with the exposure `e`, the statement `x` that counts for it, and the document `w` of the
    /// statement. Without such a statement: the claim of the project's own document about the library (`k`) or about the whole
    /// product (`p`).
    static let source: StaticSQL = """
        scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
        LEFT JOIN vulnerability v ON v.id = a.vulnerability LEFT JOIN advisory d ON d.id = v.advisory
        LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
        LEFT JOIN advisory t ON t.id = f.top_fix_advisory LEFT JOIN account i ON i.id = a.ignored_by
        LEFT JOIN exposure e ON a.ignored_by = 0 AND e.scan = s.scan AND e.vulnerability = a.vulnerability
            AND e.position = (SELECT min(o.position) FROM occurrence o WHERE o.scan = s.scan AND o.library = a.library)
        LEFT JOIN vex_statement x ON x.id = e.statement AND e.statement <> 0
        LEFT JOIN vex_document w ON w.id = x.document
        LEFT JOIN library_claim k ON x.id IS NULL AND k.scan = e.scan AND k.occurrence = e.position
            AND k.vulnerability = v.name AND k.state = e.state
        LEFT JOIN library_claim p ON x.id IS NULL AND k.scan IS NULL AND p.scan = e.scan AND p.occurrence = 0
            AND p.vulnerability = v.name AND p.state = e.state
        WHERE s.scan >= 0
        """

    static let reason: StaticSQL = "CASE a.ignored_by WHEN 0 THEN nullif(e.state, '') ELSE nullif(a.reason, '') END"

    static let justification: StaticSQL = """
        CASE a.ignored_by WHEN 0 THEN nullif(coalesce(x.justification, k.justification, p.justification), '')
        ELSE nullif(a.justification, '') END
        """

    /// The author that an imported document names; empty if the project's own document decides.
    static let author: StaticSQL = "CASE a.ignored_by WHEN 0 THEN nullif(w.author, '') ELSE i.email END"

    /// The reach of the decision: this alert, the library in the project's document, the project (and its versions), the
    /// product, the organization, or the products that the document names.
    static let scope: StaticSQL = """
        CASE WHEN a.decision_id > 0 THEN lower((SELECT q.scope FROM decision q WHERE q.id = a.decision_id))
        WHEN a.ignored_by <> 0 THEN 'alert' WHEN w.project = 0 THEN 'organization' WHEN w.id IS NOT NULL THEN 'project'
        WHEN k.scan IS NOT NULL THEN 'library' WHEN p.scan IS NOT NULL THEN 'project' END
        """
}
