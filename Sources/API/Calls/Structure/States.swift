import Bytes
import Database
import HTTP
import Jobs

// The states of processes and the features of the server: mend-api.md §3.1, §3.7.

extension Call {
    static let states: [Call] =
        [
            projectState, projectLastModification, requestState, lastModifiedProjects, allOrganizations,
            supportedRequests,
            requestSchema, denials,
        ] + notOffered

    /// Calls for parts of Mend's product that Waybill lacks. They are known by name, and refused with an alternative.
    private static let notOffered: [Call] =
        [
            Call("inviteUserToWebAdvisor", .one(.organization), .administrator, .points) { _ in
                throw APIError.notOffered(
                    "this server has no Web Advisor, nobody was invited; createUser makes a user of the organization")
            }
        ]
        + ScopeKind.allCases.map { kind in
            Call("get\(kind.requestWord)IntegrationActivationToken", .one(kind), .administrator, .points) { _ in
                throw APIError.notOffered(
                    "this server has no integrations to activate; build tools use orgToken and a key of createServiceUser"
                )
            }
        }

    /// Not in Mend's API: refused calls of members, the newest first.
    private static let denials = Call("waybillGetDenials", .one(.organization), .administrator, .work) { visit in
        let found = try Denials.list(visit.scope.organization, limit: 1000, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("denials", found) { answer, entry in
                    answer.time("date", entry.denial.time)
                    answer.text("userEmail", entry.email)
                    answer.text("request", entry.denial.call)
                    answer.text("reason", entry.denial.reason)
                }
            })
    }

    private static let projectState = Call("getProjectState", .one(.project), .readOnly, .points) { visit in
        guard let project = try ProjectVital.list(visit.scope, on: visit.connection).first else {
            throw APIError.refused
        }
        return .answer(
            Answer.object { answer in
                answer.object("projectState") { answer in
                    answer.text("lastProcess", "UPDATE")
                    answer.flag("inProgress", project.isInProgress)
                    answer.time("date", project.updated)
                }
            })
    }

    private static let projectLastModification = Call(
        "getProjectLastModification", .one(.project), .readOnly, .points
    ) { visit in
        let projects = try ProjectVital.list(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("projectLastModifications", projects) { answer, project in
                    answer.text("projectName", project.name)
                    answer.time("date", project.updated)
                    answer.object("extraData") { $0.text("requestToken", project.requestToken) }
                }
            })
    }

    private static let requestState = Call(
        "getRequestState", .one(.organization), .readOnly, .points, keys: [.read, .upload],
        takes: [.text("requestToken").required]
    ) { visit in
        let token = try visit.request.text("requestToken", accepted: "the token that an upload answered")
        let state = try AgentRequests.state(
            token: token, organization: visit.scope.organization, on: visit.connection)
        return .answer(Answer.object { $0.text("requestState", state.rawValue) })
    }

    private static let lastModifiedProjects = Call(
        "getOrganizationLastModifiedProjects", .one(.organization), .readOnly, .work,
        takes: [.time("fromDateTime"), .time("toDateTime")]
    ) { visit in
        let from = try visit.request.timeIfAny("fromDateTime") ?? 0
        let to = try visit.request.timeIfAny("toDateTime") ?? .max
        let projects = try ProjectVital.list(visit.scope, on: visit.connection).filter {
            $0.updated >= from && $0.updated <= to
        }
        return .answer(
            Answer.object { answer in
                answer.objects("lastModifiedProjects", projects) { answer, project in
                    answer.text("projectName", project.name)
                    answer.text("projectToken", project.token)
                    // A client reads the token under this name.
                    answer.text("apiToken", project.token)
                    answer.text("productName", project.productName)
                    answer.time("lastModified", project.updated)
                }
            })
    }

    /// The organizations in which the holder of the key has a role. The token may be missing or name any of them: a program
    /// that has only a key starts here, with a key of any scope.
    private static let allOrganizations = Call(
        "getAllOrganizations", .global, .readOnly, .work, keys: .all
    ) { visit in
        let found = try OrganizationDetails.list(ofAccount: visit.access.standing.account, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("organizations", found) { answer, organization in
                    answer.text("orgName", organization.name)
                    answer.text("orgToken", organization.token)
                }
            })
    }

    private static let supportedRequests = Call(
        "getSupportedRequests", .one(.organization), .readOnly, .points
    ) { _ in
        .answer(Answer.object { $0.texts("supportedRequests", Call.table.map(\.requestType).sorted()) })
    }

    /// A JSON schema of the request, as in the description of all paths.
    private static let requestSchema = Call(
        "getRequestSchema", .one(.organization), .readOnly, .points,
        takes: [.text("request", as: "getRequestSchema").required]
    ) { visit in
        let name = try visit.request.text("request", accepted: "the name of a request")
        guard let call = Call.table.first(where: { $0.requestType == name }) else {
            throw APIError.badValue(name, of: "request", accepted: "a name from getSupportedRequests")
        }
        return .answer(
            Answer.object { answer in
                answer.text("requestType", name)
                answer.raw("requestSchema", call.schema.json)
            })
    }
}
