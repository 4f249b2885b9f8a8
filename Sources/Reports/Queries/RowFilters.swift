import Database

// DESIGN. Filters that have one meaning in every report whose rows have the attribute. Filters compare values of rows,
// regardless of the case of ASCII letters, and never widen the scope.

extension Filter {
    /// Filters for rows that belong to a project: `scope s`.
    static let ofProject: [Filter] = [
        Filter("product", .texts, "rows of the products with one of these names or tokens") { values in
            let texts = lowered(values)
            return """
                (lower(s.product_name) IN \(texts)
                    OR s.product IN (SELECT q.id FROM product q WHERE q.token IN \(texts)))
                """
        }.naming("no product with projects is called this here", in: "scope s"),
        Filter("project", .texts, "rows of the projects with one of these names or tokens") { values in
            let texts = lowered(values)
            return "(lower(s.project_name) IN \(texts) OR s.project_token IN \(texts))"
        }.naming("no project is called this here", in: "scope s"),
    ]

    /// Filters for rows about a `library l`.
    static let aboutLibrary: [Filter] = [
        Filter(
            "library", .texts,
            "rows about libraries whose package, file, coordinates or `keyUuid` is one of these names"
        ) { values in
            let names = lowered(values)
            return """
                (lower(l.artifact) IN \(names) OR lower(l.filename) IN \(names) OR l.uuid IN \(names)
                    OR lower(\(SQL(MendCoordinates.all))) IN \(names))
                """
        }.naming("no library is called this here", in: Joins.libraries),
        Filter(
            "license", .texts, "rows about libraries under a license with one of these names or SPDX identifiers"
        ) { values in
            let names = lowered(values)
            return """
                EXISTS (SELECT 1 FROM library_license ql JOIN license qn ON qn.id = ql.license WHERE ql.library = l.id
                    AND (lower(qn.name) IN \(names) OR lower(qn.spdx) IN \(names)))
                """
        }.naming("no library has a license of this name here", in: Joins.libraries),
    ]

    /// Filters for rows about a `library l` of a project.
    static let ofLibrary = ofProject + aboutLibrary

    /// Filters for rows about a `vulnerability v` of a `library l`.
    static let ofVulnerability: [Filter] =
        ofLibrary + [
            Filter("cve", .names, "rows about the vulnerabilities with one of these names or aliases") { values in
                var condition: SQL = "(lower(v.name) IN \(lowered(values))"
                for value in values {
                    // The column has one alias a line.
                    let pattern = "%\n" + SQLText.escaped(SQLText.lowered(value)) + "\n%"
                    condition.append(" OR \("\n") || lower(v.aliases) || \("\n") LIKE \(pattern) ESCAPE '!'")
                }
                condition.append(")")
                return condition
            }.naming("no advisory and no document here names it") { value, scope in
                let names = Question.Subject.spellings(ofVulnerability: value)
                return scope.clause + """
                    \(Advisories.naming(names, organization: scope.organization))
                    UNION ALL SELECT 1 FROM scope s JOIN exposure e ON e.scan = s.scan
                        JOIN vulnerability v ON v.id = e.vulnerability
                        WHERE lower(v.name) = \(SQLText.lowered(value)) OR \("\n") || lower(v.aliases) || \("\n")
                            LIKE \("%\n" + SQLText.escaped(SQLText.lowered(value)) + "\n%") ESCAPE '!'
                    LIMIT 1
                    """
            },
            Filter(
                "severity", .list(Question.Filters.severityWords),
                "rows about vulnerabilities of these severities"
            ) { values in
                "v.severity IN \(SQL.list(values.map(Value.text)))"
            },
        ] + ofExploitation

    /// Filters for rows whose time, `column`, is within a span, including its ends.
    static func dates(_ column: StaticSQL, _ meaning: String) -> [Filter] {
        let column = SQL(column)
        return [
            Filter("fromDate", .time, "\(meaning) then or later (UTC)") { values in
                "\(column) >= \(Int64(values.first ?? "") ?? 0)"
            },
            Filter("toDate", .endTime, "\(meaning) then or before (UTC); a date means the whole day") { values in
                "\(column) <= \(Int64(values.first ?? "") ?? 0)"
            },
        ]
    }

    /// The list of the values in the form that `lower` gives stored texts.
    private static func lowered(_ values: [String]) -> SQL { SQL.list(values.map { .text(SQLText.lowered($0)) }) }
}
