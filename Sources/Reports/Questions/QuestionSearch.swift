import Database

// DESIGN. The first of two steps finds the keys of a page, in order. The facts to show are read afterwards, and only for
// the page. A search that starts from projects reads slices of projects, of growing size, and ends at a limit of work. The
// page then has a cursor to continue.

/// A library of a project that belongs to an answer.
struct QuestionPlace: Sendable, Equatable {
    let key: QuestionCursor.Key
    let scan: Int64
    /// The position of the occurrence.
    let position: Int64
}

/// Finds the occurrences that a question is about, in the projects of a scope.
struct QuestionSearch {
    /// The most matches that are read and sorted.
    private static let fewMatches = 500
    /// The number of projects in the first slice, and in the largest.
    private static let slices = (first: 64, largest: 2048)
    /// The limit of work for one page, counted in libraries read and index searches.
    private static let budget = 400_000

    let scope: Scope
    let filters: Question.Filters
    /// A condition on `scope s`, beginning with AND, or empty.
    let places: SQL
    let connection: any Connection

    /// The result of one source.
    private struct Found {
        var places: [QuestionPlace] = []
        /// The last position that the search covered, if it did not reach the end.
        var end: QuestionCursor.Key?
    }

    /// The positions of a page, and the key after which the next page begins, if there is a next page.
    func page(
        of sources: [QuestionSource], behind start: QuestionCursor.Key?, limit: Int
    ) throws -> (places: [QuestionPlace], end: QuestionCursor.Key?) {
        var places: [QuestionPlace] = []
        var end: QuestionCursor.Key?
        for source in sources {
            let found =
                try isFew(source)
                ? fromMatches(source, behind: start) : fromProjects(source, behind: start, limit: limit)
            places += found.places
            if let reached = found.end { end = min(end ?? reached, reached) }
        }
        places.sort { $0.key < $1.key }
        // Where one source ended early, the others are cut at the same position; otherwise a page would skip the items
        // between.
        if let end { places.removeAll { $0.key > end } }
        var page: [QuestionPlace] = []
        for place in places where place.key != page.last?.key {
            guard page.count < limit else { return (page, page.last?.key) }
            page.append(place)
        }
        return (page, end)
    }

    private func isFew(_ source: QuestionSource) throws -> Bool {
        guard let side = source.matches else { return false }
        let count = try connection.integer(
            """
            SELECT count(*) FROM (SELECT 1 FROM \(side.tables) WHERE \(side.condition) LIMIT \(Self.fewMatches + 1)) q
            """)
        return count ?? 0 <= Self.fewMatches
    }

    // MARK: From the matches

    /// All positions after the start; there are few.
    private func fromMatches(_ source: QuestionSource, behind start: QuestionCursor.Key?) throws -> Found {
        guard let query = matchQuery(source, behind: start) else { return Found() }
        return Found(places: try connection.all(query, place))
    }

    /// The query of a source's matches in the scope.
    func matchQuery(_ source: QuestionSource, behind start: QuestionCursor.Key?) -> SQL? {
        guard let side = source.matches else { return nil }
        return """
            \(scope.clause)
            SELECT s.project, l.key_id, o.scan, o.position
            FROM \(side.tables) CROSS JOIN scan z CROSS JOIN scope s CROSS JOIN library l
            WHERE \(side.condition) AND z.id = o.scan AND s.project = z.project AND s.scan = z.id AND l.id = o.library
            \(side.fits)\(places)\(source.condition(of: filters))\(behind(start)) ORDER BY s.project, l.key_id
            """
    }

    // MARK: From the projects

    private func fromProjects(
        _ source: QuestionSource, behind start: QuestionCursor.Key?, limit: Int
    ) throws -> Found {
        var found = Found()
        var cost = 0
        var width = Self.slices.first
        var first = start?.project ?? 0
        while true {
            let slice = try slice(from: first, width: width, source, budget: Self.budget - cost)
            guard let last = slice.last else { return found }
            let wanted = limit + 1 - found.places.count
            let places = try connection.all(
                projectQuery(source, in: first...last, behind: start, limit: wanted), place)
            found.places += places
            if places.count == wanted {
                found.end = places.last?.key
                return found
            }
            guard !slice.isEnd else { return found }
            cost += slice.cost
            // A later page continues after the last project that was read.
            guard cost < Self.budget, last < .max else {
                found.end = QuestionCursor.Key(project: last, library: .max)
                return found
            }
            first = last + 1
            width = min(width * 4, Self.slices.largest)
        }
    }

    /// The next projects, as many as the budget allows and at least one: the last of them, and their cost.
    private func slice(
        from first: Int64, width: Int, _ source: QuestionSource, budget: Int
    ) throws -> (last: Int64?, cost: Int, isEnd: Bool) {
        let projects = try connection.all(
            """
            \(scope.clause)
            SELECT s.project, coalesce(z.libraries, 0) FROM scope s LEFT JOIN scan z ON z.id = s.scan
            WHERE s.project >= \(first) \(places) ORDER BY s.project LIMIT \(width)
            """
        ) { (id: $0.integer(0), libraries: $0.integer(1)) }
        var last: Int64?
        var cost = 0
        for project in projects {
            if last != nil, cost >= budget { return (last, cost, false) }
            last = project.id
            // Each project costs one look-up, even if it has few libraries.
            cost += source.isProbed ? 1 : 1 + source.weight * Int(clamping: project.libraries)
        }
        return (last, cost, projects.count < width)
    }

    /// The query of the places in some projects.
    func projectQuery(
        _ source: QuestionSource, in projects: ClosedRange<Int64>, behind start: QuestionCursor.Key?, limit: Int
    ) -> SQL {
        """
        \(scope.clause)
        SELECT \(source.repeats ? "DISTINCT " as SQL : "")s.project, l.key_id, o.scan, o.position
        FROM scope s CROSS JOIN \(source.projects.tables) CROSS JOIN library l
        WHERE s.project >= \(projects.lowerBound) AND s.project <= \(projects.upperBound)
            AND \(source.projects.condition) AND l.id = o.library
        \(source.projects.fits)\(places)\(source.condition(of: filters))\(behind(start)) ORDER BY s.project, l.key_id LIMIT \(limit)
        """
    }

    private func behind(_ start: QuestionCursor.Key?) -> SQL {
        guard let start else { return "" }
        return " AND s.project >= \(start.project) AND (s.project > \(start.project) OR l.key_id > \(start.library))"
    }

    private func place(_ row: borrowing RowBuffer) -> QuestionPlace {
        QuestionPlace(
            key: QuestionCursor.Key(project: row.integer(0), library: row.integer(1)), scan: row.integer(2),
            position: row.integer(3))
    }
}
