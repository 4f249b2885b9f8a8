/// An issuer that people sign in with, as the operator's file describes it.
package struct Issuer: Sendable, Equatable {
    /// The id in addresses and calls: lower-case letters, digits and hyphens.
    package let id: String
    /// The name for people.
    package var name: String
    /// Its address, exactly as in its tokens.
    package let url: String
    /// Waybill's client id at the issuer.
    package let client: String
    /// The client secret; nil for a public client.
    package var secret: String?
    package var scopes = ["openid", "profile", "email"]
    /// A PEM file of trusted authorities instead of the system's.
    package var trusted: String?
    /// Further origins that its documents may point to.
    package var origins: [String] = []
    /// The organizations that it may admit people to, by token or name. At least one.
    package var organizations: [String]
    /// The claim that lists a person's groups.
    package var groupsClaim = "groups"
    /// Whether a person is linked to an existing account with the same, verified address.
    package var linksByEmail = false
    /// Whether a person whose token lacks that claim has no groups; else the sign-in is refused and changes nothing.
    package var closesWithoutGroups = false
    /// Days after the last sign-in for which a person's rights last; 0 for any number.
    package var signInWithinDays = 90
    /// The rights of groups; nil if calls set them.
    package var rules: [GroupRule]?

    package init(id: String, name: String, url: String, client: String, organizations: [String]) {
        self.id = id
        self.name = name
        self.url = url
        self.client = client
        self.organizations = organizations
    }
}

/// The rights of the members of an issuer's group.
package struct GroupRule: Sendable, Equatable, Hashable {
    /// The issuer's name of the group.
    package let group: String
    /// The role: READ_ONLY, MEMBER or ADMINISTRATOR.
    package let role: String
    /// The name of a product; empty for the whole organization.
    package let product: String
    /// The token or name of the organization; empty if the issuer has only one.
    package let organization: String

    package init(group: String, role: String, product: String = "", organization: String = "") {
        self.group = group
        self.role = role
        self.product = product
        self.organization = organization
    }
}

/// The reason why a person could not sign in, or an issuer could not be queried.
package enum SignInFault: Error, Equatable, CustomStringConvertible {
    /// The issuer does not answer, or gives an invalid answer.
    case unreachable(String)
    /// Its discovery document cannot be used.
    case document(String)
    /// Its discovery document points to an address that is neither its own nor in the operator's file.
    case elsewhere(member: String, address: String)
    /// The issuer itself refused (RFC 6749 §4.1.2.1); with its error code and reason.
    case refused(String, String)
    /// An answer names a different issuer (RFC 9207).
    case otherIssuer(String)
    /// No pending sign-in fits this answer: it is old, repeated, or for another browser.
    case unasked
    case token(TokenFault)
    /// The issuer gave no token for the code.
    case noToken(String)
    /// The userinfo answer does not belong to the token.
    case otherPerson
    /// The issuer keeps the groups elsewhere, because there are too many for a token.
    case groupsElsewhere(String)

    package var description: String {
        switch self {
        case .unreachable(let why): "the issuer cannot be asked: \(why)"
        case .document(let why): "the issuer's discovery document cannot be used: \(why)"
        case .elsewhere(let member, let address):
            "the issuer's discovery document points to \(address.prefix(200)) (\(member)), which is not allowed"
        case .refused(let word, let why): "the issuer refused: \(word.prefix(100)) \(why.prefix(300))"
        case .otherIssuer(let issuer): "the answer comes from another issuer: \(issuer.prefix(200))"
        case .unasked: "nobody asked for this answer here"
        case .token(let fault): "the ID token is refused: \(fault)"
        case .noToken(let why): "the issuer gave no ID token: \(why)"
        case .otherPerson: "what the issuer says of the person is about another one"
        case .groupsElsewhere(let claim): "the issuer keeps the groups (\(claim)) elsewhere"
        }
    }

    /// The remedy, for the person who wants to sign in.
    package var help: String {
        switch self {
        case .unreachable, .noToken: "Try again in a moment. A user key works meanwhile."
        case .document, .elsewhere:
            "The operator has to look at the settings of the issuer. A user key works meanwhile."
        case .refused: "Ask the people who run the issuer for access. A user key works meanwhile."
        case .unasked, .otherIssuer: "Sign in again from the first page, and once only."
        case .token, .otherPerson:
            "Sign in again. If it stays so, the operator has to look at the log of the audit trail."
        case .groupsElsewhere: "The operator has to have the issuer send fewer groups, or roles in their place."
        }
    }
}
