import Bytes

// DESIGN. `content_at` of projects and products is the time in reports. It depends on the shown content, not on the time of its
// import. Content that a project showed before keeps its earlier time. So a file that is imported again after another one gives
// the same bytes as before.

/// The times when a project first showed each content.
enum ContentTimes {
    /// Gives a project that begins to show an upload the time of its content, and gives its product the time of its
    /// newest content.
    ///
    /// - Parameters:
    ///   - before: the previous scan, or 0; its rows still exist.
    ///   - isNew: whether that scan had other content.
    static func note(
        _ content: StagedScan.Publication, of target: StagedScan.Target, after before: Int64, isNew: Bool,
        at time: Int64, on connection: any Connection
    ) throws {
        let digest = Self.digest(of: content.digest, content.document)
        guard isNew else {
            // For databases that were filled before times were stored.
            try connection.run(
                """
                INSERT INTO content_time (project, digest, at)
                SELECT p.id, \(digest), p.content_at FROM project p WHERE p.id = \(target.project)
                ON CONFLICT (project, digest) DO NOTHING
                """)
            return
        }
        let known = try connection.integer(
            "SELECT at FROM content_time WHERE project = \(target.project) AND digest = \(digest)")
        // A repeated upload of a file is new content if its libraries have got other names since.
        let old = try connection.first("SELECT source_digest, document FROM scan WHERE id = \(before)") {
            Self.digest(of: $0.blob(0), $0.string(1))
        }
        let at = old == digest ? time : known ?? time
        try connection.run(
            """
            INSERT INTO content_time (project, digest, at) VALUES (\(target.project), \(digest), \(at))
            ON CONFLICT (project, digest) DO UPDATE SET at = excluded.at
            """)
        try connection.run("UPDATE project SET content_at = \(at) WHERE id = \(target.project)")
        try connection.run(
            """
            UPDATE product SET content_at = (SELECT max(p.content_at) FROM project p WHERE p.product = \(target.product))
            WHERE id = \(target.product)
            """)
    }

    private static func digest(of file: [UInt8], _ document: String) -> [UInt8] {
        Digest.of(file + Array(document.utf8), .sha256)
    }
}
