import Glibc

// DESIGN. Whether a job waits or ends depends on who is at fault, never on the place in the code where the error occurred.
// So each error that can reach a job names the party at fault (`Blaming`), and one function turns that into the outcome of
// the job (`WorkError.init(_:)` in Jobs).

/// A resource that a process needs from its surroundings and that is missing at the moment.
package enum Outage: String, Error, Sendable, Equatable, CaseIterable, CustomStringConvertible {
    case disk = "DISK"
    case files = "FILES"
    case memory = "MEMORY"
    case permission = "PERMISSION"
    case database = "DATABASE"
    case store = "STORE"

    /// The meaning of a system call's error on a file of Waybill's own. Waybill chooses the name of such a file, so no
    /// document or request can cause the error: the surroundings are always at fault. Reasons that are not listed here
    /// count as faults of the disk.
    package init(errno code: Int32) {
        switch code {
        case EMFILE, ENFILE: self = .files
        case ENOMEM, EAGAIN: self = .memory
        case EACCES, EPERM: self = .permission
        default: self = .disk
        }
    }

    /// The missing resource in words for users, without paths and addresses.
    package var description: String {
        switch self {
        case .disk: "the server's disk, which is full or cannot be used"
        case .files: "the server, which has too many files open"
        case .memory: "memory on the server"
        case .permission: "permission for the server to use its own folders"
        case .database: "the server's database"
        case .store: "the store of artifacts"
        }
    }
}

/// The party that is at fault for an error.
package enum Blame: Sendable, Equatable {
    /// The surroundings are at fault: the same work succeeds when the resource is back.
    case environment(Outage)
    /// The document or the request is at fault: the same work fails each time.
    case request
    /// The party is unknown; perhaps a fault of Waybill.
    case unknown
}

/// An error that names the party at fault.
///
///     switch (error as? any Blaming)?.blame {
///     case .environment(let outage): wait(for: outage)
///     case .request: refuse("\(error)")
///     case .unknown, nil: retry()
///     }
package protocol Blaming: Error {
    /// The cause of a failure: the surroundings, the request, or unknown. Errors that blame the same party are equal.
    var blame: Blame { get }
}

extension SinkError: Blaming {
    package var blame: Blame {
        switch self {
        case .system(_, _, let code): .environment(Outage(errno: code))
        case .format: .request
        case .cancelled: .unknown
        case .unavailable: .environment(.store)
        }
    }
}

extension JSONError: Blaming {
    package var blame: Blame {
        if case .source(_, let outage) = self { return outage.map(Blame.environment) ?? .unknown }
        return .request
    }
}
