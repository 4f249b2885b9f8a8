import Glibc

/// The reason why a server could not start or a file could not be sent.
package enum HTTPError: Error, Equatable, CustomStringConvertible {
    /// The text is not HOST:PORT.
    case badAddress(String)
    /// Another process listens on the port.
    case portInUse(String)
    /// The server cannot listen on the address: the name is unknown, the address belongs to another machine, or it is
    /// not permitted.
    case cannotListen(String, reason: String)
    /// A system call failed: the action, its object, and the system's reason.
    case system(doing: String, what: String, errno: Int32)
    /// A PEM file with invalid content.
    case badPEM(path: String, expected: String)
    /// The library refused certificate and key.
    case badTLS(certificate: String, key: String, reason: String)
    /// The library did not start.
    case cannotStart(reason: String)

    package var description: String {
        switch self {
        case .badAddress(let text):
            "listen on '\(text)': not of the form HOST:PORT, as 127.0.0.1:8080, [::1]:8080 or :8080 (all addresses)"
        case .portInUse(let address):
            "listen on \(address): the port is in use by another process; stop that one, or choose another port"
                + " (0 picks a free one)"
        case .cannotListen(let address, let reason): "listen on \(address): \(reason)"
        case .system(let doing, let what, let code): "\(doing) \(what): \(String(cString: strerror(code)))"
        case .badPEM(let path, let expected): "read \(path): holds no \(expected) in PEM form"
        case .badTLS(let certificate, let key, let reason):
            "use certificate \(certificate) with key \(key): \(reason); both must be PEM files that belong together"
        case .cannotStart(let reason): "start the HTTP server: \(reason)"
        }
    }
}
