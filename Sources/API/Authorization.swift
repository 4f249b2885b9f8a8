import Bytes
package import Database
import HTTP
package import Jobs
import Reports

// DESIGN. The one place that decides the rights of users. A user key and a token become an account, a role and a
// `Scope`; everything behind works on the scope and never looks at a tenant again. Every fault of key and token ends in
// the same answer, after the same query, so nobody learns which tokens exist. The key itself is looked up by its
// digest, so that the time of an index comparison reveals nothing of the key.

/// Which token a call needs.
package enum TokenRule: Sendable, Equatable {
    /// The token of this kind of scope. Tokens of other kinds beside it are ignored, because clients send them along.
    case one(ScopeKind)
    /// The token of this kind of scope, in its own field or in this one: the vendor's table names `projectToken` for an SBOM of
    /// a product, while its example has `productToken`.
    case oneOr(ScopeKind, field: String)
    /// Any; the narrowest counts when there are several.
    case any
    /// The token of an organization, in the field for a group of organizations; without it the first organization of the key.
    case global

    /// The fields that may hold it, narrowest first.
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
    /// Mend's name of the field that holds a token of this kind.
    package var tokenField: String {
        switch self {
        case .organization: "orgToken"
        case .product: "productToken"
        case .project: "projectToken"
        }
    }
}

/// The rights that a call, or a request at another door, needs: a least role in the place that its token names, and a scope
/// of the key.
package struct Need: Sendable, Equatable {
    package let role: Role
    /// A key with any of these will do.
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

/// A user who was let in.
package struct Access: Sendable {
    package let standing: Standing
    /// The projects that the token names, without those that the user may not see.
    package let scope: Scope
    /// The user's role there.
    package let role: Role
    /// The key of the request; nil for the operator, who needs none.
    package internal(set) var key: HeldKey?

    /// Lets a user in, or refuses. Runs the same query whether key or token or both are wrong. The key is the body's
    /// `userKey`, or where there is none that of `Authorization: Bearer` (RFC 6750 §2.1).
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
            // Somebody who has only a key asks where it opens: the call is about all of the holder's organizations.
            let holder = try KeyHolder.find(keyDigest, at: time, on: connection)
            guard let first = holder?.organizations.first else { throw APIError.refused }
            return try check(keyDigest, .organization, token: first.token, for: call.need, at: time, on: connection)
        }
        let (kind, token) = try token(of: request, by: call.token)
        return try check(keyDigest, kind, token: token, for: call.need, at: time, on: connection)
    }

    /// Lets the holder of the key with this digest in where a token points to.
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

    /// Refuses a call if the role in the scope, or the key, does not allow it.
    package func require(_ need: Need) throws(Denial) {
        guard role >= need.role else { throw denial(role, need) }
        guard allows(need.scopes) else { throw denial(.keyTooNarrow(needed: need.scopes, call: need.call), need) }
    }

    /// Whether the key is for one of these.
    package func allows(_ scopes: KeyScopes) -> Bool { key.map { !$0.scopes.isDisjoint(with: scopes) } ?? true }

    /// Whether the user has a role in a product of the organization; nil stands for a product that does not exist yet, which
    /// needs the role in the whole organization.
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

    /// The key that a request shows; nil when there is none.
    static func shownKey(_ request: Request, _ headers: HTTPFields) throws(APIError) -> String? {
        try request.textIfAny("userKey", accepted: "the key of a user, 64 hexadecimal characters") ?? bearer(headers)
    }

    /// The key in `X-Api-Key`, as Dependency-Track's clients send it, or in `Authorization: Bearer`.
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

    /// Compared with when no account has the key.
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

    /// The request with the other side of its comparison, if it compares and the user may see that side too.
    func comparing(_ request: ReportRequest, on connection: any Connection) throws -> ReportRequest {
        guard let token = request.comparisonToken else { return request }
        let other = try Accounts.scope(request.scope.kind, token: token, on: connection)
        guard let other, other.organization == scope.organization, standing.role(inProduct: other.product) != nil
        else { throw APIError.refused }
        return request.comparing(with: Scope.Comparison(product: other.product, project: other.project))
    }

    /// Whether the user may see a job of the organization and its result.
    ///
    /// A report shows the scope of its request and, in a comparison, a second scope. A report on a whole organization shows the products
    /// that its user could see, so others may have it only if they see the whole organization.
    package func canSee(_ job: Job) -> Bool { standing.canSee(job) }
}

extension Standing {
    /// The same for an account that need not be the caller's.
    package func canSee(_ job: Job) -> Bool {
        if Envelope.isTrail(job.processType), role != .administrator { return false }
        guard let visible = visibleProducts else { return true }
        guard job.kind == .report else { return visible.contains(job.product) }
        // If the request can no longer be read, its content is unknown.
        guard let shown = (try? ReportRequest(json: job.request))?.scope else { return false }
        if let other = shown.comparison, !visible.contains(other.product) { return false }
        if shown.product != 0 { return visible.contains(shown.product) }
        return shown.visibleProducts.map { Set($0).isSubset(of: visible) } ?? false
    }
}

/// The holder of a key, before a token names a place.
package struct KeyHolder: Sendable {
    package let account: Int64
    package let key: HeldKey
    /// The organizations in which the holder has a role, in the order of ids, each with the greatest role in any part
    /// of it.
    package let organizations: [(id: Int64, token: String, role: Role)]

    /// The holder of the key with this digest; nil when no account has it, or its time is over.
    package static func find(
        _ keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> KeyHolder? {
        let found = try Standing.organizations(keyDigest: keyDigest, at: time, on: connection)
        guard let found, Identifier.areEqual(found.key.digest, keyDigest) else { return nil }
        return KeyHolder(account: found.account, key: found.key, organizations: found.organizations)
    }

    /// Whether the holder has this role anywhere.
    func has(_ role: Role) -> Bool { organizations.contains { $0.role >= role } }

    /// Whether the key is for one of these.
    package func allows(_ scopes: KeyScopes) -> Bool { !key.scopes.isDisjoint(with: scopes) }
}
