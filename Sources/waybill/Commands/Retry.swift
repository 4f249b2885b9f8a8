import Bytes
import Database
import Jobs
import Service

extension Command {
    static let retry = Command(
        words: ["retry"], operands: "[UUID…]",
        summary: "Has failed jobs tried again, with what was uploaded for them.",
        flags: [Flag("all", nil, "all jobs that were given up because their attempts were used up")]
    ) { arguments, configuration in
        guard arguments.has("all") != !arguments.operands.isEmpty else {
            throw UsageError(description: "either a UUID or --all is wanted")
        }
        let runtime = try Runtime(existing: configuration)
        let outcomes = try Retrying(runtime.queue).run(arguments.has("all") ? nil : arguments.operands)
        if arguments.has("json") {
            let json = JSONWriter.object {
                $0.objects("jobs", outcomes) { json, job in
                    json.text("uuid", job.uuid)
                    json.text("outcome", job.outcome.rawValue)
                }
            }
            return print(json)
        }
        for (uuid, outcome) in outcomes { print("\(uuid): \(outcome.text)") }
        if outcomes.isEmpty { print("no job was given up") }
    }
}

/// Puts failed jobs back.
private struct Retrying {
    private let queue: Queue

    init(_ queue: Queue) { self.queue = queue }

    /// Puts back these jobs, or all that were given up, in one transaction; none when a name belongs to no job.
    func run(_ names: [String]?) throws -> [(uuid: String, outcome: Queue.Rerun)] {
        let queue = queue
        return try queue.database.write { connection in
            let uuids =
                try names?.map { $0.lowercased() } ?? queue.givenUp(limit: .max, on: connection).map(\.uuid)
            return try uuids.map { uuid in
                guard let outcome = try queue.rerun(uuid: uuid, on: connection) else {
                    throw Failure("there is no job \(uuid); failed ones are kept for the days of --retention-days")
                }
                return (uuid, outcome)
            }
        }
    }
}

extension Queue.Rerun {
    fileprivate var text: String {
        switch self {
        case .restarted: "waits for a worker, with all its attempts"
        case .unfinished: "is not finished: nothing was changed"
        case .done: "has succeeded: nothing was changed"
        }
    }
}
