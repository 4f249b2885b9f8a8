import Bytes
import Database
import Glibc
import Intake
import Inventory

// DESIGN. The catalogue of a registry is queried about packages in use, one request each: those queried longest ago first, a
// bounded number in a run, in groups that are completed one by one. A stopped update continues where it was.

extension Update {
    /// The most requests of one run, and those of a group.
    private static let bound = 1000
    private static let group = 50

    /// deps.dev's systems (docs.deps.dev/api/v3, "System") by OSV's ecosystems.
    private static let systems = [
        ("npm", "npm"), ("Go", "go"), ("Maven", "maven"), ("PyPI", "pypi"), ("crates.io", "cargo"), ("NuGet", "nuget"),
        ("RubyGems", "rubygems"),
    ]

    func releases(_ known: FeedState) throws -> Outcome {
        if let names = fetcher.origin.names(in: "versions") { return try releases(ofFolder: names, known) }
        if fetcher.origin != .publishers {
            switch try fetcher.fetch(.allReleases, unless: FeedFetcher.Stamp(known)) {
            case .unchanged: return .unchanged
            case .missing: break
            case .came(let path, let stamp):
                defer { fetcher.forget(path) }
                let count = try importReleases([path])
                return .updated(records: count, newest: nil, stamp)
            }
        }
        return try releasesInUse()
    }

    private func releases(ofFolder names: [String], _ known: FeedState) throws -> Outcome {
        let files = names.filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
        guard !files.isEmpty else { return .missing("the folder has no versions/*.json") }
        var stamp = FeedFetcher.Stamp()
        stamp.address = fetcher.origin.address(of: .allReleases)
        stamp.etag = self.stamp(of: files, in: "versions")
        if stamp == FeedFetcher.Stamp(known) { return .unchanged }
        let paths = files.map { Folder.of(stamp.address) + "/" + $0 }
        return .updated(records: try importReleases(paths), newest: nil, stamp)
    }

    /// A value that changes when a file of a folder does.
    func stamp(of files: [String], in folder: String) -> String {
        guard case .folder(let root) = fetcher.origin else { return "" }
        var digest = Digest(.sha256)
        for name in files {
            var status = stat()
            guard stat("\(root)/\(folder)/\(name)", &status) == 0 else { continue }
            let line = "\(name) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)\n"
            Array(line.utf8).withUnsafeBytes { digest.update($0) }
        }
        return digest.finish().hexadecimal
    }

    private func importReleases(_ paths: [String]) throws -> Int {
        let records = RecordImport(
            into: database, progress: { progress(Feed.Source.versions.rawValue, $0) },
            warning: { warning("versions: \($0)") })
        let result = try ReleaseImport(records).run(paths)
        guard result.packages > 0 || result.skipped == 0 else {
            throw FeedError.content(
                address: paths.first ?? "", why: "none of its \(result.skipped) packages can be read")
        }
        return result.packages
    }

    private func releasesInUse() throws -> Outcome {
        let begun = now()
        var asked = 0
        var found = 0
        for (ecosystem, system) in Self.systems {
            while asked < Self.bound {
                let packages = try database.read {
                    try PackagesInUse.unasked(
                        since: begun, in: ecosystem, limit: min(Self.group, Self.bound - asked), on: $0)
                }
                if packages.isEmpty { break }
                found += try ask(packages, of: system, since: begun)
                asked += packages.count
                progress(Feed.Source.versions.rawValue, asked)
            }
        }
        guard asked > 0 else { return .missing("no package in use is of a registry that deps.dev knows") }
        var stamp = FeedFetcher.Stamp()
        stamp.address = Feed.versions.page
        return .updated(records: found, newest: nil, stamp)
    }

    /// Queries some packages and imports the answers; returns how many of them the registry knew.
    private func ask(_ packages: [PackagesInUse.Package], of system: String, since begun: Int64) throws -> Int {
        let folder = "\(fetcher.spool)/releases"
        FeedFetcher.removeFolder(folder)
        try FeedFetcher.makeFolder(folder)
        defer { FeedFetcher.removeFolder(folder) }
        var count = 0
        for package in packages {
            guard let name = Self.name(of: package.purl, in: system) else { continue }
            let file = FeedFile.releases(system: system, name: name)
            guard case .came(let path, _) = try fetcher.fetch(file) else { continue }
            try fetcher.keep(path, as: file)
            try fetcher.move(path, to: "\(folder)/\(count).json")
            count += 1
        }
        if count > 0 { _ = try importReleases([folder]) }
        try database.write { try PackagesInUse.noteAsked(packages.map(\.text), at: begun, on: $0) }
        return count
    }

    /// A package's name in the spelling of deps.dev.
    static func name(of purl: String, in system: String) -> String? {
        guard let purl = PackageURL(purl) else { return nil }
        return switch system {
        case "maven": "\(purl.namespace):\(purl.name)"
        case "npm", "go": purl.path
        default: purl.name
        }
    }
}
