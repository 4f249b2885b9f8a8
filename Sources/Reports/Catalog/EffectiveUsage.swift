import Bytes
import Database

// DESIGN. Whether vulnerable code is reached is not found out here: it is what the documents of a project say of it, in the
// words of VEX (CycloneDX 1.6, `vulnerabilities[].analysis.state`). Nothing said is nothing known: GREY.

extension Report {
    /// Which vulnerabilities are effective, as far as the SBOMs say.
    static let effectiveUsage: Report = {
        var report = Report(
            name: .plain("OrgEffectiveUsageAnalysisReport", in: .organization),
            title: "Effective Usage Analysis",
            formats: Format.tabular(first: .json),
            filters: [],
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
        from: """
            scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library JOIN scan c ON c.id = s.scan
            WHERE EXISTS (SELECT 1 FROM finding f WHERE f.library = o.library)
            """,
        order: ["s.product", "s.project", "o.position"],
        columns: [
            .text("name", "Library", "l.filename", width: 36),
            .text("version", "Version", "l.version", width: 14),
            .text("sha1", "SHA1", "l.sha1", width: 42),
            .text(
                "impactAnalysisStatus", "Analysis Status",
                """
                CASE WHEN NOT EXISTS (SELECT 1 FROM library_claim x JOIN vulnerability v ON v.name = x.vulnerability
                        JOIN finding f ON f.library = o.library AND f.vulnerability = v.id
                        WHERE x.scan = o.scan AND x.occurrence = o.position AND x.state <> '') THEN 'NOT_ANALYZED'
                    WHEN EXISTS (SELECT 1 FROM finding f JOIN vulnerability v ON v.id = f.vulnerability
                        LEFT JOIN library_claim x ON x.scan = o.scan AND x.occurrence = o.position
                            AND x.vulnerability = v.name
                        WHERE f.library = o.library AND coalesce(x.state, '') IN ('', 'in_triage')) THEN 'IN_PROGRESS'
                    ELSE 'COMPLETED' END
                """, width: 16),
            .text(
                "impactAnalysisResult", "Analysis Result",
                """
                CASE WHEN EXISTS (SELECT 1 FROM library_claim x JOIN vulnerability v ON v.name = x.vulnerability
                        JOIN finding f ON f.library = o.library AND f.vulnerability = v.id
                        WHERE x.scan = o.scan AND x.occurrence = o.position AND x.state = 'exploitable') THEN 'EFFECTIVE'
                    WHEN EXISTS (SELECT 1 FROM finding f JOIN vulnerability v ON v.id = f.vulnerability
                        LEFT JOIN library_claim x ON x.scan = o.scan AND x.occurrence = o.position
                            AND x.vulnerability = v.name
                        WHERE f.library = o.library AND coalesce(x.state, '') IN ('', 'in_triage')) THEN 'UNKNOWN'
                    ELSE 'INEFFECTIVE' END
                """, width: 16),
            .timestamp(
                "analysisDateTime", "Analysis Date",
                """
                CASE WHEN EXISTS (SELECT 1 FROM library_claim x WHERE x.scan = o.scan AND x.occurrence = o.position
                    AND x.state <> '') THEN c.created_at ELSE NULL END
                """),
            .text(
                "resultingShield", "Library Shield",
                """
                CASE WHEN EXISTS (SELECT 1 FROM library_claim x JOIN vulnerability v ON v.name = x.vulnerability
                        JOIN finding f ON f.library = o.library AND f.vulnerability = v.id
                        WHERE x.scan = o.scan AND x.occurrence = o.position AND x.state = 'exploitable') THEN 'RED'
                    WHEN EXISTS (SELECT 1 FROM finding f JOIN vulnerability v ON v.id = f.vulnerability
                        LEFT JOIN library_claim x ON x.scan = o.scan AND x.occurrence = o.position
                            AND x.vulnerability = v.name
                        WHERE f.library = o.library AND coalesce(x.state, '') = '') THEN 'GREY'
                    WHEN EXISTS (SELECT 1 FROM library_claim x WHERE x.scan = o.scan AND x.occurrence = o.position
                        AND x.state = 'in_triage') THEN 'YELLOW'
                    ELSE 'GREEN' END
                """, width: 14),
            .text("keyUuid", "", "l.uuid"),
            .text("groupId", "", "l.group_id"),
            .text("artifactId", "", "l.artifact"),
        ],
        lists: [
            Table(
                key: "vulnerabilities", item: "vulnerability", title: "Vulnerabilities",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN finding f ON f.library = o.library
                    JOIN vulnerability v ON v.id = f.vulnerability
                    LEFT JOIN library_claim x ON x.scan = o.scan AND x.occurrence = o.position
                        AND x.vulnerability = v.name WHERE s.scan > 0
                    """,
                order: ["s.product", "s.project", "o.position", "f.vulnerability"],
                columns: [
                    .text("name", "Vulnerability ID", "v.name", width: 20),
                    .text("severity", "Severity", SeveritySQL.word, width: 10).omittedWhenNull,
                    .text(
                        "resultingShield", "Vulnerability Shield",
                        """
                        CASE coalesce(x.state, '') WHEN 'exploitable' THEN 'RED' WHEN 'in_triage' THEN 'YELLOW'
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
