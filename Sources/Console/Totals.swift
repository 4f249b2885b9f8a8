import Database
import Reports
import Synchronization

// DESIGN. Usually nothing has changed between two views of a page. A scope's revision is raised by every change that its reports could show,
// so sums are cached under it. The state of the advisories is part of the key, because a basis depends on it and revisions do not. After
// a change only the projects that changed are read (`ProductSums`).

/// The sums that were read last, for a few hundred scopes.
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
    /// Projects whose parts of sums are kept: some 200 bytes each.
    private static let projectLimit = 100_000

    private let known = Mutex<[Key: Totals]>([:])
    private let knownProducts = Mutex<[ProductsKey: ListPage<ProductList.Row>]>([:])
    private let sums = Mutex<[Int64: ProductSums]>([:])

    private static func key(of scope: Scope, on connection: any Connection) throws -> Key {
        Key(
            kind: scope.kind, id: scope.id, visibleProducts: scope.visibleProducts,
            revision: try ScopeFacts.read(scope, on: connection)?.revision ?? 0,
            advisories: try AdvisoryState.read(on: connection))
    }

    /// The sums of products by their ids, brought up to their revisions.
    private func sums(
        of products: [(product: Int64, revision: Int64)], on connection: any Connection
    ) throws -> [Int64: ProductSums] {
        let kept = sums.withLock { $0 }
        var found: [Int64: ProductSums] = [:]
        var read: [ProductSums] = []
        for (product, revision) in products {
            var sum = kept[product] ?? ProductSums(product: product)
            if sum.revision != revision {
                try sum.refresh(to: revision, on: connection)
                read.append(sum)
            }
            found[product] = sum
        }
        if !read.isEmpty {
            sums.withLock { sums in
                if sums.values.reduce(0, { $0 + $1.projects }) > Self.projectLimit { sums.removeAll() }
                for sum in read { sums[sum.product] = sum }
            }
        }
        return found
    }

    /// A page of a list of products.
    func products(_ list: ProductList, on connection: any Connection) throws -> ListPage<ProductList.Row> {
        let key = ProductsKey(
            key: try Self.key(of: list.scope, on: connection), name: list.name, isReversed: list.isReversed,
            after: list.after)
        if let found = knownProducts.withLock({ $0[key] }) { return found }
        let page = try list.read(on: connection) { try sums(of: $0, on: connection) }
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
        let totals = scope.kind == .project ? try project(scope, on: connection) : try wide(scope, on: connection)
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = totals
        }
        return totals
    }

    private func project(_ scope: Scope, on connection: any Connection) throws -> Totals {
        Totals(
            counts: try SeverityCounts.read(scope, on: connection), basis: try Basis.read(scope, on: connection),
            violations: try AlertList.violations(in: scope, upTo: Totals.violationLimit, on: connection), worst: [])
    }

    /// The totals of an organization or product.
    private func wide(_ scope: Scope, on connection: any Connection) throws -> Totals {
        let products = try sums(of: ProductSums.revisions(of: scope, on: connection), on: connection)
        var (counts, violations) = (SeverityCounts(), 0 as Int64)
        var libraries: [Basis.Group: Int] = [:]
        var critical: [(project: Int64, alerts: Int64)] = []
        for product in products.values {
            counts += product.counts
            violations += product.violations
            product.addLibraries(to: &libraries)
            if scope.kind == .organization { critical += product.projects(having: "critical") }
        }
        critical.sort { ($1.alerts, $0.project) < ($0.alerts, $1.project) }
        let worst = critical.prefix(Totals.worstLimit).map(\.project)
        return Totals(
            counts: counts, basis: try Basis(libraries, on: connection),
            violations: min(violations, Totals.violationLimit),
            worst: try ProjectList.rows(of: worst, in: scope, on: connection))
    }
}

/// The sums over all projects of a scope.
struct Totals: Sendable {
    /// The number at which counting of policy violations stops.
    static let violationLimit: Int64 = 1000
    /// The most projects in the list of those with the most critical alerts.
    static let worstLimit = 10

    let counts: SeverityCounts
    let basis: Basis
    /// The number of open alerts about violated policies.
    let violations: Int64
    /// The projects of an organization with the most critical alerts, the worst first.
    let worst: [ProjectList.Row]
}
