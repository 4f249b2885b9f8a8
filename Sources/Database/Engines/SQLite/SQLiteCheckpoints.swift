import Dispatch
import Glibc
import Synchronization

// DESIGN. By default, SQLite copies its log back into the database during the first commit after the log has more than a
// thousand pages. That commit waits for further flushes, which takes seconds on a busy disk, and all other writers wait with
// it. So a thread with a connection of its own copies the log back. A checkpoint of the kind PASSIVE blocks nobody (SQLite,
// "PRAGMA wal_checkpoint"). While commits come without a pause, some pages are always left, and the log cannot restart at its
// beginning. When the log is long, the thread copies back twice; the second time copies the pages of commits during the first.
// The writer copies the few remaining pages back after its next commit.

/// Copies the log of a SQLite database back into it while others read and write.
final class SQLiteCheckpoints: Sendable {
    /// The number of pages after which the log is copied back: 4 to 64 MiB, a sixteenth of the free disk space. A page that
    /// many commits change is copied back once, so a long log means less work: a large import writes a third less. Above one
    /// and a half times this number, the writer copies the remaining pages back.
    private static let bounds = (least: 1000, most: 16_000)

    private let path: String
    private let queue = DispatchQueue(label: "database checkpoints")
    private let connection = Mutex<SQLiteConnection?>(nil)
    private let written: Atomic<Int>
    private let usual: Atomic<Int>
    private let isRunning = Atomic<Bool>(false)
    private let needsWriter = Atomic<Bool>(false)

    /// Begins with the log that other processes left, because many short processes would together make it long.
    init(path: String) {
        self.path = path
        usual = Atomic(Self.usual(besides: path))
        var status = stat()
        written = Atomic(stat("\(path)-wal", &status) == 0 ? Int(status.st_size) / 4096 : 0)
    }

    private static func usual(besides path: String) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return bounds.least }
        // Some file systems report unlimited space.
        let pages = min(UInt64(status.f_bavail), 1 << 40) / 16 * min(UInt64(status.f_frsize), 1 << 20) / 4096
        return min(max(Int(min(pages, UInt64(bounds.most))), bounds.least), bounds.most)
    }

    /// Counts the pages that a commit added to the log; only the writer calls it. True when the writer has to copy the rest
    /// back itself.
    ///
    /// - Parameter isFull: whether the disk had no room for the pages; copying back makes room in the log.
    func wrote(_ pages: Int, isFull: Bool) -> Bool {
        let usual = usual.load(ordering: .relaxed)
        let sum = written.wrappingAdd(isFull ? usual : pages, ordering: .relaxed).newValue
        // Of two simultaneous checkpoints, the second has no effect.
        guard !isRunning.load(ordering: .acquiring) else { return false }
        if needsWriter.exchange(false, ordering: .relaxed) {
            written.store(0, ordering: .relaxed)
            return true
        }
        guard sum >= usual else { return false }
        isRunning.store(true, ordering: .releasing)
        queue.async { self.run() }
        return false
    }

    private func run() {
        written.store(0, ordering: .relaxed)
        let limit = Self.usual(besides: path)
        usual.store(limit, ordering: .relaxed)
        do {
            let isLong = try connection.withLock { connection in
                let own = try connection ?? SQLiteConnection(path: path, create: false)
                connection = own
                guard try own.writeBack() >= limit * 3 / 2 else { return false }
                // The number counts pages from the beginning of the log; other writes have added pages since.
                try own.writeBack()
                return true
            }
            if isLong { needsWriter.store(true, ordering: .relaxed) }
        } catch {
            // The disk may be full, for example; the next commit tries again.
            written.store(limit, ordering: .relaxed)
        }
        isRunning.store(false, ordering: .releasing)
    }
}

extension SQLiteConnection {
    /// Copies back all pages of the log that no reader needs. Returns the number of pages in the log at that time.
    @discardableResult
    func writeBack() throws -> Int64 { try first("PRAGMA wal_checkpoint(PASSIVE)") { $0.integer(1) } ?? 0 }
}
