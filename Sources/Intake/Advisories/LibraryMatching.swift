import Database
import Inventory

/// Decides which vulnerabilities libraries have.
struct LibraryMatching {
    private let connection: any Connection
    private var packages: [String: PackageAdvisories] = [:]

    init(on connection: any Connection) { self.connection = connection }

    /// Inserts the packages and findings of libraries, in the transaction that inserts the libraries.
    static func insert(_ packages: [Findings.Package], organization: Int64, on connection: any Connection) throws {
        if packages.isEmpty { return }
        try Advisories.share(on: connection)
        try Findings.insert(packages: packages, organization: organization, on: connection)
        var matching = LibraryMatching(on: connection)
        try Findings.insert(try matching.match(packages), on: connection)
        try Releases.insert(try newer(than: packages, on: connection), on: connection)
    }

    /// The names that advisories may use for a library.
    static func packages(of library: Int64, _ keys: [PackageKey]) -> [Findings.Package] {
        keys.map { Findings.Package(library: library, text: $0.text, version: $0.version, registry: $0.registry) }
    }

    /// The newer versions of libraries; of several packages of a library, the first with a newer version counts.
    static func newer(
        than packages: [Findings.Package], on connection: any Connection
    ) throws -> [Int64: NewerVersions] {
        let releases = try Releases.of(Set(packages.map(\.text)).sorted(), on: connection)
        var found: [Int64: NewerVersions] = [:]
        for package in packages where found[package.library] == nil {
            guard let known = releases[package.text], let scheme = PackageKey.scheme(of: package.text) else { continue }
            found[package.library] = NewerVersions(than: package.version, among: known, scheme: scheme)
        }
        return found
    }

    /// The findings of libraries, over all packages of each; libraries without findings are left out.
    mutating func match(_ packages: [Findings.Package]) throws -> [(library: Int64, findings: [Finding])] {
        try load(Set(packages.map(\.text)))
        var found: [(library: Int64, findings: [Finding])] = []
        for package in packages {
            guard let advisories = self.packages[package.text] else { continue }
            let findings = advisories.findings(version: package.version, registry: package.registry)
            if findings.isEmpty { continue }
            if let last = found.last, last.library == package.library {
                // For a library with two names, the findings of the first name count.
                let known = Set(last.findings.map(\.vulnerability))
                found[found.count - 1].findings += findings.filter { !known.contains($0.vulnerability) }
                found[found.count - 1].findings.sort { $0.vulnerability < $1.vulnerability }
                found[found.count - 1].findings.agreeOnUpgrade()
            } else {
                found.append((package.library, findings))
            }
        }
        return found
    }

    private mutating func load(_ texts: Set<String>) throws {
        let missing = texts.filter { packages[$0] == nil }.sorted()
        try Findings.eachAffected(missing, on: connection) { row in
            packages[row.package, default: PackageAdvisories(scheme: PackageKey.scheme(of: row.package))].add(row)
        }
    }
}

extension [Finding] {
    /// A library with two names has an upgrade only if both names give the same version.
    fileprivate mutating func agreeOnUpgrade() {
        guard let first, contains(where: { $0.upgrade?.version != first.upgrade?.version }) else { return }
        for index in indices { self[index].upgrade = nil }
    }
}
