import Bytes
import Database
import Inventory

// DESIGN. A batch states which packages became stale. Jobs match their libraries afterwards, package by package.

/// Imports advisories, and marks the packages that must be matched with them.
package struct AdvisoryImport {
    /// The result of an import.
    package struct Result: Sendable, Equatable {
        /// The number of records read, including known ones.
        package var read = 0
        package var added = 0
        package var updated = 0
        /// The number of added or updated records that have become withdrawn.
        package var withdrawn = 0
        package var skipped = 0

        /// The output of the command line; `matched` is the number of findings that the later matching found new or
        /// changed.
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

    /// Records of a batch, whose transaction other writers wait for, and bytes of their texts: whichever comes first ends it.
    private static let batchRecords = 500
    private static let batchBytes = 2 << 20

    private let records: RecordImport
    private let time: Int64?

    /// - Parameter time: the time to store as the last search of the records' ecosystems, in milliseconds since 1970, UTC; nil
    ///   stores none.
    package init(_ records: RecordImport, at time: Int64? = nil) {
        self.records = records
        self.time = time
    }

    /// Imports the files at the paths: files, folders, `.zip`, `.jsonl`. Throws when a path cannot be opened or the
    /// database fails; unreadable records become warnings.
    package func run(_ paths: [String]) throws -> Result {
        var result = Result()
        let database = records.database
        var batch: [OSVRecord] = []
        var bytes = 0
        var places: Set<String> = []
        result.skipped = try records.run(
            paths, read: OSVReader.read,
            take: { record in
                result.read += 1
                batch.append(record)
                places.formUnion(record.places)
                bytes += record.size
                return batch.count >= Self.batchRecords || bytes >= Self.batchBytes
            },
            flush: {
                guard !batch.isEmpty else { return }
                let records = AdvisoryBatch(batch)
                batch.removeAll(keepingCapacity: true)
                bytes = 0
                let counts = try database.write { connection in try records.write(on: connection) }
                result.added += counts.added
                result.updated += counts.updated
                result.withdrawn += counts.withdrawn
                self.records.progress(result.read)
            })
        if let time {
            try database.write { [places] connection in try Ecosystems.markRead(places, at: time, on: connection) }
        }
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
