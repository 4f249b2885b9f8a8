/// A pattern for names of libraries: text in which `*` stands for any characters and `?` for one, or a regular expression
/// between slashes. Both are matched with the whole name, in any case of letters.
package struct NamePattern: Sendable, Equatable {
    /// The longest pattern, in bytes of UTF-8.
    package static let limit = 500

    /// As it was given.
    package let text: String
    private let isExpression: Bool
    private let folded: [Character]

    /// Nil when the text is empty, too long, or no regular expression where it should be one.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.limit else { return nil }
        self.text = text
        isExpression = text.count > 2 && text.hasPrefix("/") && text.hasSuffix("/")
        folded = Array(text.lowercased())
        if isExpression, expression == nil { return nil }
    }

    package static func == (left: NamePattern, right: NamePattern) -> Bool { left.text == right.text }

    /// Made anew by each user: an expression is not `Sendable`.
    private var expression: Regex<AnyRegexOutput>? {
        try? Regex(String(text.dropFirst().dropLast())).ignoresCase()
    }

    /// A function that tells whether a name matches. For one thread.
    package func matcher() -> (String) -> Bool {
        guard isExpression else { return { [folded] name in Self.matches(Array(name.lowercased()), folded) } }
        let expression = expression
        return { name in
            // A failure while matching is no match.
            guard let expression else { return false }
            return (try? expression.wholeMatch(in: name)) != nil
        }
    }

    /// Backtracks to the last star only, so the time is at most the product of the lengths.
    private static func matches(_ name: [Character], _ pattern: [Character]) -> Bool {
        var (place, wanted) = (0, 0)
        var star: (place: Int, wanted: Int)?
        while place < name.count {
            if wanted < pattern.count, pattern[wanted] == "*" {
                star = (place, wanted)
                wanted += 1
            } else if wanted < pattern.count, pattern[wanted] == "?" || pattern[wanted] == name[place] {
                place += 1
                wanted += 1
            } else if let last = star {
                star = (last.place + 1, last.wanted)
                place = last.place + 1
                wanted = last.wanted + 1
            } else {
                return false
            }
        }
        return pattern[wanted...].allSatisfy { $0 == "*" }
    }
}
