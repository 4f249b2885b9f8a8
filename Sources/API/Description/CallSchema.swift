import Database
import Reports

// DESIGN. What a request has to have follows from the table of calls: its name, its tokens, its role. Fields of its own are
// told here for the calls that everybody begins with; others are told by the errors, which name what is accepted.

extension Call {
    /// A JSON schema (2020-12) of the request.
    var schema: JSONTree {
        let tokens = token.fields.map(\.name)
        let own = ownFields
        let strings = ["userKey"] + tokens
        return [
            "type": "object",
            "description": .text(
                "Needs the role \(role.word)"
                    + (tokens.count == 1
                        ? "." : " where the token points to; one of \(tokens.joined(separator: ", ")).")),
            "required": .texts(
                ["requestType"] + (tokens.count == 1 ? tokens : []) + own.filter(\.isRequired).map(\.name)),
            "properties": .object(
                [("requestType", ["const": .text(requestType)])] + strings.map { ($0, Self.keyOrToken) }
                    + own.map { ($0.name, $0.schema) }),
        ]
    }

    private static let keyOrToken: JSONTree = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

    private struct Own {
        let name: String
        let isRequired: Bool
        let schema: JSONTree
    }

    private var ownFields: [Own] {
        let uuid: JSONTree = ["type": "string", "format": "uuid"]
        switch requestType {
        case "getAsyncProcessStatus", "cancelAsyncProcess":
            return [Own(name: "uuid", isRequired: true, schema: uuid)]
        case "downloadAsyncReport":
            return [Own(name: "reportStatusUUID", isRequired: true, schema: uuid)]
        case "generateOrganizationReportAsync": return Self.ofReport(in: .organization)
        case "generateProductReportAsync": return Self.ofReport(in: .product)
        case "generateProjectReportAsync": return Self.ofReport(in: .project)
        default: return []
        }
    }

    private static func ofReport(in kind: ScopeKind) -> [Own] {
        let types = Report.catalog.compactMap { $0.name.types[kind] }.sorted()
        return [
            Own(name: "reportType", isRequired: true, schema: ["type": "string", "enum": .texts(types)]),
            Own(
                name: "format", isRequired: false,
                schema: ["type": "string", "enum": .texts(Format.allCases.map(\.rawValue))]),
            Own(name: "filter", isRequired: false, schema: ["type": "object"]),
        ]
    }
}
