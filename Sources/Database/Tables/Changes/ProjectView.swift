/// The subject of deciding alerts: a project and its current scan.
package struct ProjectView: Sendable, Equatable {
    package let organization: Int64
    package let product: Int64
    package let project: Int64
    package let token: String
    package let scan: Int64
    /// The user who uploaded the scan.
    package let uploadedBy: String
    /// The view of a project that does not show the scan yet, as it will be once it does.
    package let coming: Coming?

    /// The facts of a project, its product and its scan as they are from the transaction that makes the
    /// scan current.
    package struct Coming: Sendable, Equatable {
        package let name: String
        /// As the upload says it, or empty.
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

    /// - Parameter coming: nil where the project shows the scan.
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

    /// Reads a project; nil when it does not exist (any more) or shows nothing yet. `organization`'s row is locked until
    /// the transaction ends, so that decisions about its alerts are made one after the other.
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

    /// Reads the project of a scope, whose row is not locked; nil when it shows nothing yet.
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

    /// The product of a project and the scan that it shows; nil when it does not exist (any more).
    package static func place(
        project: Int64, on connection: any Connection
    ) throws -> (product: Int64, scan: Int64)? {
        try connection.first("SELECT product, scan FROM project WHERE id = \(project)") {
            ($0.integer(0), $0.integer(1))
        }
    }

    /// How often the project has changed; nil when it shows another scan by now, or does not exist.
    package func revision(on connection: any Connection) throws -> Int64? {
        try connection.integer("SELECT revision FROM project WHERE id = \(project) AND scan = \(scan)")
    }

    /// Counts up the revisions of the project and of what is above it.
    package func touch(on connection: any Connection) throws {
        try Revisions.raise(
            Scope(kind: .project, organization: organization, product: product, project: project), on: connection)
    }
}
