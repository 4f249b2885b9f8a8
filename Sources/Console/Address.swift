import Bytes
import Database
import OpenID

/// The address of a page of the console. The address is stable: it names places by their tokens, and can be shared.
///
///     /                                        the first organization of the person
///     /console/project/TOKEN                   a place
///     /console/project/TOKEN/alerts?severity=high    a page of it, with what is asked for
///     /console/organization/TOKEN/vulnerability/CVE-2021-44228
struct Address: Sendable, Equatable {
    /// An organization, product or project by its token.
    struct Place: Sendable, Equatable {
        let kind: ScopeKind
        let token: String
    }

    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// The common beginning of all addresses but the first.
    static let root = "/console/"

    /// Nil for the first organization of the person.
    var place: Place?
    /// The word of the page; empty for the first page of a place.
    var page = ""
    /// The subject of the page, such as the name of a vulnerability.
    var item = ""
    /// The query of the address.
    var query: [Field] = []

    init(_ place: Place? = nil, _ page: String = "", item: String = "") {
        self.place = place
        self.page = page
        self.item = item
    }

    init(_ kind: ScopeKind, _ token: String, _ page: String = "", item: String = "") {
        self.init(Place(kind: kind, token: token), page, item: item)
    }

    /// - Parameter path: percent-decoded; nil for paths that no page has.
    init?(path: String) {
        if path == "/" || path == "/console" || path == Self.root {
            self.init()
            return
        }
        guard path.hasPrefix(Self.root) else { return nil }
        let parts = path.dropFirst(Self.root.count).split(
            separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 1, let kind = ScopeKind(rawValue: String(parts[0])), !parts[1].isEmpty else { return nil }
        self.init(
            kind, String(parts[1]), parts.count > 2 ? String(parts[2]) : "",
            item: parts.count > 3 ? String(parts[3]) : "")
    }

    /// The address without the query.
    var path: String {
        guard let place else { return "/" }
        var path = "\(Self.root)\(place.kind.rawValue)/\(place.token.percentEncoded)"
        if !page.isEmpty { path += "/\(page.percentEncoded)" }
        if !item.isEmpty { path += "/\(item.percentEncoded)" }
        return path
    }

    var text: String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }

    /// The same address with another value of a field in the query; an empty value removes the field.
    func with(_ name: String, _ value: String) -> Address {
        var address = self
        address.query.removeAll { $0.name == name }
        if !value.isEmpty { address.query.append(Field(name: name, value: value)) }
        return address
    }
}

/// The target of a path of the console.
enum Route: Equatable {
    case page(Address)
    case style
    case icon
    /// Signing in and out.
    case enter
    case leave
    /// The way to an issuer and back, and the calls of an issuer that end sessions; with the issuer's id.
    case toIssuer(String)
    case fromIssuer(String)
    case endByIssuer(String)
    /// The description of the API; only for GET.
    case api

    /// Nil for paths that do not belong to the console.
    init?(_ path: String) {
        // Every poll of a report passes this check.
        guard path == "/" || path.hasPrefix("/console") || path == "/favicon.ico" || path == "/api" else { return nil }
        switch path {
        case "/console/style.css": self = .style
        case "/console/icon.svg", "/favicon.ico": self = .icon
        case "/api": self = .api
        case "/console/enter": self = .enter
        case "/console/leave": self = .leave
        default:
            if path.hasPrefix(IssuerDirectory.root) {
                let parts = path.dropFirst(IssuerDirectory.root.count).split(
                    separator: "/", omittingEmptySubsequences: false)
                switch (parts.count, parts.last) {
                case (1, _): self = .toIssuer(String(parts[0]))
                case (2, "callback"): self = .fromIssuer(String(parts[0]))
                case (2, "sign-out"): self = .endByIssuer(String(parts[0]))
                default: return nil
                }
                return
            }
            guard let address = Address(path: path) else { return nil }
            self = .page(address)
        }
    }

    static let stylePath = "/console/style.css"
    static let iconPath = "/console/icon.svg"
    static let enterPath = "/console/enter"
    static let leavePath = "/console/leave"
}
