// DESIGN. A shown scan is not written again when more becomes known about a digest. Instead, its components move from one
// occurrence to another. Each component keeps its own description in `component.library`, from which the next move starts. So
// a name that turns out to be wrong is removed in the same way.

/// The libraries of a shown scan for which the document has only a digest.
package struct UnnamedLibraries {
    private let project: ProjectView
    private let time: Int64
    private let connection: any Connection
    /// The number of components that moved or changed.
    package private(set) var changes = 0

    package init(of project: ProjectView, at time: Int64, on connection: any Connection) {
        self.project = project
        self.time = time
        self.connection = connection
    }

    private var scan: Int64 { project.scan }

    /// The rows of `library` that describe them in a scan, in order.
    package static func rows(in scan: Int64, on connection: any Connection) throws -> [Int64] {
        try connection.all(
            """
            SELECT o.library FROM occurrence o JOIN library l ON l.id = o.library WHERE o.scan = \(scan) AND l.naming = 1
            UNION SELECT c.library FROM component c JOIN library l ON l.id = c.library
            WHERE c.scan = \(scan) AND c.library <> 0 AND l.naming = 1
            ORDER BY 1
            """
        ) { $0.integer(0) }
    }

    private struct Shown {
        let library: Int64
        let uuid: String
        let naming: DigestNames.Naming
    }

    /// Shows each of some rows as another row, or as itself.
    package mutating func show(_ rows: [(own: Int64, shown: Int64)]) throws {
        let wanted = Set(rows.map(\.shown))
        for row in rows {
            let components = try components(of: row.own)
            guard let uuid = try connection.first("SELECT uuid FROM library WHERE id = \(row.shown)", { $0.string(0) })
            else { continue }
            for (occurrence, positions) in components.sorted(by: { $0.key < $1.key }) {
                guard let shown = try shown(at: occurrence) else { continue }
                if shown.uuid != uuid {
                    try move(positions, of: row.own, from: occurrence, shown, to: row.shown, uuid)
                } else if shown.naming == .byDigest, shown.library != row.shown, !wanted.contains(shown.library) {
                    try connection.run(
                        "UPDATE occurrence SET library = \(row.shown) WHERE scan = \(scan) AND position = \(occurrence)"
                    )
                    changes += 1
                }
            }
        }
    }

    /// Ends the work in a transaction: the scan counts its libraries, and reports change.
    package func finish() throws {
        guard changes > 0 else { return }
        try connection.run(
            """
            UPDATE scan SET libraries = (SELECT count(*) FROM occurrence o WHERE o.scan = \(scan)) WHERE id = \(scan)
            """)
        try Revisions.raise(
            Scope(
                kind: .project, organization: project.organization, product: project.product, project: project.project),
            contentAt: time, on: connection)
        try StaleProject.mark(project: project.project, on: connection)
    }

    /// The positions of components with their own description, by their occurrence.
    private func components(of own: Int64) throws -> [Int64: [Int64]] {
        var found: [Int64: [Int64]] = [:]
        try connection.each(
            """
            SELECT c.position, c.occurrence FROM component c
            WHERE c.library <> 0 AND c.library = \(own) AND c.scan = \(scan)
            UNION ALL SELECT c.position, c.occurrence FROM occurrence o
            JOIN component c ON c.scan = o.scan AND c.occurrence = o.position AND c.library = 0
            WHERE o.scan = \(scan) AND o.library = \(own)
            ORDER BY 1
            """
        ) { found[$0.integer(1), default: []].append($0.integer(0)) }
        return found
    }

    private func shown(at occurrence: Int64) throws -> Shown? {
        try connection.first(
            """
            SELECT l.id, l.uuid, l.naming FROM occurrence o JOIN library l ON l.id = o.library
            WHERE o.scan = \(scan) AND o.position = \(occurrence)
            """
        ) {
            Shown(
                library: $0.integer(0), uuid: $0.string(1),
                naming: DigestNames.Naming(rawValue: $0.integer(2)) ?? .named)
        }
    }

    // MARK: Moving

    /// - Parameters:
    ///   - own: the row that describes the components.
    ///   - shown: the library that their occurrence has shown so far.
    ///   - library: the row of the library that they are, with its uuid.
    private mutating func move(
        _ positions: [Int64], of own: Int64, from occurrence: Int64, _ shown: Shown, to library: Int64, _ uuid: String
    ) throws {
        changes += positions.count
        let here: SQL = "scan = \(scan) AND position = \(occurrence)"
        let all = try connection.integer("SELECT count FROM occurrence WHERE \(here)") ?? 0
        let isAlone = all <= Int64(positions.count)
        let target = try connection.first(
            """
            SELECT o.position, o.library FROM library l JOIN occurrence o ON o.library = l.id AND o.scan = \(scan)
            WHERE l.organization = \(project.organization) AND l.uuid = \(uuid)
            """
        ) { (position: $0.integer(0), library: $0.integer(1)) }
        if target == nil { try write("ADDED", library) }
        if isAlone { try write("REMOVED", shown.library) }
        if let target {
            try place(positions, own: own, at: target.position, showing: target.library)
            try add(positions.count, componentsOf: occurrence, to: target.position)
            if isAlone {
                try delete(occurrence, leavingClaimsTo: target.position)
            } else {
                try connection.run("UPDATE occurrence SET count = count - \(positions.count) WHERE \(here)")
            }
        } else if isAlone {
            try connection.run("UPDATE occurrence SET library = \(library) WHERE \(here)")
            try place(positions, own: own, at: occurrence, showing: library)
        } else {
            let last = try connection.integer("SELECT max(position) FROM occurrence WHERE scan = \(scan)") ?? 0
            try connection.run(
                """
                INSERT INTO occurrence (scan, position, library, direct, depth, count)
                SELECT scan, \(last + 1), \(library), direct, depth, \(positions.count) FROM occurrence WHERE \(here)
                """)
            try connection.run("UPDATE occurrence SET count = count - \(positions.count) WHERE \(here)")
            try place(positions, own: own, at: last + 1, showing: library)
        }
    }

    private func place(_ positions: [Int64], own: Int64, at occurrence: Int64, showing library: Int64) throws {
        try SQL.inSlices(positions, as: Value.integer) { list in
            try connection.run(
                """
                UPDATE component SET occurrence = \(occurrence), library = \(own == library ? 0 : own)
                WHERE scan = \(scan) AND position IN \(list)
                """)
        }
    }

    /// Counts components of one occurrence in another, whose distance to the root then becomes the smaller of both.
    private func add(_ components: Int, componentsOf occurrence: Int64, to target: Int64) throws {
        let place = try connection.first(
            "SELECT direct, depth FROM occurrence WHERE scan = \(scan) AND position = \(occurrence)"
        ) {
            (direct: $0.integer(0), depth: $0.integer(1))
        }
        guard let place else { return }
        try connection.run(
            """
            UPDATE occurrence SET count = count + \(components),
                direct = CASE WHEN direct < \(place.direct) THEN \(place.direct) ELSE direct END,
                depth = CASE WHEN depth < 0 OR \(place.depth) BETWEEN 0 AND depth - 1 THEN \(place.depth) ELSE depth END
            WHERE scan = \(scan) AND position = \(target)
            """)
    }

    /// Deletes an occurrence without components. Claims about it become claims about `target`, which also keeps its own.
    private func delete(_ occurrence: Int64, leavingClaimsTo target: Int64) throws {
        try connection.run(
            """
            INSERT INTO library_claim (scan, occurrence, vulnerability, state, justification, detail, claim)
            SELECT scan, \(target), vulnerability, state, justification, detail, claim FROM library_claim
            WHERE scan = \(scan) AND occurrence = \(occurrence)
            ON CONFLICT (scan, occurrence, vulnerability) DO NOTHING
            """)
        try connection.run("DELETE FROM library_claim WHERE scan = \(scan) AND occurrence = \(occurrence)")
        try connection.run("DELETE FROM occurrence WHERE scan = \(scan) AND position = \(occurrence)")
    }

    private func write(_ change: String, _ library: Int64) throws {
        let id = try connection.take(1, from: "inventory_event")
        try connection.run(
            """
            INSERT INTO inventory_event (id, organization, project, scan, at, change, library)
            VALUES (\(id), \(project.organization), \(project.project), \(scan), \(time), \(change), \(library))
            """)
    }
}
