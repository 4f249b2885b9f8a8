import Bytes
package import Database
import HTTP
package import Jobs
import Reports

// DESIGN. Only this file decides the rights of users. A user key and a token become an account, a role and a `Scope`.
// All later code uses the scope and never checks a tenant again. Every fault of key or token gives the same answer
// after the same query, so clients cannot learn which tokens exist. The key is looked up by its digest, so the time of
// an index comparison reveals nothing about the key.

/// The token that a call needs.
package enum TokenRule: Sendable, Equatable {
    /// A token of this kind of scope. Further tokens of other kinds are ignored, because clients send them along.
    case one(ScopeKind)
    /// A token of this kind of scope, in its own field or in the given one: the vendor's table names `projectToken` for an SBOM
    /// of a product, while its example has `productToken`.
    case oneOr(ScopeKind, field: String)
    /// Any token; with several, the narrowest counts.
    case any
    /// A token of an organization, in the field for a group of organizations; without a token, the first organization of the
    /// key.
    case global

    /// The fields that may hold the token, the narrowest first.
    var fields: [(name: String, kind: ScopeKind)] {
        switch self {
        case .one(let kind): [(kind.tokenField, kind)]
        case .oneOr(let kind, let field): [(kind.tokenField, kind), (field, kind)]
        case .global: [("globalOrgToken", .organization)]
        case .any: [ScopeKind.project, .product, .organization].map { ($0.tokenField, $0) }
        }
    }
}

extension ScopeKind {
    /// Mend's name of the field for a token of this kind.
    package var tokenField: String {
        switch self {
        case .organization: "orgToken"
        case .product: "productToken"
        case .project: "projectToken"
        }
    }
}

/// The rights that a call, or a request at another door, needs: a least role in the place of its token, and a scope of the
/// key.
package struct Need: Sendable, Equatable {
    package let role: Role
    /// The scopes of the key; one of them suffices.
    package let scopes: KeyScopes
    /// The name of the call, for messages and records.
    let call: String

    package init(_ role: Role, with scopes: KeyScopes, for call: String) {
        self.role = role
        self.scopes = scopes
        self.call = call
    }
}

/// A call that was refused to a member of the organization: the error for the client, and the facts to record.
package struct Denial: Error {
    let error: APIError
    let organization: Int64
    let account: Int64
    let call: String

    func record(at time: Int64) -> DenialRecord {
        DenialRecord(organization: organization, time: time, account: account, call: call, reason: error.message)
    }
}

