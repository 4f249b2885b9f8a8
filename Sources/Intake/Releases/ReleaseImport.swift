import Bytes
import Database

// DESIGN. A batch marks its packages as stale; jobs process their libraries afterwards.

/// Imports the versions of packages in registries, and marks the packages whose libraries must be compared with them.
package struct ReleaseImport {
    /// The result of an import.
    package struct Result: Sendable, Equatable {
        package var packages = 0
        package var versions = 0
        package var skipped = 0

        /// The output of the command line.
        package var json: String {
            JSONWriter.object {
                $0.number("packages", packages)
                $0.number("versions", versions)
                $0.number("skipped", skipped)
            }
        }
    }

    /// Versions of a batch, whose transaction other writers wait for.
    private static let batch = 2000

    private let records: RecordImport

    package init(_ records: RecordImport) { self.records = records }

    /// Imports the files at the paths: files, folders, `.zip`, `.jsonl`. The stored versions of a package are replaced.
    /// Throws when a path cannot be opened or the database fails; unreadable files become warnings.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        let database = records.database
        var waiting: [String: PackageReleases] = [:]
        var count = 0
        result.skipped = try records.run(
            paths, read: ReleaseReader.read,
            take: { record in
                result.packages += 1
                result.versions += record.releases.count
                count += record.releases.count
                for package in record.packages { waiting[package] = record }
                return count >= Self.batch
            },
            flush: {
                guard !waiting.isEmpty else { return }
                let packages = waiting.sorted { $0.key < $1.key }.map { ($0.key, $0.value.releases) }
                waiting.removeAll()
                count = 0
                try database.write { connection in
                    try Advisories.lock(on: connection)
                    try Releases.replace(packages, on: connection)
                }
                records.progress(result.packages)
            })
        return result
    }
}
