import Database

// DESIGN. Severity and score of a vulnerability are decided once, when its advisories are linked
// (Inventory/CVSS/SeverityDecision.swift). All reports use the SQL of this file to show them, so two reports cannot
// disagree.

/// SQL for the severity of a `vulnerability v`.
enum SeveritySQL {
    /// The word; null where nothing rates the vulnerability.
    static let word: StaticSQL = "nullif(v.severity, '')"
    /// The same for API versions that have no `critical`.
    static let wordUpToHigh: StaticSQL =
        "CASE v.severity WHEN '' THEN NULL WHEN 'critical' THEN 'high' ELSE v.severity END"
    /// The score as a text with one decimal; null without a vector.
    static let scoreText: StaticSQL = "CAST(v.score / 10 AS TEXT) || '.' || CAST(v.score % 10 AS TEXT)"
    /// The score as a number; null without a vector.
    static let score: StaticSQL = "CAST(v.score AS DOUBLE PRECISION) / 10"
    /// The CVSS version of word and score; null without a vector.
    static let version: StaticSQL = "nullif(v.cvss_version, '')"
    /// Word in capitals and score of CVSS 3; of CVSS 4 where no other version rates (readers of `cvss3_score` expect a
    /// number).
    static let word3: StaticSQL = "coalesce(nullif(v.severity3, ''), nullif(v.severity4, ''))"
    /// The word for API versions without `critical`.
    static let word3UpToHigh: StaticSQL = "replace(\(word3), 'CRITICAL', 'HIGH')"
    static let score3: StaticSQL = "coalesce(nullif(v.score3, ''), nullif(v.score4, ''))"
    static let score3Number: StaticSQL = "CAST(\(score3) AS DOUBLE PRECISION)"
    /// The vector of the deciding version; null without one.
    static let vector: StaticSQL = """
        CASE v.cvss_version WHEN '4.0' THEN nullif(v.vector4, '') WHEN '2.0' THEN nullif(v.vector2, '')
        ELSE nullif(v.vector3, '') END
        """
    /// The vector of CVSS 3, which readers of `scoreMetadataVector` expect, else that of the deciding version.
    static let vector3: StaticSQL = "coalesce(nullif(v.vector3, ''), \(vector))"
}

/// SQL for the texts of a `vulnerability v`. For an organization's own vulnerability the texts of the document,
/// otherwise those of an advisory.
enum VulnerabilityText {
    /// For queries with `LEFT JOIN advisory a`.
    static let ofAdvisoryA: StaticSQL = described("a")
    /// For queries with `LEFT JOIN advisory d`.
    static let ofAdvisoryD: StaticSQL = described("d")

    private static func described(_ advisory: StaticSQL) -> StaticSQL {
        "coalesce(nullif(v.description, ''), nullif(\(advisory).details, ''), \(advisory).summary, '')"
    }

    /// The times of its publication and of its last change; null when unknown, also for the zeros that some programs write
    /// (year 1).
    static let published: StaticSQL = "CASE WHEN v.published > 0 THEN v.published END"
    static let modified: StaticSQL = "CASE WHEN v.modified > 0 THEN v.modified END"
    /// The upgrade to the top fix of `finding f`, else the document's recommendation, else null.
    static let fix: StaticSQL =
        "coalesce('Upgrade To Version ' || l.artifact || '-' || f.top_fix, nullif(v.recommendation, ''))"
}

extension Column {
    /// The word of the severity; `key` and `title` mean the same as for other columns.
    static func severity(_ key: String, _ title: String) -> Column {
        Column(key, title, .severity, SeveritySQL.word, width: 10).upToHigh(SeveritySQL.wordUpToHigh).omittedWhenNull
    }

    /// The name of a `vulnerability v`, with a link to its page.
    static func vulnerabilityName(_ key: String, _ title: String = "Vulnerability ID", width: Int = 20) -> Column {
        .text(key, title, "v.name", width: width).leading(to: "v.url")
    }

    /// The file of a `library l`, with a link to its home page or its download.
    static func libraryFile(_ key: String) -> Column {
        .text(key, "Library", "l.filename", width: 36).leading(to: libraryAddress)
    }

    /// The description of a `library l`; its beginning links to its home page or its download.
    static func libraryText(_ key: String, _ title: String) -> Column {
        Column(key, title, .prose, "nullif(l.description, '')", width: 40).leading(to: libraryAddress).omittedWhenNull
    }

    private static let libraryAddress: StaticSQL = "coalesce(nullif(l.homepage, ''), l.download_url)"

    /// The description of a vulnerability; its beginning links to the page of the `vulnerability v`.
    static func vulnerabilityText(_ key: String, _ title: String, _ sql: StaticSQL) -> Column {
        Column(key, title, .prose, sql, width: 60).leading(to: "v.url")
    }

    /// The description of an alert. For a vulnerability, Mend's form with the current severity (`High:1,`); on pages, the
    /// text of the vulnerability.
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

    /// Headings that follow Mend's: the score that counts, its CVSS version, and the version that leaves all
    /// vulnerabilities behind.
    static let severityHeadings: [Column] = [
        Column("", "Score", .real, SeveritySQL.score, width: 8),
        .text("", "CVSS Version", SeveritySQL.version, width: 12),
        .text("libraryUpgrade", "Library Upgrade", "f.upgrade", width: 18).omittedWhenNull,
    ]
}
