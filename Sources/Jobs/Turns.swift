import Database
import Synchronization

// DESIGN. The next turn depends on all waiting organizations, and listing them costs a search in an index for each. So the list of a
// claim is kept for those that follow, as many as a 256th of its length: they cost together what few organizations cost. An organization
// that got its turn leaves the list, so the order is that of a fresh one, but for organizations that came meanwhile: those wait for these
// few claims, or a second, which is less than a hundredth of what a round lasts. Up to 255 organizations are listed at each claim.

/// The order of turns among the organizations with waiting jobs, as far as this process knows.
final class Turns: Sendable {
    /// Organizations in the order of their turns.
    struct List {
        fileprivate(set) var organizations: ArraySlice<Int64>
        /// The number of the next turn; nil for a single organization, which needs none.
        fileprivate(set) var number: Int64?
        /// Whether it was listed for this claim.
        fileprivate(set) var isFresh = true
        /// For how many claims it may be used, and from when to when (milliseconds since 1970).
        fileprivate var claims: Int
        fileprivate let times: ClosedRange<Int64>

        fileprivate init(_ tenants: [Tenant], at time: Int64) {
            organizations = tenants.sorted { $0.rank < $1.rank }.map(\.organization)[...]
            number = tenants.count > 1 ? (tenants.map(\.turn).max() ?? 0) + 1 : nil
            claims = tenants.count / 256
            times = time...(time + 1000)
        }

        /// Takes out the organization that is next, for the claim that is about to try it.
        fileprivate mutating func passFirst() {
            organizations = organizations.dropFirst()
            number = number.map { $0 + 1 }
            isFresh = false
        }
    }

    private let kept = Mutex<List?>(nil)

    /// The organizations to try, the first one first.
    func next(at time: Int64, in database: any Database) throws -> List {
        let known = kept.withLock { kept -> List? in
            guard var list = kept, list.claims > 0, list.times.contains(time), !list.organizations.isEmpty else {
                return nil
            }
            let found = list
            list.claims -= 1
            list.passFirst()
            kept = list
            return found
        }
        if let known { return known }
        let fresh = List(try database.read(Tenant.list), at: time)
        kept.withLock { kept in
            var rest = fresh
            rest.passFirst()
            kept = rest
        }
        return fresh
    }

    /// Notes that an organization has had its turn, though it was not the first of its list.
    func passed(_ organization: Int64) {
        kept.withLock { $0?.organizations.removeAll { $0 == organization } }
    }

    /// Forgets the list: none of it could be served.
    func forget() { kept.withLock { $0 = nil } }
}

/// An organization with waiting jobs.
struct Tenant {
    let organization: Int64
    /// How many of its jobs run.
    var running: Int64 = 0
    /// The number of its last turn; 0 before the first.
    let turn: Int64

    /// The least is the next one.
    fileprivate var rank: (Int64, Int64, Int64) { (running, turn, organization) }

    /// All of them, found by skipping through the index.
    fileprivate static func list(on connection: any Connection) throws -> [Tenant] {
        var tenants = try connection.all(
            """
            WITH RECURSIVE tenant (organization) AS (
                SELECT min(organization) FROM job WHERE state = 'PENDING'
                UNION ALL
                SELECT (SELECT min(j.organization) FROM job j
                        WHERE j.state = 'PENDING' AND j.organization > tenant.organization)
                FROM tenant WHERE tenant.organization IS NOT NULL)
            SELECT t.organization, coalesce(u.number, 0)
            FROM tenant t LEFT JOIN turn u ON u.organization = t.organization WHERE t.organization IS NOT NULL
            """
        ) { Tenant(organization: $0.integer(0), turn: $0.integer(1)) }
        guard tenants.count > 1 else { return tenants }
        var running: [Int64: Int64] = [:]
        try connection.each(
            "SELECT organization, count(*) FROM job WHERE state = 'IN_PROGRESS' GROUP BY organization"
        ) { running[$0.integer(0)] = $0.integer(1) }
        if running.isEmpty { return tenants }
        for place in tenants.indices { tenants[place].running = running[tenants[place].organization] ?? 0 }
        return tenants
    }
}
