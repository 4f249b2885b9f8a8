import Database

// DESIGN. The second step reads the facts for all positions of a page at once. All data of a position are read through the
// scope again. Results have the size of a page and are read whole, which saves PostgreSQL two round trips for each.

/// Reads the facts that an answer shows about its positions.
struct QuestionItems {
    let scope: Scope
    /// The vulnerabilities of the question; empty in questions about libraries.
    let vulnerabilities: [Int64]
    let connection: any Connection

    /// The items of the places, in their order.
    func items(at places: [QuestionPlace]) throws -> [Question.Item] {
        guard !places.isEmpty else { return [] }
        let rows = try connection.all(factsQuery(of: places)) { row in (key: Self.key(row), facts: Facts(row: row)) }
        let facts = Dictionary(rows.map { ($0.key, $0.facts) }) { first, _ in first }
        let decisions = vulnerabilities.isEmpty ? [:] : try decisions(about: places)
        let transitive = places.filter { facts[$0.key]?.direct == .transitive && (facts[$0.key]?.depth ?? 0) > 0 }
        let paths = try QuestionPaths(connection: connection).paths(to: transitive)
        return places.compactMap { place in
            guard let facts = facts[place.key] else { return nil }
            var path = paths[place.key]
            if facts.direct == .direct { path = [facts.label] }
            return facts.item(path: path, decision: decisions[place.key])
        }
    }

    private static func key(_ row: borrowing RowBuffer) -> QuestionCursor.Key {
        QuestionCursor.Key(project: row.integer(0), library: row.integer(1))
    }

    /// The name of a `library l`, with its group or scope.
    static let name: StaticSQL = """
        CASE WHEN l.type_constant IN ('MAVEN_ARTIFACT', 'UNKNOWN_ARTIFACT') AND l.group_id <> ''
        THEN l.group_id || ':' || l.artifact ELSE l.artifact END
        """

    /// The name and version of a library in a path.
    static func label(name: String, version: String) -> String { version.isEmpty ? name : "\(name)@\(version)" }

    private struct Facts {
        let product: String
        let project: String
        let token: String
        let library: String
        let version: String
        let purl: String
        let direct: Directness
        let depth: Int64
        let since: Int64?
        let fix: String?

        init(row: borrowing RowBuffer) {
            product = row.string(2)
            project = row.string(3)
            token = row.string(4)
            library = row.string(5)
            version = row.string(6)
            purl = row.string(7)
            direct = Directness(rawValue: row.integer(8)) ?? .unknown
            depth = row.integer(9)
            since = row.integerOrNil(10)
            fix = row.stringOrNil(11)
        }

        var label: String { QuestionItems.label(name: library, version: version) }

        func item(path: [String]?, decision: String?) -> Question.Item {
            Question.Item(
                product: product, project: project, projectToken: token, library: library,
                version: version.isEmpty ? nil : version, purl: purl.isEmpty ? nil : purl, path: path,
                isDirect: direct == .unknown ? nil : direct == .direct, since: since, fix: fix, decision: decision)
        }
    }

    /// The positions as a table `place q`, after the scope.
    private func with(_ places: [QuestionPlace]) -> SQL {
        var sql = scope.clause
        sql.append(", place (project, scan, position) AS (VALUES ")
        for (number, place) in places.enumerated() {
            if number > 0 { sql.append(", ") }
            sql.append("(\(place.key.project), \(place.scan), \(place.position))")
        }
        sql.append(")")
        return sql
    }

    /// The query for the shown facts of the positions.
    func factsQuery(of places: [QuestionPlace]) -> SQL {
        """
        \(with(places))
        SELECT s.project, l.key_id, s.product_name, s.project_name, s.project_token, \(Self.name), l.version, l.purl,
            o.direct, o.depth,
            (SELECT max(w.at) FROM library k CROSS JOIN inventory_event w
                WHERE k.organization = l.organization AND k.uuid = l.uuid AND w.library = k.id
                    AND w.project = s.project AND w.change = 'ADDED'),
            \(fix)
        FROM place q CROSS JOIN scope s CROSS JOIN occurrence o CROSS JOIN library l
        WHERE s.project = q.project AND o.scan = q.scan AND o.position = q.position AND l.id = o.library
        """
    }

