/// The packages of libraries, for sources that are queried only about packages in use.
package enum PackagesInUse {
    /// The ecosystems of libraries, with their releases if they have any: `npm`, `Debian:12`. The query skips from one to the
    /// next in an index.
    package static func places(on connection: any Connection) throws -> Set<String> {
        var found: Set<String> = []
        var after = ""
        while let package = try connection.first(
            "SELECT package FROM library_package WHERE package >= \(after) ORDER BY package LIMIT 1", { $0.string(0) })
        {
            let place = String(package.prefix { $0 != "/" })
            found.insert(place)
            // The byte after the slash in byte order.
            after = place + "0"
        }
        return found
    }

    /// A package with a package URL of one of its libraries.
    package struct Package: Sendable, Equatable {
        package let text: String
        package let purl: String
    }

    /// Packages of an ecosystem that were queried before `time` or never, the longest ago first.
    package static func unasked(
        since time: Int64, in ecosystem: String, limit: Int, on connection: any Connection
    ) throws -> [Package] {
        try connection.all(
            """
            SELECT p.package, min(l.purl) FROM library_package p JOIN library l ON l.id = p.library
            LEFT JOIN release_look k ON k.package = p.package
            WHERE p.package >= \(ecosystem + "/") AND p.package < \(ecosystem + "0") AND coalesce(k.looked_at, 0) < \(time)
            GROUP BY p.package, k.looked_at ORDER BY coalesce(k.looked_at, 0), p.package LIMIT \(limit)
            """
        ) { Package(text: $0.string(0), purl: $0.string(1)) }
    }

    /// Stores that releases of packages were queried.
    package static func noteAsked(_ packages: [String], at time: Int64, on connection: any Connection) throws {
        for package in packages {
            try connection.run(
                """
                INSERT INTO release_look (package, looked_at) VALUES (\(package), \(time))
                ON CONFLICT (package) DO UPDATE SET looked_at = \(time)
                """)
        }
    }

    /// Calls `body` with the package URL of each library.
    package static func eachPURL(on connection: any Connection, _ body: (String) throws -> Void) throws {
        try connection.each("SELECT purl FROM library WHERE purl <> ''") { try body($0.string(0)) }
    }
}
