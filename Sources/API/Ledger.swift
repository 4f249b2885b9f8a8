package import Database
import Synchronization

// DESIGN. Notes that must be written, but that no request waits for. They are held in memory, within limits, and written
// every second in short transactions. A crash loses the notes since the last write, and the refused keys of the current
// minute. It loses no record of a change, because a change writes its own record in its transaction.

/// Notes about requests, written later.
///
///     ledger.note(key, at: now)  // while a request is answered
///     try ledger.write(to: database, at: now)  // every second, on a thread of its own
///     try ledger.writeLast(to: database, at: now)  // before the process ends
///
/// Times are milliseconds since 1970. Any thread may use it. `note` and `refuse` neither block nor throw. The writes
/// block, make their own transactions, so a transaction must not call them, and throw `DatabaseError`; notes that could
/// not be written stay. Notes end with the process.
package final class Ledger: Sendable {
    /// The use of a key is written at most once in this number of milliseconds.
    private static let useInterval: Int64 = 60_000
    /// The most keys whose use is waiting for its write. Further keys are noted at their next use.
    private static let useLimit = 10_000
    /// The most records that wait for their write; further ones are only counted.
    private static let recordLimit = 10_000
    /// The most pairs of address and door with a count of their own in a minute; further ones share a count without an
    /// address.
    private static let refusalLimit = 5_000
    /// The most records that one transaction writes.
    private static let slice = 200

    private struct Refusal: Hashable {
        let event: AuditRecord.Event
        let address: String
        let door: String
        /// Milliseconds since 1970, of the minute's begin.
        let minute: Int64
    }

    private struct Notes {
        var uses: [Int64: Int64] = [:]
        var records: [AuditRecord] = []
        var refusals: [Refusal: Int64] = [:]
        /// The number of records that were dropped for lack of room.
        var lost: Int64 = 0
    }

    private let notes = Mutex(Notes())

    /// Notes the use of a key. This is cheap, because it does not query the database.
    package func note(_ key: HeldKey, at time: Int64) {
        // A use in the future was noted before the clock was set back.
        guard time - key.used >= Self.useInterval || key.used > time + Self.useInterval else { return }
        notes.withLock { notes in
            guard notes.uses[key.id] != nil || notes.uses.count < Self.useLimit else { return }
            notes.uses[key.id] = time
        }
    }

    /// Notes a record of the audit trail.
    package func note(_ record: AuditRecord) {
        notes.withLock { notes in
            if notes.records.count < Self.recordLimit { notes.records.append(record) } else { notes.lost += 1 }
        }
    }

    /// Notes that a door refused a key, or a token with no other record.
    package func refuse(
        _ event: AuditRecord.Event = .refusedKey, from address: String, at door: String, time: Int64
    ) {
        let minute = time - time % 60_000
        notes.withLock { notes in
            var refusal = Refusal(event: event, address: address, door: door, minute: minute)
            if notes.refusals[refusal] == nil, notes.refusals.count >= Self.refusalLimit {
                refusal = Refusal(event: event, address: "", door: door, minute: minute)
            }
            notes.refusals[refusal, default: 0] += 1
        }
    }

    /// Writes the collected notes, except the refused keys of the current minute. The calling thread blocks. Notes that could
    /// not be written are kept for the next attempt.
    package func write(to database: any Database, at time: Int64) throws {
        try write(before: time - time % 60_000, to: database, at: time)
    }

    /// Also writes the refused keys of the current minute; for the end of the process.
    package func writeLast(to database: any Database, at time: Int64) throws {
        try write(before: .max, to: database, at: time)
    }

    private func write(before minute: Int64, to database: any Database, at time: Int64) throws {
        var taken = take(before: minute, at: time)
        do {
            if !taken.uses.isEmpty {
                // The keys are sorted, so that two nodes that write the same keys cannot deadlock.
                let uses = taken.uses.sorted { $0.key < $1.key }.map { (key: $0.key, time: $0.value) }
                try database.write { try Keys.noteUses(uses, on: $0) }
                taken.uses = [:]
            }
            while !taken.records.isEmpty {
                let slice = Array(taken.records.prefix(Self.slice))
                try database.write { connection in
                    for record in slice { try AuditTrail.add(record, on: connection) }
                }
                taken.records.removeFirst(slice.count)
            }
        } catch {
            let left = taken
            notes.withLock { notes in
                notes.uses.merge(left.uses) { max($0, $1) }
                let room = max(0, Self.recordLimit - notes.records.count)
                notes.records.insert(contentsOf: left.records.prefix(room), at: 0)
                notes.lost += Int64(max(0, left.records.count - room))
            }
            throw error
        }
    }

    /// Takes the waiting notes, and turns refusals of earlier minutes into records.
    private func take(before minute: Int64, at time: Int64) -> (uses: [Int64: Int64], records: [AuditRecord]) {
        notes.withLock { notes in
            var records = notes.records
            let over = notes.refusals.filter { $0.key.minute < minute }
            for (refusal, count) in over.sorted(by: {
                ($0.key.minute, $0.key.address, $0.key.door, $0.key.event.rawValue)
                    < ($1.key.minute, $1.key.address, $1.key.door, $1.key.event.rawValue)
            }) {
                var record = AuditRecord(refusal.event, organization: 0, at: refusal.minute)
                record.origin = .init(address: refusal.address, door: refusal.door)
                record.times = count
                records.append(record)
                notes.refusals[refusal] = nil
            }
            if notes.lost > 0 {
                var record = AuditRecord(.lost, organization: 0, at: time)
                record.times = notes.lost
                records.append(record)
            }
            let uses = notes.uses
            (notes.uses, notes.records, notes.lost) = ([:], [], 0)
            return (uses, records)
        }
    }
}
