import BOM
import Bytes
import Database

// DESIGN. A document about an inventory has a time and an identifier. Both follow from the content, so databases that were
// filled by the same steps give the same bytes on any day. The time of a project is the time that its own SBOM states. After
// somebody changes what the project shows, it is the time of that change. For an SBOM that states no time, the time of its
// import counts.

/// The time of a scope's content.
struct ContentTime {
    /// The time of the newest project, or of a later change of the product: milliseconds since 1970, UTC.
    private(set) var newest: Int64 = 0
    /// A digest of the names, files and times of the projects, and of the licences that people chose.
    private(set) var digest: [UInt8] = []

    static func read(_ scope: Scope, _ facts: ScopeFacts, on connection: any Connection) throws -> ContentTime {
        var it = ContentTime()
        var changed: Int64 = 0
        try connection.each(
            scope.clause + """
                SELECT s.project_name, c.source_digest, c.document, p.content_at,
                    CASE WHEN EXISTS (SELECT 1 FROM content_time t WHERE t.project = p.id AND t.at = p.content_at)
                        THEN 1 ELSE 0 END
                FROM scope s JOIN scan c ON c.id = s.scan JOIN project p ON p.id = s.project
                ORDER BY s.project
                """
        ) { row in
            let last = row.integer(3)
            let isAsImported = row.boolean(4)
            let time = try (isAsImported ? stated(in: row.string(2), until: last) : nil) ?? last
            changed = max(changed, last)
            it.take("\(row.string(0))\0\(row.blob(1).hexadecimal)", at: time)
        }
        if facts.updated > changed { it.take("", at: facts.updated) }
        try it.takeLicenses(of: scope, on: connection)
        return it
    }

    /// Digests are combined into one, so that memory does not grow with the projects.
    private mutating func take(_ text: String, at time: Int64) {
        newest = max(newest, time)
        digest = Digest.of(digest + Array("\(text)\0\(time)\n".utf8), .sha256)
    }

    /// Adds the licences that people chose for libraries of the scope, and the order of preference where it decides
    /// about a library.
    private mutating func takeLicenses(of scope: Scope, on connection: any Connection) throws {
        try connection.each(
            scope.clause + """
                SELECT x.library_uuid, x.given, x.at
                FROM realm r JOIN license_override x ON x.organization = r.organization
                WHERE EXISTS (SELECT 1 FROM library l JOIN occurrence o ON o.library = l.id
                    JOIN scope s ON s.scan = o.scan
                    WHERE l.organization = x.organization AND l.uuid = x.library_uuid)
                ORDER BY x.library_uuid
                """
        ) { row in take("\(row.string(0))\0\(row.string(1))", at: row.integer(2)) }
        let preferred = try LicenseChoices.names(scope.organization, on: connection)
        guard !preferred.isEmpty else { return }
        let choice = try connection.integer(
            scope.clause + """
                SELECT 1 FROM scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                WHERE l.license_choice = 1 LIMIT 1
                """)
        if choice != nil { take(preferred.joined(separator: "\0"), at: newest) }
    }

    /// The time that an SBOM states for itself; nil when it states none, or a time after its import.
    private static func stated(in document: String, until imported: Int64) throws -> Int64? {
        guard !document.isEmpty else { return nil }
        let time = TimeText.milliseconds(try DocumentFacts.decode(document).document.created)
        return time.flatMap { (1...max(1, imported)).contains($0) ? $0 : nil }
    }
}
