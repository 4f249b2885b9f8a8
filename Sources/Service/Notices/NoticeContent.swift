import Bytes
import Database
import FoundationEssentials

/// The content of a message: the `data` that webhooks receive, from which mail is written. Keys with unknown values are
/// absent.
struct NoticeContent: Codable, Sendable, Equatable {
    /// A product and a project that are concerned, and there a library.
    struct Place: Codable, Sendable, Equatable {
        let product: String
        let project: String
        let library: String
    }

    /// One cause, with all places that it concerns.
    struct Notice: Codable, Sendable, Equatable {
        /// A word of `NoticeKind`.
        let kind: String
        /// The name of a vulnerability, of a policy, of a source, the uuid of a report.
        let subject: String
        var severity: String?
        var score: Double?
        var exploited: Bool?
        var epss: Double?
        var url: String?
        var detail: String?
        /// The attachment of the message, or its address.
        var enclosure: String?
        var places: [Place] = []
        /// Places that are not listed.
        var morePlaces: Int?

        /// The cause in one line.
        var line: String {
            var facts: [String] = []
            if let severity { facts.append(severity) }
            if let score { facts.append("CVSS \(score)") }
            if exploited == true { facts.append("exploited") }
            if let epss { facts.append("EPSS \(NumberText.plain(epss))") }
            let known = facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))"
            let count = places.count + (morePlaces ?? 0)
            let whereabouts = count == 0 ? "" : count == 1 ? " in \(places[0].project)" : " in \(count) projects"
            return switch NoticeKind(rawValue: kind) {
            case .vulnerability: "\(subject)\(known): new\(whereabouts)"
            case .exploited: "\(subject)\(known): is exploited now\(whereabouts)"
            case .fix: "\(subject)\(known): a fix is available\(whereabouts)"
            case .expired: "\(subject)\(known): no longer ignored\(whereabouts)"
            case .policy: "Policy \(subject) is violated\(whereabouts)"
            case .report: "Report \(detail ?? subject)"
            case .scheduled: "Scheduled report \(detail ?? subject)"
            case .refused: "Upload \(detail ?? subject)"
            case .update: "The source \(subject) could not be brought up to date"
            case .old: "The source \(subject) is too old"
            case .review: "Decision \(subject) should be looked at again"
            case nil: subject
            }
        }
    }

    let title: String
    /// NOW, DAILY or WEEKLY.
    let rhythm: String
    /// In the order of what to do first (docs/priorities.md).
    var notices: [Notice]
    /// Causes that are not listed.
    var more: Int?

    /// Causes of one message, and places of one cause, at most.
    static let noticeLimit = 200
    static let placeLimit = 100

    /// As JSON with sorted keys.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

    init(title: String, rhythm: String, notices: [Notice], more: Int? = nil) {
        self.title = title
        self.rhythm = rhythm
        self.notices = notices
        self.more = more
    }
}
