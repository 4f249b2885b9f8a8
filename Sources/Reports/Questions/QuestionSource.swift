import Database

// DESIGN. A question's libraries are found from either side. The search from the matches starts with the index that lists them,
// and continues with their projects. It reads and sorts all of them, so it suits few matches. The search from the projects goes
// through them in order and looks for matches in each. It ends when a page is full, so it suits many matches. Both sides give
// the same occurrences in the same order. CROSS JOIN makes SQLite keep the written order
// (sqlite.org/optoverview.html#crossjoin); PostgreSQL chooses its own.

/// The source of the occurrences that a question is about.
struct QuestionSource: Sendable {
    /// One way to search: the tables, among them `occurrence o`, and the conditions on them.
    struct Side: Sendable {
        let tables: SQL
        let condition: SQL
        /// A condition on the `library l` of the occurrence, beginning with AND, or empty.
        var fits: SQL = ""
    }

    /// The search from the matches; nil where no index lists them.
    let matches: Side?
    /// The search from a project of `scope s`.
    let projects: Side
    /// Whether one index search by the project's number suffices; otherwise all libraries of the project are read.
    let isProbed: Bool
    /// The cost of reading one library, relative to an index search.
    var weight = 1
    /// Whether an occurrence may come several times.
    var repeats = true
    /// The vulnerabilities of the question; empty in questions about libraries.
    var vulnerabilities: [Int64] = []

    /// Libraries with one of these vulnerabilities: `e`, `o`.
    static func vulnerabilities(_ ids: [Int64]) -> QuestionSource {
        let list = SQL.list(ids.map(Value.integer))
        return QuestionSource(
            matches: Side(
                tables: "exposure e CROSS JOIN occurrence o",
                condition: "e.vulnerability IN \(list) AND o.scan = e.scan AND o.position = e.position"),
            projects: Side(
                tables: "exposure e CROSS JOIN occurrence o",
                condition: """
                    e.vulnerability IN \(list) AND e.scan = s.scan AND o.scan = e.scan AND o.position = e.position
                    """),
            isProbed: true, repeats: ids.count > 1, vulnerabilities: ids)
    }

    /// The largest number of libraries for which each project is searched for each of them. With more libraries, each library
    /// of a project is searched in the list, because SQLite asks an index for each library of a list, however long the list is.
    static let fewLibraries = 400

    /// Libraries that match a condition on `library k` with an index: `o`.
    ///
    /// - Parameters:
    ///   - count: the approximate number of matching libraries.
    ///   - fits: further conditions on the `library l`, beginning with AND, or empty.
    static func libraries(
        _ condition: SQL, of organization: Int64, count: Int, fits: SQL = ""
    ) -> QuestionSource {
        let named: SQL = "k.organization = \(organization) AND \(condition)"
        return QuestionSource(
            matches: Side(
                tables: "library k CROSS JOIN occurrence o", condition: "\(named) AND o.library = k.id", fits: fits),
            projects: Side(
                tables: "occurrence o",
                condition: """
                    o.scan = s.scan AND \(listed(count)) IN (SELECT k.id FROM library k WHERE \(named))
                    """, fits: fits),
            isProbed: false, repeats: false)
    }

    /// The library of an `occurrence o`, for a list of this many libraries. The sign keeps SQLite from asking an index for
    /// each.
    private static func listed(_ count: Int) -> SQL { count > fewLibraries ? "+o.library" : "o.library" }

    /// Libraries under one of these licences, binding or offered: `o`.
    ///
    /// - Parameter count: the number of libraries, if they are few.
    static func licenses(_ ids: [Int64], count: Int) -> QuestionSource {
        let list = SQL.list(ids.map(Value.integer))
        // A list of most libraries would take longer than the page.
        let isUnder: SQL =
            count > fewLibraries
            ? """
            EXISTS (SELECT 1 FROM library_license x WHERE x.library = o.library AND x.license IN \(list))
            """ : "o.library IN (SELECT x.library FROM library_license x WHERE x.license IN \(list))"
        return QuestionSource(
            matches: Side(
                tables: "library_license x CROSS JOIN occurrence o",
                condition: "x.license IN \(list) AND o.library = x.library"),
            projects: Side(
                tables: "occurrence o",
                condition: "o.scan = s.scan AND \(isUnder)"),
            isProbed: false, repeats: false)
    }

    /// Libraries that a document describes differently, in a description that matches a condition on `library k`:
    /// `c`, `o`.
    static func descriptions(_ condition: SQL, of organization: Int64) -> QuestionSource {
        let named: SQL = "k.organization = \(organization) AND \(condition)"
        return QuestionSource(
            matches: Side(
                tables: "library k CROSS JOIN component c CROSS JOIN occurrence o",
                condition: """
                    \(named) AND c.library = k.id AND c.library <> 0 AND o.scan = c.scan AND o.position = c.occurrence
                    """),
            projects: Side(
                tables: "component c CROSS JOIN occurrence o",
                condition: """
                    c.scan = s.scan AND c.library <> 0 AND c.library IN (SELECT k.id FROM library k WHERE \(named))
                    AND o.scan = c.scan AND o.position = c.occurrence
                    """),
            isProbed: true)
    }

