import BOM
import Bytes
import Database
import Inventory

/// The inventory's facts about a library that an agent names.
struct AgentLibrary {
    struct Vulnerability {
        let name: String
        let severity: String
        /// The score in the form of reports; may be empty.
        let score: String
    }

    /// The form that policies use.
    private(set) var subject = PolicySubject()

    /// The `library.id` of its newest description; 0 if the organization has none.
    private var id: Int64 = 0
    /// Its `library.uuid`, whether or not the library exists yet.
    let uuid: String
    let name: String
    let sha1: String
    var licenses: [String] = []
    var homepage = ""
    var description = ""
    var vulnerabilities: [Vulnerability] = []
    /// Whether the project already has it.
    var isOld = false

    /// Finds the organization's facts about a library, and whether the project (0: none yet) shows the library.
    static func find(
        _ row: LibraryRow, organization: Int64, project: Int64, on connection: any Connection
    ) throws -> AgentLibrary {
        var library = AgentLibrary(uuid: row.uuid, name: row.fileName, sha1: row.sha1)
        let coordinates = row.coordinates
        library.subject.group = coordinates.groupId
        library.subject.artifact = coordinates.artifactId
        library.subject.version = coordinates.version
        library.subject.filename = row.fileName
        let known = try connection.first(
            """
            SELECT id, licenses, homepage, description, in_house, release_date FROM library
            WHERE organization = \(organization) AND uuid = \(library.uuid) ORDER BY id DESC LIMIT 1
            """
        ) { row in
            library.subject.isInHouse = row.boolean(4)
            library.subject.released = TimeText.milliseconds(String(row.string(5).prefix(10)))
            return (row.integer(0), row.string(1), row.string(2), row.string(3))
        }
        guard let (id, licenses, homepage, description) = known else { return library }
        library.licenses = licenses.split(separator: "\n").map(String.init)
        library.homepage = homepage
        library.description = description
        library.subject.licenses = try ProjectView.licenses(ofLibraries: [id], on: connection)[id] ?? []
        if project != 0 {
            library.isOld =
                try connection.integer(
                    """
                    SELECT 1 FROM library l JOIN occurrence o ON o.library = l.id
                    WHERE l.organization = \(organization) AND l.uuid = \(library.uuid)
                        AND o.scan = (SELECT scan FROM project WHERE id = \(project)) LIMIT 1
                    """) != nil
        }
        library.id = id
        return library
    }

    /// Reads the vulnerabilities that advisories find in the library or that a current scan shows for it; none for an unknown
    /// library.
    mutating func readVulnerabilities(on connection: any Connection) throws {
        var found: [Vulnerability] = []
        var sight: [PolicyVulnerability] = []
        try connection.each(
            """
            SELECT v.name, v.severity, \(PolicyVulnerability.columns) FROM vulnerability v WHERE v.id IN (
                SELECT f.vulnerability FROM finding f WHERE f.library = \(id)
                UNION SELECT e.vulnerability FROM occurrence o JOIN scan s ON s.id = o.scan
                    JOIN exposure e ON e.scan = o.scan AND e.position = o.position
                WHERE o.library = \(id) AND s.state = 'CURRENT')
            ORDER BY v.name
            """
        ) { row in
            sight.append(PolicyVulnerability(row: row, from: 2))
            found.append(
                Vulnerability(
                    name: row.string(0), severity: row.string(1),
                    score: row.integerOrNil(2).map { "\($0 / 10).\($0 % 10)" } ?? ""))
        }
        vulnerabilities = found
        subject.vulnerabilities = sight
    }
}
