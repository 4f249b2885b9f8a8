import Database

// DESIGN. A join that several definitions use is written once, in this file. Each comment lists the letters of its tables;
// columns, filters and conditions use these letters.

/// Joins that the tables of reports share.
enum Joins {
    /// The libraries of each project of the scope: `s`, `o`, `l`.
    static let libraries: StaticSQL =
        "scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library"

    /// The values of custom attributes of these libraries, with the attributes: also `y`, `t`. It contains a WHERE.
    static let attributes: StaticSQL = """
        \(libraries) JOIN attribute_value y ON y.organization = l.organization AND y.library_uuid = l.uuid
        JOIN attribute t ON t.id = y.attribute
        WHERE s.scan > 0 AND (y.product = 0 OR y.product = s.product) AND (y.project = 0 OR y.project = s.project)
        """

    /// The vulnerabilities that projects of the scope show, and their places: `s`, `e`, `o`.
    static let exposures: StaticSQL =
        "scope s JOIN exposure e ON e.scan = s.scan JOIN occurrence o ON o.scan = e.scan AND o.position = e.position"

    /// The same with the libraries: also `l`.
    static let exposedLibraries: StaticSQL = "\(exposures) JOIN library l ON l.id = o.library"

    /// Joins to an `exposure e` of an `occurrence o` the tables that a table of vulnerabilities reads: `v`, `l`, and the
    /// advisory `a` where there is one.
    static let exposedVulnerability: StaticSQL = """
        JOIN vulnerability v ON v.id = e.vulnerability JOIN library l ON l.id = o.library
        LEFT JOIN advisory a ON a.id = v.advisory
        """

    /// Joins to an `exposure e` of an `occurrence o` the finding `f`, where an advisory found the vulnerability.
    static let finding: StaticSQL =
        "LEFT JOIN finding f ON f.library = o.library AND f.vulnerability = e.vulnerability"

    /// Joins to an `exposure e` of a `scope s`, with its `vulnerability v` and `library l`, the alert `w`, where there is
    /// one.
    static let alertOfExposure: StaticSQL = """
        LEFT JOIN alert w ON w.project = s.project AND w.type = 'SECURITY_VULNERABILITY' AND w.library_uuid = l.uuid
            AND w.subject = v.name
        """

    /// Joins to an `alert g` the tables that a table of vulnerabilities reads: `v`, `l`, and `a`, `f`, `t` where they
    /// exist.
    static let resolvedVulnerability: StaticSQL = """
        JOIN vulnerability v ON v.id = g.vulnerability JOIN library l ON l.id = g.library
        LEFT JOIN advisory a ON a.id = v.advisory LEFT JOIN finding f ON f.library = l.id AND f.vulnerability = v.id
        \(AlertSQL.fix)
        """

    /// Whether an `alert g` was about a vulnerability that is resolved.
    static let isResolved: StaticSQL = "g.type = 'SECURITY_VULNERABILITY' AND g.state = 'RESOLVED'"

    /// The visible requests of agents: `r`, `q`. It contains a WHERE.
    static let agentRequests: StaticSQL = """
        realm r JOIN agent_request q ON q.organization = r.organization
        WHERE (r.sees_all = 1 OR q.product IN (SELECT s.product FROM scope s))
        """
}
