import Database
import Inventory

/// All advisories of one package, and the decisions that they lead to.
struct PackageAdvisories {
    /// One element of an advisory's `affected`.
    private struct Entry {
        let advisory: Int64
        let registry: String
        let versions: AffectedVersions
        /// The vulnerabilities that the advisory mentions, with their editions, and whether it is the one that describes them.
        var vulnerabilities: [(id: Int64, edition: Int64, decides: Bool)]

        func concerns(_ registry: String) -> Bool {
            self.registry.isEmpty || registry.isEmpty || self.registry == registry
        }
    }

    /// The most versions that are tried as fixes for one library.
    private static let candidateLimit = 2000
    /// The most fixes that are stored for one finding.
    private static let fixLimit = 20

    private let scheme: VersionScheme?
    private var entries: [Entry] = []
    private var lastPosition: Int64 = -1

    init(scheme: VersionScheme?) { self.scheme = scheme }

    /// Takes rows in the order of advisory and position. A further row with the same advisory and position names another
    /// vulnerability.
    mutating func add(_ row: Findings.Affected) {
        if let last = entries.last, last.advisory == row.advisory, lastPosition == row.position {
            entries[entries.count - 1].vulnerabilities.append((row.vulnerability, row.edition, row.decides))
            return
        }
        lastPosition = row.position
        entries.append(
            Entry(
                advisory: row.advisory, registry: row.registry,
                versions: AffectedVersions(ranges: row.ranges, versions: row.versions),
                vulnerabilities: [(row.vulnerability, row.edition, row.decides)]))
    }

    /// The vulnerabilities of a version, in the order of their numbers, with the known fixes.
    func findings(version: String, registry: String) -> [Finding] {
        var affecting: [Int] = []
        for index in entries.indices
        where entries[index].concerns(registry) && entries[index].versions.contains(version, scheme: scheme) {
            affecting.append(index)
        }
        if affecting.isEmpty { return [] }
        let candidates = candidates(above: version, registry: registry)
        let upgrade = upgrade(among: candidates, affecting: affecting, registry: registry)
        var editions: [Int64: Int64] = [:]
        var places: [Int64: [Int]] = [:]
        for index in affecting {
            for vulnerability in entries[index].vulnerabilities {
                editions[vulnerability.id] = vulnerability.edition
                places[vulnerability.id, default: []].append(index)
            }
        }
        return editions.keys.sorted().map { id in
            Finding(
                vulnerability: id, edition: editions[id] ?? 0, upgrade: upgrade,
                fixes: fixes(of: id, own: places[id] ?? [], among: candidates))
        }
    }

    /// The candidates that a vulnerability's own advisories name and that none of these advisories affects, each
    /// version once. The spelling comes from the advisory that describes the vulnerability, otherwise from the first.
    ///
    /// - Parameter own: the entries about the vulnerability whose ranges contain the version.
    private func fixes(of vulnerability: Int64, own: [Int], among candidates: [Finding.Fix]) -> [Finding.Fix] {
        let advisories = Set(own.map { entries[$0].advisory })
        let deciding = Set(
            own.filter { entries[$0].vulnerabilities.contains { $0.id == vulnerability && $0.decides } }
                .map { entries[$0].advisory })
        var fixes: [Finding.Fix] = []
        for candidate in candidates
        where advisories.contains(candidate.advisory) && !own.contains(where: { holds($0, candidate.version) }) {
            if let last = fixes.last, scheme?.compare(last.version, candidate.version) == 0 {
                if deciding.contains(candidate.advisory), !deciding.contains(last.advisory) {
                    fixes[fixes.count - 1] = candidate
                }
            } else if fixes.count < Self.fixLimit {
                fixes.append(candidate)
            } else {
                break
            }
        }
        return fixes
    }

    /// The letters before the numbers of the installed version, which are also put before the fixes: Go's advisories leave out
    /// the `v` of modules and the `go` of toolchains.
    private static func prefix(of version: String) -> String {
        ["v", "go"].first { version.hasPrefix($0) && version.dropFirst($0.count).first?.isNumber == true } ?? ""
    }

    private func holds(_ index: Int, _ version: String) -> Bool {
        entries[index].versions.contains(version, scheme: scheme)
    }

    /// The smallest candidate that no advisory of the package affects, or nil.
    private func upgrade(
        among candidates: [Finding.Fix], affecting: [Int], registry: String
    ) -> Finding.Fix? {
        // Advisories that affect the current version probably affect the next ones, so they are checked first.
        let rest = entries.indices.filter { entries[$0].concerns(registry) && !affecting.contains($0) }
        let order = affecting + rest
        return candidates.first { candidate in !order.contains { holds($0, candidate.version) } }
    }

    /// Versions above this one that an advisory calls fixed, each once, the smallest first.
    private func candidates(above version: String, registry: String) -> [Finding.Fix] {
        guard let scheme else { return [] }
        let prefix = Self.prefix(of: version)
        var found: [Finding.Fix] = []
        var seen: Set<String> = []
        for entry in entries where entry.concerns(registry) {
            for fixed in entry.versions.fixed {
                var name = scheme == .go && fixed.hasSuffix("-0") ? String(fixed.dropLast(2)) : fixed
                if fixed.first?.isNumber == true, scheme.compare(prefix + name, name) == 0 { name = prefix + name }
                guard seen.insert("\(name) \(entry.advisory)").inserted, (scheme.compare(name, version) ?? 0) > 0 else {
                    continue
                }
                found.append(Finding.Fix(version: name, advisory: entry.advisory))
            }
        }
        found.sort { left, right in
            let order = scheme.compare(left.version, right.version) ?? 0
            return order != 0 ? order < 0 : left.advisory < right.advisory
        }
        return found.count <= Self.candidateLimit ? found : Array(found[..<Self.candidateLimit])
    }
}
