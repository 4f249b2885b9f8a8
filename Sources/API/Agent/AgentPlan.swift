import Bytes
package import Database
package import Inventory

// DESIGN. One snapshot gives the destinations of a request's projects and the user's rights there. Missing products and
// projects are made later, in the transaction that submits the jobs. Projects with one name in one product are one
// project, because a build of several modules may repeat a name.

/// An admitted request of an agent, with the places of its projects.
package struct AgentPlan: Sendable {
    /// The part of a request that becomes one project.
    package struct Group: Sendable {
        /// 0 where it is to be made.
        var product: Int64
        package let productName: String
        /// The project's number; 0 for a new project.
        var project: Int64
        package let name: String
        var tags: [AgentProject.Tag] = []
        /// The parts of the file with its projects, in bytes.
        package var ranges: [Range<Int>] = []
    }

    var organization: Int64 { access.scope.organization }
    let organizationName: String
    /// The requesting user, in the organization.
    let access: Access
    let groups: [Group]

    /// The types of requests that this server answers, with the rights that each needs.
    enum Kind: String, CaseIterable {
        case update = "UPDATE"
        case checkPolicies = "CHECK_POLICIES"
        case checkPolicyCompliance = "CHECK_POLICY_COMPLIANCE"

        /// The role that the request needs in the places of its projects.
        var need: Need {
            switch self {
            case .update: Need(.member, with: .upload, for: rawValue)
            // Agents ask before they upload, and send the same key.
            case .checkPolicies, .checkPolicyCompliance: Need(.readOnly, with: [.read, .upload], for: rawValue)
            }
        }
    }

    /// Admits the user of a request to the organization that its token names.
    static func admit(
        _ fields: [String: String], key: UserKey?, kind: Kind, at time: Int64, on connection: any Connection
    ) throws -> Access {
        // The form of the token alone decides which error is sent, so clients cannot find out whether an organization
        // exists.
        guard let token = fields["token"], token.utf8.count == 64, token.utf8.allSatisfy(\.isHexadecimalDigit) else {
            throw AgentError.badToken
        }
        guard let key else { throw AgentError.badKey }
        do {
            return try Access.check(
                key.digest, .organization, token: token.lowercased(),
                for: Need(.readOnly, with: kind.need.scopes, for: kind.rawValue), at: time, on: connection)
        } catch APIError.refused {
            throw AgentError.badTokenOrKey
        }
    }

    static func make(
        _ fields: [String: String], _ upload: AgentUpload, kind: Kind, access: Access, on connection: any Connection
    ) throws -> AgentPlan {
        var planner = Planner(fields: fields, kind: kind, access: access, connection: connection)
        for project in upload.projects { try planner.add(project) }
        let name = try OrganizationDetails.read(access.scope, on: connection)?.name ?? ""
        return AgentPlan(organizationName: name, access: access, groups: planner.groups)
    }

    /// The plan for a request file that the operator imports. The operator may do everything.
    package static func groups(
        of upload: AgentUpload, organization: Int64, on connection: any Connection
    ) throws -> [Group] {
        let standing = Standing(account: 0, email: "", role: .administrator, productRoles: [:])
        let scope = Scope(kind: .organization, organization: organization)
        let access = Access(standing: standing, scope: scope, role: .administrator)
        return try make(upload.fields, upload, kind: .update, access: access, on: connection).groups
    }

    /// Whether the text of a field means yes.
    package static func says(_ field: String?) -> Bool { field?.lowercased() == "true" }
}

/// Finds the places of the projects.
private struct Planner {
    let fields: [String: String]
    let kind: AgentPlan.Kind
    let access: Access
    let connection: any Connection
    private(set) var groups: [AgentPlan.Group] = []
    private var product: (id: Int64, name: String)?
    private var places: [String: Int] = [:]

    init(fields: [String: String], kind: AgentPlan.Kind, access: Access, connection: any Connection) {
        self.fields = fields
        self.kind = kind
        self.access = access
        self.connection = connection
    }

    private var organization: Int64 { access.scope.organization }

    mutating func add(_ project: AgentProject) throws {
        var (token, name) = (project.token, project.name)
        if let aggregate = fields["aggregateProjectToken"] {
            token = aggregate.lowercased()
        } else if let aggregate = fields["aggregateProjectName"] {
            (token, name) = ("", aggregate)
        } else if AgentPlan.says(fields["aggregateModules"]), let first = groups.first {
            return keep(project, in: first)
        }
        if !token.isEmpty { return keep(project, in: try group(projectToken: token)) }
        if self.product == nil { self.product = try productOfRequest() }
        guard let product = self.product else { return }
        let id =
            try connection.integer("SELECT id FROM project WHERE product = \(product.id) AND name = \(name)") ?? 0
        keep(
            project,
            in: AgentPlan.Group(product: product.id, productName: product.name, project: id, name: name))
    }

    private mutating func keep(_ project: AgentProject, in group: AgentPlan.Group) {
        let key = "\(group.product)\0\(group.productName)\0\(group.name)"
        let place = places[key] ?? groups.count
        if place == groups.count {
            places[key] = place
            groups.append(group)
        }
        groups[place].ranges.append(project.range)
        groups[place].tags += project.tags
    }

    private func group(projectToken token: String) throws -> AgentPlan.Group {
        let found = try connection.first(
            """
            SELECT p.id, p.name, p.product, d.name FROM project p JOIN product d ON d.id = p.product
            WHERE p.token = \(token) AND p.organization = \(organization)
            """
        ) { row in
            AgentPlan.Group(
                product: row.integer(2), productName: row.string(3), project: row.integer(0), name: row.string(1))
        }
        guard let found, access.standing.role(inProduct: found.product) != nil else {
            throw AgentError.badField(
                "projectToken", value: token, accepted: "the token of a project of this organization")
        }
        try access.require(kind.need, inProduct: found.product)
        return found
    }

    /// The product that the request names by token or name.
    private func productOfRequest() throws -> (id: Int64, name: String) {
        if let token = fields["productToken"] { return try product(token: token, of: "productToken") }
        let name: String
        if let given = fields["product"] {
            let isToken = given.utf8.count == 64 && given.utf8.allSatisfy(\.isHexadecimalDigit)
            if isToken { return try product(token: given, of: "product") }
            name = given
        } else {
            name = try access.usualProduct(on: connection)
        }
        let id = try connection.integer(
            "SELECT id FROM product WHERE organization = \(organization) AND name = \(name)")
        try access.require(kind.need, inProduct: id)
        return (id ?? 0, name)
    }

    private func product(token: String, of field: String) throws -> (id: Int64, name: String) {
        let found = try connection.first(
            """
            SELECT id, name FROM product WHERE token = \(token.lowercased()) AND organization = \(organization)
            """
        ) { (id: $0.integer(0), name: $0.string(1)) }
        guard let found, access.standing.role(inProduct: found.id) != nil else {
            throw AgentError.badField(
                field, value: token, accepted: "the name or the token of a product of this organization")
        }
        try access.require(kind.need, inProduct: found.id)
        return found
    }
}
