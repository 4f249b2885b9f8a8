import BOM
package import Bytes
package import Database
package import Inventory

// DESIGN. The answer shows the tree that the agent sent, so it may be as long as the upload: nodes go out as the tree is
// read. A node's members may come in any order, in JSON as in the upload, so its children are written before what it is.
// What is known of a library comes from the inventory, found by what it is (`library.uuid`), and is remembered, because
// trees say a library again and again.

/// Answers what policies say of the projects of an agent's request. For one thread and one answer.
package final class AgentPolicyCheck {
    /// Libraries that are remembered; then all are forgotten.
    private static let memoryLimit = 50_000

    private let check: AgentCheck
    private let connection: any Connection
    private var sink: ByteSink
    private var known: [String: AgentLibrary] = [:]
    private var violations: [AgentViolation] = []
    private var decisions: PolicyDecisions?
    /// What policies raised alerts about in the project; read when it is needed.
    private var marks: Set<Alerts.PolicyMark>?
    /// Whether the list at each level of the tree has no node yet.
    private var isFirst: [Bool] = []

    /// - Parameter destination: takes the JSON of the answer's `data`.
    package init(_ check: AgentCheck, on connection: any Connection, to destination: @escaping ByteSink.Destination) {
        self.check = check
        self.connection = connection
        sink = ByteSink(to: destination)
    }

    /// Writes the object that `data` has; gives what policies forbid.
    package func write() throws -> [AgentViolation] {
        sink.append("{\"organization\":")
        sink.append(jsonString: check.organizationName)
        sink.append(",\"existingProjects\":{")
        try trees(of: check.projects.filter { $0.project != 0 })
        sink.append("},\"newProjects\":{")
        try trees(of: check.projects.filter { $0.project == 0 })
        sink.append("},\"projectNewResources\":{")
        for (number, project) in check.projects.enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            sink.append(jsonString: project.name)
            sink.append(":[")
            try newResources(of: project)
            sink.append("]")
        }
        sink.append("}}")
        try sink.flush()
        return violations
    }

    private func trees(of projects: [AgentCheck.Project]) throws {
        for (number, project) in projects.enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            sink.append(jsonString: project.name)
            sink.append(":{\"children\":[")
            isFirst = [true]
            var seen = Set<String>()
            try visit(project) { [self] in
                if !isFirst[isFirst.count - 1] { sink.append(UInt8(ascii: ",")) }
                isFirst[isFirst.count - 1] = false
                isFirst.append(true)
                sink.append("{\"children\":[")
            } leave: { [self] component in
                isFirst.removeLast()
                let library = try library(component, in: project)
                sink.append("],\"resource\":")
                append(library, at: component.locations.first ?? "")
                sink.append(",\"policy\":")
                // Libraries that the project has already are checked where that is asked for.
                let policy = library.isOld && !check.checksAll ? nil : try decide(library, in: project)
                if let policy {
                    append(policy)
                    if policy.actionType == "REJECT", seen.insert(library.uuid).inserted {
                        violations.append(
                            AgentViolation(
                                project: project.name, library: library.name, dependency: "",
                                licenses: library.licenses, policy: policy.name))
                    }
                } else {
                    sink.append("null")
                }
                sink.append("}")
                try sink.drain()
            }
            sink.append("],\"resource\":null,\"policy\":null}")
        }
    }

    /// Writes the libraries that a project does not have yet, each once.
    private func newResources(of project: AgentCheck.Project) throws {
        var seen = Set<String>()
        try visit(project) {
        } leave: { [self] component in
            let library = try library(component, in: project)
            guard !library.isOld, seen.insert(library.uuid).inserted else { return }
            if seen.count > 1 { sink.append(UInt8(ascii: ",")) }
            append(library, at: component.locations.first ?? "")
            try sink.drain()
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
        let found = try AgentLibrary.find(
            row, organization: check.organization, project: project.project,
            withVulnerabilities: check.tellsVulnerabilities || decisions?.needsVulnerabilities == true,
            on: connection)
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

    /// As agents read it: a build stops at the action `Reject` (mend-api.md §4).
    private func append(_ policy: Policy) {
        sink.append("{\"displayName\":")
        sink.append(jsonString: policy.name)
        sink.append(",\"filterType\":")
        sink.append(jsonString: policy.filterType)
        sink.append(",\"filterLogic\":")
        sink.append(jsonString: policy.filter)
        sink.append(",\"actionType\":")
        sink.append(jsonString: policy.actionType.prefix(1) + policy.actionType.dropFirst().lowercased())
        sink.append(",\"actionLogic\":")
        sink.append(jsonString: policy.action)
        sink.append(",\"projectLevel\":")
        sink.append(jsonBoolean: policy.kind == .project)
        sink.append(",\"inclusive\":false,\"policyLevel\":")
        sink.append(jsonString: policy.context)
        sink.append("}")
    }

    private func append(_ library: AgentLibrary, at path: String) {
        sink.append("{\"displayName\":")
        sink.append(jsonString: library.name)
        sink.append(",\"link\":")
        sink.append(jsonString: library.homepage)
        sink.append(",\"licenses\":")
        list(library.licenses) { sink, license in sink.append(jsonString: license) }
        sink.append(",\"sha1\":")
        sink.append(jsonString: library.sha1)
        sink.append(",\"keyUuid\":")
        sink.append(jsonString: library.uuid)
        sink.append(",\"homepageUrl\":")
        sink.append(jsonString: library.homepage)
        sink.append(",\"description\":")
        sink.append(jsonString: library.description)
        sink.append(",\"systemPath\":")
        sink.append(jsonString: path)
        sink.append(",\"vulnerabilities\":")
        list(check.tellsVulnerabilities ? library.vulnerabilities : []) { sink, vulnerability in
            sink.append("{\"name\":")
            sink.append(jsonString: vulnerability.name)
            sink.append(",\"severity\":")
            sink.append(jsonString: vulnerability.severity)
            sink.append(",\"score\":")
            if let score = Double(vulnerability.score) { sink.append(jsonNumber: score) } else { sink.append("null") }
            sink.append("}")
        }
        sink.append("}")
    }

    private func list<Value>(_ values: [Value], _ write: (inout ByteSink, Value) -> Void) {
        sink.append(UInt8(ascii: "["))
        for (number, value) in values.enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            write(&sink, value)
        }
        sink.append(UInt8(ascii: "]"))
    }
}
