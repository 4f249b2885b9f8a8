import BOM
import Database
import Inventory

extension MigrationWork {
    /// Determines the ecosystems in which old libraries are looked up, counts the ecosystems of advisories, and then writes
    /// the bases of current scans. The mark names the part and its last finished number.
    ///
    /// It uses its own SQL, because the schema is that of the step.
    static let basis = MigrationWork(name: "basis") { mark, connection in
        let words = mark.split(separator: " ", maxSplits: 1).map(String.init)
        let last = words.count > 1 ? words[1] : ""
        let work = BasisWork(connection)
        return switch words.first {
        case "ecosystems": try work.ecosystems(after: last)
        case "scans": try work.scans(after: Int64(last) ?? 0)
        default: try work.libraries(after: Int64(last) ?? 0)
        }
    }
}

private struct BasisWork {
    private let connection: any Connection

    init(_ connection: any Connection) { self.connection = connection }

    func libraries(after last: Int64) throws -> MigrationWork.Slice {
        var ids: [Int64] = []
        var lookups: [String: [Int64]] = [:]
        try connection.each(
            """
            SELECT l.id, f.body FROM library l LEFT JOIN library_facts f ON f.library = l.id
            WHERE l.id > \(last) ORDER BY l.id LIMIT 500
            """
        ) { row in
            ids.append(row.integer(0))
            let component = row.isNull(1) ? nil : try ComponentFacts.decode(row.string(1))
            let found = component.map { PackageKey.find($0) } ?? .failure(.noPackageURL)
            lookups[Lookup(found).text, default: []].append(row.integer(0))
        }
        for (lookup, ids) in lookups.sorted(by: { $0.key < $1.key }) {
            let list = SQL.list(ids.map(Value.integer))
            try connection.run("UPDATE library SET lookup = \(lookup) WHERE id IN \(list)")
        }
        guard ids.count == 500, let end = ids.last else {
            return MigrationWork.Slice(mark: "ecosystems", rows: ids.count)
        }
        return MigrationWork.Slice(mark: "libraries \(end)", rows: ids.count)
    }

    func ecosystems(after last: String) throws -> MigrationWork.Slice {
        // The byte after the slash (`0`) ends the range of an ecosystem's packages.
        let start = last.isEmpty ? "" : last + "0"
        let package = try connection.first(
            "SELECT package FROM affected_package WHERE package >= \(start) ORDER BY package LIMIT 1"
        ) { $0.string(0) }
        guard let package else { return MigrationWork.Slice(mark: "scans", rows: 0) }
        let place = String(package.prefix { $0 != "/" })
        let found = try connection.first(
            """
            SELECT count(*), max(a.modified) FROM advisory a WHERE a.id IN (SELECT x.advisory FROM affected_package x
                WHERE x.package >= \(place + "/") AND x.package < \(place + "0"))
            """
        ) { (records: $0.integer(0), newest: $0.integerOrNil(1) ?? 0) }
        if let found, found.records > 0 {
            try connection.run(
                """
                INSERT INTO ecosystem (name, records, newest) VALUES (\(place), \(found.records), \(found.newest))
                ON CONFLICT (name) DO NOTHING
                """)
        }
        return MigrationWork.Slice(mark: "ecosystems \(place)", rows: Int(found?.records ?? 0))
    }

    func scans(after last: Int64) throws -> MigrationWork.Slice {
        let scans = try connection.all(
            "SELECT p.scan FROM project p WHERE p.scan > \(last) ORDER BY p.scan LIMIT 10"
        ) { $0.integer(0) }
        guard let end = scans.last else { return MigrationWork.Slice(mark: nil, rows: 0) }
        let covered = Set(try connection.all("SELECT name FROM ecosystem") { $0.string(0) })
        var rows = 0
        for scan in scans {
            let groups = try connection.all(
                """
                SELECT l.lookup, count(*) FROM occurrence o JOIN library l ON l.id = o.library WHERE o.scan = \(scan)
                GROUP BY l.lookup ORDER BY l.lookup
                """
            ) { (lookup: Lookup(text: $0.string(0)), count: $0.integer(1)) }
            for (lookup, count) in groups {
                let obstacle = lookup.obstacle(isCovered: covered.contains)
                let places = lookup.places.filter(covered.contains).joined(separator: "\n")
                try connection.run(
                    """
                    INSERT INTO scan_basis (scan, lookup, obstacle, subject, covered, libraries)
                    VALUES (\(scan), \(lookup.text), \(obstacle?.kind.rawValue ?? ""), \(obstacle?.subject ?? ""),
                        \(places), \(count)) ON CONFLICT (scan, lookup) DO NOTHING
                    """)
                rows += Int(count)
            }
        }
        return MigrationWork.Slice(mark: "scans \(end)", rows: rows)
    }
}
