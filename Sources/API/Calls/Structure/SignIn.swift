import Bytes
import Database
import HTTP
import OpenID

// Not in Mend's API: the rights that an issuer's groups give in the organization, if the operator's file has no
// mapping.

extension Call {
    static let signIn: [Call] = [signInMapping, setSignInMapping]

    private static let issuer = Parameter.text("issuer", as: "acme").required
    private static let roles = Role.allCases.map(\.rawValue)
    /// The most rules of an issuer in an organization.
    private static let ruleLimit = 1000

    private static let signInMapping = Call(
        "waybillGetSignInMapping", .one(.organization), .administrator, .points, takes: [issuer]
    ) { visit in
        let issuer = try visit.issuer()
        let organization = visit.scope.organization
        let rules = try issuer.reach(on: visit.connection).rules.filter { $0.organization == organization }
        let products = try ProductTokens(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.text("issuer", issuer.id)
                answer.flag("isSetByOperator", issuer.rules != nil)
                answer.objects("rules", rules) { answer, rule in
                    answer.text("group", rule.group)
                    answer.text("role", rule.role.rawValue)
                    if let token = products.tokens[rule.product] { answer.text("productToken", token) }
                }
            })
    }

    /// Replaces the rules; with an empty list no user can sign in. The rules take effect at once for everybody who has
    /// signed in.
    private static let setSignInMapping = Call(
        "waybillSetSignInMapping", .one(.organization), .administrator, .points,
        takes: [issuer, .objects("rules", [.text("group"), .words("role", roles), .text("productToken")])]
    ) { visit in
        let issuer = try visit.issuer()
        guard issuer.rules == nil else {
            throw APIError.badValue(
                issuer.id, of: "issuer", accepted: "an issuer whose mapping the operator's file (--sign-in) leaves out")
        }
        let accepted = "a list of objects with group, role and, for one product, productToken"
        let fields = try visit.request.objects("rules", accepted: accepted)
        guard fields.count <= ruleLimit else {
            throw APIError.badValue("\(fields.count) rules", of: "rules", accepted: "at most \(ruleLimit)")
        }
        let products = try ProductTokens(visit.scope, on: visit.connection)
        var rules: [MappingRule] = []
        var seen: Set<String> = []
        for (place, field) in fields.enumerated() {
            let rule = try visit.rule(field, "rules[\(place)]", products)
            guard seen.insert("\(rule.product) \(rule.group)").inserted else {
                throw APIError.badValue(
                    rule.group, of: "rules[\(place)].group", accepted: "each group once for each product")
            }
            rules.append(rule)
        }
        return visit.change(saying: "Successfully set the mapping of \(issuer.id)") { [rules] writing in
            let former = try issuer.reach(on: writing.connection)
            try SignInMapping.replace(issuer: issuer.id, by: rules, writing)
            try Identities.settleOrganization(
                issuer: issuer.url, from: former, by: issuer.reach(on: writing.connection), writing)
        }
    }
}

/// The products of an organization by number and by token.
private struct ProductTokens {
    let tokens: [Int64: String]
    let ids: [String: Int64]

    init(_ scope: Scope, on connection: any Connection) throws {
        let rows = try connection.all("SELECT id, token FROM product WHERE organization = \(scope.organization)") {
            (id: $0.integer(0), token: $0.string(1))
        }
        tokens = Dictionary(rows.map { ($0.id, $0.token) }, uniquingKeysWith: { first, _ in first })
        ids = Dictionary(rows.map { ($0.token, $0.id) }, uniquingKeysWith: { first, _ in first })
    }
}

extension CallVisit {
    /// The issuer that a request names, if it may admit people to the organization.
    fileprivate func issuer() throws -> Issuer {
        let id = try request.text("issuer", accepted: "the id of an issuer")
        let reaching = try (backend.issuers?.clients ?? []).map(\.issuer).filter {
            try $0.reach(on: connection).organizations.contains(scope.organization)
        }
        guard let issuer = reaching.first(where: { $0.id == id }) else {
            let ids = reaching.map(\.id).joined(separator: ", ")
            throw APIError.badValue(
                id, of: "issuer",
                accepted: ids.isEmpty ? "none: the operator named no issuer for this organization (--sign-in)" : ids)
        }
        return issuer
    }

    /// A rule of a request.
    fileprivate func rule(_ field: RequestValue, _ path: String, _ products: ProductTokens) throws -> MappingRule {
        let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
        let group = try request.text("group", in: field, of: path, accepted: "the name of a group at the issuer")
        guard group.utf8.count <= 255, !group.contains(where: \.isNewline), !group.contains("\0") else {
            throw APIError.badValue(group, of: "\(path).group", accepted: "a line of at most 255 bytes")
        }
        let word = try request.text("role", in: field, of: path, accepted: roles)
        guard let role = Role(rawValue: word.uppercased()) else {
            throw APIError.badValue(word, of: "\(path).role", accepted: roles)
        }
        var product: Int64 = 0
        if let token = field.text("productToken") {
            guard let id = products.ids[token] else {
                throw APIError.badValue(
                    token, of: "\(path).productToken", accepted: "the token of a product of this organization")
            }
            product = id
        }
        return MappingRule(group: group, role: role, organization: scope.organization, product: product)
    }
}
