// DESIGN. The writes of an import. Rows of libraries and licences are looked up and inserted in one transaction that
// locks the organization's row. So two imports of one organization never insert the same fact twice. All other rows
// of a scan have the scan's number in their key and cannot collide. A scan that is no longer STAGING accepts no rows.
// So a sweeper that took the scan after a lost lease wins.

extension Engine {
    /// Ends a SELECT of a row whose dependent rows will change: the row is locked until the transaction ends. SQLite has only
    /// one writer, so it needs no lock. PostgreSQL's lock still lets other writes refer to the row. Otherwise a submission,
    /// whose job has a foreign key to its organization, would wait.
    package var locking: SQL {
        switch self {
        case .sqlite: ""
        case .postgresql: "FOR NO KEY UPDATE"
        }
    }
}

/// The scan that an import writes.
package struct StagedScan: Sendable, Equatable {
    package let id: Int64
    package let organization: Int64

    /// Begins a scan; nil for an unknown organization.
    package static func begin(
        organization: Int64, job: Int64, at time: Int64, on connection: any Connection
    ) throws -> StagedScan? {
        // The row is locked, so that no sweep deletes facts that this import is about to find.
        guard try Revisions.lock(organization, on: connection) else { return nil }
        let id = try connection.take(1, from: "scan")
        try connection.run(
            """
            INSERT INTO scan (id, organization, project, state, created_at, job, library_mark, license_mark)
            VALUES (\(id), \(organization), 0, 'STAGING', \(time), \(job),
                coalesce((SELECT next FROM sequence WHERE name = 'library'), 1),
                coalesce((SELECT next FROM sequence WHERE name = 'license'), 1))
            """)
        return StagedScan(id: id, organization: organization)
    }

    /// A scan that a project shows; libraries that it lists from now on may be added.
    package init(shown id: Int64, organization: Int64) {
        self.init(id: id, organization: organization)
    }

    private init(id: Int64, organization: Int64) {
        self.id = id
        self.organization = organization
    }

    /// Whether the scan still accepts rows; its row is locked until the transaction ends.
    package func isOpen(on connection: any Connection) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM scan WHERE id = \(id) AND state = 'STAGING' \(connection.engine.locking)") != nil
    }

    /// Locks the organization's row until the transaction ends.
    package func lockOrganization(on connection: any Connection) throws {
        try Revisions.lock(organization, on: connection)
    }

    // MARK: Libraries and licences

    /// The digests in one look-up; shorter lists are padded, so that the statement stays the same.
    private static let lookUp = 200

    /// Calls `found` with the position in `digests` and the id of each library that the organization has.
    package func libraries(
        with digests: [[UInt8]], on connection: any Connection, found: (Int, Int64) -> Void
    ) throws {
        var places: [[UInt8]: Int] = [:]
        var first = 0
        while first < digests.count {
            let slice = first..<min(first + Self.lookUp, digests.count)
            places.removeAll(keepingCapacity: true)
            for place in slice { places[digests[place]] = place }
            try connection.each(sql(ofLibrariesWith: digests[slice], on: connection.engine)) { row in
                if let place = places[row.blob(0)] { found(place, row.integer(1)) }
            }
            first = slice.upperBound
        }
    }

    /// Finds the libraries of the organization with these digests, at most `lookUp`.
    private func sql(ofLibrariesWith digests: ArraySlice<[UInt8]>, on engine: Engine) -> SQL {
        switch engine {
        case .sqlite:
            let last = Value.blob(digests[digests.endIndex - 1])
            let list = digests.map(Value.blob) + Array(repeating: last, count: Self.lookUp - digests.count)
            return "SELECT digest, id FROM library WHERE organization = \(organization) AND digest IN \(SQL.list(list))"
        case .postgresql:
            // The query searches the index for each digest: for a list, a server without statistics of the libraries would read
            // all of the organization.
            let size = digests[digests.startIndex].count
            return """
                SELECT l.digest, l.id FROM generate_series(0, \(digests.count - 1)) n
                CROSS JOIN LATERAL (SELECT k.digest, k.id FROM library k WHERE k.organization = \(organization)
                    AND k.digest = substring(\(Value.blob(Array(digests.joined()))) FROM (n * \(size) + 1)::integer
                        FOR \(size)::integer) LIMIT 1) l
                """
        }
    }

    /// Inserts libraries; the organization must be locked. Each row of `rows` has the columns of `libraryColumns`, then
    /// the facts, then the uuid of the identity without qualifiers. Ids rise from the returned one.
    package func insert(libraries rows: borrowing RowBuffer, on connection: any Connection) throws -> Int64 {
        let first = try connection.take(rows.rowCount, from: "library")
        let width = Self.libraryColumns.count
        let keys = try LibraryIdentities.keys(
            of: (0..<rows.rowCount).map { row in
                let start = rows.start(of: row)
                return (rows.string(start + Self.uuidColumn), rows.string(start + width + 1))
            }, organization: organization, on: connection)
        var libraries = RowBuffer(capacity: rows.byteCount)
        var facts = RowBuffer(capacity: rows.byteCount)
        for row in 0..<rows.rowCount {
            let id = first + Int64(row)
            libraries.beginRow()
            libraries.append(id)
            libraries.append(organization)
            libraries.append(keys[row])
            libraries.append(cellsOf: rows, from: rows.start(of: row), count: width)
            facts.beginRow()
            facts.append(id)
            facts.append(cellsOf: rows, from: rows.start(of: row) + width, count: 1)
        }
        try connection.insert(libraries, into: "library", ["id", "organization", "key_id"] + Self.libraryColumns)
        try connection.insert(facts, into: "library_facts", ["library", "body"])
        try LibraryNames.add(from: first, count: rows.rowCount, of: organization, on: connection)
        return first
    }

    /// The columns of `library` that an import fills, except `id`, `organization` and `key_id`.
    package static let libraryColumns: [StaticString] = [
        "digest", "uuid", "type", "type_constant", "group_id", "artifact", "version", "filename", "purl",
        "sha1", "description", "licenses", "homepage", "download_url", "copyright", "author", "supplier",
        "release_date", "match_type", "license_found", "license_expression", "license_choice",
        "naming", "lookup",
    ]

    /// The number of cells in a row for `insert(libraries:)`.
    package static let libraryCells = libraryColumns.count + 2

    /// The place of the uuid among `libraryColumns`.
    package static let uuidColumn = 1

    // MARK: The end

    /// The content of the project so far.
    package struct Target: Sendable, Equatable {
        package let product: Int64
        package let productToken: String
        package let project: Int64
        package let projectToken: String

        package init(product: Int64, productToken: String, project: Int64, projectToken: String) {
            self.product = product
            self.productToken = productToken
            self.project = project
            self.projectToken = projectToken
        }

        /// The current scan of the project, whose row is locked until the transaction ends, and the stored facts of its
        /// document, as JSON; nil without a scan.
        package func shown(on connection: any Connection) throws -> (scan: Int64, document: String)? {
            let scan = try connection.integer(
                "SELECT scan FROM project WHERE id = \(project) \(connection.engine.locking)")
            guard let scan, scan > 0 else { return nil }
            return try connection.first("SELECT document FROM scan WHERE id = \(scan)") { (scan, $0.string(0)) }
        }

        /// Raises the revisions of the project and of the scopes above it, because the project shows something else
        /// now.
        package func touch(organization: Int64, at time: Int64, on connection: any Connection) throws {
            let scope = Scope(kind: .project, organization: organization, product: product, project: project)
            try Revisions.raise(scope, contentAt: time, on: connection)
        }
    }

    /// Whether the organization (still) has the product with this number.
    package func has(product: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM product WHERE id = \(product) AND organization = \(organization)") != nil
    }

    /// The product and the project with these names; 0 if they do not exist yet.
    package func place(
        product: String, project: String, on connection: any Connection
    ) throws -> (product: Int64, project: Int64) {
        let productID = try connection.integer(
            "SELECT id FROM product WHERE organization = \(organization) AND name = \(product)")
        guard let productID else { return (0, 0) }
        let projectID = try connection.integer(
            "SELECT id FROM project WHERE product = \(productID) AND name = \(project)")
        return (productID, projectID ?? 0)
    }

    /// The values for a new product and a new project: their tokens, and the project's number if it already has one.
    package struct NewPlace: Sendable {
        package let productToken: String
        package let projectToken: String
        package var project: Int64?

        package init(productToken: String, projectToken: String) {
            self.productToken = productToken
            self.projectToken = projectToken
        }
    }

    /// Reserves a number for a project that does not exist yet, so that its rows can be written before any query finds them.
    /// The scan stores the number: if the import ends without making the project, the sweep deletes the rows.
    package func reserveProject(on connection: any Connection) throws -> Int64 {
        let id = try connection.take(1, from: "project")
        try connection.run("UPDATE scan SET project = \(id) WHERE id = \(self.id) AND state = 'STAGING'")
        return id
    }

    /// Finds the product and the project by name, or makes them; each new one gets a line in the change log.
    package func target(
        product: String, project: String, new: NewPlace, account: Int64?, at time: Int64, on connection: any Connection
    ) throws -> Target {
        let known = try connection.first(
            "SELECT id, token FROM product WHERE organization = \(organization) AND name = \(product)"
        ) { (id: $0.integer(0), token: $0.string(1)) }
        let productID: Int64
        if let known {
            productID = known.id
        } else {
            productID = try connection.take(1, from: "product")
            try connection.run(
                """
                INSERT INTO product (id, organization, token, name, created_at, updated_at)
                VALUES (\(productID), \(organization), \(new.productToken), \(product), \(time), \(time))
                """)
            try noteMade(
                .init("PRODUCT", id: productID, name: product),
                Scope(kind: .project, organization: organization, product: productID), account: account, at: time,
                on: connection)
        }
        let productToken = known?.token ?? new.productToken
        let shown = try connection.first(
            "SELECT id, token FROM project WHERE product = \(productID) AND name = \(project)"
        ) {
            Target(
                product: productID, productToken: productToken, project: $0.integer(0), projectToken: $0.string(1))
        }
        if let shown { return shown }
        let id = try new.project ?? connection.take(1, from: "project")
        try connection.run(
            """
            INSERT INTO project (id, organization, product, token, name, created_at, updated_at)
            VALUES (\(id), \(organization), \(productID), \(new.projectToken), \(project), \(time), \(time))
            """)
        try noteMade(
            .init("PROJECT", id: id, name: project),
            Scope(kind: .project, organization: organization, product: productID, project: id), account: account,
            at: time, on: connection)
        return Target(
            product: productID, productToken: productToken, project: id, projectToken: new.projectToken)
    }

    /// Stores the version of a project from an upload; the name of the project ends with it.
    package func note(version: String, of target: Target, on connection: any Connection) throws {
        guard !version.isEmpty else { return }
        try connection.run(
            "UPDATE project SET version = \(version) WHERE id = \(target.project) AND version <> \(version)")
    }

    private func noteMade(
        _ place: Change.Place, _ scope: Scope, account: Int64?, at time: Int64, on connection: any Connection
    ) throws {
        let change = Change(.configuration, .entity, .created, of: place, after: [place.name])
        try change.write(Writing(in: scope, by: account.map(Author.account) ?? .system, at: time, on: connection))
    }

    /// Those of these scans that projects show.
    package static func current(among scans: Set<Int64>, on connection: any Connection) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(scans.sorted(), as: Value.integer) { list in
            try connection.each("SELECT id FROM scan WHERE id IN \(list) AND state = 'CURRENT'") {
                found.insert($0.integer(0))
            }
        }
        return found
    }

    /// The number of libraries in the inventory of a published scan.
    package static func libraryCount(of scan: Int64, on connection: any Connection) throws -> Int {
        Int(try connection.integer("SELECT libraries FROM scan WHERE id = \(scan)") ?? 0)
    }

    /// The facts of a scan that its project shows.
    package struct Publication: Sendable {
        /// The facts of the document.
        package var document: String
        /// The digest of the file.
        package var digest: [UInt8]
        package var libraries: Int
        /// The user of its last upload, for display.
        package var uploadedBy: String
        /// The program of its last upload, for display.
        package var plugin: String
        package var comment = ""
        package var requestToken = ""

        package init(
            document: String, digest: [UInt8], libraries: Int, uploadedBy: String = "", plugin: String = ""
        ) {
            self.document = document
            self.digest = digest
            self.libraries = libraries
            self.uploadedBy = uploadedBy
            self.plugin = plugin
        }
    }

    /// Makes the project show this scan instead of the previous one, and records the added and removed libraries.
    /// Returns these.
    ///
    /// - Parameter found: the changes, if they were computed before; the caller then guarantees that no other scan was shown
    ///   since.
    @discardableResult
    package func publish(
        _ content: Publication, in target: Target, found: ScanChanges? = nil, at time: Int64,
        on connection: any Connection
    ) throws -> ScanChanges {
        let before =
            try connection.integer(
                "SELECT scan FROM project WHERE id = \(target.project) \(connection.engine.locking)") ?? 0
        let changes = try found ?? ScanChanges(of: self, since: before, content, on: connection)
        if !changes.areWritten {
            try changes.write(of: self, project: target.project, at: time, on: connection)
        }
        let isNew = changes.areNew
        try connection.run("UPDATE scan SET state = 'OBSOLETE' WHERE id = \(before)")
        try connection.run(
            """
            UPDATE scan SET state = 'CURRENT', project = \(target.project), document = \(content.document),
                source_digest = \(content.digest), libraries = \(content.libraries)
            WHERE id = \(id)
            """)
        try connection.run(
            """
            UPDATE project SET scan = \(id), updated_at = \(time), uploaded_by = \(content.uploadedBy),
                plugin_name = \(content.plugin), scan_comment = \(content.comment), request_token = \(content.requestToken)
            WHERE id = \(target.project)
            """)
        try connection.run("UPDATE product SET updated_at = \(time) WHERE id = \(target.product)")
        try ContentTimes.note(content, of: target, after: before, isNew: isNew, at: time, on: connection)
        try Revisions.raise(
            Scope(kind: .project, organization: organization, product: target.product, project: target.project),
            on: connection)
        #if DEBUG
            let faults = try Self.faults("p.id = \(target.project)", on: connection)
            assert(faults.isEmpty, faults.joined(separator: "\n"))
        #endif
        return changes
    }

    /// Whether this scan has the content of another one: the same file, with the same libraries in the same
    /// positions.
    func isSame(as other: Int64, _ content: Publication, on connection: any Connection) throws -> Bool {
        let isOfFile = try connection.integer(
            """
            SELECT 1 FROM scan WHERE id = \(other) AND source_digest = \(content.digest) AND document = \(content.document)
                AND libraries = \(content.libraries)
            """)
        guard isOfFile != nil else { return false }
        return try connection.integer(
            """
            SELECT 1 FROM occurrence o WHERE o.scan = \(id) AND NOT EXISTS (SELECT 1 FROM occurrence n
                WHERE n.scan = \(other) AND n.position = o.position AND n.library = o.library) LIMIT 1
            """) == nil
    }

    /// The broken invariants of the projects `p` that meet the condition, and of their scans, in words; empty when all hold.
    /// The invariants of the change from one scan to the next. They hold after each transaction, and a debug build checks
    /// them when a scan is published.
    package static func faults(_ condition: SQL, on connection: any Connection) throws -> [String] {
        try connection.all(
            """
            SELECT p.id, s.id, CASE
                WHEN s.id IS NULL THEN 'it shows a scan that is not there'
                WHEN s.state <> 'CURRENT' THEN 'it shows a scan that is not current'
                WHEN s.project <> p.id OR s.organization <> p.organization THEN 'it shows the scan of another project'
                WHEN EXISTS (SELECT 1 FROM scan o WHERE o.project = p.id AND o.state = 'CURRENT' AND o.id <> s.id)
                    THEN 'another scan is current, too'
                WHEN s.libraries <> (SELECT count(*) FROM occurrence o WHERE o.scan = s.id)
                    THEN 'the scan counts other libraries than it has'
                ELSE '' END
            FROM project p LEFT JOIN scan s ON s.id = p.scan WHERE p.scan <> 0 AND \(condition)
            UNION ALL
            SELECT p.id, o.id, 'it shows no scan, and one is current'
            FROM project p JOIN scan o ON o.project = p.id AND o.state = 'CURRENT' WHERE p.scan = 0 AND \(condition)
            """
        ) { (project: $0.integer(0), scan: $0.integer(1), text: $0.string(2)) }
        .filter { !$0.text.isEmpty }.map { "project \($0.project), scan \($0.scan): \($0.text)" }
    }
}
