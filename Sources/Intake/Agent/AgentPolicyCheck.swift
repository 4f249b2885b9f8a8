import BOM
package import Bytes
package import Database
package import Inventory

// DESIGN. The answer contains the tree from the agent, so it may be as long as the upload. Nodes are written while the
// tree is read. The members of a node may come in any order, in the answer as in the upload, so the children of a node
// are written before its description. Facts about a library come from the inventory, by its identity (`library.uuid`),
// and are cached, because trees repeat libraries.

/// Answers with the policies' decisions about the projects of an agent's request. One thread uses it for one answer.
package final class AgentPolicyCheck {
    /// The most cached libraries; beyond it the cache is emptied.
    private static let memoryLimit = 50_000

    private let check: AgentCheck
    private let connection: any Connection
    private var json: JSONWriter
    private var known: [String: AgentLibrary] = [:]
    private var violations: [AgentViolation] = []
    private var decisions: PolicyDecisions?
    /// The alerts that policies raised in the project, read on first need.
    private var marks: Set<Alerts.PolicyMark>?

    /// - Parameter destination: receives the JSON of the answer's `data`.
    package init(_ check: AgentCheck, on connection: any Connection, to destination: @escaping ByteSink.Destination) {
        self.check = check
        self.connection = connection
        json = JSONWriter(to: ByteSink(to: destination))
    }

    /// Writes the object for `data`; returns the violations of policies.
    package func write() throws -> [AgentViolation] {
        json.beginObject()
        json.text("organization", check.organizationName)
        json.key("existingProjects")
        try trees(of: check.projects.filter { $0.project != 0 })
        json.key("newProjects")
        try trees(of: check.projects.filter { $0.project == 0 })
        json.key("projectNewResources")
        json.beginObject()
        for project in check.projects {
            json.key(named: project.name)
            json.beginArray()
            try newResources(of: project)
            json.endArray()
        }
        json.endObject()
        json.endObject()
        try json.flush()
        return violations
    }

    private func trees(of projects: [AgentCheck.Project]) throws {
        json.beginObject()
        for project in projects {
            json.key(named: project.name)
            try tree(of: project)
        }
        json.endObject()
    }

    private func tree(of project: AgentCheck.Project) throws {
        var seen = Set<String>()
        beginNode()
        try visit(project) { [self] in
            beginNode()
        } leave: { [self] component in
            let library = try library(component, in: project)
            json.endArray()
            json.key("resource")
            append(library, at: component.locations.first ?? "")
            json.key("policy")
            // Libraries that the project already has are checked if the request says so.
            let policy = library.isOld && !check.checksAll ? nil : try decide(library, in: project)
            if let policy {
                append(policy)
                if policy.decision == .reject, seen.insert(library.uuid).inserted {
                    violations.append(
                        AgentViolation(
                            project: project.place, library: library.name, dependency: "",
                            licenses: library.licenses, policy: policy.name))
                }
            } else {
                json.null()
            }
            json.endObject()
            try json.drain()
        }
        json.endArray()
        json.key("resource")
        json.null()
        json.key("policy")
        json.null()
        json.endObject()
    }

    /// Begins a node and the list of its children.
    private func beginNode() {
        json.beginObject()
        json.key("children")
        json.beginArray()
    }

    /// Writes the libraries that a project does not have yet, each once.
    private func newResources(of project: AgentCheck.Project) throws {
        var seen = Set<String>()
        try visit(project) {
        } leave: { [self] component in
            let library = try library(component, in: project)
            guard !library.isOld, seen.insert(library.uuid).inserted else { return }
            append(library, at: component.locations.first ?? "")
            try json.drain()
        }
    }

    private func visit(
        _ project: AgentCheck.Project, enter: @escaping () throws -> Void,
        leave: @escaping (Component) throws -> Void
    ) throws {
        known.removeAll()
        marks = nil
        decisions = PolicyDecisions(
            try Policies.deciding(
                organization: check.organization, product: project.product, project: project.project, on: connection),
            at: check.time)
        for range in project.ranges {
            try AgentReader.visit(file: check.path, range: range, .init(enter: enter, leave: leave))
        }
    }

    private func library(_ component: Component, in project: AgentCheck.Project) throws -> AgentLibrary {
        var row = LibraryRow(
            digest: LibraryDigest(of: []), body: "", component: component)
        let key = row.uuid
        if let found = known[key] { return found }
        let digest = row.identity.digest
        if !digest.isEmpty {
            let answers = try DigestKnowledge(of: check.organization, on: connection).answers(to: [(digest, component)])
            if case .named(let named) = answers[digest] {
                row = LibraryRow(digest: LibraryDigest(of: []), body: "", component: named, isNamedByDigest: true)
            }
        }
        if known.count >= Self.memoryLimit { known.removeAll() }
        var found = try AgentLibrary.find(
            row, organization: check.organization, project: project.project, on: connection)
        if check.tellsVulnerabilities || decisions?.needsVulnerabilities == true {
            try found.readVulnerabilities(on: connection)
        }
        known[key] = found
        return found
    }

    private func decide(_ library: AgentLibrary, in project: AgentCheck.Project) throws -> Policy? {
        guard let decisions, !decisions.isEmpty else { return nil }
        return try decisions.policy(for: library.subject) { policy in
            let known = try marks ?? Alerts.policyMarks(project: project.project, on: connection)
            marks = known
            return known.contains(Alerts.PolicyMark(library: library.uuid, policy: policy.id))
        }
    }

    /// Writes the form that agents read: the action `Reject` stops a build (mend-api.md §4).
    private func append(_ policy: Policy) {
        json.object {
            $0.text("displayName", policy.name)
            $0.text("filterType", policy.filterType)
            $0.text("filterLogic", policy.filter)
            $0.text("actionType", policy.actionType.prefix(1) + policy.actionType.dropFirst().lowercased())
            $0.text("actionLogic", policy.action)
            $0.flag("projectLevel", policy.kind == .project)
            $0.flag("inclusive", false)
            $0.text("policyLevel", policy.context)
        }
    }

    private func append(_ library: AgentLibrary, at path: String) {
        let vulnerabilities = check.tellsVulnerabilities ? library.vulnerabilities : []
        json.object {
            $0.text("displayName", library.name)
            $0.text("link", library.homepage)
            $0.texts("licenses", library.licenses)
            $0.text("sha1", library.sha1)
            $0.text("keyUuid", library.uuid)
            $0.text("homepageUrl", library.homepage)
            $0.text("description", library.description)
            $0.text("systemPath", path)
            $0.objects("vulnerabilities", vulnerabilities) { json, vulnerability in
                json.text("name", vulnerability.name)
                json.text("severity", vulnerability.severity)
                json.key("score")
                if let score = Double(vulnerability.score) { json.decimal(score) } else { json.null() }
            }
        }
    }
}
