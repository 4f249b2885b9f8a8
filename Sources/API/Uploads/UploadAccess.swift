import Bytes
import Database

// DESIGN. Dependency-Track's key has no organization, its projects have no product. So: the organization is that of the
// project or parent that is named by an identifier, else the first (by id) in which the key's account has a role; the
// product is the parent. A project that is named without a parent is looked for in all products into which the account
// may upload, as names are unique there. Roles come from `Standing`, as for every other call; who may not see a thing
// hears that it is not there.

/// What the holder of a key may upload, and where.
struct UploadAccess {
    /// The product of projects that are uploaded without a parent.
    static let defaultProduct = "Default"

    let connection: any Connection
    let key: UserKey
    /// Now.
    private let time: Int64
    private let organizations: [(id: Int64, token: String)]

    /// Lets the holder of a key in. With `uploads`, who may upload nowhere is refused at once.
    init(_ key: UserKey?, uploads: Bool, at time: Int64, on connection: any Connection) throws {
        guard let key else { throw UploadError.unknownKey }
        let holder = try Standing.organizations(keyDigest: key.digest, at: time, on: connection)
        guard let holder, Identifier.areEqual(holder.keyDigest, key.digest) else { throw UploadError.unknownKey }
        guard !uploads || holder.organizations.contains(where: { $0.role >= .member }) else {
            throw UploadError.forbidden("The holder of this key may not upload: that needs the role member.")
        }
        organizations = holder.organizations.map { ($0.id, $0.token) }
        self.connection = connection
        self.key = key
        self.time = time
    }

    /// Whether the job with this uuid is not final yet; false when the holder's organizations have none.
    func isProcessing(_ uuid: String) throws -> Bool {
        guard !organizations.isEmpty else { return false }
        let ids = SQL.list(organizations.map { Value.integer($0.id) })
        return try connection.integer(
            """
            SELECT 1 FROM job WHERE uuid = \(uuid) AND organization IN \(ids)
                AND state IN ('PENDING', 'IN_PROGRESS')
            """) != nil
    }

    /// Where an upload goes, and as whose.
    func place(for fields: UploadFields, uuid: String) throws -> Upload {
        if let project = fields.project { return try place(inProject: project, uuid: uuid) }
        guard let name = fields.projectName else { throw UploadError.noProject }
        let (organization, standing, product) = try self.product(for: fields, project: name)
        var target = UploadTarget(productID: product.id ?? 0, product: product.name, project: name)
        if let product = product.id {
            target.projectID =
                try connection.integer("SELECT id FROM project WHERE product = \(product) AND name = \(name)") ?? 0
        }
        guard target.projectID != 0 || fields.isToBeMade else { throw UploadError.noProject }
        return Upload(
            uuid: uuid, organization: organization, account: standing.account, email: standing.email, target: target)
    }

    // MARK: By identifiers

    private func place(inProject identifier: String, uuid: String) throws -> Upload {
        guard let (scope, standing) = try find(.project, identifier) else { throw UploadError.noProject }
        try check(standing.role(inProduct: scope.product))
        let target = try connection.first(
            "SELECT p.name, d.name FROM project p JOIN product d ON d.id = p.product WHERE p.id = \(scope.project)"
        ) { row in
            UploadTarget(
                productID: scope.product, product: row.string(1), projectID: scope.project, project: row.string(0))
        }
        guard let target else { throw UploadError.noProject }
        return Upload(
            uuid: uuid, organization: scope.organization, account: standing.account, email: standing.email,
            target: target)
    }

    /// What an identifier names, if the holder of the key may see it.
    private func find(_ kind: ScopeKind, _ identifier: String) throws -> (Scope, Standing)? {
        var token = identifier
        if identifier.utf8.count == 36 {
            // The UUID form is the first half of the token: the range from it on, which the index of tokens serves.
            let first = identifier.filter { $0 != "-" }
            let last = first + "g"
            let query: SQL =
                switch kind {
                case .project: "SELECT token FROM project WHERE token >= \(first) AND token < \(last) LIMIT 2"
                case .product: "SELECT token FROM product WHERE token >= \(first) AND token < \(last) LIMIT 2"
                case .organization: "SELECT token FROM organization WHERE token >= \(first) AND token < \(last) LIMIT 2"
                }
            let tokens = try connection.all(query) { $0.string(0) }
            guard tokens.count == 1 else { return nil }
            token = tokens[0]
        }
        let (scope, holder) = try Standing.find(kind, token: token, keyDigest: key.digest, at: time, on: connection)
        guard let scope, let standing = holder?.standing, standing.role(inProduct: scope.product) != nil else {
            return nil
        }
        return (scope, standing)
    }

    // MARK: By names

    private typealias Product = (id: Int64?, name: String)

    private func product(
        for fields: UploadFields, project: String
    ) throws -> (organization: Int64, Standing, Product) {
        if let parent = fields.parent {
            guard let (scope, standing) = try find(.product, parent) else { throw UploadError.noParent }
            try check(standing.role(inProduct: scope.product))
            let name = try connection.first("SELECT name FROM product WHERE id = \(scope.product)") { $0.string(0) }
            return (scope.organization, standing, (scope.product, name ?? ""))
        }
        guard let (organization, token) = organizations.first,
            let standing = try Standing.find(
                .organization, token: token, keyDigest: key.digest, at: time, on: connection
            ).holder?
            .standing
        else { throw UploadError.forbidden("The holder of this key belongs to no organization.") }
        let name: String
        if let parent = fields.parentName {
            name = parent
        } else {
            if let found = try product(withProject: project, in: organization, standing) {
                return (organization, standing, found)
            }
            name = try Self.ownProduct(of: standing, on: connection) ?? Self.defaultProduct
        }
        let id = try connection.integer(
            "SELECT id FROM product WHERE organization = \(organization) AND name = \(name)")
        // A product that is not there yet is the organization's to make.
        try check(id.map { standing.role(inProduct: $0) } ?? standing.role)
        return (organization, standing, (id, name))
    }

    /// The product, among those the holder may upload into, that has a project of this name.
    private func product(
        withProject name: String, in organization: Int64, _ standing: Standing
    ) throws -> Product? {
        let products = try connection.all(
            """
            SELECT d.id, d.name FROM project p JOIN product d ON d.id = p.product
            WHERE p.organization = \(organization) AND p.name = \(name) ORDER BY d.id
            """
        ) { (id: $0.integer(0), name: $0.string(1)) }
        let own = products.filter { standing.role(inProduct: $0.id).map { $0 >= .member } ?? false }
        guard own.count > 1 else { return own.first.map { ($0.id, $0.name) } }
        guard let usual = own.first(where: { $0.name == Self.defaultProduct }) else {
            throw UploadError.invalid(
                "projectName", value: name,
                accepted: "a name that one product alone has; \(own.count) have it, say which by parentName")
        }
        return (usual.id, usual.name)
    }

    /// The product of somebody who may upload into that one alone.
    static func ownProduct(of standing: Standing, on connection: any Connection) throws -> String? {
        let own = standing.productRoles.filter { $0.value >= .member }.keys
        guard (standing.role ?? .readOnly) < .member, own.count == 1, let id = own.first else { return nil }
        return try connection.first("SELECT name FROM product WHERE id = \(id)") { $0.string(0) }
    }

    private func check(_ role: Role?) throws {
        guard let role, role >= .member else {
            throw UploadError.forbidden(
                "Access to the specified project is forbidden: uploading needs the role member in its product.")
        }
    }
}
