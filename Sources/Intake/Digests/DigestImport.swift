import Bytes
import Database
import Inventory

// DESIGN. A batch marks the projects with files of its digests; jobs process these afterwards.

/// Imports lists that name the libraries of digests.
package struct DigestImport {
    /// The result of an import.
    package struct Result: Sendable, Equatable {
        package var digests = 0
        package var skipped = 0

        /// The output of the command line.
        package var json: String {
            JSONWriter.object {
                $0.number("digests", digests)
                $0.number("skipped", skipped)
            }
        }
    }

    /// The entries of a batch.
    private static let batch = 2000

    private let records: RecordImport

    package init(_ records: RecordImport) { self.records = records }

    /// Imports the files at the paths: files, folders, `.zip`, `.jsonl`. If a digest occurs several times, the last entry
    /// counts. Throws when a path cannot be opened or the database fails; unreadable files become warnings.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        let database = records.database
        var waiting: [String: DigestNames.Entry] = [:]
        result.skipped = try records.run(
            paths, read: DigestReader.read,
            take: { entries in
                result.digests += entries.count
                for entry in entries { waiting[entry.digest] = entry }
                return waiting.count >= Self.batch
            },
            flush: {
                guard !waiting.isEmpty else { return }
                let entries = waiting.values.sorted { $0.digest < $1.digest }
                waiting.removeAll(keepingCapacity: true)
                let uuids = entries.map { LibraryDigest(of: Array(LibraryIdentity(digest: $0.digest).text.utf8)).uuid }
                try database.write { connection in
                    try Advisories.lock(on: connection)
                    try DigestNames.replace(entries, on: connection)
                    try DigestNames.mark(showing: uuids, organization: nil, on: connection)
                }
                records.progress(result.digests)
            })
        return result
    }
}
