package import BOM

/// Why an import did not come about.
package enum IntakeError: Error, Equatable, CustomStringConvertible {
    /// The file was refused; nothing of it is kept.
    case refused(BOMError)
    /// The organization does not exist (any more).
    case noOrganization(Int64)
    /// A name that cannot be one: which, its value, what is accepted.
    case badName(field: String, value: String, accepted: String)
    /// The scan was taken away: the lease ran out and another attempt is at work.
    case superseded
    /// A stored text is not what this version writes.
    case unreadableFacts(FactsError)
    /// The request of a job has a kind that this version does not know.
    case unknownKind(String, job: String)
    /// A file of the machine could not be read.
    case unreadableFile(path: String, why: String)

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
        case .unreadableFile(let path, let why): "reading \(path): \(why)"
        }
    }
}
