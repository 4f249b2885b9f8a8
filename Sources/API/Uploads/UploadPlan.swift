import Database
import Intake
import Jobs

// DESIGN. Dependency-Track's key has no organization, and its projects have no product. So the organization is that of the
// project or parent that an identifier names, otherwise the first (by id) in which the key's account has a role. The
// product is the parent. A project without a parent is looked up in all products that the account may upload to, because
// names are unique there. `Access` decides, as for every other call. A thing that the holder of the key may not see is
// answered like one that does not exist.

/// Finds the place of an upload for the holder of a key.
struct UploadPlan {
    /// The role that an upload of an inventory needs.
    static let uploading = Need(.member, with: .upload, for: "upload")
    /// The role that reading the state of an upload needs.
    private static let seeing = Need(.readOnly, with: .all, for: "upload")

    private let connection: any Connection
    private let holder: KeyHolder
    /// Now.
    private let time: Int64
    /// The sender, for the audit trail; nil for a request that imports nothing.
    private let caller: Caller?

    /// Admits the holder of a key. With `need`, a user without its role in any place, or a key without its scope, is refused.
    init(
        _ keyDigest: [UInt8]?, for need: Need? = nil, from caller: Caller? = nil, at time: Int64,
        on connection: any Connection
    ) throws {
        guard let keyDigest, let holder = try KeyHolder.find(keyDigest, at: time, on: connection) else {
            throw UploadError.unknownKey
        }
        if let need, !holder.has(need.role) {
            throw UploadError.forbidden("The holder of this key may not upload: that needs the role \(need.role.word).")
        }
        if let need, !holder.allows(need.scopes) { throw UploadError.keyTooNarrow(need.scopes) }
        self.connection = connection
        self.holder = holder
        self.time = time
        self.caller = caller
    }

    /// The key of the request.
    var key: HeldKey { holder.key }

    /// Whether the job with this uuid is not final yet; false when the holder's organizations do not have the job.
    func isUnfinished(_ uuid: String, in queue: Queue) throws -> Bool {
        try queue.isUnfinished(uuid: uuid, organizations: holder.organizations.map(\.id), on: connection)
    }

    /// The job of an upload with these fields, whose document is in the uploads folder under the name `uuid`.
    func job(_ kind: IntakeJob.Kind = .sbom, for fields: UploadFields, uuid: String) throws -> NewJob {
        if let project = fields.project { return try job(kind, inProject: project, uuid: uuid) }
        if kind == .vex, fields.isAboutAll {
            let access = try organization(for: fields)
            try access.require(Self.uploading, inProduct: nil)
            let nothing = Entity(id: 0, token: "", name: "")
            return job(kind, uuid, of: access, product: nothing, project: nothing) { $0.fileName = fields.fileName }
        }
        let (access, product) = try self.product(for: fields, project: fields.projectName)
        guard let name = fields.projectName else {
            guard kind == .sbom else { throw UploadError.noProject }
            return job(
                kind, uuid, of: access, product: Entity(id: product.id ?? 0, token: "", name: product.name),
                project: Entity(id: 0, token: "", name: "")
            ) { destination in
                destination.projectVersion = fields.projectVersion ?? ""
                destination.fileName = fields.fileName
            }
        }
        let project = try product.id.flatMap {
            try connection.integer("SELECT id FROM project WHERE product = \($0) AND name = \(name)")
        }
        // Statements make no project: statements about a project that does not exist yet are imported without it.
        guard project != nil || fields.isToBeMade && kind == .sbom else { throw UploadError.noProject }
        return job(
            kind, uuid, of: access, product: Entity(id: product.id ?? 0, token: "", name: product.name),
            project: Entity(id: project ?? 0, token: "", name: name))
    }

    private func job(
        _ kind: IntakeJob.Kind, _ uuid: String, of access: Access, product: Entity, project: Entity,
        adding more: (inout Intake.Destination) -> Void = { _ in }
    ) -> NewJob {
        var destination = access.destination(product: product.name, project: project.name)
        more(&destination)
        destination.plugin = "Dependency-Track upload"
        if let caller { destination.origin = caller.origin(of: kind == .vex ? "vex" : "bom", by: access) }
        // Reports of other products need not wait for the job.
        return IntakeJob(kind, upload: uuid, into: destination).newJob(
            uuid: uuid, product: product.id, project: project.id)
    }

    // MARK: By identifiers

