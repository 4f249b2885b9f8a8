import BOM
import Database
package import Inventory
package import Jobs

extension Intake {
    /// Imports the projects of an agent's upload as one project, named by the destination.
    @discardableResult
    package func importAgent(
        file path: String, into destination: Destination, by updateType: AgentUpload.UpdateType = .override,
        keepingModules keepsModules: Bool = false, lease: Lease
    ) throws -> Result {
        let digest = try digest(ofFile: path)
        return try run(lease, into: destination, referenceType: "Agent upload", digest: digest) { staging in
            var staging = staging
            var reader = try AgentReader(named: destination.project, keepingModules: keepsModules)
            let before = updateType == .override ? nil : try CarriedScan.current(of: destination, in: database)
            switch updateType {
            case .override, .append:
                try before?.carry(into: &reader, &staging, from: database) { _ in true }
                try reader.read(file: path, into: &staging)
            case .remove:
                let gone = try names(in: path)
                try before?.carry(into: &reader, &staging, from: database) {
                    !gone.contains(AgentReader.base(of: $0))
                }
            }
            return try staging.complete(try reader.finish(into: &staging))
        }
    }

    /// The names of an upload's libraries.
    private func names(in path: String) throws -> Set<String> {
        let names = Names()
        for project in try AgentReader.survey(file: path).projects {
            try AgentReader.visit(
                file: path, range: project.range,
                AgentReader.Visitor {
                } leave: {
                    names.all.insert(AgentReader.base(of: $0))
                })
        }
        return names.all
    }

    private final class Names { var all = Set<String>() }
}

/// The existing content of a project, for another scan.
struct CarriedScan {
    private let scan: Int64

    /// The scan of the destination's project; nil without one.
    static func current(of destination: Intake.Destination, in database: any Database) throws -> CarriedScan? {
        let scan = try database.read { connection in
            try connection.integer(
                """
                SELECT p.scan FROM project p JOIN product d ON d.id = p.product
                WHERE d.organization = \(destination.organization) AND d.name = \(destination.product)
                    AND p.name = \(destination.project)
                """)
        }
        return scan.flatMap { $0 == 0 ? nil : CarriedScan(scan: $0) }
    }

    /// Stages the content of the scan again, except libraries that `keeps` refuses.
    func carry(
        into reader: inout AgentReader, _ staging: inout ScanStaging, from database: any Database,
        keeps: (Component) -> Bool
    ) throws {
        try database.snapshot { connection in
            /// The node of each position; below zero for positions that are not kept.
            var nodes: [Int32] = []
            var references: [Int: String] = [:]
            let hasFiles =
                try connection.integer("SELECT 1 FROM source_file WHERE scan = \(scan) AND component >= 0 LIMIT 1")
                != nil
            try connection.each(
                """
                SELECT c.position, c.ref, c.scope, c.locations, f.body FROM component c
                JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
                JOIN library_facts f ON f.library = CASE WHEN c.library = 0 THEN o.library ELSE c.library END
                WHERE c.scan = \(scan) AND c.position > 0 ORDER BY c.position
                """
            ) { row in
                var component = try ComponentFacts.decode(row.string(4))
                guard keeps(component) else { return }
                component.ref = row.string(1)
                component.scope = row.string(2)
                component.locations = row.string(3).split(separator: "\n").map(String.init)
                let position = Int(row.integer(0))
                while nodes.count <= position { nodes.append(-1) }
                nodes[position] = try reader.carry(component, into: &staging)
                if hasFiles { references[position] = component.ref }
            }
            try connection.each(
                "SELECT source, target, kind FROM dependency WHERE scan = \(scan) ORDER BY source, target, kind"
            ) { row in
                let (from, to) = (Int(row.integer(0)), Int(row.integer(1)))
                // Values below zero are files, which state their owner themselves.
                guard from >= 0, from == 0 || from < nodes.count && nodes[from] >= 0, to > 0, to < nodes.count,
                    nodes[to] >= 0
                else { return }
                let name = row.string(2)
                let kind = Dependency.Kind(rawValue: name) ?? .other
                try reader.carry(
                    edgeFrom: from == 0 ? nil : nodes[from], to: nodes[to], kind: kind,
                    label: kind == .other ? name : "")
            }
            try connection.each(
                "SELECT component, body FROM source_file WHERE scan = \(scan) ORDER BY position"
            ) { row in
                var file = try SourceFileFacts.decode(row.string(1))
                file.component = references[Int(row.integer(0))] ?? ""
                try staging.file(file)
            }
            try connection.each(
                "SELECT body FROM vulnerability_claim WHERE scan = \(scan) ORDER BY position"
            ) { row in
                try staging.vulnerability(try VulnerabilityFacts.decode(row.string(0)))
            }
        }
    }
}
