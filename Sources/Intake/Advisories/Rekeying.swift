import BOM
package import Database
import Inventory

// DESIGN. The keys of a library (`library_package`) are derived from its facts by the rules of `PackageKey`. When the rules
// change, a migration sets a mark (`Findings.markRekeying`), and matching jobs process the libraries in slices, in the order
// of their numbers. Each slice is a transaction that moves the mark forward. Interrupted work continues from the mark.

/// Computes the keys of earlier libraries by the present rules, and matches libraries whose keys changed.
package struct Rekeying {
    /// The libraries of one transaction.
    private static let page = 500

    private let database: any Database

    package init(database: any Database) { self.database = database }

    /// Works until no library is left; returns the number of new or changed findings. Without a mark it costs one query.
    /// Several processes may run it; they take turns.
    ///
    /// - Parameter looked: called with the number of libraries that a step checked; false ends the work.
    package func run(looked: (Int) -> Bool) throws -> Int {
        var changed = 0
        while try database.read({ try Findings.rekeyingMark(on: $0) }) != nil {
            let step = try database.write { connection in try Self.step(on: connection) }
            changed += step.changed
            guard looked(step.count) else { break }
        }
        return changed
    }

    private static func step(on connection: any Connection) throws -> (count: Int, changed: Int) {
        try Findings.lockMatching(on: connection)
        guard let mark = try Findings.rekeyingMark(on: connection) else { return (0, 0) }
        try Advisories.share(on: connection)
        var (libraries, organizations): ([Int64], [Int64: Int64]) = ([], [:])
        var wanted: [Int64: [Findings.Package]] = [:]
        var lookups: [Lookup: [Int64]] = [:]
        try Findings.eachLibrary(after: mark, limit: page, on: connection) {
            library, organization, facts, lookup in
            libraries.append(library)
            organizations[library] = organization
            let component = try ComponentFacts.decode(facts)
            let found = PackageKey.find(component)
            wanted[library] = LibraryMatching.packages(of: library, (try? found.get()) ?? [])
            if Lookup(found) != lookup { lookups[Lookup(found), default: []].append(library) }
        }
        guard let last = libraries.last else {
            try Findings.settleRekeying(on: connection)
            return (0, 0)
        }
        let known = Dictionary(grouping: try Findings.packages(of: libraries, on: connection), by: \.library)
        let different = libraries.filter { Set(known[$0] ?? []) != Set(wanted[$0] ?? []) }
        var changed = 0
        if !different.isEmpty {
            try Findings.deletePackages(of: different, on: connection)
            for (organization, members) in Dictionary(grouping: different, by: { organizations[$0] ?? 0 }) {
                try Findings.insert(
                    packages: members.flatMap { wanted[$0] ?? [] }, organization: organization, on: connection)
            }
            changed = try Rematching.renew(different, at: nil, on: connection)
        }
        if !lookups.isEmpty {
            try Bases.note(lookups, on: connection)
            try Findings.touch(scopesOf: lookups.values.joined().sorted(), on: connection)
        }
        try Findings.moveRekeying(to: last, on: connection)
        return (libraries.count, changed)
    }
}
