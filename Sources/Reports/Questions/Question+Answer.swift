package import Database
import Inventory

extension Question {
    /// The most libraries of one name whose versions are compared.
    private static let nameLimit = 20_000
    /// The most vulnerabilities or licences that one name may mean.
    private static let meaningLimit = 200

    /// Prepares a question outside of its snapshot: adds the digests that were stored since the last question to their index.
    /// Other questions need no such work.
    package func prepare(in scope: Scope, of database: any Database) throws {
        guard case .digest = subject else { return }
        try DigestNames.catchUp(organization: scope.organization, in: database)
    }

    /// A page of the answer, from the projects of the scope.
    ///
    /// The connection must be a snapshot, so that the page shows one moment. The work is bounded for every question. Errors are
    /// `QuestionError` (an invalid filter or cursor) and `DatabaseError`.
    package func answer(in scope: Scope, on connection: any Connection) throws -> Answer {
        guard Self.limits.contains(limit) else {
            throw QuestionError.badValue(
                String(limit), of: "limit",
                accepted: "a number from \(Self.limits.lowerBound) to \(Self.limits.upperBound)")
        }
        let start = try cursor.map { try QuestionCursor($0, of: self).key }
        let search = QuestionSearch(
            scope: scope, filters: filters, places: try filters.places(in: scope, on: connection),
            connection: connection)
        let sources = try sources(of: scope.organization, on: connection)
        let page = try search.page(of: sources, behind: start, limit: limit)
        let items = try QuestionItems(
            scope: scope, vulnerabilities: sources.flatMap(\.vulnerabilities), connection: connection
        )
        .items(at: page.places)
        return Answer(items: items, next: page.end.map { QuestionCursor($0).text(of: self) })
    }

    /// The sources of the libraries that the question is about; empty if nothing has the name.
    func sources(of organization: Int64, on connection: any Connection) throws -> [QuestionSource] {
        switch subject {
        case .vulnerability(let names):
            let ids = try Self.vulnerabilities(named: names, of: organization, on: connection)
            return ids.isEmpty ? [] : [.vulnerabilities(ids)]
        case .package(let purl, let range, let spelled):
            let uuids = try Self.libraries(purl, in: range, spelled: spelled, of: organization, on: connection)
            let list = SQL.list(uuids.map(Value.text))
            return uuids.isEmpty ? [] : [.libraries("k.uuid IN \(list)", of: organization, count: uuids.count)]
        case .library(let parts, let version):
            return try named(parts, version, of: organization, on: connection)
        case .license(let names):
            let list = SQL.list(names.map(Value.text))
            let ids = try connection.all(
                """
                SELECT n.id FROM license n WHERE n.organization = \(organization)
                    AND (lower(n.spdx) IN \(list) OR lower(n.name) IN \(list) OR lower(n.base) IN \(list))
                ORDER BY n.id LIMIT \(Self.meaningLimit)
                """
            ) { $0.integer(0) }
            guard !ids.isEmpty else { return [] }
            let count = try connection.integer(
                """
                SELECT count(*) FROM (SELECT 1 FROM library_license x WHERE x.license IN \(SQL.list(ids.map(Value.integer)))
                    LIMIT \(QuestionSource.fewLibraries + 1)) q
                """)
            return [.licenses(ids, count: Int(count ?? 0))]
        case .digest(let digest):
            // Digests other than SHA-1 are stored only in the facts of libraries.
            guard digest.utf8.count == 40 else { return [.facts(containing: digest)] }
            let named = try Self.libraries(sha1: digest, of: organization, on: connection)
            return [
                .libraries(named, of: organization, count: 1), .descriptions(named, of: organization),
                .files(sha1: digest),
            ]
        case .path(let path): return [.locations(path), .files(at: path)]
        }
    }

    // MARK: Vulnerabilities

    /// The vulnerabilities with one of these names, among those of advisories and of the organization's documents.
    private static func vulnerabilities(
        named names: [String], of organization: Int64, on connection: any Connection
    ) throws -> [Int64] {
        let list = SQL.list(names.map(Value.text))
        return try connection.all(
            """
            SELECT v.id FROM vulnerability v WHERE v.organization IN (0, \(organization)) AND v.name IN \(list)
            UNION SELECT x.vulnerability FROM advisory_name n JOIN vulnerability_advisory x ON x.advisory = n.advisory
                WHERE n.name IN \(list)
            UNION SELECT n.vulnerability FROM vulnerability_name n
                WHERE n.name IN \(list) AND n.organization = \(organization)
            ORDER BY 1 LIMIT \(meaningLimit)
            """
        ) { $0.integer(0) }
    }

