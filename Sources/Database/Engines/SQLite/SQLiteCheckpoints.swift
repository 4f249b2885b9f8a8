import Dispatch
import Glibc
import Synchronization

// DESIGN. By itself SQLite writes its log back into the database with the commit that makes the log longer than a thousand pages. That
// commit waits for further flushes of the disk, which takes seconds on a busy disk, and all other writers wait with it. So a thread with a
// connection of its own does it; a checkpoint of the kind PASSIVE hinders nobody (SQLite, "PRAGMA wal_checkpoint"). While commits come
// without a pause some pages are always left, and the log cannot begin again at its start: when it is long, the thread writes back twice,
// the second time the pages of commits during the first. The writer writes back the remaining few pages after its next commit.

/// Writes the log of a SQLite database back into it while others read and write.
final class SQLiteCheckpoints: Sendable {
    /// Pages of the log after which it is written back: 4 to 64 MiB, a sixteenth of the free space on the disk. A page that many commits
    /// change goes back once, so a long log is less work: a large import writes a third less. Above one and a half times this number the
    /// writer writes back the remaining pages.
    private static let bounds = (least: 1000, most: 16_000)

    private let path: String
    private let queue = DispatchQueue(label: "database checkpoints")
    private let connection = Mutex<SQLiteConnection?>(nil)
    private let written: Atomic<Int>
    private let usual: Atomic<Int>
    private let isRunning = Atomic<Bool>(false)
    private let needsWriter = Atomic<Bool>(false)

    /// Begins with the log that other processes left: many short ones would make it long together.
    init(path: String) {
        self.path = path
        usual = Atomic(Self.usual(besides: path))
        var status = stat()
        written = Atomic(stat("\(path)-wal", &status) == 0 ? Int(status.st_size) / 4096 : 0)
    }

    private static func usual(besides path: String) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return bounds.least }
        // Some file systems say that they have no end.
        let pages = min(UInt64(status.f_bavail), 1 << 40) / 16 * min(UInt64(status.f_frsize), 1 << 20) / 4096
        return min(max(Int(min(pages, UInt64(bounds.most))), bounds.least), bounds.most)
    }

    /// Takes note of pages that a commit added to the log; called by the writer alone. True when it has to write back the rest itself.
    ///
    /// - Parameter isFull: whether the disk had no room for them: what is written back makes room in the log.
    func wrote(_ pages: Int, isFull: Bool) -> Bool {
        let usual = usual.load(ordering: .relaxed)
        let sum = written.wrappingAdd(isFull ? usual : pages, ordering: .relaxed).newValue
        // Of two simultaneous checkpoints the second has no effect.
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
                // The pages were those of the beginning: others have come since.
                try own.writeBack()
                return true
            }
            if isLong { needsWriter.store(true, ordering: .relaxed) }
        } catch {
            // The disk is full, say: the next commit asks again.
            written.store(limit, ordering: .relaxed)
        }
        isRunning.store(false, ordering: .releasing)
    }
}

extension SQLiteConnection {
    /// Writes back all pages of the log that no reader needs. Returns the pages that the log had
    /// then.
    @discardableResult
    func writeBack() throws -> Int64 { try first("PRAGMA wal_checkpoint(PASSIVE)") { $0.integer(1) } ?? 0 }
}
