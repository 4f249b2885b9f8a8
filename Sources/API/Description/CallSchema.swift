import Database
import Reports

// DESIGN. The requirements of a request come from the table of calls: its name, its tokens, its role, and the fields that
// each call declares.

extension Call {
    /// A JSON schema (2020-12) of the request.
    var schema: DescriptionTree {
        let tokens = token.fields.map(\.name)
        let strings = ["userKey"] + tokens
        return [
            "type": "object",
            "description": .text(
                "Needs the role \(need.role.word)"
                    + (tokens.count == 1
                        ? "." : " where the token points to; one of \(tokens.joined(separator: ", ")).")
                    + " Needs a key for \(need.scopes.words.joined(separator: " or "))."),
            "required": .texts(
                ["requestType"] + (tokens.count == 1 && token != .global ? tokens : [])
                    + takes.filter(\.isRequired).map(\.name)),
            "properties": .object(
                [("requestType", ["const": .text(requestType)])] + strings.map { ($0, Self.keyOrToken) }
                    + takes.map { ($0.name, $0.schema) }),
        ]
    }

    private static let keyOrToken: DescriptionTree = ["type": "string", "pattern": "^[0-9a-f]{64}$"]
}

extension Parameter {
    /// A JSON schema (2020-12) of the field.
    var schema: DescriptionTree {
        examples.isEmpty ? kind.schema : kind.schema.adding([("examples", .texts(examples))])
    }
}

extension Parameter.Kind {
    fileprivate var schema: DescriptionTree {
        switch self {
        case .text: ["type": "string"]
        case .words(let words): ["type": "string", "enum": .texts(words)]
        case .flag: ["type": "boolean"]
        case .time: ["type": "string", "description": "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC"]
        case .number(let number): number.schema
        case .decimal(let range):
            ["type": "number", "minimum": .decimal(range.lowerBound), "maximum": .decimal(range.upperBound)]
        case .texts: ["type": "array", "items": ["type": "string"]]
        case .numbers(let number): ["type": "array", "items": number.schema]
        case .object(let members), .open(let members): Self.object(members)
        case .objects(let members): ["type": "array", "items": Self.object(members)]
        case .any: [:]
        }
    }

    private static func object(_ members: [Parameter]) -> DescriptionTree {
        let required = members.filter(\.isRequired).map(\.name)
        return .object(
            [("type", "object")] + (required.isEmpty ? [] : [("required", .texts(required))])
                + [("properties", .object(members.map { ($0.name, $0.schema) }))])
    }
}

extension WholeNumber {
    fileprivate var schema: DescriptionTree {
        ["type": "integer", "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)]
    }
}

// MARK: Reports

extension Parameter {
    /// The fields of requests for reports, in one kind of scope or in all.
    static func ofReports(in kind: ScopeKind?) -> [Parameter] {
        let kinds = kind.map { [$0] } ?? ScopeKind.allCases
        let offered = Report.catalog.filter { report in kinds.contains { report.name.types[$0] != nil } }
        let types = Set(offered.flatMap { report in kinds.compactMap { report.name.types[$0] } })
        var seen: Set<String> = []
        let filters = offered.flatMap(\.filters).filter { seen.insert($0.key).inserted }
        return [
            .words("reportType", types.sorted()).required, .words("format", Format.allCases.map(\.rawValue)),
            .open("filter", filters.map { Parameter($0) }),
        ]
    }

    /// The fields of a call that answers with a report of the catalog; empty where the catalog has no such report.
    static func ofReport(_ type: String, in kind: ScopeKind) -> [Parameter] {
        Report.named(type, in: kind).map { of($0) } ?? []
    }

    /// The fields of a call that answers with one report: its filters, except those whose values the call sets.
    static func of(_ report: Report) -> [Parameter] {
        let filters = report.filters.filter { report.name.synchronousFields[$0.key] == nil }
        return [
            .words("format", report.formats.map(\.rawValue)),
            .open("filter", filters.map { Parameter($0) }),
        ]
    }

    /// The filters of a report.
    private init(_ filter: Filter) {
        self =
            switch filter.kind {
            case .flag: .flag(filter.key)
            case .choice(let words): .words(filter.key, words)
            case .list: .texts(filter.key)
            case .time, .endTime: .time(filter.key)
            case .integer(let range): .number(WholeNumber(filter.key, in: range))
            case .share: .decimal(filter.key, in: 0...1)
            case .text: .text(filter.key)
            case .texts, .names: .texts(filter.key)
            }
    }
}
