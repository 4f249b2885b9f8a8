import Bytes
import Database

// DESIGN. Waybill does not determine whether vulnerable code is reached. The report shows what the documents of a project
// say, in the words of VEX (CycloneDX 1.6, `vulnerabilities[].analysis.state`). A library without a statement is GREY, for
// unknown.

extension Report {
    /// The vulnerabilities that are effective according to the SBOMs.
    static let effectiveUsage: Report = {
        var report = Report(
            name: .plain("OrgEffectiveUsageAnalysisReport", in: .organization).answered(exactly: [
                .organization: "getOrganizationEffectiveUsageAnalysis"
            ]),
            title: "Effective Usage Analysis",
            formats: Format.tabular(first: .json),
            filters: Filter.ofLibrary,
            body: .tables([usage]))
        report.preface = { facts in
            [
                ("analysisReportDateTime", TimeText.time(facts.updated)), ("orgName", facts.path.first ?? facts.name),
            ]
        }
        return report
    }()

    private static let usage = Table(
        key: "libraries", item: "library", title: "Effective Usage",
        // `states` is a set of bits over the vulnerabilities of a library: 8 exploitable, 4 no statement, 2 in triage, 1
        // all other states.
        from: """
            scope s JOIN (SELECT p.scan, p.position, p.library, (
                SELECT sum(DISTINCT CASE e.state
                    WHEN 'exploitable' THEN 8 WHEN '' THEN 4 WHEN 'in_triage' THEN 2 ELSE 1 END)
                FROM exposure e WHERE e.scan = p.scan AND e.position = p.position) AS states
                FROM occurrence p) o ON o.scan = s.scan
            JOIN library l ON l.id = o.library JOIN project c ON c.id = s.project
            WHERE EXISTS (SELECT 1 FROM exposure e WHERE e.scan = o.scan AND e.position = o.position)
            """,
        order: ["s.product", "s.project", "o.position"],
        columns: [
            .text("name", "Library", "l.filename", width: 36),
            .text("version", "Version", LibrarySQL.version, width: 14).omittedWhenNull,
            .text("sha1", "SHA1", LibrarySQL.sha1, width: 42).omittedWhenNull,
            .text(
                "impactAnalysisStatus", "Analysis Status",
                """
                CASE WHEN o.states = 4 THEN 'NOT_ANALYZED' WHEN o.states & 6 > 0 THEN 'IN_PROGRESS'
                    ELSE 'COMPLETED' END
                """, width: 16),
            .text(
                "impactAnalysisResult", "Analysis Result",
                """
                CASE WHEN o.states & 8 > 0 THEN 'EFFECTIVE' WHEN o.states & 6 > 0 THEN 'UNKNOWN'
                    ELSE 'INEFFECTIVE' END
                """, width: 16),
            .timestamp(
                "analysisDateTime", "Analysis Date", "CASE WHEN o.states <> 4 THEN c.content_at ELSE NULL END"
            ).omittedWhenNull,
            .text(
                "resultingShield", "Library Shield",
                """
                CASE WHEN o.states & 8 > 0 THEN 'RED' WHEN o.states & 4 > 0 THEN 'GREY'
                    WHEN o.states & 2 > 0 THEN 'YELLOW' ELSE 'GREEN' END
                """, width: 14),
            .text("keyUuid", "", "l.uuid"),
            .text("groupId", "", LibrarySQL.group).omittedWhenNull,
            .text("artifactId", "", MendCoordinates.artifact),
        ],
        lists: [
            Table(
                key: "vulnerabilities", item: "vulnerability", title: "Vulnerabilities",
                from: """
                    scope s JOIN exposure e ON e.scan = s.scan JOIN vulnerability v ON v.id = e.vulnerability
                    WHERE s.scan > 0
                    """,
                order: ["s.product", "s.project", "e.position", "e.vulnerability"],
                columns: [
                    .text("name", "Vulnerability ID", "v.name", width: 20),
                    .severity("severity", "Severity"),
                    .text(
                        "resultingShield", "Vulnerability Shield",
                        """
                        CASE e.state WHEN 'exploitable' THEN 'RED' WHEN 'in_triage' THEN 'YELLOW'
                            WHEN '' THEN 'GREY' ELSE 'GREEN' END
                        """, width: 18),
                ])
        ],
        levels: [
            Level(
                key: "products", item: "product", order: 1,
                columns: [.text("productName", "Product", "s.product_name")]),
            Level(
                key: "projects", item: "project", order: 2,
                columns: [
                    .text("projectName", "Project", "s.project_name"),
                    .integer("projectId", "", "s.project"),
                ]),
        ])
}
