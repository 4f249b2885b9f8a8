import Bytes
package import Database

// DESIGN. As advisories are imported: packages go to the database in batches and are marked stale, their libraries are
// looked at afterwards, by jobs. An import that dies has written whole batches with their marks.

/// Imports the versions that registries have of packages, and leaves marks on what has to be compared with them.
package struct ReleaseImport {
    /// What an import did.
    package struct Result: Sendable, Equatable {
        package var packages = 0
        package var versions = 0
        package var skipped = 0

        /// As the command line prints it.
        package var json: String {
            JSONWriter.object {
                $0.number("packages", packages)
                $0.number("versions", versions)
                $0.number("skipped", skipped)
            }
        }
    }

    /// Versions of a batch.
    private static let batch = 20_000

    private let database: any Database
    private let progress: (Int) -> Void
    private let warning: (String) -> Void

    /// - Parameters:
    ///   - progress: told the number of packages read, now and then.
    ///   - warning: told what was skipped: its name and the reason.
    package init(
        database: any Database, progress: @escaping (Int) -> Void = { _ in },
        warning: @escaping (String) -> Void = { _ in }
    ) {
        self.database = database
        self.progress = progress
        self.warning = warning
    }

    /// Imports what is at the paths: files, folders, `.zip`, `.jsonl`. What is known of a package is replaced. Throws when a
    /// path cannot be opened or the database fails; what cannot be read is warned of.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        var waiting: [String: PackageReleases] = [:]
        var count = 0
        func flush() throws {
            guard !waiting.isEmpty else { return }
            let packages = waiting.sorted { $0.key < $1.key }.map { ($0.key, $0.value.releases) }
            waiting.removeAll()
            count = 0
            try database.write { connection in
                try Advisories.lock(on: connection)
                try Releases.replace(packages, on: connection)
            }
            progress(result.packages)
        }
        for path in paths {
            let source = RecordSource(
                read: ReleaseReader.read,
                record: { record in
                    result.packages += 1
                    result.versions += record.releases.count
                    count += record.releases.count
                    for package in record.packages { waiting[package] = record }
                    if count >= Self.batch { try flush() }
                },
                warning: { name, why in
                    result.skipped += 1
                    warning("skipped \(name): \(why)")
                })
            try source.run(path)
        }
        try flush()
        return result
    }
}
