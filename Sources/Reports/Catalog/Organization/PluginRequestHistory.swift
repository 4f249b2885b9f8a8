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
                    \(Joins.agentRequests)
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
                    .text("status", "Status", "q.status", width: 12),
                ])
        ])
    )
}
