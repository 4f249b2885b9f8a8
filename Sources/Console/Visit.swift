import API
import Bytes
import Database
import HTTP
import Jobs
import Reports

// DESIGN. A place is found by its token and entered by `Access`, as in a call, with the key that began the session. A page
// reads all its data through the resulting scope.

/// A person at a place, with the data that a page may show. Lives while its connection is lent.
struct Visit {
    let page: Page
    /// The address of the page, with its place.
    let address: Address
    let place: Address.Place
    let access: Access
    /// The organizations of the person.
    let organizations: [PlaceNames.Place]
    let names: PlaceNames
    /// The digest of the key that began the session.
    let keyDigest: [UInt8]
    /// The digest of the session's secret.
    let session: [UInt8]
    /// The browser's last form, if the page is shown again because of a problem.
    var form: Form?
    var problem: Problem?
    /// The new key or secret of a form, which is shown only once.
    var secret: Secret?
    let connection: any Connection
    let backend: Backend
    private let memory: TotalsMemory

    var scope: Scope { access.scope }
    /// Milliseconds since 1970, UTC.
    var now: Int64 { backend.queue.now() }

    /// Enters an address; nil if the session's key is no longer valid. Throws `APIError.refused` for places that the person may
    /// not see, and for pages that do not exist.
    init?(
        _ address: Address, keyDigest: [UInt8], session: [UInt8], on connection: any Connection, _ backend: Backend,
        _ memory: TotalsMemory
    ) throws {
        let now = backend.queue.now()
        guard let holder = try KeyHolder.find(keyDigest, at: now, on: connection),
            let first = holder.organizations.first
        else { return nil }
        let place = address.place ?? Address.Place(kind: .organization, token: first.token)
        var here = address
        here.place = place
        guard let page = Page.at(address, place.kind) else { throw APIError.refused }
        access = try Access.check(keyDigest, place.kind, token: place.token, for: page.need, at: now, on: connection)
        guard let names = try PlaceNames.read(access.scope, on: connection) else { throw APIError.refused }
        organizations = try OrganizationDetails.list(ofAccount: access.standing.account, on: connection).map {
            PlaceNames.Place(name: $0.name, token: $0.token)
        }
        self.page = page
        self.address = here
        self.place = place
        self.names = names
        self.keyDigest = keyDigest
        self.session = session
        self.connection = connection
        self.backend = backend
        self.memory = memory
    }

    /// The sums over the place.
    func totals() throws -> Totals { try memory.totals(of: scope, on: connection) }

    /// The last month of open alerts in the place.
    ///
    /// - Parameter counts: those of now.
    func trend(to counts: SeverityCounts) throws -> SeverityTrend {
        try SeverityTrend.read(scope, days: 30, at: now, current: counts, on: connection)
    }

    /// A page of products, each with the sums over its projects.
    func products(_ list: ProductList) throws -> ListPage<ProductList.Row> { try memory.products(list, on: connection) }

    /// The name of the place.
    var name: String { names.project?.name ?? names.product?.name ?? names.organization.name }

    /// The query of the address; may be empty.
    func query(_ name: String) -> String { address.query.first { $0.name == name }?.value.trimmingBlanks() ?? "" }

    /// The typed value of a field in a form that is shown again, otherwise a given value.
    func typed(_ name: String, or value: String = "") -> String { form.map { $0[name] } ?? value }

    /// The same for one of several forms of a page, which gives its name in the field `part`.
    func typed(_ name: String, in part: String, or value: String = "") -> String {
        isSent(part) ? typed(name, or: value) : value
    }

    /// The problem of one of several forms of a page.
    func problem(in part: String) -> Problem? { isSent(part) ? problem : nil }

    /// Whether this form, one of several, is shown again.
    func isSent(_ part: String) -> Bool { form?["part"] == part }

    /// A page of the organization.
    func inOrganization(_ page: String = "", item: String = "") -> Address {
        Address(.organization, names.organization.token, page, item: item)
    }

    /// The address of another page of the same place.
    func here(_ page: String = "", item: String = "") -> Address { Address(place, page, item: item) }

    /// Whether the person has the rights for a call in the place.
    func may(_ role: Role, with scopes: KeyScopes) -> Bool { access.role >= role && access.allows(scopes) }
}
