import Bytes
package import Database
import Inventory

// DESIGN. Records go to the database in batches, a transaction each; a batch leaves everything whole and says which packages
// became stale. Their libraries are matched afterwards, package by package, by jobs (`MatchingJob`). When an import dies, what
// it has written holds, and the stale packages are still marked.

/// Imports advisories, and leaves marks on what has to be matched with them.
package struct AdvisoryImport {
    /// What an import did.
    package struct Result: Sendable, Equatable {
        /// Records read, those that were known already included.
        package var read = 0
        package var added = 0
        package var updated = 0
        /// Of those that were added or updated, how many are withdrawn now and were not before.
        package var withdrawn = 0
        package var skipped = 0

        /// As the command line prints it; `matched` are the findings that the matching after it found new or changed.
        package func json(matched: Int) -> String {
            JSONWriter.object {
                $0.number("read", read)
                $0.number("added", added)
                $0.number("updated", updated)
                $0.number("withdrawn", withdrawn)
                $0.number("matched", matched)
            }
        }
    }

    /// Records of a batch, and bytes of their texts: whichever comes first ends it.
    private static let batchRecords = 1000
    private static let batchBytes = 4 << 20
    /// Warnings told for one file or archive; the others are counted.
    private static let warningsOfFile = 5

    private let database: any Database
    private let progress: (Int) -> Void
    private let warning: (String) -> Void

    /// - Parameters:
    ///   - progress: told the number of records read, now and then.
    ///   - warning: told what was skipped: its name and the reason.
    package init(
        database: any Database, progress: @escaping (Int) -> Void = { _ in },
        warning: @escaping (String) -> Void = { _ in }
    ) {
        self.database = database
        self.progress = progress
        self.warning = warning
    }

    /// Imports what is at the paths: files, folders, `.zip`, `.jsonl`. Throws when a path cannot be opened or the database
    /// fails; records that cannot be read are warned of.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        let isFirst = try database.read { try Advisories.areEmpty(on: $0) }
        var batch: [OSVRecord] = []
        var bytes = 0
        func flush() throws {
            guard !batch.isEmpty else { return }
            let records = AdvisoryBatch(batch)
            batch.removeAll(keepingCapacity: true)
            bytes = 0
            let counts = try database.write { connection in try records.write(on: connection) }
            result.added += counts.added
            result.updated += counts.updated
            result.withdrawn += counts.withdrawn
            progress(result.read)
        }
        for path in paths {
            var skipped: [String: Int] = [:]
            let source = RecordSource(
                read: OSVReader.read,
                record: { record in
                    result.read += 1
                    batch.append(record)
                    bytes += record.size
                    if batch.count >= Self.batchRecords || bytes >= Self.batchBytes { try flush() }
                },
                warning: { name, why in
                    result.skipped += 1
                    let file = String(name.prefix { $0 != ":" })
                    skipped[file, default: 0] += 1
                    if skipped[file, default: 0] <= Self.warningsOfFile { warning("skipped \(name): \(why)") }
                })
            try source.run(path)
            for (file, count) in skipped.sorted(by: { $0.key < $1.key }) where count > Self.warningsOfFile {
                warning("skipped \(count - Self.warningsOfFile) more records of \(file)")
            }
        }
        try flush()
        // Reports said that nothing was assessed.
        if isFirst, result.added > 0 { try database.write { try Advisories.touchEverything(on: $0) } }
        return result
    }
}

extension OSVRecord {
    /// Bytes of memory, about.
    var size: Int {
        var size = 512 + summary.utf8.count + details.utf8.count + (links.count + credits.count) * 80
        for part in affected { size += 256 + part.versions.versions.utf8.count + part.versions.ranges.utf8.count }
        return size
    }
}
