/// An agent's question about policies: its projects with their destinations.
package struct AgentCheck: Sendable {
    package struct Project: Sendable {
        package let name: String
        /// Its position among the projects of the request.
        package let place: Int
        /// The product; 0 if it does not exist yet.
        package let product: Int64
        package let project: Int64
        /// Its parts of the file; several where projects of the file become one.
        package let ranges: [Range<Int>]

        package init(name: String, at place: Int, product: Int64, project: Int64, ranges: [Range<Int>]) {
            self.name = name
            self.place = place
            self.product = product
            self.project = project
            self.ranges = ranges
        }
    }

    package let organization: Int64
    package let organizationName: String
    package let path: String
    package let projects: [Project]
    /// Whether libraries that a project already has are checked again.
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
