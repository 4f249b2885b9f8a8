import HTTP

// The paths of OWASP Dependency-Track that CI steps use: its BomResource, EventResource and VersionResource.

/// A path of the upload door.
enum UploadPath: Equatable {
    /// `PUT` with JSON, `POST` with a form.
    case bom
    /// The same for a document of statements.
    case vex
    /// Whether an upload is in progress; both paths give the same answer.
    case token(String)
    case version

    init?(_ path: String) {
        // Every poll of a report passes this check.
        guard path.hasPrefix("/api/v1/") || path.hasPrefix("/api/version") else { return nil }
        let path = path.hasSuffix("/") ? path.dropLast() : path[...]
        switch path {
        case "/api/v1/bom": self = .bom
        case "/api/v1/vex": self = .vex
        case "/api/version": self = .version
        default:
            for prefix in ["/api/v1/bom/token/", "/api/v1/event/token/"] where path.hasPrefix(prefix) {
                let uuid = path.dropFirst(prefix.count)
                guard !uuid.isEmpty, !uuid.contains("/") else { return nil }
                self = .token(String(uuid))
                return
            }
            return nil
        }
    }

    var methods: [String] {
        switch self {
        case .bom, .vex: ["PUT", "POST"]
        case .token, .version: ["GET", "HEAD"]
        }
    }

    /// The field of the body with the document; nil for paths without one.
    var field: StaticString? {
        switch self {
        case .bom: "bom"
        case .vex: "vex"
        case .token, .version: nil
        }
    }

    /// The name of the path in logs.
    var name: String {
        switch self {
        case .bom: "/api/v1/bom"
        case .vex: "/api/v1/vex"
        case .token: "/api/v1/bom/token"
        case .version: "/api/version"
        }
    }
}