    /// Libraries whose documents contain this text anywhere: `c`, `o`. No index covers facts.
    ///
    /// - Parameter text: digits and letters.
    static func facts(containing text: String) -> QuestionSource {
        QuestionSource(
            matches: nil,
            projects: Side(
                tables: "component c CROSS JOIN occurrence o",
                condition: """
                    c.scan = s.scan AND o.scan = c.scan AND o.position = c.occurrence
                    AND EXISTS (SELECT 1 FROM library_facts b
                        WHERE b.library = CASE WHEN c.library <> 0 THEN c.library ELSE o.library END
                            AND b.body LIKE \(SQLText.containing(text)) ESCAPE '!')
                    """),
            isProbed: false, weight: 4)
    }

    /// All libraries of some projects: `o`.
    static func all(ofProjects ids: [Int64]) -> QuestionSource {
        let list = SQL.list(ids.map(Value.integer))
        return QuestionSource(
            matches: Side(
                tables: "project y CROSS JOIN occurrence o", condition: "y.id IN \(list) AND o.scan = y.scan"),
            projects: Side(tables: "occurrence o", condition: "s.project IN \(list) AND o.scan = s.scan"),
            isProbed: true, repeats: false)
    }

    /// Libraries whose documents list a file with this digest: `f`, `c`, `o`.
    static func files(sha1: String) -> QuestionSource {
        let tables: SQL = "source_file f CROSS JOIN component c CROSS JOIN occurrence o"
        let condition: SQL = """
            f.sha1 = \(sha1) AND c.scan = f.scan AND c.position = f.component
            AND o.scan = c.scan AND o.position = c.occurrence
            """
        return QuestionSource(
            matches: Side(tables: tables, condition: condition),
            projects: Side(tables: tables, condition: "f.scan = s.scan AND \(condition)"), isProbed: true)
    }

    /// Libraries that were found at this path, or at a path that ends with it: `c`, `o`.
    ///
    /// - Parameter path: with ASCII letters in lower case.
    static func locations(_ path: String) -> QuestionSource {
        QuestionSource(
            matches: nil,
            projects: Side(
                tables: "component c CROSS JOIN occurrence o",
                condition: """
                    c.scan = s.scan AND c.locations <> '' AND \(isAt("c.locations", path))
                    AND o.scan = c.scan AND o.position = c.occurrence
                    """),
            isProbed: false)
    }

    /// Libraries whose documents list a file at such a path: `f`, `c`, `o`.
    static func files(at path: String) -> QuestionSource {
        QuestionSource(
            matches: nil,
            projects: Side(
                tables: "source_file f CROSS JOIN component c CROSS JOIN occurrence o",
                condition: """
                    f.scan = s.scan AND \(isAt("f.path", path)) AND c.scan = f.scan AND c.position = f.component
                    AND o.scan = c.scan AND o.position = c.occurrence
                    """),
            isProbed: false)
    }

    /// Whether one of the paths in a column (one a line) equals the path, or ends with it after a slash.
    private static func isAt(_ column: StaticSQL, _ path: String) -> SQL {
        let text = SQLText.escaped(path)
        let end = path.hasPrefix("/") ? text : "/\(text)"
        let lines: SQL = "(\("\n") || lower(\(column)) || \("\n"))"
        return """
            (\(lines) LIKE \("%\n\(text)\n%") ESCAPE '!' OR \(lines) LIKE \("%\(end)\n%") ESCAPE '!')
            """
    }

    /// The condition that an `occurrence o` of the source fits the filters about vulnerabilities; empty without such
    /// filters.
    func condition(of filters: Question.Filters) -> SQL {
        var sql: SQL = ""
        if !filters.severities.isEmpty {
            sql.append(" AND v.severity IN \(SQL.list(filters.severities.map(Value.text)))")
        }
        switch filters.isExploited {
        case true?: sql.append(" AND EXISTS (SELECT 1 FROM exploited q WHERE q.name = v.name)")
        case false?: sql.append(" AND NOT EXISTS (SELECT 1 FROM exploited q WHERE q.name = v.name)")
        case nil: break
        }
        guard !sql.text.isEmpty else { return sql }
        guard vulnerabilities.isEmpty else {
            return " AND EXISTS (SELECT 1 FROM vulnerability v WHERE v.id = e.vulnerability\(sql))"
        }
        return """
             AND EXISTS (SELECT 1 FROM exposure y JOIN vulnerability v ON v.id = y.vulnerability
                WHERE y.scan = o.scan AND y.position = o.position\(sql))
            """
    }
}