    // MARK: Packages

    /// The uuids of the libraries that match a package URL, or a package URL in a range of versions.
    private static func libraries(
        _ purl: PackageURL, in range: VersRange?, spelled: String, of organization: Int64,
        on connection: any Connection
    ) throws -> [String] {
        let identity = LibraryIdentity(
            purl: purl, group: "", name: "", version: "", fileName: "", digests: [])
        let base = identity.base.isEmpty ? identity.uuid : identity.baseUUID
        let candidates: SQL
        if purl.version.isEmpty {
            let names = Set([
                LibraryCoordinates(purl).artifactId,
                LibraryCoordinates(purl.spelled(as: spelled, group: "", name: "")).artifactId,
            ])
            candidates = "k.artifact IN \(SQL.list(names.sorted().map(Value.text)))"
        } else {
            // Documents may name a package with or without qualifiers, and some qualifiers give it another identity.
            candidates = """
                k.uuid IN (SELECT \(base) UNION ALL SELECT i.uuid FROM library_identity i
                    WHERE i.organization = \(organization) AND i.base = \(base) AND i.base <> '')
                """
        }
        var uuids: Set<String> = []
        var count = 0
        try connection.each(
            """
            SELECT k.uuid, k.purl, k.version FROM library k WHERE k.organization = \(organization) AND \(candidates)
            LIMIT \(nameLimit + 1)
            """
        ) { row in
            count += 1
            guard let found = PackageURL(row.string(1)), purl.means(found) else { return }
            if let range, !range.contains(found.version.isEmpty ? row.string(2) : found.version) { return }
            uuids.insert(row.string(0))
        }
        guard count <= nameLimit else { throw QuestionError.tooWide(limit: nameLimit) }
        return uuids.sorted()
    }

    // MARK: Names

    /// The most names that are searched by their index.
    private static let manyNames = 2000

    private func named(
        _ parts: [String], _ version: String?, of organization: Int64, on connection: any Connection
    ) throws -> [QuestionSource] {
        let names = try LibraryNames.containing(
            parts, limit: Self.manyNames + 1, of: organization, on: connection)
        let named = Self.named(parts, version, names, of: organization)
        // The described component often has the name of its project, but does not count as a library of the project.
        let asked = SQLText.lowered(text)
        guard field == .words, names.allSatisfy({ SQLText.lowered($0) == asked }) else { return [named] }
        let projects = try projects(of: organization, on: connection)
        if projects.isEmpty { return [named] }
        return names.isEmpty ? [.all(ofProjects: projects)] : [named, .all(ofProjects: projects)]
    }

    /// The projects whose name equals the text.
    private func projects(of organization: Int64, on connection: any Connection) throws -> [Int64] {
        try connection.all(
            """
            SELECT p.id FROM project p WHERE p.organization = \(organization) AND lower(p.name) = \(SQLText.lowered(text))
            ORDER BY p.id LIMIT \(Self.meaningLimit)
            """
        ) { $0.integer(0) }
    }

    private static func named(
        _ parts: [String], _ version: String?, _ names: [String], of organization: Int64
    ) -> QuestionSource {
        var fits: SQL = ""
        for part in parts {
            fits.append(" AND \(LibraryNames.folded) LIKE \(SQLText.containing(part)) ESCAPE '!'")
        }
        if let version {
            fits.append(" AND lower(l.version) LIKE \(SQLText.escaped(version) + "%") ESCAPE '!'")
        }
        guard names.count <= manyNames else {
            // The query compares every library of a project.
            return QuestionSource(
                matches: nil, projects: .init(tables: "occurrence o", condition: "o.scan = s.scan", fits: fits),
                isProbed: false, repeats: false)
        }
        let artifacts = Set(names).sorted()
        return .libraries(
            "k.artifact IN \(SQL.list(artifacts.map(Value.text)))", of: organization, count: artifacts.count, fits: fits
        )
    }

