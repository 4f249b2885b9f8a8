/// Joins of alerts that several queries share. Each comment lists the letters of the tables.
package enum AlertSQL {
    /// Joins to an `alert a` of a `vulnerability v` the advisory `d` that describes it, and the finding `f` behind the alert,
    /// where they exist.
    package static let finding: StaticSQL = """
        LEFT JOIN advisory d ON d.id = v.advisory
        LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
        """

    /// Joins to a `finding f` the advisory `t` of its top fix.
    package static let fix: StaticSQL = "LEFT JOIN advisory t ON t.id = f.top_fix_advisory"

    /// Whether an `alert a` of a `scope s` is about the `vulnerability v` of the `library l`.
    package static let isAboutExposure: StaticSQL = """
        a.project = s.project AND a.type = 'SECURITY_VULNERABILITY' AND a.library_uuid = l.uuid AND a.subject = v.name
        """

    /// Joins to an `exposure e` of a `scope s`, with its `vulnerability v` and `library l`, the alert `a` and the statement `x`
    /// of a VEX document, where they exist.
    package static let ofExposure: StaticSQL = """
        LEFT JOIN alert a ON \(isAboutExposure)
        LEFT JOIN vex_statement x ON x.id = e.statement AND e.statement <> 0
        """
}