    private func job(_ kind: IntakeJob.Kind, inProject identifier: String, uuid: String) throws -> NewJob {
        guard let access = try enter(.project, identifier) else { throw UploadError.noProject }
        let scope = access.scope
        let names = try connection.first(
            "SELECT p.name, d.name FROM project p JOIN product d ON d.id = p.product WHERE p.id = \(scope.project)"
        ) { (project: $0.string(0), product: $0.string(1)) }
        guard let names else { throw UploadError.noProject }
        return job(
            kind, uuid, of: access, product: Entity(id: scope.product, token: "", name: names.product),
            project: Entity(id: scope.project, token: "", name: names.project))
    }

    /// Enters the place of an identifier for an upload; nil when the holder of the key cannot see it.
    private func enter(_ kind: ScopeKind, _ identifier: String) throws -> Access? {
        var token = identifier
        if identifier.utf8.count == 36 {
            // The UUID form is the first half of the token, so the query is a range from it on, which the index of
            // tokens serves.
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
        return try enter(kind, token: token, for: Self.uploading)
    }

    private func enter(_ kind: ScopeKind, token: String, for need: Need) throws -> Access? {
        do {
            return try Access.check(holder.key.digest, kind, token: token, for: need, at: time, on: connection)
        } catch APIError.refused {
            return nil
        }
    }

    // MARK: By names

    private typealias Product = (id: Int64?, name: String)

    private func product(for fields: UploadFields, project: String?) throws -> (Access, Product) {
        if let parent = fields.parent {
            guard let access = try enter(.product, parent) else { throw UploadError.noParent }
            let id = access.scope.product
            let name = try connection.first("SELECT name FROM product WHERE id = \(id)") { $0.string(0) }
            return (access, (id, name ?? ""))
        }
        let access = try organization(for: fields)
        let name: String
        if let parent = fields.parentName {
            name = parent
        } else {
            if let project, let found = try product(withProject: project, access) { return (access, found) }
            name = try access.usualProduct(on: connection)
        }
        let id = try connection.integer(
            "SELECT id FROM product WHERE organization = \(access.scope.organization) AND name = \(name)")
        try access.require(Self.uploading, inProduct: id)
        return (access, (id, name))
    }

    /// Enters the organization of an upload: the named one, otherwise the first by id.
    private func organization(for fields: UploadFields) throws -> Access {
        let organizations = holder.organizations
        let named = fields.organization.map { token in organizations.first { $0.token == token } }
        guard let organization = named ?? organizations.first,
            let access = try enter(.organization, token: organization.token, for: Self.seeing)
        else {
            throw UploadError.forbidden(
                "The holder of this key belongs to no organization, or not to that of orgToken.")
        }
        return access
    }

    /// The product that has a project of this name, among those that the holder may upload to.
    private func product(withProject name: String, _ access: Access) throws -> Product? {
        let products = try connection.all(
            """
            SELECT d.id, d.name FROM project p JOIN product d ON d.id = p.product
            WHERE p.organization = \(access.scope.organization) AND p.name = \(name) ORDER BY d.id
            """
        ) { (id: $0.integer(0), name: $0.string(1)) }
        let own = products.filter { access.allows(.member, inProduct: $0.id) }
        guard own.count > 1 else { return own.first.map { ($0.id, $0.name) } }
        guard let usual = own.first(where: { $0.name == Access.defaultProduct }) else {
            throw UploadError.invalid(
                "projectName", value: name,
                accepted: "a name that one product alone has; \(own.count) have it, say which by parentName")
        }
        return (usual.id, usual.name)
    }
}

extension Access {
    /// The product for projects that are uploaded without one.
    static let defaultProduct = "Default"

    /// The product for projects whose upload names none: the only one that the user may upload to, or the default.
    func usualProduct(on connection: any Connection) throws -> String {
        let own = standing.productRoles.filter { $0.value >= .member }.keys
        guard !allows(.member, inProduct: nil), own.count == 1, let id = own.first else { return Self.defaultProduct }
        return try connection.first("SELECT name FROM product WHERE id = \(id)") { $0.string(0) }
            ?? Self.defaultProduct
    }

    /// The product and project of an upload of this user.
    func destination(product: String, project: String) -> Intake.Destination {
        var destination = Intake.Destination(organization: scope.organization, product: product)
        destination.project = project
        destination.account = standing.account
        destination.uploadedBy = standing.email
        return destination
    }
}
