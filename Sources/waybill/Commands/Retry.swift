import Bytes
import Jobs

extension Command {
    static let retry = Command(
        words: ["retry"], operands: "[UUID…]",
        summary: "Has failed jobs tried again, with what was uploaded for them.",
        flags: [Flag("all", nil, "all jobs that were given up because their attempts were used up")] + Flag.remote
    ) { arguments, configuration in
        guard arguments.has("all") != !arguments.operands.isEmpty else {
            throw UsageError(description: "either a UUID or --all is wanted")
        }
        let outcomes = try configuration.workplace().retry(arguments.has("all") ? nil : arguments.operands)
        if arguments.has("json") {
            let json = JSONWriter.object {
                $0.objects("jobs", outcomes) { json, job in
                    json.text("uuid", job.uuid)
                    json.text("outcome", job.outcome.rawValue)
                }
            }
            return print(json)
        }
        for (uuid, outcome) in outcomes { say("\(uuid): \(outcome.text)") }
        if outcomes.isEmpty { print("no job was given up") }
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
