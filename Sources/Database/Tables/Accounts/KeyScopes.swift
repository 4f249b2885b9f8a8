// DESIGN. A role gives a person rights; the scopes of a key name its purposes. A call needs both. So a key can only
// restrict its holder's role, never extend it.

/// The purposes of a key.
package struct KeyScopes: OptionSet, Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// Read all data that the role may see, and download reports.
    package static let read = KeyScopes(rawValue: 1)
    /// Ask for reports, and cancel, repeat and schedule them.
    package static let submit = KeyScopes(rawValue: 2)
    /// Import inventories, and make their products and projects.
    package static let upload = KeyScopes(rawValue: 4)
    /// Change everything else: decisions, tags, policies, people, keys.
    package static let administer = KeyScopes(rawValue: 8)

    package static let all: KeyScopes = [.read, .submit, .upload, .administer]

    private static let named: [(word: String, scope: KeyScopes)] = [
        ("READ", .read), ("SUBMIT", .submit), ("UPLOAD", .upload), ("ADMINISTER", .administer),
    ]

    /// The words of requests and lists, in a fixed order.
    package static let allWords = named.map(\.word)

    /// The scopes with these names, regardless of case; nil for an empty list or an unknown name.
    package init?(words: [String]) {
        var scopes: KeyScopes = []
        for word in words {
            guard let known = Self.named.first(where: { $0.word == word.uppercased() }) else { return nil }
            scopes.insert(known.scope)
        }
        guard !scopes.isEmpty else { return nil }
        self = scopes
    }

    package var words: [String] { Self.named.filter { contains($0.scope) }.map(\.word) }
}
