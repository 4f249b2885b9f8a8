package import Inventory

// DESIGN. The facts that decide alerts, read from the scan that a project shows. Only facts that may raise an alert are read;
// the pass over all libraries goes page by page.

/// A library of a project in the form that decisions use.
package struct LibrarySight: Sendable {
    /// The position of the occurrence.
    package let position: Int64
    package let directness: Directness
    package let library: Int64
    package let uuid: String
    /// A number for the same library, for large sets.
    package let key: Int64
    package let group: String
    package let artifact: String
    package let version: String
    package let filename: String
    /// The names of the licences in the expression in effect.
    package let licenses: [String]
    /// The expression in effect, or empty.
    package let expression: String
    package let isInHouse: Bool
    package let releaseDate: String
    /// The ecosystems in which its advisories are searched.
    package let lookup: Lookup
    /// The request for the library in this project; nil without one.
    package let request: LibraryRequest?
}

/// The request to use a library in a project, with its answer.
package struct LibraryRequest: Sendable, Equatable {
    package enum Status: String, Sendable {
        case pending = "PENDING"
        case approved = "APPROVED"
        case rejected = "REJECTED"
    }

    package let number: Int64
    package var status: Status
    /// The policy that answered; 0 for a person's answer, and for an open request.
    package var policy: Int64

    package init(number: Int64, status: Status, policy: Int64) {
        self.number = number
        self.status = status
        self.policy = policy
    }

    /// The times when the libraries of a project first appeared in it, by their uuids, in milliseconds since 1970.
    package static func times(project: Int64, on connection: any Connection) throws -> [String: Int64] {
        var found: [String: Int64] = [:]
        try connection.each("SELECT library_uuid, created_at FROM library_request WHERE project = \(project)") { row in
            found[row.string(0)] = row.integer(1)
        }
        return found
    }
}

extension ProjectView {
    /// Some libraries of the project after `last`, in the order of their positions.
    package func libraries(after last: Int64, limit: Int, on connection: any Connection) throws -> [LibrarySight] {
        try connection.all(
            """
            SELECT o.position, o.direct, l.id, l.uuid, l.key_id, l.group_id, l.artifact, l.version, l.filename,
                l.licenses, l.in_house, l.release_date, l.lookup, r.number, r.status, r.policy, l.license_expression
            FROM occurrence o JOIN library l ON l.id = o.library
                LEFT JOIN library_request r ON r.project = \(project) AND r.library_uuid = l.uuid
            WHERE o.scan = \(scan) AND o.position > \(last) ORDER BY o.position LIMIT \(limit)
            """
        ) { row in
            let request = LibraryRequest.Status(rawValue: row.string(14)).map {
                LibraryRequest(number: row.integer(13), status: $0, policy: row.integer(15))
            }
            return LibrarySight(
                position: row.integer(0), directness: Directness(cell: 1, of: row), library: row.integer(2),
                uuid: row.string(3),
                key: row.integer(4), group: row.string(5), artifact: row.string(6), version: row.string(7),
                filename: row.string(8), licenses: row.string(9).split(separator: "\n").map(String.init),
                expression: row.string(16),
                isInHouse: row.boolean(10), releaseDate: row.string(11),
                lookup: Lookup(text: row.string(12)), request: request)
        }
    }

    /// The names of some libraries of a scan in the form that policy patterns match, in the order of their positions.
    package static func names(
        inScan scan: Int64, after last: Int64, limit: Int, on connection: any Connection
    ) throws -> [(position: Int64, names: [String])] {
        try connection.all(
            """
            SELECT o.position, l.group_id, l.artifact, l.version, l.filename
            FROM occurrence o JOIN library l ON l.id = o.library
            WHERE o.scan = \(scan) AND o.position > \(last) ORDER BY o.position LIMIT \(limit)
            """
        ) { row in
            var subject = PolicySubject()
            subject.group = row.string(1)
            subject.artifact = row.string(2)
            subject.version = row.string(3)
            subject.filename = row.string(4)
            return (row.integer(0), subject.names)
        }
    }

    /// A library as the cause of an alert.
    package struct Subject: Sendable {
        package let position: Int64
        package let directness: Directness
        package let library: Int64
        package let uuid: String

        package init(position: Int64, directness: Directness, library: Int64, uuid: String) {
            self.position = position
            self.directness = directness
            self.library = library
            self.uuid = uuid
        }

        fileprivate init(row: borrowing RowBuffer) {
            position = row.integer(0)
            directness = Directness(cell: 1, of: row)
            library = row.integer(2)
            uuid = row.string(3)
        }
    }

    /// The statement of a document about a vulnerability of one of its libraries.
    package struct Statement: Sendable, Equatable {
        /// CycloneDX `analysis.state`, or empty.
        package let state: String
        package let justification: String
        package let detail: String
        /// The statement of a VEX document that is the source; nil if the project's own document is.
        package let source: SaidStatement?

        package init(state: String, justification: String, detail: String, source: SaidStatement? = nil) {
            self.state = state
            self.justification = justification
            self.detail = detail
            self.source = source
        }

        package init(_ said: SaidStatement) {
            self.init(state: said.state, justification: said.justification, detail: said.impact, source: said)
        }
    }

