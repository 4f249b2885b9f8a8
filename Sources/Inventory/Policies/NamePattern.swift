// DESIGN. Checking a pattern and using a pattern are separate steps. `init(_:)` checks a pattern before it is saved.
// `init(stored:)` takes a saved pattern. An earlier program with another expression syntax may have saved it. Compiling
// shows whether the pattern can be used. An unusable pattern decides nothing new. The matching code decides what happens to
// its earlier decisions.

/// The reason why a text cannot be used as a pattern.
package enum NamePatternError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(limit: Int)
    /// RE2 refuses the regular expression; the value is RE2's reason.
    case notUnderstood(why: String)

    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let limit): "it is longer than \(limit) bytes"
        case .notUnderstood(let why): why
        }
    }
}

/// A pattern for names of libraries: text in which `*` stands for any characters and `?` for one, or a regular expression
/// between slashes. Both kinds must match the whole name, and ignore the case of letters.
package struct NamePattern: Sendable, Equatable {
    /// The longest pattern, in bytes of UTF-8.
    package static let limit = 500
    /// The longest name that patterns are matched with, in bytes of UTF-8; a longer name fits no pattern. Together with
    /// the limits of `Expression`, this bounds the cost of one match: 2,000,000 steps for an expression, 500,000 for a
    /// pattern of the other kind.
    package static let nameLimit = 1024

    /// The pattern as the client gave it.
    package let text: String

    /// Checks a pattern before it is saved.
    package init(_ text: String) throws(NamePatternError) {
        self.init(stored: text)
        _ = try matcher()
    }

    /// Takes a pattern that was saved; `matcher()` says whether it can be used.
    package init(stored text: String) { self.text = text }

    /// The regular expression between the slashes; nil for a pattern of the other kind.
    private var expression: String? {
        text.count > 2 && text.hasPrefix("/") && text.hasSuffix("/") ? String(text.dropFirst().dropLast()) : nil
    }

    /// Compiles the pattern.
    package func matcher() throws(NamePatternError) -> NameMatcher {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.limit else { throw .tooLong(limit: Self.limit) }
        guard let expression else { return NameMatcher(characters: Array(text.lowercased())) }
        return NameMatcher(expression: try Expression(expression))
    }

    /// The reason why the pattern cannot be used; nil when it can.
    package var fault: NamePatternError? {
        do {
            _ = try matcher()
            return nil
        } catch {
            return error
        }
    }
}

/// A compiled pattern. Matches names with a compiled pattern. Belongs to one thread.
package final class NameMatcher {
    private enum Way {
        case characters([Character])
        case expression(Expression)
    }

    private let way: Way

    fileprivate init(characters: [Character]) { way = .characters(characters) }
    fileprivate init(expression: Expression) { way = .expression(expression) }

    /// Whether the whole name matches.
    package func fits(_ name: String) -> Bool {
        guard name.utf8.count <= NamePattern.nameLimit else { return false }
        switch way {
        case .characters(let pattern): return Self.matches(Array(name.lowercased()), pattern)
        case .expression(let expression): return expression.matches(name)
        }
    }

    /// The search returns only to the last star, so its time is at most the product of the two lengths.
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
