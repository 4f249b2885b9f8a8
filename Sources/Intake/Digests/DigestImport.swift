import Bytes
package import Database
import Inventory

// DESIGN. As advisories are imported: entries go to the database in batches, and projects that show files with these digests
// are marked; jobs look at them afterwards. An import that dies has written whole batches with their marks.

/// Imports lists of what files with given digests are.
package struct DigestImport {
    /// What an import did.
    package struct Result: Sendable, Equatable {
        package var digests = 0
        package var skipped = 0

        /// As the command line prints it.
        package var json: String {
            JSONWriter.object {
                $0.number("digests", digests)
                $0.number("skipped", skipped)
            }
        }
    }

    /// Entries of a batch.
    private static let batch = 2000

    private let database: any Database
    private let progress: (Int) -> Void
    private let warning: (String) -> Void

    /// - Parameters:
    ///   - progress: told the number of digests read, now and then.
    ///   - warning: told what was skipped: its name and the reason.
    package init(
        database: any Database, progress: @escaping (Int) -> Void = { _ in },
        warning: @escaping (String) -> Void = { _ in }
    ) {
        self.database = database
        self.progress = progress
        self.warning = warning
    }

    /// Imports what is at the paths: files, folders, `.zip`, `.jsonl`. The last that is said of a digest holds. Throws when a
    /// path cannot be opened or the database fails; what cannot be read is warned of.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        var waiting: [String: DigestNames.Entry] = [:]
        func flush() throws {
            guard !waiting.isEmpty else { return }
            let entries = waiting.values.sorted { $0.digest < $1.digest }
            waiting.removeAll(keepingCapacity: true)
            let uuids = entries.map { LibraryDigest(of: Array(LibraryIdentity(digest: $0.digest).text.utf8)).uuid }
            try database.write { connection in
                try Advisories.lock(on: connection)
                try DigestNames.replace(entries, on: connection)
                try DigestNames.mark(showing: uuids, organization: nil, on: connection)
            }
            progress(result.digests)
        }
        for path in paths {
            let source = RecordSource(
                read: DigestReader.read,
                record: { entries in
                    result.digests += entries.count
                    for entry in entries { waiting[entry.digest] = entry }
                    if waiting.count >= Self.batch { try flush() }
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