    /// The smallest version without the vulnerabilities of the question, or in other questions without any known one; else
    /// the document's recommendation.
    private var fix: SQL {
        guard !vulnerabilities.isEmpty else {
            return """
                (SELECT f.upgrade FROM exposure e CROSS JOIN finding f
                    WHERE e.scan = o.scan AND e.position = o.position AND f.library = o.library
                        AND f.vulnerability = e.vulnerability AND f.upgrade IS NOT NULL
                    ORDER BY f.vulnerability LIMIT 1)
                """
        }
        return """
            (SELECT coalesce(f.top_fix, v.recommendation) FROM exposure e JOIN vulnerability v ON v.id = e.vulnerability
                LEFT JOIN finding f ON f.library = o.library AND f.vulnerability = e.vulnerability
                WHERE e.scan = o.scan AND e.position = o.position
                    AND e.vulnerability IN \(SQL.list(vulnerabilities.map(Value.integer)))
                    AND (f.top_fix IS NOT NULL OR v.recommendation <> '')
                ORDER BY CASE WHEN f.top_fix IS NULL THEN 1 ELSE 0 END, e.vulnerability LIMIT 1)
            """
    }

    // MARK: Decisions

    private func decisions(about places: [QuestionPlace]) throws -> [QuestionCursor.Key: String] {
        let rows = try connection.all(decisionQuery(about: places)) { row in
            (key: Self.key(row), word: row.stringOrNil(2), justification: row.stringOrNil(3))
        }
        var decisions: [QuestionCursor.Key: String] = [:]
        for (key, word, justification) in rows where decisions[key] == nil {
            guard let word else { continue }
            decisions[key] = justification.map { "\(word): \($0)" } ?? word
        }
        return decisions
    }

    /// The query for decisions of people or documents about the vulnerabilities of the positions.
    func decisionQuery(about places: [QuestionPlace]) -> SQL {
        """
        \(with(places))
        SELECT s.project, l.key_id, \(DecidedSQL.word), \(DecidedSQL.justification)
        FROM place q CROSS JOIN scope s CROSS JOIN exposure e CROSS JOIN occurrence o CROSS JOIN library l
            CROSS JOIN vulnerability v \(AlertSQL.ofExposure) \(DecidedSQL.claims)
        WHERE s.project = q.project AND e.scan = q.scan AND e.position = q.position
            AND e.vulnerability IN \(SQL.list(vulnerabilities.map(Value.integer)))
            AND o.scan = e.scan AND o.position = e.position AND l.id = o.library AND v.id = e.vulnerability
        ORDER BY s.project, l.key_id, e.vulnerability
        """
    }
}

/// The decision about an `exposure e` of a `vulnerability v`, with its `alert a` and its statement `x` where they exist.
private enum DecidedSQL {
    /// The claim of the project's own document about the library (`k`) or about the whole product (`p`).
    static let claims: StaticSQL = """
        LEFT JOIN library_claim k ON x.id IS NULL AND k.scan = e.scan AND k.occurrence = e.position
            AND k.vulnerability = v.name AND k.state = e.state
        LEFT JOIN library_claim p ON x.id IS NULL AND k.scan IS NULL AND p.scan = e.scan AND p.occurrence = 0
            AND p.vulnerability = v.name AND p.state = e.state
        """

    private static let isByPerson: StaticSQL = "a.state = 'IGNORED' AND a.ignored_by <> 0"
    /// Whether a person keeps the alert open against documents.
    private static let isReopened: StaticSQL = "a.decision = 'OPEN'"

    /// The reason that a person gave (`will_not_fix` for none), else the state that a document gives.
    static let word: StaticSQL = """
        CASE WHEN \(isByPerson) THEN coalesce(nullif(a.reason, ''), 'will_not_fix')
            WHEN \(isReopened) THEN NULL ELSE nullif(e.state, '') END
        """

    static let justification: StaticSQL = """
        CASE WHEN \(isByPerson) THEN nullif(a.justification, '') WHEN \(isReopened) THEN NULL
            ELSE nullif(coalesce(x.justification, k.justification, p.justification), '') END
        """
}
