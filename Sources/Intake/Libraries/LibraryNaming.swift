import BOM
import Bytes
import Database

// DESIGN. The work of the schema's step "identities", whose code never changes: first libraries in the order of their
// numbers, then the projects. The mark names the part and its last finished number.

extension MigrationWork {
    /// Names libraries by their identity (`LibraryIdentity`), and gives dependent rows the new names.
    static let libraryNaming = MigrationWork(name: "name libraries by what they are") { mark, connection in
        let words = mark.split(separator: " ")
        let last = words.count == 2 ? Int64(words[1]) ?? 0 : 0
        return words.first == "projects"
            ? try LibraryNaming(on: connection).projects(after: last)
            : try LibraryNaming(on: connection).libraries(after: last)
    }
}

private struct LibraryNaming {
    /// The libraries of a slice, and the rows of projects after which a slice ends: about 50 ms.
    private static let libraryLimit = 500
    private static let rowLimit = 2000
    /// The name space for the uuids of policy issues.
    private static let issues: [UInt8] = [
        0x2d, 0x77, 0xb0, 0x14, 0x5f, 0x9c, 0x40, 0x63, 0x88, 0xe1, 0x3a, 0x06, 0xd4, 0x29, 0x7b, 0x55,
    ]

    let connection: any Connection

    init(on connection: any Connection) { self.connection = connection }

    func libraries(after id: Int64) throws -> MigrationWork.Slice {
        let renaming = LibraryRenaming(on: connection)
        let libraries = try renaming.libraries(after: id, limit: Self.libraryLimit)
        try renaming.rename(libraries.map { ($0, try name(of: $0)) })
        guard let last = libraries.last, libraries.count == Self.libraryLimit else {
            try renaming.showDecisions()
            return MigrationWork.Slice(mark: "projects 0", rows: libraries.count)
        }
        return MigrationWork.Slice(mark: "libraries \(last.id)", rows: libraries.count)
    }

    private func name(of library: OldLibrary) throws -> NewName {
        var component = Component(ref: "", name: "")
        if library.body.isEmpty {
            component.purl = library.purl
            component.version = library.version
        } else {
            component = try ComponentFacts.decode(library.body)
        }
        let row = LibraryRow(digest: LibraryDigest(of: []), body: "", component: component)
        return NewName(uuid: row.uuid, base: row.base, purl: row.canonicalPURL)
    }

    func projects(after id: Int64) throws -> MigrationWork.Slice {
        let renaming = ProjectRenaming(on: connection)
        var last = id
        var rows = 0
        while rows < Self.rowLimit {
            guard let project = try renaming.project(after: last) else {
                try renaming.touchAll()
                return MigrationWork.Slice(mark: nil, rows: rows)
            }
            if try renaming.hasTickets(project) {
                try renaming.eachSubjectOfTickets(of: project) { policy, old, new, name in
                    func uuid(_ library: String) -> String {
                        let names = [project.token, "issue", String(policy), library, name]
                        return Identifier.uuid(of: names.joined(separator: "\0"), in: Self.issues)
                    }
                    try renaming.moveTickets(of: project, from: uuid(old), to: uuid(new))
                }
            }
            rows += try renaming.rename(project) + 20
            last = project.id
        }
        return MigrationWork.Slice(mark: "projects \(last)", rows: rows)
    }
}
