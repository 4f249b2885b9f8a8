import Database

extension Report {
    /// Requests of agents, plug-ins and other uploads.
    static let pluginRequestHistory = Report(
        name: .plain("PluginRequestHistoryReport", in: .organization).answered(exactly: [
            .organization: "getPluginRequestHistoryReport"
        ]),
        title: "Plugin Requests",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.dates("q.at", "requests that were made"),
        body: .tables([
            Table(
                key: "pluginRequests", item: "pluginRequest", title: "Plugin Requests",
                from: """
                    realm r JOIN agent_request q ON q.organization = r.organization LEFT JOIN job j ON j.uuid = q.job
                    WHERE (r.sees_all = 1 OR q.product IN (SELECT s.product FROM scope s))
                    """,
                order: ["q.id"],
                columns: [
                    .timestamp("time", "Time", "q.at"),
                    .text("requestedBy", "Requested By", "q.requested_by", width: 24),
                    .text("ipAddress", "IP Address", "q.address", width: 16),
                    .text("agent", "Agent", "q.agent"),
                    .text("agentVersion", "Agent Version", "q.agent_version", width: 14),
                    .text("product", "Product", "q.product_name"),
                    .text("project", "Project", "q.project_name"),
                    .text("requestType", "Request Type", "q.type", width: 24),
                    .text("requestToken", "Request Token", "q.request_token", width: 36),
                    .text("status", "Status", stateOfAgentRequest, width: 12),
                ])
        ])
    )

    /// The state that `getRequestState` answers. A request in progress has the state of its job, which may have
    /// failed or been deleted (`AgentRequests.state`).
    private static let stateOfAgentRequest: StaticSQL = """
        CASE WHEN q.status <> 'IN_PROGRESS' OR j.state IN ('PENDING', 'IN_PROGRESS') THEN q.status
            WHEN j.state = 'SUCCESS' THEN 'FINISHED' ELSE 'FAILED' END
        """
}
