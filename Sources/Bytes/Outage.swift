import Glibc

// DESIGN. Whether a job waits or ends is decided by who is at fault, never by where in the code the error came up. So each
// error that can reach a job says who is at fault (`Blaming`), and one place turns that into the outcome of the job
// (`WorkError.init(_:)` in Jobs).

/// A resource that a process needs from its surroundings and does not have at the moment.
package enum Outage: String, Error, Sendable, Equatable, CaseIterable, CustomStringConvertible {
    case disk = "DISK"
    case files = "FILES"
    case memory = "MEMORY"
    case permission = "PERMISSION"
    case database = "DATABASE"
    case store = "STORE"

    /// The meaning of a system call's error on a file of our own. Such a file is named by us, never by a document or a
    /// request, so every reason lies in the environment; reasons that are not listed here count as the disk's.
    package init(errno code: Int32) {
        switch code {
        case EMFILE, ENFILE: self = .files
        case ENOMEM, EAGAIN: self = .memory
        case EACCES, EPERM: self = .permission
        default: self = .disk
        }
    }

    /// The missing resource, for users: without paths and addresses.
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
    /// The surroundings: the same work succeeds when they are back.
    case environment(Outage)
    /// The document or the request: the same work fails each time.
    case request
    /// Not known: a fault of ours, perhaps.
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
    /// The cause of a failure: the surroundings, the request, or an unknown one. Equal errors blame
    /// the same.
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
