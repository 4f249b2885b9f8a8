/// A project of an upload, with the names that the agent or build plug-in sent.
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
    /// The number of dependencies that the project lists, at any depth.
    package var dependencies = 0
    /// The bytes of the upload that are this project.
    package var range = 0..<0

    package init() {}
}

/// The fields of an upload that are not about a single project. They come from the form, or from a request file that
/// an agent wrote instead of sending the form.
package struct AgentUpload: Sendable, Equatable {
    /// Whether an update replaces or extends the current content of projects.
    package enum UpdateType: String, Sendable, CaseIterable {
        /// The upload replaces the current content.
        case override = "OVERRIDE"
        /// The upload comes on top.
        case append = "APPEND"
        /// The listed libraries are removed.
        case remove = "REMOVE"
    }

    package var projects: [AgentProject] = []
    /// Fields of a request file by their names, as `product` and `updateType`.
    package var fields: [String: String] = [:]

    package init() {}
}

/// A library that a policy forbids, as an agent named it.
package struct AgentViolation: Sendable, Equatable {
    /// The position of its project in the request. Names cannot serve here, because two projects may share one.
    package let project: Int
    package let library: String
    /// The dependency that brings it in, or empty for a direct dependency.
    package let dependency: String
    package let licenses: [String]
    package let policy: String

    package init(project: Int, library: String, dependency: String, licenses: [String], policy: String) {
        self.project = project
        self.library = library
        self.dependency = dependency
        self.licenses = licenses
        self.policy = policy
    }
}
