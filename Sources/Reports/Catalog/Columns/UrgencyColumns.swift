import Database

// DESIGN. All tables for people order severities alike: critical, high, medium, low, none, then unrated. A table of alerts of
// all types places the other types by their level: MAJOR after high, MINOR at the end.

extension SeveritySQL {
    /// The position of the severity of a `vulnerability v`: a whole number, 0 for critical.
    static let place: StaticSQL = """
        (CASE v.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 WHEN 'none' THEN 4
            ELSE 5 END)
        """
    /// The words for these positions.
    static let places = ["critical", "high", "medium", "low", "none", "unrated"]
}

extension Urgency {
    /// The order for rows about a `vulnerability v` of a `library l` in a project of `scope s`.
    static let ofVulnerability = bySeverity(then: [])

    /// The same order; rows that are equal in it are ordered by `places`.
    static func bySeverity(then places: [StaticSQL]) -> Urgency {
        Urgency(
            level: SeveritySQL.place, words: SeveritySQL.places,
            ties: ["v.name", "l.filename", "s.project_name"] + places)
    }

    /// The order for rows about an `alert a` of any type, whose `vulnerability v` may be missing.
    static let ofAlert = Urgency(
        level: """
            (CASE WHEN a.vulnerability = 0 THEN CASE a.level WHEN 'MAJOR' THEN 2 ELSE 7 END
            ELSE CASE v.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 3 WHEN 'low' THEN 4
                WHEN 'none' THEN 5 ELSE 6 END END)
            """,
        words: ["critical", "high", "other, major", "medium", "low", "none", "unrated", "other, minor"],
        ties: ["coalesce(v.name, '')", "a.type", "l.filename", "s.project_name"])
}
