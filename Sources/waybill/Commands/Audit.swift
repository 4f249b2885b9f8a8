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
        ] + Flag.remote
    ) { arguments, configuration in
        let limit = try configuration.number("limit", in: 1...100_000, default: 100)
        let event = try configuration["event"].map { word throws(UsageError) in
            guard let event = AuditRecord.Event(rawValue: word.uppercased()) else {
                let words = AuditRecord.Event.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(description: "--event is \(word); accepted: \(words)")
            }
            return event
        }
        let lines = try configuration.office().records(of: event, limit: limit).map(\.json)
        if arguments.has("json") {
            print("{\"records\":[\(lines.joined(separator: ","))]}")
        } else {
            for line in lines { print(line) }
        }
    }
}
