import Bytes
package import Database

// DESIGN. Records are written to the database in batches, one transaction each. Each batch leaves a consistent state and
// marks the packages to evaluate; jobs do that afterwards (`MatchingJob`). When an import dies, its finished batches stay,
// with their marks.

/// The parts that imports of advisories, releases and digests share: the database, and closures for progress and
/// warnings.
package struct RecordImport {
    /// The most warnings that are shown for one file or archive; the others are counted.
    private static let warningsOfFile = 5

    let database: any Database
    /// Called with the number of records read, after each batch.
    let progress: (Int) -> Void
    /// Called with the number of bytes read, and that of all files, which is not looked for without it.
    private let amount: ((_ read: Int, _ total: Int) -> Void)?
    /// Called with skipped records and the reason.
    private let warning: (String) -> Void

    package init(
        into database: any Database, progress: @escaping (Int) -> Void = { _ in },
        amount: ((_ read: Int, _ total: Int) -> Void)? = nil,
        warning: @escaping (String) -> Void = { _ in }
    ) {
        self.database = database
        self.progress = progress
        self.amount = amount
        self.warning = warning
    }

    /// Reads the files at the paths: files, folders, `.zip`, `.jsonl`. Throws when a path cannot be opened, and the
    /// errors of the closures; unreadable records become warnings.
    ///
    /// - Parameters:
    ///   - take: adds a record to the batch; true once the batch is full.
    ///   - flush: writes the batch; also called at the end, when the batch may be empty.
    /// - Returns: the number of skipped records.
    func run<Record, Fault: Error>(
        _ paths: [String], read: @escaping (inout JSONReader) throws(Fault) -> Record,
        take: @escaping (Record) -> Bool, flush: @escaping () throws -> Void
    ) throws -> Int {
        var all = 0
        let total = amount == nil ? 0 : paths.reduce(0) { $0 + RecordSource<Record, Fault>.size(of: $1) }
        var bytes = 0
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
                },
                consumed: { count in
                    bytes += count
                    amount?(bytes, total)
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
