import Bytes
import Database
import FoundationEssentials

/// The content of a message: the `data` that webhooks receive and mail is made from. Members with unknown values are
/// absent.
struct NoticeContent: Codable, Sendable, Equatable {
    /// An affected product and project, with the library.
    struct Place: Codable, Sendable, Equatable {
        let product: String
        let project: String
        let library: String
    }

    /// One cause, with all places that it affects.
    struct Notice: Codable, Sendable, Equatable {
        /// A word of `NoticeKind`.
        let kind: String
        /// The name of a vulnerability, a policy or a source, or the uuid of a report.
        let subject: String
        var severity: String?
        var score: Double?
        var exploited: Bool?
        var epss: Double?
        var url: String?
        var detail: String?
        /// The attachment of the message, or the address of the report.
        var enclosure: String?
        var places: [Place] = []
        /// The number of unlisted places.
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
    /// Sorted by urgency (docs/priorities.md).
    var notices: [Notice]
    /// The number of unlisted causes.
    var more: Int?

    /// The most causes of one message, and the most places of one cause.
    static let noticeLimit = 200
    static let placeLimit = 100

    /// The content as JSON with sorted keys.
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
