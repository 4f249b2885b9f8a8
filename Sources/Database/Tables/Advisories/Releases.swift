package import Inventory

/// The tables of packages' releases, and of libraries with a known newer version. Like advisories they belong to no
/// organization.
package enum Releases {
    /// Replaces the releases of packages, and marks their libraries as stale.
    package static func replace(_ packages: [(package: String, releases: [Release])], on connection: any Connection)
        throws
    {
        let names = packages.map(\.package)
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.run("DELETE FROM package_release WHERE package IN \(list)")
        }
        var rows = RowBuffer(capacity: packages.count * 4096)
        for (package, releases) in packages {
            var seen: Set<String> = []
            for release in releases where seen.insert(release.version).inserted {
                rows.beginRow()
                rows.append(package)
                rows.append(release.version)
                rows.append(release.published.map(Value.integer) ?? .null)
            }
        }
        if rows.rowCount > 0 {
            try connection.insert(rows, into: "package_release", ["package", "version", "published"])
        }
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.run(
                """
                INSERT INTO stale_package (organization, package, mark)
                SELECT DISTINCT l.organization, l.package, 1 FROM library_package l WHERE l.package IN \(list)
                ON CONFLICT (organization, package) DO UPDATE SET mark = stale_package.mark + 1
                """)
        }
    }

    /// The releases of packages, by the packages' texts.
    package static func of(_ packages: [String], on connection: any Connection) throws -> [String: [Release]] {
        var found: [String: [Release]] = [:]
        try SQL.inSlices(packages, of: 200, as: Value.text) { list in
            try connection.each(
                """
                SELECT package, version, published FROM package_release WHERE package IN \(list)
                ORDER BY package, version
                """
            ) { row in
                found[row.string(0), default: []].append(Release(row.string(1), published: row.integerOrNil(2)))
            }
        }
        return found
    }

    /// Whether a newer version than that of a `library l` is known, with `newer_version n`; null if no version of its
    /// package is known.
    package static let isOutdated: StaticSQL = """
        CASE WHEN n.library IS NOT NULL THEN 1 WHEN EXISTS (SELECT 1 FROM library_package y
            JOIN package_release z ON z.package = y.package WHERE y.library = l.id) THEN 0 END
        """

    /// The columns of `newer_version n` that `versions` reads.
    static let columns: SQL =
        "n.newest, n.newest_published, n.published, n.versions_between, n.major, n.newest_minor"

    static func versions(in row: borrowing RowBuffer, at cell: Int) -> NewerVersions {
        NewerVersions(
            newest: row.string(cell), newestPublished: row.integerOrNil(cell + 1),
            published: row.integerOrNil(cell + 2), between: Int(row.integer(cell + 3)), isMajor: row.boolean(cell + 4),
            newestMinor: row.string(cell + 5))
    }

    /// The newer versions of libraries; libraries without one are left out.
    package static func read(_ libraries: [Int64], on connection: any Connection) throws -> [Int64: NewerVersions] {
        var found: [Int64: NewerVersions] = [:]
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.each(
                "SELECT n.library, \(columns) FROM newer_version n WHERE n.library IN \(list)"
            ) { found[$0.integer(0)] = versions(in: $0, at: 1) }
        }
        return found
    }

    /// Stores the newer versions of libraries, which must have no row yet.
    package static func insert(_ newer: [Int64: NewerVersions], on connection: any Connection) throws {
        guard !newer.isEmpty else { return }
        var rows = RowBuffer(capacity: newer.count * 96)
        for (library, versions) in newer.sorted(by: { $0.key < $1.key }) {
            rows.beginRow()
            rows.append(library)
            rows.append(versions.newest)
            rows.append(versions.newestPublished.map(Value.integer) ?? .null)
            rows.append(versions.published.map(Value.integer) ?? .null)
            rows.append(versions.between)
            rows.append(versions.isMajor ? 1 : 0)
            rows.append(versions.newestMinor)
        }
        try connection.insert(
            rows, into: "newer_version",
            ["library", "newest", "newest_published", "published", "versions_between", "major", "newest_minor"])
    }

    package static func delete(of libraries: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.run("DELETE FROM newer_version WHERE library IN \(list)")
        }
    }
}
