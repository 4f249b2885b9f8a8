import Database
import Reports
import Synchronization

// DESIGN. Sums over ten thousand projects take a tenth of a second; most looks at a page find nothing changed. A scope's revision counts
// up with every change that a report of it could show, so sums are kept under it; what advisories there are is part of the key,
// since a basis speaks of them and no revision does.

/// Sums over scopes as they were read last, a few hundred of them.
final class TotalsMemory: Sendable {
    private struct Key: Hashable {
        let kind: ScopeKind
        let id: Int64
        let visibleProducts: [Int64]?
        let revision: Int64
        let advisories: AdvisoryState
    }

    private static let limit = 300

    private let known = Mutex<[Key: Totals]>([:])

    /// The sums over a scope.
    func totals(of scope: Scope, on connection: any Connection) throws -> Totals {
        let revision = try ScopeFacts.read(scope, on: connection)?.revision ?? 0
        let key = Key(
            kind: scope.kind, id: scope.id, visibleProducts: scope.visibleProducts, revision: revision,
            advisories: try AdvisoryState.read(on: connection))
        if let found = known.withLock({ $0[key] }) { return found }
        let totals = Totals(
            counts: try SeverityCounts.read(scope, on: connection), basis: try Basis.read(scope, on: connection),
            violations: try AlertList.violations(in: scope, upTo: Totals.violationLimit, on: connection))
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = totals
        }
        return totals
    }
}

/// What is counted over all projects of a scope.
struct Totals: Sendable {
    /// Violations of policies are counted no further.
    static let violationLimit: Int64 = 1000

    let counts: SeverityCounts
    let basis: Basis
    /// Open alerts that say that a policy is violated.
    let violations: Int64
}
