import Database

// DESIGN. A question's libraries are found from either side. From the matches: the index that has them first, then their projects;
// all are read and sorted, so this side is for few. From the projects: in their order, each asked for its matches; it ends when a
// page is full, so it is for many. Both sides give the same occurrences in the same order. CROSS JOIN keeps SQLite to the written
// order (sqlite.org/optoverview.html#crossjoin); PostgreSQL joins as it likes.

/// The source of the occurrences that a question is about.
struct QuestionSource: Sendable {
    /// One side of the search: its tables, among them `occurrence o`, and their conditions.
    struct Side: Sendable {
        let tables: SQL
        let condition: SQL
        /// A condition on the `library l` of the occurrence: begins with AND, or is empty.
        var fits: SQL = ""
    }

    /// From the matches; nil where no index has them first.
    let matches: Side?
    /// From a project of `scope s`.
    let projects: Side
    /// Whether one search in an index by the project's number suffices; else all libraries of the project are read.
    let isProbed: Bool
    /// The cost of reading one library, relative to a search in an index.
    var weight = 1
    /// Whether one occurrence may come several times.
    var repeats = true
    /// The vulnerabilities that are asked for; empty where it is about libraries.
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

    /// Libraries up to which each project is asked for each of them. With more, each library of a project is looked for among them:
    /// SQLite asks an index for each library of a list, however long the list is.
    static let fewLibraries = 400

    /// Libraries that a condition on `library k` names, which an index serves: `o`.
    ///
    /// - Parameters:
    ///   - count: about how many libraries it names.
    ///   - fits: further conditions on the `library l`: begins with AND, or is empty.
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

    /// The library of an `occurrence o` for a list of so many libraries. The sign keeps SQLite from asking an index for each.
    private static func listed(_ count: Int) -> SQL { count > fewLibraries ? "+o.library" : "o.library" }

    /// Libraries under one of these licences, bound or offered: `o`.
    ///
    /// - Parameter count: how many libraries there are, if they are few.
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

    /// Libraries of which a document has another description that a condition on `library k` names: `c`, `o`.
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

    /// Libraries of which a document says this somewhere: `c`, `o`. Facts are in no index.
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

    /// Libraries of which documents list a file with this digest: `f`, `c`, `o`.
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

    /// Libraries that were found at this path, or at one that ends in it: `c`, `o`.
    ///
    /// - Parameter path: with the letters of ASCII in lower case.
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

    /// Libraries of which documents list a file at such a path: `f`, `c`, `o`.
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

    /// Whether one of the paths in a column, one a line, is the path or ends in it behind a slash.
    private static func isAt(_ column: StaticSQL, _ path: String) -> SQL {
        let text = SQLText.escaped(path)
        let end = path.hasPrefix("/") ? text : "/\(text)"
        let lines: SQL = "(\("\n") || lower(\(column)) || \("\n"))"
        return """
            (\(lines) LIKE \("%\n\(text)\n%") ESCAPE '!' OR \(lines) LIKE \("%\(end)\n%") ESCAPE '!')
            """
    }

    /// That an `occurrence o` of the source fits the filters about vulnerabilities; empty when there are none.
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
