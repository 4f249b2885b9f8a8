import BOM
package import Inventory
package import Jobs

extension Intake {
    /// Imports the projects of an agent's upload as one project, whose name the destination says.
    @discardableResult
    package func importAgent(
        file path: String, into destination: Destination, by updateType: AgentUpload.UpdateType = .override,
        keepingModules keepsModules: Bool = false, lease: Lease
    ) throws -> Result {
        let digest = try digest(ofFile: path)
        return try run(lease, into: destination, referenceType: "Agent upload", digest: digest) { staging in
            let graph = try AgentReader.read(
                file: path, named: destination.project, keepingModules: keepsModules, into: &staging)
            return try staging.complete(graph)
        }
    }
}