/// An admitted user.
package struct Access: Sendable {
    package let standing: Standing
    /// The projects in the place of the token, except those that the user may not see.
    package let scope: Scope
    /// The user's role in that place.
    package let role: Role
    /// The key of the request; nil for the operator, who needs no key.
    package internal(set) var key: HeldKey?

    /// Admits a user or refuses. The query is the same whether key, token or both are wrong. The key is the body's
    /// `userKey`, otherwise that of `Authorization: Bearer` (RFC 6750 §2.1).
    static func check(
        _ request: Request, _ headers: HTTPFields, for call: Call, at time: Int64, on connection: any Connection
    ) throws -> Access {
        let accepted = "the key of a user, 64 hexadecimal characters"
        guard let text = try shownKey(request, headers) else {
            throw APIError.missing("userKey", accepted: accepted)
        }
        return try check(request, keyDigest: UserKey(text).digest, for: call, at: time, on: connection)
    }

    /// The same for the holder of the key with this digest; a key in the request is ignored.
    static func check(
        _ request: Request, keyDigest: [UInt8], for call: Call, at time: Int64, on connection: any Connection
    ) throws -> Access {
        if call.token == .global, try request.textIfAny("globalOrgToken", accepted: "a token") == nil {
            // A person who has only a key asks where it is valid, so the call covers all of the holder's
            // organizations.
            let holder = try KeyHolder.find(keyDigest, at: time, on: connection)
            guard let first = holder?.organizations.first else { throw APIError.refused }
            return try check(keyDigest, .organization, token: first.token, for: call.need, at: time, on: connection)
        }
        let (kind, token) = try token(of: request, by: call.token)
        return try check(keyDigest, kind, token: token, for: call.need, at: time, on: connection)
    }

    /// Admits the holder of the key with this digest to the place of a token.
    package static func check(
        _ keyDigest: [UInt8], _ kind: ScopeKind, token: String, for need: Need, at time: Int64,
        on connection: any Connection
    ) throws -> Access {
        let (found, holder) = try Standing.find(kind, token: token, keyDigest: keyDigest, at: time, on: connection)
        let isSame = Identifier.areEqual(holder?.key.digest ?? Self.nobody, keyDigest)
        guard isSame, let found, let (standing, key) = holder, let role = standing.role(inProduct: found.product)
        else { throw APIError.refused }
        let scope = Scope(
            kind: found.kind, organization: found.organization, product: found.product, project: found.project,
            visibleProducts: standing.visibleProducts)
        let access = Access(standing: standing, scope: scope, role: role, key: key)
        try access.require(need)
        return access
    }

    /// Refuses a call that the role in the scope, or the key, does not allow.
    package func require(_ need: Need) throws(Denial) {
        guard role >= need.role else { throw denial(role, need) }
        guard allows(need.scopes) else { throw denial(.keyTooNarrow(needed: need.scopes, call: need.call), need) }
    }

    /// Whether the key is for one of these.
    package func allows(_ scopes: KeyScopes) -> Bool { key.map { !$0.scopes.isDisjoint(with: scopes) } ?? true }

    /// Whether the user has a role in a product of the organization. Nil stands for a new product, which needs the role in
    /// the whole organization.
    package func allows(_ needed: Role, inProduct product: Int64?) -> Bool {
        let role = product.map { standing.role(inProduct: $0) } ?? standing.role
        return role.map { $0 >= needed } ?? false
    }

    /// As `require`, in a product of the organization.
    package func require(_ need: Need, inProduct product: Int64?) throws(Denial) {
        if !allows(need.role, inProduct: product) {
            let role = product.map { standing.role(inProduct: $0) } ?? standing.role
            throw denial(role ?? .readOnly, need)
        }
        guard allows(need.scopes) else { throw denial(.keyTooNarrow(needed: need.scopes, call: need.call), need) }
    }

    /// Refuses other users a report that is for administrators only.
    func require(_ wanted: ReportRequest, for call: String) throws {
        guard try wanted.report().isTrail else { return }
        try require(Need(.administrator, with: .administer, for: "\(call) of \(wanted.type)"), inProduct: nil)
    }

    private func denial(_ role: Role, _ need: Need) -> Denial {
        denial(.roleTooLow(role, needed: need.role, call: need.call), need)
    }

    private func denial(_ error: APIError, _ need: Need) -> Denial {
        Denial(error: error, organization: scope.organization, account: standing.account, call: need.call)
    }

    /// The key of a request; nil without one.
    static func shownKey(_ request: Request, _ headers: HTTPFields) throws(APIError) -> String? {
        try request.textIfAny("userKey", accepted: "the key of a user, 64 hexadecimal characters") ?? bearer(headers)
    }

    /// The key in `X-Api-Key`, where Dependency-Track's clients send it, or in `Authorization: Bearer`.
    static func headerKey(_ headers: HTTPFields) -> UserKey? {
        if let text = headers["X-Api-Key"]?.trimmingBlanks(), !text.isEmpty { return UserKey(text) }
        return bearer(headers).map { UserKey($0) }
    }

    /// The key in `Authorization: Bearer` (RFC 6750 §2.1).
    private static func bearer(_ headers: HTTPFields) -> String? {
        guard let value = headers["Authorization"]?.trimmingBlanks(), value.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        let key = String(value.dropFirst(7)).trimmingBlanks()
        return key.isEmpty ? nil : key
    }

    /// The digest to compare with when no account has the key.
    private static let nobody = [UInt8](repeating: 0, count: 32)

    private static func token(of request: Request, by rule: TokenRule) throws(APIError) -> (ScopeKind, String) {
        for field in rule.fields {
            if let token = try request.textIfAny(field.name, accepted: "a token, 64 hexadecimal characters") {
                return (field.kind, token)
            }
        }
        throw .missing(
            rule.fields.map(\.name).joined(separator: " or "), accepted: "a token, 64 hexadecimal characters")
    }

    /// The request with the other side of its comparison, provided that it is a comparison and the user may see that
    /// side.
    func comparing(_ request: ReportRequest, on connection: any Connection) throws -> ReportRequest {
        guard let token = request.comparisonToken else { return request }
        let other = try Accounts.scope(request.scope.kind, token: token, on: connection)
        guard let other, other.organization == scope.organization, standing.role(inProduct: other.product) != nil
        else { throw APIError.refused }
        return request.comparing(with: Scope.Comparison(product: other.product, project: other.project))
    }

    /// Whether the user may see a job of the organization and its result.
    ///
    /// A report shows the scope of its request and, for a comparison, a second scope. A report on a whole organization shows
    /// the products that its requester could see, so other users may get it only if they see the whole organization.
    package func canSee(_ job: Job) -> Bool { standing.canSee(job) }
}

extension Standing {
    /// The same for an account other than the caller's.
    package func canSee(_ job: Job) -> Bool {
        if Envelope.isTrail(job.processType), role != .administrator { return false }
        guard let visible = visibleProducts else { return true }
        guard job.kind == .report else { return visible.contains(job.product) }
        // If the request cannot be read any more, its content is unknown, so it is not shown.
        guard let shown = (try? ReportRequest(json: job.request))?.scope else { return false }
        if let other = shown.comparison, !visible.contains(other.product) { return false }
        if shown.product != 0 { return visible.contains(shown.product) }
        return shown.visibleProducts.map { Set($0).isSubset(of: visible) } ?? false
    }
}

/// The holder of a key, before a token selects a place.
package struct KeyHolder: Sendable {
    package let account: Int64
    package let key: HeldKey
    /// The organizations in which the holder has a role, in the order of their ids, each with the greatest role in
    /// any part of it.
    package let organizations: [(id: Int64, token: String, role: Role)]

    /// The holder of the key with this digest; nil when no account has the key or the key has expired.
    package static func find(
        _ keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> KeyHolder? {
        let found = try Standing.organizations(keyDigest: keyDigest, at: time, on: connection)
        guard let found, Identifier.areEqual(found.key.digest, keyDigest) else { return nil }
        return KeyHolder(account: found.account, key: found.key, organizations: found.organizations)
    }

    /// Whether the holder has this role in any organization.
    func has(_ role: Role) -> Bool { organizations.contains { $0.role >= role } }

    /// Whether the key has one of these scopes.
    package func allows(_ scopes: KeyScopes) -> Bool { !key.scopes.isDisjoint(with: scopes) }
}