    // MARK: Digests

    /// The condition on `library k` that its file has this SHA-1.
    private static func libraries(
        sha1: String, of organization: Int64, on connection: any Connection
    ) throws -> SQL {
        // Three kinds of libraries: those that documents name only by the digest, those that a list names for the
        // digest, and those that documents name together with it.
        var uuids: Set<String> = [LibraryIdentity(digest: sha1).uuid]
        let listed = try connection.first("SELECT purl FROM digest_name WHERE digest = \(sha1)") { $0.string(0) }
        if let purl = listed.flatMap({ PackageURL($0) }) {
            uuids.insert(
                LibraryIdentity(purl: purl, group: "", name: "", version: "", fileName: "", digests: []).uuid)
        }
        try connection.each(
            """
            SELECT DISTINCT l.uuid FROM named_digest d JOIN library l ON l.id = d.library
            WHERE d.organization = \(organization) AND d.sha1 = \(sha1) LIMIT \(nameLimit)
            """
        ) { uuids.insert($0.string(0)) }
        return "k.uuid IN \(SQL.list(uuids.sorted().map(Value.text))) AND k.sha1 = \(sha1)"
    }
}

extension PackageURL {
    /// Whether another package URL names the same package. If this package URL has a version, the other one must have the same
    /// or none. The other one must have all qualifiers of this one that distinguish packages (`LibraryIdentity`).
    fileprivate func means(_ other: PackageURL) -> Bool {
        guard type == other.type, namespace == other.namespace, name == other.name else { return false }
        guard version.isEmpty || other.version.isEmpty || version == other.version else { return false }
        let wanted = LibraryIdentity(purl: self, group: "", name: "", version: "", fileName: "", digests: [])
        return wanted.base.isEmpty || qualifiers.allSatisfy { other.qualifier($0.key) == $0.value }
    }
}

extension Question.Filters {
    /// The condition on `scope s` that products and projects have one of the names or tokens; empty where the question has
    /// none.
    ///
    /// A name that nothing in the scope has is refused: with a misspelled name the answer would otherwise look like
    /// "nothing found".
    func places(in scope: Scope, on connection: any Connection) throws -> SQL {
        var sql: SQL = ""
        if !products.isEmpty {
            var visible: SQL = "p.organization = \(scope.organization)"
            if scope.kind != .organization { visible.append(" AND p.id = \(scope.product)") }
            if let ids = scope.visibleProducts { visible.append(" AND p.id IN \(SQL.list(ids.map(Value.integer)))") }
            let ids = try ids(of: products, in: "product", where: visible, on: connection)
            sql.append(" AND s.product IN \(SQL.list(ids.map(Value.integer)))")
        }
        if !projects.isEmpty {
            let ids = try ids(of: projects, in: "project", where: scope.condition, on: connection)
            sql.append(" AND s.project IN \(SQL.list(ids.map(Value.integer)))")
        }
        return sql
    }

    private func ids(
        of names: [String], in table: StaticString, where visible: SQL, on connection: any Connection
    ) throws -> [Int64] {
        let lowered = names.map(SQLText.lowered)
        let list = SQL.list(lowered.map(Value.text))
        var seen: Set<String> = []
        let ids = try connection.all(
            """
            SELECT p.id, lower(p.name), p.token FROM \(SQL(table)) p
            WHERE \(visible) AND (lower(p.name) IN \(list) OR p.token IN \(list)) ORDER BY p.id LIMIT \(Self.placeLimit + 1)
            """
        ) { row in
            seen.formUnion([row.string(1), row.string(2)])
            return row.integer(0)
        }
        if let unknown = zip(names, lowered).first(where: { !seen.contains($1) }), ids.count <= Self.placeLimit {
            throw QuestionError.badValue(
                unknown.0, of: table.description, accepted: "a name or token of a \(table.description) that you may see"
            )
        }
        guard ids.count <= Self.placeLimit else {
            throw QuestionError.badValue(
                names[0], of: table.description, accepted: "names that at most \(Self.placeLimit) have, or tokens")
        }
        return ids
    }

    /// The most products or projects that the names of a filter may match.
    private static let placeLimit = 10_000
}
