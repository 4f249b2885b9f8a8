import Inventory

// DESIGN. Counting all advisories of an ecosystem after each batch would read all of them. Instead, a batch states how
// many were added and removed. Only newer records replace a record, so the time of the newest record never decreases.

/// The changes that a batch of advisories makes to the counts of ecosystems.
package struct EcosystemChanges: Sendable {
    fileprivate var records: [String: Int] = [:]
    fileprivate var newest: [String: Int64] = [:]

    package init() {}

    /// Counts one record in each of these ecosystems.
    ///
    /// - Parameter time: the time of its last change, in milliseconds since 1970, UTC.
    package mutating func add(_ places: Set<String>, modified time: Int64) {
        for place in places {
            records[place, default: 0] += 1
            newest[place] = max(newest[place] ?? .min, time)
        }
    }

    /// Counts a removed record of this ecosystem.
    package mutating func remove(_ place: String) { records[place, default: 0] -= 1 }
}

/// The ecosystems of advisories, each with its release where it has releases: `npm`, `Debian:12`.
package enum Ecosystems {
    /// The ecosystems of advisories, one entry for each advisory and ecosystem.
    package static func places(of advisories: [Int64], on connection: any Connection) throws -> [String] {
        var places: [String] = []
        try SQL.inSlices(advisories, as: Value.integer) { list in
            var last: (advisory: Int64, place: String)?
            try connection.each(
                "SELECT advisory, package FROM affected_package WHERE advisory IN \(list) ORDER BY advisory, package"
            ) { row in
                let found = (advisory: row.integer(0), place: PackageKey.place(of: row.string(1)))
                if let last, last == found { return }
                last = found
                places.append(found.place)
            }
        }
        return places
    }

    /// Updates the counts. Marks projects as stale whose libraries are looked up in an ecosystem that got its first
    /// advisories or lost its last.
    package static func apply(_ changes: EcosystemChanges, on connection: any Connection) throws {
        let known = try covered(changes.records.keys.sorted(), on: connection)
        var turned: Set<String> = []
        for (place, count) in changes.records.sorted(by: { $0.key < $1.key }) {
            guard count != 0 || changes.newest[place] != nil else { continue }
            let newest = changes.newest[place] ?? 0
            try connection.run(
                """
                INSERT INTO ecosystem (name, records, newest) VALUES (\(place), \(count), \(newest))
                ON CONFLICT (name) DO UPDATE SET records = ecosystem.records + excluded.records,
                    newest = CASE WHEN excluded.newest > ecosystem.newest THEN excluded.newest ELSE ecosystem.newest END
                """)
            if !known.contains(place) { turned.insert(place) }
        }
        let empty = try connection.all("SELECT name FROM ecosystem WHERE records <= 0") { $0.string(0) }
        try connection.run("DELETE FROM ecosystem WHERE records <= 0")
        turned.formUnion(empty)
        try Bases.markStale(lookingIn: turned, on: connection)
    }

    /// Stores that these ecosystems were searched for new records.
    ///
    /// - Parameter time: milliseconds since 1970, UTC.
    package static func markRead(_ places: Set<String>, at time: Int64, on connection: any Connection) throws {
        try SQL.inSlices(places.sorted(), as: Value.text) { list in
            try connection.run("UPDATE ecosystem SET read_at = \(time) WHERE name IN \(list)")
        }
    }

    /// The ecosystems among these that have advisories.
    package static func covered(_ places: [String], on connection: any Connection) throws -> Set<String> {
        var found: Set<String> = []
        try SQL.inSlices(places, as: Value.text) { list in
            try connection.each("SELECT name FROM ecosystem WHERE name IN \(list)") { found.insert($0.string(0)) }
        }
        return found
    }
}
