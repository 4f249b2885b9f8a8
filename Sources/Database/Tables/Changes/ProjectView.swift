/// The subject of deciding alerts: a project and its current scan.
package struct ProjectView: Sendable, Equatable {
    package let organization: Int64
    package let product: Int64
    package let project: Int64
    package let token: String
    package let scan: Int64
    /// The user who uploaded the scan.
    package let uploadedBy: String
    /// The view of a project that does not show the scan yet, in its state once it does.
    package let coming: Coming?

    /// The facts of a project, its product and its scan in the state that begins when the scan becomes current.
    package struct Coming: Sendable, Equatable {
        package let name: String
        /// The version in the upload, or empty.
        package let version: String
        package let productName: String
        package let productToken: String
        /// The stored facts of the document, as JSON.
        package let document: String
        /// The scan that the project shows until then; 0 without one.
        package let replaced: Int64

        package init(
            name: String, version: String, productName: String, productToken: String, document: String, replaced: Int64
        ) {
            self.replaced = replaced
            self.name = name
            self.version = version
            self.productName = productName
            self.productToken = productToken
            self.document = document
        }
    }

    /// - Parameter coming: nil if the project shows the scan already.
    package init(
        coming: Coming? = nil, organization: Int64, product: Int64, project: Int64, token: String, scan: Int64,
        uploadedBy: String
    ) {
        self.organization = organization
        self.product = product
        self.project = project
        self.token = token
        self.scan = scan
        self.uploadedBy = uploadedBy
        self.coming = coming
    }

    /// Reads a project; nil when it does not exist (any more) or has no scan yet. The row of `organization` is locked
    /// until the transaction ends, so that decisions about its alerts are made one after the other.
    package static func lock(
        project: Int64, organization: Int64, on connection: any Connection
    ) throws -> ProjectView? {
        try Revisions.lock(organization, on: connection)
        return try connection.first(
            """
            SELECT product, token, scan, uploaded_by FROM project
            WHERE id = \(project) AND organization = \(organization) AND scan > 0
            """
        ) { row in
            ProjectView(
                organization: organization, product: row.integer(0), project: project, token: row.string(1),
                scan: row.integer(2), uploadedBy: row.string(3))
        }
    }

    /// Reads the project of a scope without a lock; nil when it has no scan yet.
    package static func read(_ scope: Scope, on connection: any Connection) throws -> ProjectView? {
        try connection.first(
            """
            SELECT p.product, p.token, p.scan, p.uploaded_by FROM project p
            WHERE p.id = \(scope.project) AND \(scope.condition) AND p.scan > 0
            """
        ) { row in
            ProjectView(
                organization: scope.organization, product: row.integer(0), project: scope.project, token: row.string(1),
                scan: row.integer(2), uploadedBy: row.string(3))
        }
    }

    /// The product of a project and its scan; nil when the project does not exist (any more).
    package static func place(
        project: Int64, on connection: any Connection
    ) throws -> (product: Int64, scan: Int64)? {
        try connection.first("SELECT product, scan FROM project WHERE id = \(project)") {
            ($0.integer(0), $0.integer(1))
        }
    }

    /// The number of changes of the project; nil when it shows another scan by now, or does not exist.
    package func revision(on connection: any Connection) throws -> Int64? {
        try connection.integer("SELECT revision FROM project WHERE id = \(project) AND scan = \(scan)")
    }

    /// Raises the revisions of the project, its product and its organization.
    package func touch(on connection: any Connection) throws {
        try Revisions.raise(
            Scope(kind: .project, organization: organization, product: product, project: project), on: connection)
    }
}
