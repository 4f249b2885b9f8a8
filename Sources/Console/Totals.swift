import Database
import Reports
import Synchronization

// DESIGN. Sums over ten thousand projects take a tenth of a second; usually nothing has changed between two views of a page. A scope's
// revision is raised by every change that its reports could show, so sums are cached under it. The state of the advisories is part of
// the key, because a basis depends on it and revisions do not.

/// Sums over scopes as they were read last, a few hundred of them.
final class TotalsMemory: Sendable {
    private struct Key: Hashable {
        let kind: ScopeKind
        let id: Int64
        let visibleProducts: [Int64]?
        let revision: Int64
        let advisories: AdvisoryState
    }

    /// A page of products, each with the sums over its projects.
    private struct ProductsKey: Hashable {
        let key: Key
        let name: String
        let isReversed: Bool
        let after: String
    }

    private static let limit = 300

    private let known = Mutex<[Key: Totals]>([:])
    private let knownProducts = Mutex<[ProductsKey: ListPage<ProductList.Row>]>([:])

    private static func key(of scope: Scope, on connection: any Connection) throws -> Key {
        Key(
            kind: scope.kind, id: scope.id, visibleProducts: scope.visibleProducts,
            revision: try ScopeFacts.read(scope, on: connection)?.revision ?? 0,
            advisories: try AdvisoryState.read(on: connection))
    }

    /// A page of a list of products.
    func products(_ list: ProductList, on connection: any Connection) throws -> ListPage<ProductList.Row> {
        let key = ProductsKey(
            key: try Self.key(of: list.scope, on: connection), name: list.name, isReversed: list.isReversed,
            after: list.after)
        if let found = knownProducts.withLock({ $0[key] }) { return found }
        let page = try list.read(on: connection)
        knownProducts.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = page
        }
        return page
    }

    /// The sums over a scope.
    func totals(of scope: Scope, on connection: any Connection) throws -> Totals {
        let key = try Self.key(of: scope, on: connection)
        if let found = known.withLock({ $0[key] }) { return found }
        let totals = Totals(
            counts: try SeverityCounts.read(scope, on: connection), basis: try Basis.read(scope, on: connection),
            violations: try AlertList.violations(in: scope, upTo: Totals.violationLimit, on: connection),
            worst: scope.kind == .organization
                ? try ProjectList.worst("critical", in: scope, limit: Totals.worstLimit, on: connection) : [])
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = totals
        }
        return totals
    }
}

/// The sums over all projects of a scope.
struct Totals: Sendable {
    /// Violations of policies are counted no further.
    static let violationLimit: Int64 = 1000
    /// Projects with the most critical alerts that are listed.
    static let worstLimit = 10

    let counts: SeverityCounts
    let basis: Basis
    /// Open alerts that say that a policy is violated.
    let violations: Int64
    /// The projects of an organization with the most critical alerts, the worst first.
    let worst: [ProjectList.Row]
}
