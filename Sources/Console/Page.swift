import API
import Bytes
import Database
import HTTP
import Reports

// DESIGN. THE table of pages, like `Call.table` for calls: a page is data and two functions. `show` reads its data through the
// visitor's scope. `submission` makes the form's change by a call of the API and names the next page, so that going back or
// reloading never repeats a change. After an error the page is shown again with the typed values.

/// One page of the console.
struct Page: Sendable {
    /// The page's word in its address; empty for the first page of a place.
    let word: String
    /// The title in menus and tabs; empty if no menu has the page.
    let menu: String
    /// The kinds of places with this page.
    let kinds: Set<ScopeKind>
    /// The rights that a person needs in the place to see the page.
    let need: Need
    let show: @Sendable (Visit) throws -> Content
    let submission: Submission?
    /// Answers with a file instead of a page.
    var fetch: (@Sendable (Sender) async throws -> HTTPResponse)?

    init(
        _ word: String, _ menu: String, in kinds: Set<ScopeKind>, for role: Role = .readOnly,
        with scopes: KeyScopes = .read, submission: Submission? = nil,
        show: @escaping @Sendable (Visit) throws -> Content
    ) {
        self.word = word
        self.menu = menu
        self.kinds = kinds
        need = Need(role, with: scopes, for: "the console")
        self.show = show
        self.submission = submission
    }

    /// All pages, in the order of the menus.
    static let table: [Page] = [
        .overview, .productOverview, .projectOverview, .vulnerabilities, .vulnerability, .libraries, .library,
        .licences, .licence, .alerts, .decide, .paths, .files, .reports, .report, .download, .imports, .history,
        .policies, .policy, .search, .answer, .changes, .knowledge,
        .people, .person, .settings, .audit, .sessions, .keys, .notices,
    ]

    /// The words of pages that are files.
    static let downloads = Set(table.filter { $0.fetch != nil }.map(\.word))

    /// The page of an address; nil for an unknown one.
    static func at(_ address: Address, _ kind: ScopeKind) -> Page? {
        table.first { $0.word == address.page && $0.kinds.contains(kind) }
    }
}

/// The handling of a page's form.
struct Submission: Sendable {
    /// Makes the change that the form requests and returns the next page.
    let act: @Sendable (Sender) async throws -> Landing

    init(_ act: @escaping @Sendable (Sender) async throws -> Address) { self.act = { .page(try await act($0)) } }

    /// For forms whose result is shown only once.
    init(showing act: @escaping @Sendable (Sender) async throws -> Landing) { self.act = act }
}

/// The page that follows a form.
enum Landing: Sendable {
    /// A page that the browser requests by GET, so that going back and reloading repeat no change.
    case page(Address)
    /// The page of the form, with a secret that is shown only this once. Reloading sends the form again, so only calls that
    /// refuse an existing thing may lead here.
    case secret(Secret)
}

/// A key that was just made.
struct Secret: Sendable {
    /// The owner of the key.
    let title: String
    let text: String
}

/// The page exists, but has nothing to show at this address.
struct LostPage: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

/// The content of a page between the header and the footer.
struct Content {
    let title: String
    /// The seconds after which the browser reloads the page; nil on pages with fields to fill in.
    var refresh: Int?
    let body: (inout HTML) -> Void

    init(_ title: String, refresh: Int? = nil, body: @escaping (inout HTML) -> Void) {
        self.title = title
        self.refresh = refresh
        self.body = body
    }
}

/// A form that is passed to the call which makes its change.
struct Sender: Sendable {
    /// The page of the form; its place is known.
    let address: Address
    let place: Address.Place
    /// The organization and product that contain the place.
    let names: PlaceNames
    let form: Form
    let keyDigest: [UInt8]
    /// The digest of the session's secret.
    let session: [UInt8]
    let caller: Caller
    let backend: Backend
    let desk: CallDesk
    let questions: AskDesk

    /// Makes a call at the place of the page.
    @discardableResult
    func call(_ requestType: String, _ members: (inout JSONWriter) -> Void = { _ in }) async throws -> HTTPResponse {
        try await desk.perform(
            requestType, at: (place.kind, place.token), by: keyDigest, caller, members: members)
    }

    /// Makes a call at the organization around the place.
    @discardableResult
    func callOrganization(
        _ requestType: String, _ members: (inout JSONWriter) -> Void
    ) async throws -> HTTPResponse {
        try await desk.perform(
            requestType, at: (.organization, names.organization.token), by: keyDigest, caller, members: members)
    }
}
