package import BOM
package import Bytes
import Glibc
import Inventory

/// The reason why an import failed.
package enum IntakeError: Error, Equatable, CustomStringConvertible {
    /// The file was refused, and nothing of it is stored.
    case refused(BOMError)
    /// The organization does not exist (any more).
    case noOrganization(Int64)
    /// An invalid name; with the field, its value, and the accepted values.
    case badName(field: String, value: String, accepted: String)
    /// The scan was taken away: the lease ran out, and another attempt is running.
    case superseded
    /// A stored text is not in the form of this version.
    case unreadableFacts(FactsError)
    /// The job's request has a kind that this version does not know.
    case unknownKind(String, job: String)
    /// The job's request has an update type that this version does not know.
    case unknownUpdateType(String, job: String)
    /// A file of the machine could not be read; with the missing resource, if known.
    case unreadableFile(path: String, why: String, Outage? = nil)
    /// The product of an accepted upload was deleted in the meantime.
    case productGone(String)
    /// The disk has only its reserve left.
    case noRoom
    /// The document has filled the disk up to its reserve; with the number of its parts written so far.
    case tooLargeForDisk(parts: Int)
    /// The upload of a job is neither in the uploads folder nor in the database.
    case uploadGone

    package var description: String {
        switch self {
        case .refused(let error): error.description
        case .noOrganization(let id): "there is no organization \(id)"
        case .badName(let field, let value, let accepted):
            "\(field) is \"\(value.prefix(100))\"; accepted is \(accepted)"
        case .superseded: "another attempt at this import is at work"
        case .unreadableFacts(let error): error.description
        case .unknownKind(let kind, let job):
            "the upload \(job) is of the kind \"\(kind)\", which this version does not know"
        case .unknownUpdateType(let type, let job):
            """
            the upload \(job) has the update type \"\(type.prefix(100))\", which this version does not know; it knows \
            \(AgentUpload.UpdateType.allCases.map(\.rawValue).joined(separator: ", "))
            """
        case .unreadableFile(let path, let why, _): "reading \(path): \(why)"
        case .productGone(let name):
            "the product \"\(name.prefix(100))\" was deleted after this upload was accepted; make it and upload again"
        case .noRoom: "the disk has no room beside what is kept free"
        case .tooLargeForDisk(let parts):
            """
            the disk has no room for the content of this document: after \(parts) components, files and statements only what \
            is kept free was left; make room, or upload its parts as several projects
            """
        case .uploadGone: "what was uploaded is no longer on the server; upload it again"
        }
    }

    /// The disk has no room for more of a document; with the number of its parts written so far. A few parts cannot fill a
    /// disk, so other data has. Many parts have filled it: waiting would keep their rows, and the room that these take.
    static func withoutRoom(after parts: Int) -> IntakeError {
        parts < 5000 ? .noRoom : .tooLargeForDisk(parts: parts)
    }

    /// A file could not be read, for the reason in `errno`.
    static func unreadable(_ path: String, _ code: Int32) -> IntakeError {
        .unreadableFile(path: path, why: systemMessage(code), code == ENOENT ? nil : Outage(errno: code))
    }
}

extension IntakeError: Blaming {
    package var blame: Blame {
        switch self {
        case .refused(let error): error.blame
        case .noOrganization, .badName, .unreadableFacts, .unknownKind, .unknownUpdateType, .productGone,
            .uploadGone, .tooLargeForDisk:
            .request
        case .noRoom: .environment(.disk)
        case .superseded: .unknown
        case .unreadableFile(_, _, let outage): outage.map(Blame.environment) ?? .request
        }
    }
}
