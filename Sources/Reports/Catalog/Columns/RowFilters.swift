import Database

// DESIGN. Filters that mean the same in every report whose rows have the attribute. They look at what stands in the rows, in any
// case of ASCII's letters, and never widen what the scope shows.

extension Filter {
    /// Of rows that belong to a project: `scope s`.
    static let ofProject: [Filter] = [
        Filter("product", .text, "rows of the product with this name or token") { values in
            let text = lowered(values)
            return """
                (lower(s.product_name) = \(text)
                    OR s.product IN (SELECT q.id FROM product q WHERE q.token = \(text)))
                """
        },
        Filter("project", .text, "rows of projects with this name, or of the project with this token") { values in
            let text = lowered(values)
            return "(lower(s.project_name) = \(text) OR s.project_token = \(text))"
        },
    ]

    /// Of rows about a `library l`.
    static let aboutLibrary: [Filter] = [
        Filter(
            "library", .text, "rows about libraries whose package, file, coordinates or `keyUuid` has this name"
        ) { values in
            let name = lowered(values)
            return """
                (lower(l.artifact) = \(name) OR lower(l.filename) = \(name) OR l.uuid = \(name)
                    OR lower(\(SQL(MendCoordinates.all))) = \(name))
                """
        },
        Filter("license", .text, "rows about libraries under the license with this name or SPDX identifier") { values in
            let name = lowered(values)
            return """
                EXISTS (SELECT 1 FROM library_license ql JOIN license qn ON qn.id = ql.license WHERE ql.library = l.id
                    AND (lower(qn.name) = \(name) OR lower(qn.spdx) = \(name)))
                """
        },
    ]

    /// Of rows about a `library l` of a project.
    static let ofLibrary = ofProject + aboutLibrary

    /// Of rows about a `vulnerability v` of a `library l`.
    static let ofVulnerability: [Filter] =
        ofLibrary + [
            Filter("cve", .text, "rows about the vulnerability with this name or alias") { values in
                let name = lowered(values)
                // Aliases stand one a line.
                return """
                    (lower(v.name) = \(name) OR \("\n") || lower(v.aliases) || \("\n")
                        LIKE \("%\n" + escaped(name) + "\n%") ESCAPE '!')
                    """
            },
            Filter(
                "severity", .list(["critical", "high", "medium", "low"]),
                "rows about vulnerabilities of these severities"
            ) { values in
                "v.severity IN \(SQL.list(values.map(Value.text)))"
            },
        ]

    /// Rows whose time, `column`, is in a span, its ends included.
    static func dates(_ column: StaticString, _ meaning: String) -> [Filter] {
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

    /// The value with the letters of ASCII in lower case, which is what `lower` makes of stored texts on both engines.
    private static func lowered(_ values: [String]) -> String {
        String(decoding: (values.first ?? "").utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// A text for LIKE with the escape `!`.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if "%_!".contains(character) { escaped.append("!") }
            escaped.append(character)
        }
    }
}
