/// The reason why a source could not be updated. Its stored data stay.
package enum FeedError: Error, Sendable, CustomStringConvertible {
    /// No complete answer arrived.
    case transport(address: String, why: String, mayPass: Bool)
    /// The server answered without the file; with the seconds until it wants the next request, 0 if it states none.
    case status(address: String, Int, retryAfter: Int)
    /// The answer has the wrong format.
    case content(address: String, why: String)
    /// The answer is much smaller or older than the stored data.
    case implausible(name: String, why: String)
    /// A file of this machine could not be read or written.
    case file(path: String, why: String)
    /// The work was ended from outside.
    case stopped
    /// The given name belongs to no source or part of one.
    case unknown(name: String, accepted: String)

    package var description: String {
        switch self {
        case .transport(let address, let why, _): "asking \(address): \(why)"
        case .status(let address, let status, let wait):
            "\(address) answered \(status)\(wait > 0 ? ", and wants to be asked again in \(wait) s" : "")"
        case .content(let address, let why): "\(address) is not used: \(why)"
        case .implausible(let name, let why): "\(name) is not used: \(why)"
        case .file(let path, let why): "\(path): \(why)"
        case .stopped: "the update was stopped"
        case .unknown(let name, let accepted): "\(name.prefix(100)) is no source; accepted: \(accepted)"
        }
    }

    /// Whether another attempt may help.
    var mayPass: Bool {
        switch self {
        case .transport(_, _, let mayPass): mayPass
        case .status(_, let status, _): [408, 425, 429, 500, 502, 503, 504].contains(status)
        case .content, .implausible, .file, .stopped, .unknown: false
        }
    }
}