    /// A vulnerability as the cause of an alert.
    package struct Danger: Sendable {
        package let vulnerability: Int64
        package let name: String
        /// The severity in capitals, or empty.
        package let severity: String
        package let edition: Int64

        fileprivate init(row: borrowing RowBuffer, at cell: Int) {
            vulnerability = row.integer(cell)
            name = row.string(cell + 1)
            severity = row.string(cell + 2).uppercased()
            edition = row.integer(cell + 3)
        }
    }

    /// Calls `body` with the findings of advisories in each library that is not in-house, in the order of position and
    /// vulnerability.
    package func eachFinding(on connection: any Connection, _ body: (Subject, Danger) -> Void) throws {
        try connection.each(
            """
            SELECT o.position, o.direct, l.id, l.uuid, v.id, v.name, v.severity, v.edition
            FROM occurrence o JOIN library l ON l.id = o.library JOIN finding f ON f.library = l.id
                JOIN vulnerability v ON v.id = f.vulnerability
            WHERE o.scan = \(scan) AND l.in_house = 0 ORDER BY o.position, f.vulnerability
            """
        ) { row in body(Subject(row: row), Danger(row: row, at: 4)) }
    }

    /// The libraries of these occurrences that are not in-house.
    package func subjects(at positions: Set<Int64>, on connection: any Connection) throws -> [Int64: Subject] {
        var found: [Int64: Subject] = [:]
        try SQL.inSlices(positions.sorted(), as: Value.integer) { list in
            try connection.each(
                """
                SELECT o.position, o.direct, l.id, l.uuid FROM occurrence o JOIN library l ON l.id = o.library
                WHERE o.scan = \(scan) AND l.in_house = 0 AND o.position IN \(list)
                """
            ) { found[$0.integer(0)] = Subject(row: $0) }
        }
        return found
    }

    /// The occurrence of the described component, if that is among the libraries.
    package func productPlace(on connection: any Connection) throws -> Int64? {
        try connection.integer(
            """
            SELECT o.position FROM component c JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
            WHERE c.scan = \(scan) AND c.position = 0
            """)
    }

    package static func dangers(
        _ vulnerabilities: Set<Int64>, on connection: any Connection
    ) throws -> [Int64: Danger] {
        var found: [Int64: Danger] = [:]
        try SQL.inSlices(vulnerabilities.sorted(), as: Value.integer) { list in
            try connection.each("SELECT id, name, severity, edition FROM vulnerability WHERE id IN \(list)") {
                found[$0.integer(0)] = Danger(row: $0, at: 0)
            }
        }
        return found
    }

    /// The other names of vulnerabilities.
    package static func aliases(
        of vulnerabilities: Set<Int64>, on connection: any Connection
    ) throws -> [Int64: [String]] {
        var found: [Int64: [String]] = [:]
        try SQL.inSlices(vulnerabilities.sorted(), as: Value.integer) { list in
            try connection.each("SELECT id, aliases FROM vulnerability WHERE id IN \(list) AND aliases <> ''") {
                found[$0.integer(0)] = $0.string(1).split(separator: "\n").map(String.init)
            }
        }
        return found
    }

    /// Calls `body` with each library that the project has in several versions. Type, group and name of the library come
    /// as one text, group by group.
    package func eachOfSeveralVersions(
        on connection: any Connection, _ body: (Subject, _ name: String, _ version: String, _ key: String) -> Void
    ) throws {
        // Go modules are shown in their own spelling, and compared regardless of case.
        func name(_ column: SQL) -> SQL {
            "CASE WHEN l.purl LIKE 'pkg:golang/%' THEN lower(l.\(column)) ELSE l.\(column) END"
        }
        // The query sorts the scan once, whatever size the database assumes for it.
        try connection.each(
            """
            SELECT g.position, g.direct, g.id, g.uuid, g.artifact, g.version, g.type_constant, g.group_name, g.name
            FROM (SELECT k.*, min(k.version) OVER same AS lowest, max(k.version) OVER same AS highest
                FROM (SELECT o.position, o.direct, l.id, l.uuid, l.artifact, l.version, l.type_constant,
                        \(name("group_id")) AS group_name, \(name("artifact")) AS name
                    FROM occurrence o JOIN library l ON l.id = o.library
                    WHERE o.scan = \(scan) AND l.in_house = 0) k
                WINDOW same AS (PARTITION BY k.type_constant, k.group_name, k.name)) g
            WHERE g.lowest <> g.highest
            ORDER BY g.type_constant, g.group_name, g.name, g.position
            """
        ) { row in
            body(
                Subject(row: row), row.string(4), row.string(5), "\(row.string(6))\n\(row.string(7))\n\(row.string(8))")
        }
    }

