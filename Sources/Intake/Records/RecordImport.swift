import Bytes
package import Database

// DESIGN. Records go to the database in batches, a transaction each. A batch leaves everything whole and marks what has to be
// looked at again; jobs do that afterwards (`MatchingJob`). When an import dies, the batches that it has written hold, with
// their marks.

/// Shared by imports of advisories, releases and digests: the database, and closures for progress and warnings.
package struct RecordImport {
    /// Warnings shown for one file or archive; the others are counted.
    private static let warningsOfFile = 5

    let database: any Database
    /// Takes the number of records read, after each batch.
    let progress: (Int) -> Void
    /// Takes skipped records, with the reason.
    private let warning: (String) -> Void

    package init(
        into database: any Database, progress: @escaping (Int) -> Void = { _ in },
        warning: @escaping (String) -> Void = { _ in }
    ) {
        self.database = database
        self.progress = progress
        self.warning = warning
    }

    /// Reads what is at the paths: files, folders, `.zip`, `.jsonl`. Throws when a path cannot be opened, and what the
    /// closures throw; records that cannot be read are warned of.
    ///
    /// - Parameters:
    ///   - take: adds a record to the batch; true once the batch is full.
    ///   - flush: writes the batch; called at the end, too, when the batch may be empty.
    /// - Returns: how many records were skipped.
    func run<Record, Fault: Error>(
        _ paths: [String], read: @escaping (inout JSONReader) throws(Fault) -> Record,
        take: @escaping (Record) -> Bool, flush: @escaping () throws -> Void
    ) throws -> Int {
        var all = 0
        for path in paths {
            var skipped: [String: Int] = [:]
            let source = RecordSource(
                read: read,
                record: { record in if take(record) { try flush() } },
                warning: { name, why in
                    all += 1
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
        return all
    }
}
