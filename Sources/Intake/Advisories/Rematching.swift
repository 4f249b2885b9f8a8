package import Database

/// Matches libraries of an organization again whose packages have changed advisories or releases.
package struct Rematching {
    /// The libraries of one transaction; SQLite's other writers wait for it.
    private static let page = 200

    private let database: any Database
    private let organization: Int64
    private let now: () -> Int64

    package init(database: any Database, organization: Int64, now: @escaping () -> Int64) {
        self.database = database
        self.organization = organization
        self.now = now
    }

    /// Works until no package is stale; returns the number of new or changed findings.
    ///
    /// Costs nothing for libraries of other packages. Several processes may run it; they take turns.
    ///
    /// - Parameter looked: called with the number of libraries that a step checked; false ends the work.
    package func run(looked: (Int) -> Bool) throws -> Int {
        var changed = 0
        while let stale = try database.read({ try Findings.nextStale(organization: organization, on: $0) }) {
            var last: Int64 = 0
            while true {
                let (after, time) = (last, now())
                let step = try database.write { connection in
                    try Self.page(of: stale, after: after, at: time, on: connection)
                }
                changed += step.changed
                guard looked(step.count) else { return changed }
                guard let next = step.last else { break }
                last = next
            }
        }
        return changed
    }

    /// Matches the next libraries of a package; `last` is nil after the last ones, when the package is settled.
    private static func page(
        of stale: Findings.StalePackage, after last: Int64, at time: Int64, on connection: any Connection
    ) throws -> (count: Int, changed: Int, last: Int64?) {
        try Findings.lockMatching(on: connection)
        let libraries = try Findings.libraries(of: stale, after: last, limit: page, on: connection)
        if libraries.isEmpty {
            try Findings.settle(stale, on: connection)
            return (0, 0, nil)
        }
        return (libraries.count, try renew(libraries, at: time, on: connection), libraries.last)
    }

    /// Decides again which vulnerabilities and newer versions libraries have, and marks the projects with changed
    /// libraries. Returns how many findings are new or changed. The caller holds `Findings.lockMatching`.
    ///
    /// - Parameter time: now, if subscribers must be notified of new fixes; nil if only the rules changed.
    static func renew(_ libraries: [Int64], at time: Int64?, on connection: any Connection) throws -> Int {
        let before = try Findings.read(libraries, on: connection)
        let packages = try Findings.packages(of: libraries, on: connection)
        var matching = LibraryMatching(on: connection)
        let found = try matching.match(packages)
        let after = Dictionary(uniqueKeysWithValues: found.map { ($0.library, $0.findings) })
        let different = libraries.filter { before[$0] ?? [] != after[$0] ?? [] }
        if !different.isEmpty {
            try Findings.delete(of: different, on: connection)
            let rows = different.compactMap { library in after[library].map { (library: library, findings: $0) } }
            try Findings.insert(rows, on: connection)
        }
        let known = try Releases.read(libraries, on: connection)
        let newer = try LibraryMatching.newer(than: packages, on: connection)
        let older = libraries.filter { known[$0] != newer[$0] }
        if !older.isEmpty {
            try Releases.delete(of: older, on: connection)
            try Releases.insert(newer.filter { known[$0.key] != $0.value }, on: connection)
        }
        let touched = Set(different).union(older)
        if !touched.isEmpty {
            try KnowledgeMoment.changed(on: connection)
            try Findings.touch(scopesOf: touched.sorted(), on: connection)
        }
        if let time { try Notices.fixed(fixed(different, before, after), at: time, on: connection) }
        return different.reduce(0) { sum, library in
            let old = before[library] ?? []
            return sum + (after[library] ?? []).filter { !old.contains($0) }.count
        }
    }

    /// The libraries that now have a fix for a vulnerability and had none before, by vulnerability.
    private static func fixed(
        _ libraries: [Int64], _ before: [Int64: [Finding]], _ after: [Int64: [Finding]]
    ) -> [Int64: [Int64]] {
        var fixed: [Int64: [Int64]] = [:]
        for library in libraries {
            let open = Set((before[library] ?? []).filter { $0.topFix == nil }.map(\.vulnerability))
            for finding in after[library] ?? [] where finding.topFix != nil && open.contains(finding.vulnerability) {
                fixed[finding.vulnerability, default: []].append(library)
            }
        }
        return fixed
    }
}
