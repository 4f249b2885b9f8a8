package import Bytes
import Database

/// The fault of the work on a job, as far as the queue needs it.
package enum WorkError: Error, CustomStringConvertible {
    /// The document or the request is at fault, now and later; the text is for the requester.
    case hopeless(String)
    /// A resource is missing: the job waits for it and loses no attempt. The text is for the operator.
    case waiting(Outage, why: String)
    /// The work stopped because its lease requested that.
    case stopped
    /// The cause is unknown: the job is tried again, a bounded number of times. The text is for the log.
    case unexpected(String)

    /// Only this function decides the meaning of an error for jobs of all kinds.
    package init(_ error: any Error) {
        switch error {
        case let error as WorkError: self = error
        case let error as any Blaming:
            switch error.blame {
            case .environment(let outage): self = .waiting(outage, why: "\(error)")
            case .request: self = .hopeless("\(error)")
            case .unknown: self = .unexpected("\(error)")
            }
        default: self = .unexpected("\(error)")
        }
    }

    package var description: String {
        switch self {
        case .hopeless(let why), .waiting(_, let why), .unexpected(let why): why
        case .stopped: "stopped"
        }
    }
}

extension DatabaseError: Blaming {
    package var blame: Blame {
        switch self {
        case .storage: .environment(.disk)
        case .unavailable, .noDatabase, .busy, .exhausted, .unknownOutcome, .newerSchema, .otherSchema,
            .unfinishedUpgrade,
            .noNumberLeft:
            .environment(.database)
        case .statement, .conflict: .unknown
        }
    }
}
