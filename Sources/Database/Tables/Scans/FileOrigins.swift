// DESIGN. A person assigns files with some digests to a library. That applies to the projects that have such files now and to
// later imports: it is stored by the file's SHA-1, and applied to each new scan before the scan is shown. A project that lacks
// the library gets it as a direct dependency.

/// The libraries that people assigned source files to.
package enum FileOrigins {
    /// Assigns files to a library; returns the number of changed files in projects of the scope. Nil when the organization has
    /// no such library.
    package static func set(
        _ digests: [String], library uuid: String, comments: String, in scope: Scope, by curator: Curator,
        on connection: any Connection
    ) throws -> Int? {
        try Revisions.lock(scope.organization, on: connection)
        guard let place = try curator.place(uuid, on: connection) else { return nil }
        for digest in Set(digests).sorted() {
            try connection.run(
                """
                INSERT INTO file_origin (organization, sha1, library_uuid, comments, account, at)
                VALUES (\(scope.organization), \(digest), \(uuid), \(comments), \(curator.author.account),
                    \(curator.time))
                ON CONFLICT (organization, sha1) DO UPDATE SET library_uuid = excluded.library_uuid,
                    comments = excluded.comments, account = excluded.account, at = excluded.at
                """)
        }
        var scans: [(project: Int64, scan: Int64)] = []
        try SQL.inSlices(digests, as: Value.text) { list in
            try connection.each(
                """
                SELECT DISTINCT p.id, p.scan FROM project p JOIN source_file f ON f.scan = p.scan
                WHERE \(scope.condition) AND f.sha1 IN \(list) ORDER BY p.id
                """
            ) { scans.append(($0.integer(0), $0.integer(1))) }
        }
        var changed = 0
        var seen: Set<Int64> = []
        for (project, scan) in scans where seen.insert(scan).inserted {
            changed += try apply(
                to: scan, project: project, organization: scope.organization, at: curator.time, on: connection)
        }
        try curator.note(
            Change(.metadata, .sourceFiles, .changed, of: place, after: ["\(digests.count) digests"]), of: uuid,
            on: connection)
        return changed
    }

    /// Whether people assigned any files of a scan.
    package static func areThere(for scan: StagedScan, on connection: any Connection) throws -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM file_origin x JOIN source_file f ON f.scan = \(scan.id) AND f.sha1 = x.sha1
            WHERE x.organization = \(scan.organization) LIMIT 1
            """) != nil
    }

    /// Moves the files of a scan to their assigned libraries; returns the number of changed files.
    @discardableResult
    package static func apply(
        to scan: Int64, project: Int64, organization: Int64, at time: Int64, on connection: any Connection
    ) throws -> Int {
        let uuids = try connection.all(
            """
            SELECT DISTINCT x.library_uuid FROM file_origin x JOIN source_file f ON f.scan = \(scan) AND f.sha1 = x.sha1
            WHERE x.organization = \(organization) ORDER BY x.library_uuid
            """
        ) { $0.string(0) }
        var changed = 0
        for uuid in uuids {
            guard
                let component = try component(
                    of: uuid, in: scan, project: project, organization: organization, at: time, on: connection)
            else { continue }
            changed += try connection.run(
                """
                UPDATE source_file SET component = \(component) WHERE scan = \(scan) AND component <> \(component)
                    AND sha1 IN (SELECT x.sha1 FROM file_origin x
                        WHERE x.organization = \(organization) AND x.library_uuid = \(uuid))
                """)
        }
        return changed
    }

    /// The entry of a library in a scan, made on first use; nil when the organization has no such library.
    private static func component(
        of uuid: String, in scan: Int64, project: Int64, organization: Int64, at time: Int64,
        on connection: any Connection
    ) throws -> Int64? {
        let known = try connection.integer(
            """
            SELECT min(c.position) FROM component c JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
            JOIN library l ON l.id = o.library WHERE c.scan = \(scan) AND l.uuid = \(uuid)
                AND l.organization = \(organization)
            """)
        if let known { return known }
        let library = try connection.integer(
            "SELECT max(id) FROM library WHERE organization = \(organization) AND uuid = \(uuid)")
        guard let library else { return nil }
        let occurrence =
            (try connection.integer("SELECT max(position) FROM occurrence WHERE scan = \(scan)") ?? 0) + 1
        let position = (try connection.integer("SELECT max(position) FROM component WHERE scan = \(scan)") ?? 0) + 1
        try connection.run(
            """
            INSERT INTO occurrence (scan, position, library, direct, depth, count)
            VALUES (\(scan), \(occurrence), \(library), 1, 1, 1)
            """)
        try connection.run(
            """
            INSERT INTO component (scan, position, occurrence, ref, scope, parent, depth, locations)
            VALUES (\(scan), \(position), \(occurrence), \("waybill:\(uuid)"), '', -1, 1, '')
            """)
        try connection.run("UPDATE scan SET libraries = libraries + 1 WHERE id = \(scan)")
        let event = try connection.take(1, from: "inventory_event")
        try connection.run(
            """
            INSERT INTO inventory_event (id, organization, project, scan, at, change, library)
            VALUES (\(event), \(organization), \(project), \(scan), \(time), 'ADDED', \(library))
            """)
        return position
    }
}
