import Database
import Intake
import Inventory

/// A request that was read and admitted.
struct AgentReceived: Sendable {
    let kind: AgentPlan.Kind
    let key: UserKey
    let fields: [String: String]
    let updateType: AgentUpload.UpdateType
    let plan: AgentPlan
    let address: String
    let origin: AuditRecord.Origin
    /// The file with the projects.
    let path: String
    let token: String

    /// The job that brings a group of its projects into the inventory.
    func intake(of group: AgentPlan.Group, upload uuid: String) -> IntakeJob {
        var destination = plan.access.destination(product: group.productName, project: group.name)
        destination.plugin = fields["agent"] ?? ""
        destination.comment = fields["scanComment"] ?? ""
        destination.origin = origin
        var intake = IntakeJob(.agent, upload: uuid, into: destination)
        intake.updateType = updateType
        intake.keepsModules = AgentPlan.says(fields["preserveModuleStructure"]) && group.ranges.count > 1
        return intake
    }

    /// The record of the request for its history, without its destination.
    func record(_ state: AgentRequestState, at time: Int64) -> AgentRequest {
        var request = AgentRequest(
            organization: plan.organization, type: kind.rawValue, token: token,
            state: state, at: time)
        request.requestedBy = plan.access.standing.email
        request.address = address
        request.agent = fields["agent"] ?? ""
        request.agentVersion = fields["pluginVersion"] ?? fields["agentVersion"] ?? ""
        return request
    }
}
