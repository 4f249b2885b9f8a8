/// A project as the upload of an agent or build plug-in names it.
package struct AgentProject: Sendable, Equatable {
    package struct Tag: Sendable, Hashable {
        package let key: String
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// `artifactId`, or `artifactId - version`; empty when the project is named by its token.
    package var name = ""
    package var token = ""
    package var tags: [Tag] = []
    /// Dependencies that it lists, at any depth.
    package var dependencies = 0
    /// The bytes of the upload that are this project.
    package var range = 0..<0

    package init() {}
}

/// What an upload says beside the projects: in the form that carries it, or in a request file that an agent wrote
/// instead of sending it.
package struct AgentUpload: Sendable, Equatable {
    /// What becomes of what the projects show already.
    package enum UpdateType: String, Sendable, CaseIterable {
        /// The upload takes its place.
        case override = "OVERRIDE"
        /// The upload comes on top.
        case append = "APPEND"
        /// What the upload lists goes.
        case remove = "REMOVE"
    }

    package var projects: [AgentProject] = []
    /// Fields of a request file by their names, as `product` and `updateType`.
    package var fields: [String: String] = [:]

    package init() {}
}

/// What an agent wants to know of policies: its projects, each with its place.
package struct AgentCheck: Sendable {
    package struct Project: Sendable {
        package let name: String
        /// 0 where there is none yet.
        package let product: Int64
        package let project: Int64
        /// Where it stands in the file; several for a project that is put together.
        package let ranges: [Range<Int>]

        package init(name: String, product: Int64, project: Int64, ranges: [Range<Int>]) {
            self.name = name
            self.product = product
            self.project = project
            self.ranges = ranges
        }
    }

    package let organization: Int64
    package let organizationName: String
    package let path: String
    package let projects: [Project]
    /// Whether libraries that a project has already are checked again.
    package let checksAll: Bool
    package let tellsVulnerabilities: Bool
    /// Now, in milliseconds since 1970.
    package let time: Int64

    package init(
        organization: Int64, organizationName: String, path: String, projects: [Project], checksAll: Bool,
        tellsVulnerabilities: Bool, time: Int64
    ) {
        self.time = time
        self.organization = organization
        self.organizationName = organizationName
        self.path = path
        self.projects = projects
        self.checksAll = checksAll
        self.tellsVulnerabilities = tellsVulnerabilities
    }
}

/// A library that a policy forbids, as an agent named it.
package struct AgentViolation: Sendable, Equatable {
    package let project: String
    package let library: String
    /// What brings it in, or empty for a direct dependency.
    package let dependency: String
    package let licenses: [String]
    package let policy: String

    package init(project: String, library: String, dependency: String, licenses: [String], policy: String) {
        self.project = project
        self.library = library
        self.dependency = dependency
        self.licenses = licenses
        self.policy = policy
    }
}
