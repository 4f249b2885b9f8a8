/// A kind of things that people list, view and delete: by `waybill list` and by the call `waybillList`.
package enum Kind: String, CaseIterable, Sendable {
    case products
    case projects
    case libraries
    case reports
    case uploads
    case policies
    case users
    case keys
    case schedules

    /// The kind for a word, which may be in the singular; nil for other words.
    package init?(word: String) {
        let found = Self.allCases.first { $0.rawValue == word.lowercased() || $0.singular == word.lowercased() }
        guard let found else { return nil }
        self = found
    }

    package var singular: String {
        switch self {
        case .libraries: "library"
        case .policies: "policy"
        case .products, .projects, .reports, .uploads, .users, .keys, .schedules: String(rawValue.dropLast())
        }
    }

    /// Whether things of this kind can be deleted.
    package var isDeletable: Bool {
        switch self {
        case .products, .projects, .policies, .users, .keys, .schedules: true
        case .libraries, .reports, .uploads: false
        }
    }

    /// The form of a member's value.
    package enum Form: Sendable { case text, number, flag, time }

    /// The members of a thing, in the order of display.
    package var members: [(name: StaticString, form: Form)] {
        switch self {
        case .products: [("product", .text), ("productToken", .text), ("updated", .time)]
        case .projects:
            [
                ("product", .text), ("project", .text), ("projectToken", .text), ("updated", .time),
                ("isInProgress", .flag),
            ]
        case .libraries:
            [
                ("library", .text), ("version", .text), ("purl", .text), ("licenses", .text), ("keyUuid", .text),
                ("filename", .text),
            ]
        case .reports, .uploads:
            [
                ("uuid", .text), ("type", .text), ("status", .text), ("rows", .number), ("created", .time),
                ("error", .text),
            ]
        case .policies:
            [
                ("policyId", .number), ("policy", .text), ("context", .text), ("filter", .text), ("action", .text),
                ("enabled", .flag),
            ]
        case .users: [("email", .text), ("name", .text), ("kind", .text), ("role", .text), ("keys", .number)]
        case .keys: [("key", .text), ("scopes", .text), ("created", .time), ("expires", .time), ("lastUsed", .time)]
        case .schedules:
            [("scheduleId", .number), ("cron", .text), ("email", .text), ("report", .text), ("due", .time)]
        }
    }
}
