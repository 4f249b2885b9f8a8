import Bytes
import Database

/// An error whose fault is the server's, as a client hears of it; the cause is in the log under `id`.
package enum Fault: Sendable, Equatable, CustomStringConvertible {
    /// The server could not keep what it was asked to keep: its disk is full, or its database is locked.
    case storage(id: String)
    case unexpected(id: String)

    init(_ error: any Error, id: String) {
        switch error {
        case DatabaseError.storage, DatabaseError.exhausted, DatabaseError.busy, SinkError.system:
            self = .storage(id: id)
        default: self = .unexpected(id: id)
        }
    }

    package var description: String {
        switch self {
        case .storage(let id):
            "the server cannot store anything at the moment, nothing was changed; its operator finds the reason under \(id)"
        case .unexpected(let id): "unexpected error; the server's operator finds the reason under \(id)"
        }
    }
}
