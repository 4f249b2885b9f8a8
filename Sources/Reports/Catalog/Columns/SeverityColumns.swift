import Database

// DESIGN. Severity and score of a vulnerability are decided once, when its advisories are linked (Inventory/CVSS/
// SeverityDecision.swift). Every report shows them by the SQL that stands here, so two reports cannot disagree.

/// SQL of a `vulnerability v`'s severity.
enum SeveritySQL {
    /// The word, or null where nothing rates it.
    static let word: StaticSQL = "nullif(v.severity, '')"
    /// The same for API versions that have no `critical`.
    static let wordUpToHigh: StaticSQL =
        "CASE v.severity WHEN '' THEN NULL WHEN 'critical' THEN 'high' ELSE v.severity END"
    /// The score as a text with one decimal, or null without a vector.
    static let scoreText: StaticSQL = "CAST(v.score / 10 AS TEXT) || '.' || CAST(v.score % 10 AS TEXT)"
    /// The score as a number, or null without a vector.
    static let score: StaticSQL = "CAST(v.score AS DOUBLE PRECISION) / 10"
    /// The version of CVSS that both come from, or null.
    static let version: StaticSQL = "nullif(v.cvss_version, '')"
    /// Word in capitals and score of CVSS 3, or of CVSS 4 where that alone rates (readers of `cvss3_score` expect a number).
    static let word3: StaticSQL = "coalesce(nullif(v.severity3, ''), nullif(v.severity4, ''))"
    /// The same for API versions that have no `critical`.
    static let word3UpToHigh: StaticSQL = "replace(\(word3), 'CRITICAL', 'HIGH')"
    static let score3: StaticSQL = "coalesce(nullif(v.score3, ''), nullif(v.score4, ''))"
    static let score3Number: StaticSQL = "CAST(\(score3) AS DOUBLE PRECISION)"
    /// The vector of the version that decides, or null.
    static let vector: StaticSQL = """
        CASE v.cvss_version WHEN '4.0' THEN nullif(v.vector4, '') WHEN '2.0' THEN nullif(v.vector2, '')
        ELSE nullif(v.vector3, '') END
        """
    /// The vector of CVSS 3, which readers of `scoreMetadataVector` expect, else that of the version that decides.
    static let vector3: StaticSQL = "coalesce(nullif(v.vector3, ''), \(vector))"
}

/// SQL of a `vulnerability v`'s texts. Of an organization's own they are the document's, else those of an advisory.
enum VulnerabilityText {
    /// For queries with `LEFT JOIN advisory a`.
    static let ofAdvisoryA: StaticSQL = described("a")
    /// For queries with `LEFT JOIN advisory d`.
    static let ofAdvisoryD: StaticSQL = described("d")

    private static func described(_ advisory: StaticSQL) -> StaticSQL {
        "coalesce(nullif(v.description, ''), nullif(\(advisory).details, ''), \(advisory).summary, '')"
    }

    /// The times of its publication and last change: null when unknown, also for the zeros that some programs write (year 1).
    static let published: StaticSQL = "CASE WHEN v.published > 0 THEN v.published END"
    static let modified: StaticSQL = "CASE WHEN v.modified > 0 THEN v.modified END"
    /// The upgrade of `finding f` to its top fix, else the document's recommendation, else null.
    static let fix: StaticSQL =
        "coalesce('Upgrade To Version ' || l.artifact || '-' || f.top_fix, nullif(v.recommendation, ''))"
}

extension Column {
    /// The word of the severity; `key` and `title` as for other columns.
    static func severity(_ key: String, _ title: String) -> Column {
        Column(key, title, .severity, SeveritySQL.word, width: 10).upToHigh(SeveritySQL.wordUpToHigh).omittedWhenNull
    }

    /// The name of a `vulnerability v`, which leads to its page.
    static func vulnerabilityName(_ key: String, _ title: String = "Vulnerability ID", width: Int = 20) -> Column {
        .text(key, title, "v.name", width: width).leading(to: "v.url")
    }

    /// The file of a `library l`, which leads to its home page or its download.
    static func libraryFile(_ key: String) -> Column {
        .text(key, "Library", "l.filename", width: 36).leading(to: "coalesce(nullif(l.homepage, ''), l.download_url)")
    }

    /// The description of a vulnerability, whose beginning leads to the page of the `vulnerability v`.
    static func vulnerabilityText(_ key: String, _ title: String, _ sql: StaticSQL) -> Column {
        Column(key, title, .prose, sql, width: 60).leading(to: "v.url")
    }

    /// The description of an alert: for a vulnerability its current severity, in Mend's form (`High:1,`); on paper its text.
    static func alertDescription(_ title: String) -> Column {
        Column(
            "description", title, .prose,
            """
            CASE WHEN a.vulnerability = 0 THEN a.description WHEN coalesce(v.severity, '') = '' THEN ''
                ELSE upper(substr(v.severity, 1, 1)) || substr(v.severity, 2) || ':1,' END
            """, width: 40
        ).leading(to: "v.url").printed(
            "CASE WHEN a.vulnerability = 0 THEN a.description ELSE \(VulnerabilityText.ofAdvisoryD) END"
        ).upToHigh(
            """
            CASE WHEN a.vulnerability = 0 THEN a.description WHEN coalesce(v.severity, '') = '' THEN ''
                WHEN v.severity IN ('critical', 'high') THEN 'High:1,'
                ELSE upper(substr(v.severity, 1, 1)) || substr(v.severity, 2) || ':1,' END
            """)
    }

    /// Headings behind Mend's: the score that counts, its version of CVSS, and the version that leaves all behind.
    static let severityHeadings: [Column] = [
        Column("", "Score", .real, SeveritySQL.score, width: 8),
        .text("", "CVSS Version", SeveritySQL.version, width: 12),
        .text("libraryUpgrade", "Library Upgrade", "f.upgrade", width: 18).omittedWhenNull,
    ]
}
