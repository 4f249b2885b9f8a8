import BOM
import Database
import Inventory

extension MigrationWork {
    /// Marks the libraries for which a document has only a digest, and the projects that show them, because more may be
    /// known about them by now.
    static let unnamedLibraries = MigrationWork(name: "find libraries without names") { mark, connection in
        let last = Int64(mark) ?? 0
        let libraries = try connection.all(
            """
            SELECT l.id, f.body FROM library l JOIN library_facts f ON f.library = l.id
            WHERE l.id > \(last) AND l.purl = '' AND l.version = '' AND l.group_id = '' ORDER BY l.id LIMIT 500
            """
        ) { (id: $0.integer(0), body: $0.string(1)) }
        var unnamed: [Int64] = []
        for library in libraries {
            let row = LibraryRow(
                digest: LibraryDigest(of: []), body: "", component: try ComponentFacts.decode(library.body))
            if !row.identity.digest.isEmpty { unnamed.append(library.id) }
        }
        if !unnamed.isEmpty {
            let list = SQL.list(unnamed.map(Value.integer))
            try connection.run("UPDATE library SET naming = 1 WHERE id IN \(list)")
            try connection.run(
                """
                INSERT INTO stale_naming (project, organization, mark)
                SELECT p.id, p.organization, 1 FROM project p WHERE p.scan IN (
                    SELECT o.scan FROM occurrence o WHERE o.library IN \(list)
                    UNION SELECT c.scan FROM component c WHERE c.library <> 0 AND c.library IN \(list))
                ON CONFLICT (project) DO UPDATE SET mark = stale_naming.mark + 1
                """)
        }
        return MigrationWork.Slice(
            mark: libraries.count < 500 ? nil : libraries.last.map { String($0.id) }, rows: libraries.count)
    }
}
