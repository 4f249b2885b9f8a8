import Bytes
import Database
import Service

extension Command {
    static let audit = Command(
        words: ["audit"], operands: "",
        summary: "Shows the newest records of the audit trail, refused keys too.",
        flags: [
            Flag("org", "TOKEN", "the organization's token or name (all, and what concerns none)"),
            Flag("event", "EVENT", "only records of this event, as DOWNLOAD or REFUSED_KEY (all)"),
            Flag("limit", "N", "records at most (100)"),
        ]
    ) { arguments, configuration in
        let runtime = try Runtime(existing: configuration)
        let organization = try configuration["org"].map { try runtime.organization(named: $0) }
        var wanted = AuditTrail.Wanted(
            organization: organization, limit: try configuration.number("limit", in: 1...100_000, default: 100))
        if let word = configuration["event"] {
            guard let event = AuditRecord.Event(rawValue: word.uppercased()) else {
                let words = AuditRecord.Event.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(description: "--event is \(word); accepted: \(words)")
            }
            wanted.event = event
        }
        let records = try runtime.database.read { try AuditTrail.list(wanted, on: $0) }
        let lines = records.map(\.json)
        if arguments.has("json") {
            print("{\"records\":[\(lines.joined(separator: ","))]}")
        } else {
            for line in lines { print(line) }
        }
    }
}
