/// The paths of the console.
enum ConsolePath: Equatable {
    /// What a person sees; the query says of which organization, product and project.
    case page
    /// The reports of an organization, those that are not finished first.
    case reports
    /// Who did what in an organization, the newest first.
    case audit
    case style
    /// Signing in and out.
    case enter
    case leave
    /// Asking for a report.
    case report
    /// The ZIP of a report.
    case artifact(String)
    /// Ending a report that is not finished.
    case cancel
    /// Where the person is signed in.
    case sessions
    /// Ending one of these.
    case end

    private static let artifacts = "/console/report/"

    init?(_ path: String) {
        // Every poll of a report comes by here.
        guard path == "/" || path.hasPrefix("/console/") else { return nil }
        switch path {
        case "/": self = .page
        case "/console/reports": self = .reports
        case "/console/audit": self = .audit
        case "/console/style.css": self = .style
        case "/console/enter": self = .enter
        case "/console/leave": self = .leave
        case "/console/report": self = .report
        case "/console/cancel": self = .cancel
        case "/console/sessions": self = .sessions
        case "/console/end": self = .end
        default:
            guard path.hasPrefix(Self.artifacts) else { return nil }
            let uuid = path.dropFirst(Self.artifacts.count)
            guard !uuid.isEmpty, !uuid.contains("/") else { return nil }
            self = .artifact(String(uuid))
        }
    }

    var path: String {
        switch self {
        case .page: "/"
        case .reports: "/console/reports"
        case .audit: "/console/audit"
        case .style: "/console/style.css"
        case .enter: "/console/enter"
        case .leave: "/console/leave"
        case .report: "/console/report"
        case .cancel: "/console/cancel"
        case .sessions: "/console/sessions"
        case .end: "/console/end"
        case .artifact(let uuid): Self.artifacts + uuid
        }
    }

    var methods: [String] {
        switch self {
        case .page, .reports, .audit, .sessions, .style, .artifact: ["GET", "HEAD"]
        case .enter, .leave, .report, .cancel, .end: ["POST"]
        }
    }
}
