import API
import Bytes
import Database
import Intake
import Jobs
import Reports

// The answers of a server's calls, as far as commands need them.

/// `getAllOrganizations`.
struct OrganizationsAnswer: Decodable {
    struct Organization: Decodable {
        let orgName: String
        let orgToken: String
    }

    let organizations: [Organization]
}

/// `waybillList`: the things of a kind, in a member with the name of the kind.
struct ThingsAnswer: Decodable {
    /// A value whose form the kind determines.
    private enum Scalar: Decodable {
        case text(String)
        case number(Int64)
        case flag(Bool)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? value.decode(Int64.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let items: [Item]
    /// The request for the next page; nil after the last page.
    let next: String?

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Name.self)
        next = try members.decodeIfPresent(String.self, forKey: Name(stringValue: "next"))
        guard let kind = Kind.allCases.first(where: { members.contains(Name(stringValue: $0.rawValue)) }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "it has no member with the name of a kind"))
        }
        let rows = try members.decode([[String: Scalar]].self, forKey: Name(stringValue: kind.rawValue))
        items = rows.map { row in
            Item(
                kind,
                kind.members.map { member in
                    switch (member.form, row[member.name.description]) {
                    case (.text, .text(let text)): .text(text)
                    case (.number, .number(let number)): .number(number)
                    case (.flag, .flag(let flag)): .flag(flag)
                    case (.time, .text(let text)): .time(TimeText.milliseconds(text) ?? 0)
                    // Absent members have no meaning.
                    case (.text, _): .text("")
                    case (.number, _): .number(0)
                    case (.flag, _): .flag(false)
                    case (.time, _): .time(0)
                    }
                })
        }
    }
}

/// `asyncProcessStatus` of a job.
struct ProcessAnswer: Decodable {
    struct Process: Decodable {
        let uuid: String
        let status: String
        let errorMessage: String?
        let rowsDone: Int?
        let notes: [String]?
        let imported: ImportedAnswer?

        var state: Job.State? { Job.State(rawValue: status) }
    }

    let asyncProcessStatus: Process
}

/// The result of an upload.
struct ImportedAnswer: Decodable {
    private struct Statements: Decodable {
        struct NotApplied: Decodable {
            let vulnerability: String
            let product: String?
            let reason: String
        }

        let statements: Int?
        let applied: Int?
        let superseded: Int?
        let notApplied: [NotApplied]?
    }

    let product: String
    let productToken: String
    let project: String
    let projectToken: String
    let libraries: Int
    let warnings: [String]
    private let statements: Statements?

    var result: Intake.Result {
        var result = Intake.Result(
            product: product, productToken: productToken, project: project, projectToken: projectToken,
            libraries: libraries, warnings: warnings)
        result.statements = statements.map { it in
            StatementSummary(
                statements: it.statements ?? 0, applied: it.applied ?? 0, superseded: it.superseded ?? 0,
                notApplied: (it.notApplied ?? []).map {
                    .init(vulnerability: $0.vulnerability, product: $0.product ?? "", reason: $0.reason)
                })
        }
        return result
    }
}

/// The token in the answer to an upload.
struct UploadAnswer: Decodable {
    let token: String
}

/// `removedPolicies`.
struct RemovedPoliciesAnswer: Decodable {
    let removedPolicies: Int
}

/// A page of `GET /api/ask`.
struct QuestionAnswer: Decodable {
    private struct Item: Decodable {
        let product: String
        let project: String
        let projectToken: String
        let library: String
        let version: String?
        let purl: String?
        let path: [String]?
        let direct: Bool?
        let since: String?
        let fix: String?
        let decision: String?
    }

    private let items: [Item]
    private let next: String?

    var page: Question.Answer {
        Question.Answer(
            items: items.map {
                Question.Item(
                    project: (product: $0.product, name: $0.project, token: $0.projectToken),
                    library: (name: $0.library, version: $0.version, purl: $0.purl),
                    path: $0.path, isDirect: $0.direct, since: $0.since.flatMap { TimeText.milliseconds($0) },
                    verdict: (fix: $0.fix, decision: $0.decision))
            },
            next: next)
    }
}

extension [UInt8] {
    /// The text of a member in an inner object; nil when either is absent.
    func member(_ name: StaticString, of outer: StaticString) throws -> String? {
        var json = JSONReader(self)
        try json.beginObject()
        while try json.nextKey() {
            guard json.keyEquals(outer) else {
                try json.skipValue()
                continue
            }
            try json.beginObject()
            while try json.nextKey() {
                if json.keyEquals(name) { return try json.rawValue(limit: 64 << 20) }
                try json.skipValue()
            }
        }
        return nil
    }
}
