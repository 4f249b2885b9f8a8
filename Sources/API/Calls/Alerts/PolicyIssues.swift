import Bytes
import Database
import HTTP
import Intake
import Inventory
import Jobs
import Reports

// Calls for programs that open tickets: mend-api.md §3.7. Such a client reads `policy.policyMatch.type`, the library, and
// for each violation `issueUuid`, `violationType` and the vulnerability. It then reports the tickets that it made.

extension Call {
    static let policyIssues: [Call] = [fetchPolicyIssues, updateExternalIssues]

    private static let issueLimit = 10_000

    private static let fetchPolicyIssues = Call(
        "fetchProjectPolicyIssues", .one(.project), .readOnly, .work,
        takes: [.text("policyActionType"), .time("fromDateTime"), .time("toDateTime")]
    ) { visit in
        let action =
            try visit.request.textIfAny("policyActionType", accepted: "the type of an action")
            ?? PolicyAction.createIssue.rawValue
        let from = try visit.request.timeIfAny("fromDateTime") ?? 0
        let to = try visit.request.timeIfAny("toDateTime") ?? .max
        guard from <= to else {
            throw APIError.badValue(
                TimeText.time(to), of: "toDateTime", accepted: "a time that is not before fromDateTime")
        }
        let issues = try PolicyIssue.list(
            visit.scope, action: action.uppercased(), span: from...to, limit: issueLimit, at: visit.backend.queue.now(),
            on: visit.connection)
        let libraries = try LibraryRecords.rows(Set(issues.map(\.library)), in: visit.scope, on: visit.connection)
        let tickets = try ExternalIssue.all(project: visit.scope.project, on: visit.connection)
        guard let project = try ProjectVital.list(visit.scope, on: visit.connection).first else {
            throw APIError.refused
        }
        let version = visit.request.version
        return .answer(
            Answer.object { answer in
                answer.object("product") { $0.text("productName", project.productName) }
                answer.object("project") { answer in
                    answer.text("projectName", project.name)
                    answer.text("projectToken", project.token)
                }
                answer.objects("issues", issues) { answer, issue in
                    answer.object("policy") { answer in
                        answer.number("id", issue.policy.id)
                        answer.text("name", issue.policy.name)
                        answer.flag("enabled", issue.policy.isEnabled)
                        answer.text("policyContext", issue.policy.context)
                        answer.object("policyMatch") { $0.text("type", issue.policy.filterType) }
                    }
                    if let library = libraries[issue.library] {
                        answer.object("library") { answer in
                            answer.library(library)
                            answer.text("url", library.homepage.isEmpty ? library.downloadURL : library.homepage)
                        }
                    }
                    answer.objects("policyViolations", issue.violations) { $0.violation($1, tickets, version) }
                }
            })
    }

    private static let updateExternalIssues = Call(
        "updateExternalIntegrationIssues", .one(.project), .member, .work,
        takes: [
            .text("wsPolicyIssueItemUuid").required,
            .objects(
                "externalIssues",
                [
                    .text("identifier").required, .text("url"), .text("status"), .text("created"),
                    .text("lastModified"),
                ]
            ).required,
        ]
    ) { visit in
        let uuid = try visit.request.text(
            "wsPolicyIssueItemUuid", accepted: "an issueUuid from fetchProjectPolicyIssues")
        let accepted =
            "a list of at most \(ExternalIssue.limit) objects with identifier, url, status, lastModified and created"
        guard let given = visit.request["externalIssues"] else {
            throw APIError.missing("externalIssues", accepted: accepted)
        }
        guard given.elements.count <= ExternalIssue.limit else {
            throw APIError.badValue("\(given.elements.count) objects", of: "externalIssues", accepted: accepted)
        }
        let tickets = try given.elements.map { field in
            guard let identifier = field.text("identifier") else {
                throw APIError.missing("externalIssues.identifier", accepted: accepted)
            }
            return ExternalIssue(
                identifier: identifier, url: field.text("url") ?? "", status: field.text("status") ?? "",
                created: field.text("created") ?? "", modified: field.text("lastModified") ?? "")
        }
        return visit.change(saying: "Successfully updated the external issues") { writing in
            try ExternalIssue.replace(tickets, of: uuid.lowercased(), writing)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func violation(
        _ violation: PolicyIssue.Violation, _ tickets: [String: [ExternalIssue]], _ version: APIVersion
    ) {
        text("issueUuid", violation.uuid)
        text("violationType", violation.vulnerability == nil ? "LICENSE" : "VULNERABILITY")
        time("lastModified", violation.modified)
        if let vulnerability = violation.vulnerability {
            text("alertUuid", vulnerability.alertUUID)
            object("vulnerability") { $0.vulnerability(vulnerability, version) }
        }
        objects("externalIssues", tickets[violation.uuid] ?? []) { answer, ticket in
            answer.text("identifier", ticket.identifier)
            answer.text("url", ticket.url)
            answer.text("status", ticket.status)
            answer.text("lastModified", ticket.modified)
            answer.text("created", ticket.created)
        }
    }

    /// The vulnerability in the form of alerts (mend-api.md §2).
    private mutating func vulnerability(_ vulnerability: OpenVulnerability, _ version: APIVersion) {
        text("name", vulnerability.name)
        text("type", vulnerability.type)
        if !vulnerability.severity.isEmpty { text("severity", version.severity(vulnerability.severity)) }
        // Numbers with one decimal, in the database's spelling.
        if let score = vulnerability.score { raw("score", "\(score / 10).\(score % 10)") }
        if !vulnerability.severity3.isEmpty {
            text("cvss3_severity", version.severity(vulnerability.severity3.lowercased()))
        }
        if !vulnerability.score3.isEmpty { raw("cvss3_score", vulnerability.score3) }
        if let published = vulnerability.published { text("publishDate", TimeText.date(published)) }
        text("url", vulnerability.url)
        text("description", vulnerability.description)
        let fix = vulnerability.topFix.isEmpty ? "" : "Upgrade To Version \(vulnerability.topFix)"
        if !fix.isEmpty {
            object("topFix") { answer in
                answer.text("vulnerability", vulnerability.name)
                answer.text("type", "UPGRADE_VERSION")
                answer.text("origin", "OSV")
                answer.text("url", "https://osv.dev/vulnerability/\(vulnerability.topFixURL)")
                answer.text("fixResolution", fix)
                if let date = vulnerability.topFixDate { answer.text("date", TimeText.date(date)) }
                answer.text("message", "Upgrade To Version")
            }
        }
        text("fixResolutionText", fix)
    }
}
