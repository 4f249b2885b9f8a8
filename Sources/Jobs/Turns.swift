import Database
import Synchronization

// DESIGN. The next turn depends on all waiting organizations, and listing them takes an index search for each. So the list of a
// claim also serves later claims, as many as a 256th of its length. Together these claims cost as much as with few
// organizations. An organization that had its turn leaves the list, so the order equals that of a new list, except for
// organizations that arrived in the meantime. Those wait for these few claims, or for a second, which is less than a hundredth
// of a round. Up to 255 organizations are listed at each claim.
//
// Listing all is a complete search (`Looks`). Between two complete searches, the organizations of the last search and those
// that this process knows stand for all. Their turns are then counted in memory, because a row that is written at each claim
// gets slow for the same reason.

/// The order of turns among the organizations with waiting jobs, as known to this process.
final class Turns: Sendable {
    /// Organizations in the order of their turns.
    struct List {
        fileprivate(set) var organizations: ArraySlice<Int64>
        /// The number of the next turn; nil where none is stored: for a single organization, which needs none, and between complete
        /// lists.
        fileprivate(set) var number: Int64?
        /// Whether it was listed for this claim.
        fileprivate(set) var isFresh = true
        /// The number of claims that may use it, and the times of its beginning and end (milliseconds since 1970).
        fileprivate var claims: Int
        fileprivate let times: ClosedRange<Int64>

        fileprivate init(_ tenants: [Tenant], at time: Int64) {
            self.init(counted: tenants, at: time)
            organizations = tenants.sorted { $0.rank < $1.rank }.map(\.organization)[...]
            number = tenants.count > 1 ? (tenants.map(\.turn).max() ?? 0) + 1 : nil
        }

        /// A list whose turns are counted in memory alone.
        fileprivate init(counted tenants: [Tenant], at time: Int64) {
            // Running jobs are known from the last complete search only.
            let ordered = tenants.sorted { ($0.turn, $0.organization) < ($1.turn, $1.organization) }
            organizations = ordered.map(\.organization)[...]
            number = nil
            claims = tenants.count / 256
            times = time...(time + 1000)
        }

        /// Removes the next organization, for the claim that is about to try it.
        fileprivate mutating func passFirst() {
            organizations = organizations.dropFirst()
            number = number.map { $0 + 1 }
            isFresh = false
        }
    }

    private struct State {
        var kept: List?
        /// The organizations that this process has listed, or with its submissions.
        var known: [Int64: Tenant] = [:]
        /// The last turn.
        var last: Int64 = 0
    }

    private let state = Mutex(State())

    /// The organizations to try, in order.
    ///
    /// - Parameter looks: where the search begins in each organization that is known; nil for a complete search.
    func next(at time: Int64, in database: any Database, from looks: Looks?) throws -> List {
        let kept = state.withLock { state -> List? in
            guard let list = state.kept, list.claims > 0, list.times.contains(time), !list.organizations.isEmpty else {
                return nil
            }
            state.kept?.claims -= 1
            state.kept?.passFirst()
            return list
        }
        if let kept { return kept }
        let fresh: List
        if let looks {
            let known = state.withLock { Array($0.known.values) }
            fresh = List(counted: try Tenant.waiting(among: known, from: looks, in: database), at: time)
        } else {
            let listed = try database.read(Tenant.list)
            // Turns since the last complete search are counted in memory alone.
            let tenants = state.withLock { state in
                listed.map { tenant in
                    var tenant = tenant
                    tenant.turn = max(tenant.turn, state.known[tenant.organization]?.turn ?? 0)
                    return tenant
                }
            }
            fresh = List(tenants, at: time)
            state.withLock { state in
                // The others stay: one of them may have a submission that is not stored yet.
                for place in state.known.values.indices { state.known.values[place].running = 0 }
                for tenant in tenants { state.known[tenant.organization] = tenant }
                state.last = max(state.last, tenants.map(\.turn).max() ?? 0)
            }
        }
        state.withLock { state in
            state.kept = fresh
            state.kept?.passFirst()
        }
        return fresh
    }

    /// Notes that an organization of a list has had its turn.
    func passed(_ organization: Int64, of list: List) {
        state.withLock { state in
            // Served though it was not the first.
            if organization != list.organizations.first {
                state.kept?.organizations.removeAll { $0 == organization }
            }
            state.last = max(state.last + 1, list.number ?? 0)
            state.known[organization, default: Tenant(organization: organization)].turn = state.last
        }
    }

    /// Notes that an organization has a waiting job.
    func note(_ organization: Int64) {
        state.withLock { state in
            if state.known[organization] == nil { state.known[organization] = Tenant(organization: organization) }
        }
    }

    /// Discards the list, because none of its organizations could be served.
    func forget() { state.withLock { $0.kept = nil } }
}

/// An organization with waiting jobs.
struct Tenant {
    let organization: Int64
    /// The number of its running jobs.
    var running: Int64 = 0
    /// The number of its last turn; 0 for none.
    var turn: Int64 = 0

    /// The smallest is next.
    fileprivate var rank: (Int64, Int64, Int64) { (running, turn, organization) }

    /// All organizations with waiting jobs, found by skipping through the index.
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

    /// Those that have waiting jobs from where their searches begin, on PostgreSQL. A single one is not looked at: its claim does that.
    fileprivate static func waiting(
        among known: [Tenant], from looks: Looks, in database: any Database
    ) throws -> [Tenant] {
        guard known.count > 1 else { return known }
        let organizations = known.map { "\($0.organization)" }.joined(separator: ",")
        let starts = known.map { "\(looks.start(of: $0.organization))" }.joined(separator: ",")
        // A limit keeps the search from becoming a join, which would read the whole index.
        let found = try database.read { connection in
            try connection.all(
                """
                SELECT k.organization FROM unnest(CAST(string_to_array(\(organizations), ',') AS BIGINT[]),
                    CAST(string_to_array(\(starts), ',') AS BIGINT[])) k (organization, start)
                WHERE (SELECT 1 FROM job j WHERE j.state = 'PENDING' AND j.organization = k.organization
                    AND j.id >= k.start ORDER BY j.id LIMIT 1) IS NOT NULL
                """
            ) { $0.integer(0) }
        }
        let waiting = Set(found)
        return known.filter { waiting.contains($0.organization) }
    }
}
