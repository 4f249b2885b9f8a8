import Database
import Synchronization

// DESIGN. How many jobs of an organization wait is looked up where the limit may be near: a look says for how many submissions there is
// room, and half of them need no further look. Submissions that look at the same moment, in one process or in several, may pass the limit
// by half of the room that each found.

/// How many jobs each organization may still submit.
final class Room: Sendable {
    /// Organizations that are remembered.
    private static let organizations = 10_000

    /// Submissions that need no look.
    private let free = Mutex<[Int64: Int]>([:])

    /// Takes the room of one job; false when as many jobs of the organization wait as `limit` allows.
    func take(of organization: Int64, limit: Int, on connection: any Connection) throws -> Bool {
        let isFree = free.withLock { free in
            guard let rest = free[organization] else { return false }
            free[organization] = rest > 1 ? rest - 1 : nil
            return true
        }
        if isFree { return true }
        let found = try Self.look(at: organization, limit: limit, on: connection)
        let rest = (found - 1) / 2
        if rest > 0 {
            free.withLock { free in
                if free.count >= Self.organizations { free.removeAll() }
                free[organization] = rest
            }
        }
        return found > 0
    }

    /// For how many jobs there is room at least.
    private static func look(at organization: Int64, limit: Int, on connection: any Connection) throws -> Int {
        let waiting: SQL = "FROM job WHERE organization = \(organization) AND state = 'PENDING'"
        // No more can wait than numbers lie between the first and the last, which are the ends of an index.
        guard let last = try connection.integer("SELECT max(id) \(waiting)"),
            let first = try connection.integer("SELECT min(id) \(waiting)")
        else { return limit }
        if last - first < limit - 1 { return limit - Int(last - first) - 1 }
        let count = try connection.integer(
            "SELECT count(*) FROM (SELECT 1 \(waiting) ORDER BY id LIMIT \(limit)) AS waiting")
        return limit - Int(count ?? 0)
    }
}