    /// Calls `body` with each open bug whose severity counts as high.
    package func eachSevereBug(
        on connection: any Connection, _ body: (Subject, _ bug: String, _ title: String) -> Void
    ) throws {
        let one = try connection.integer("SELECT 1 FROM library_bug WHERE organization = \(organization) LIMIT 1")
        guard one != nil else { return }
        try connection.each(
            """
            SELECT o.position, o.direct, l.id, l.uuid, b.bug, b.title
            FROM occurrence o JOIN library l ON l.id = o.library
                JOIN library_bug b ON b.organization = \(organization) AND b.library_uuid = l.uuid
            WHERE o.scan = \(scan) AND l.in_house = 0 AND upper(b.severity) IN ('HIGH', 'CRITICAL', 'BLOCKER')
                AND upper(b.status) NOT IN ('CLOSED', 'RESOLVED', 'FIXED', 'DONE')
            ORDER BY o.position, b.bug
            """
        ) { body(Subject(row: $0), $0.string(4), $0.string(5)) }
    }

    /// Calls `body` with each library that has a known newer version.
    package func eachOutdated(on connection: any Connection, _ body: (Subject, NewerVersions) -> Void) throws {
        try connection.each(
            """
            SELECT o.position, o.direct, l.id, l.uuid, \(Releases.columns)
            FROM occurrence o JOIN library l ON l.id = o.library JOIN newer_version n ON n.library = o.library
            WHERE o.scan = \(scan) AND l.in_house = 0 ORDER BY o.position
            """
        ) { body(Subject(row: $0), Releases.versions(in: $0, at: 4)) }
    }

    /// The vulnerabilities of a scan's libraries, by the positions of the occurrences.
    package static func vulnerabilities(
        at positions: [Int64], in scan: Int64, on connection: any Connection
    ) throws -> [Int64: [PolicyVulnerability]] {
        var found: [Int64: [PolicyVulnerability]] = [:]
        try SQL.inSlices(positions, as: Value.integer) { list in
            try connection.each(
                """
                SELECT e.position, \(PolicyVulnerability.columns) FROM exposure e
                JOIN vulnerability v ON v.id = e.vulnerability
                WHERE e.scan = \(scan) AND e.position IN \(list)
                """
            ) { row in
                found[row.integer(0), default: []].append(PolicyVulnerability(row: row, from: 1))
            }
        }
        return found
    }

    /// The licences that bind libraries after every choice, by the library's row.
    package static func licenses(
        ofLibraries ids: [Int64], on connection: any Connection
    ) throws -> [Int64: [PolicyLicense]] {
        var known: [Int64: PolicyLicense] = [:]
        var found: [Int64: [PolicyLicense]] = [:]
        try SQL.inSlices(ids, as: Value.integer) { list in
            try connection.each(
                """
                SELECT x.library, n.id, n.spdx, n.name FROM library_license x JOIN license n ON n.id = x.license
                WHERE x.library IN \(list) AND x.chosen = 1
                """
            ) { row in
                let license = known[row.integer(1)] ?? PolicyLicense(spdx: row.string(2), name: row.string(3))
                known[row.integer(1)] = license
                found[row.integer(0), default: []].append(license)
            }
        }
        return found
    }

    // MARK: Why a cause is gone

    /// Those of these libraries that the project still has, and whether they are in-house.
    package func present(_ uuids: [String], on connection: any Connection) throws -> [String: Bool] {
        var found: [String: Bool] = [:]
        try SQL.inSlices(uuids, as: Value.text) { list in
            try connection.each(
                """
                SELECT l.uuid, max(l.in_house) FROM library l JOIN occurrence o ON o.library = l.id
                WHERE l.organization = \(organization) AND l.uuid IN \(list) AND o.scan = \(scan) GROUP BY l.uuid
                """
            ) { found[$0.string(0)] = $0.boolean(1) }
        }
        return found
    }

    /// Those of these rows of which the project has another version.
    package func upgraded(_ libraries: [Int64], on connection: any Connection) throws -> Set<Int64> {
        var wanted: [String: [(id: Int64, version: String)]] = [:]
        func name(_ row: borrowing RowBuffer) -> String { "\(row.string(0))\n\(row.string(1))\n\(row.string(2))" }
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.each(
                "SELECT type_constant, group_id, artifact, version, id FROM library WHERE id IN \(list)"
            ) { wanted[name($0), default: []].append(($0.integer(4), $0.string(3))) }
        }
        var found: Set<Int64> = []
        guard !wanted.isEmpty else { return found }
        try connection.each(
            """
            SELECT l.type_constant, l.group_id, l.artifact, l.version FROM occurrence o JOIN library l ON l.id = o.library
            WHERE o.scan = \(scan)
            """
        ) { row in
            let version = row.string(3)
            for old in wanted[name(row)] ?? [] where old.version != version { found.insert(old.id) }
        }
        return found
    }

    /// Those of these vulnerabilities whose advisories were all withdrawn.
    package static func withdrawn(_ vulnerabilities: [Int64], on connection: any Connection) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            try connection.each(
                """
                SELECT x.vulnerability FROM vulnerability_advisory x JOIN advisory a ON a.id = x.advisory
                WHERE x.vulnerability IN \(list) GROUP BY x.vulnerability
                HAVING min(CASE WHEN a.withdrawn IS NULL THEN 0 ELSE 1 END) = 1
                """
            ) { found.insert($0.integer(0)) }
        }
        return found
    }
}
