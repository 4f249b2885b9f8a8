package import Database
import Synchronization

// DESIGN. What has to be written down but holds up no request: it is kept in memory, within bounds, and written every few
// seconds in one transaction. A crash loses what was noted since the last time, and nothing that anybody decided.

/// Notes of requests that are written later.
package final class Ledger: Sendable {
    /// The use of a key is written once in so many milliseconds.
    private static let useInterval: Int64 = 60_000
    /// Keys whose use waits to be written; what comes beyond them is noted at their next use.
    private static let useLimit = 10_000

    private struct Notes {
        var uses: [Int64: Int64] = [:]
    }

    private let notes = Mutex(Notes())

    /// Notes that a key was used. Cheap: the database is not asked.
    func note(_ key: HeldKey, at time: Int64) {
        guard time - key.used >= Self.useInterval else { return }
        notes.withLock { notes in
            guard notes.uses[key.id] != nil || notes.uses.count < Self.useLimit else { return }
            notes.uses[key.id] = time
        }
    }

    /// Writes what was noted. Blocks the calling thread; what could not be written is noted again.
    package func write(to database: any Database) throws {
        let taken = notes.withLock { notes in
            defer { notes = Notes() }
            return notes
        }
        guard !taken.uses.isEmpty else { return }
        do {
            // In the order of the keys: two nodes that write the same ones do not wait for one another in a circle.
            let uses = taken.uses.sorted { $0.key < $1.key }.map { (key: $0.key, time: $0.value) }
            try database.write { try Keys.noteUses(uses, on: $0) }
        } catch {
            notes.withLock { notes in notes.uses.merge(taken.uses) { max($0, $1) } }
            throw error
        }
    }
}
