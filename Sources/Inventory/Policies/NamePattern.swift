// DESIGN. Checking a pattern and using it are apart. `init(_:)` checks a pattern before it is saved. `init(stored:)` takes a
// saved one, which may come from an earlier program with other expressions. Compiling shows whether it can be used. An
// unusable pattern decides nothing new, and the matching code handles its earlier decisions.

/// Why a text cannot be used as a pattern.
package enum NamePatternError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(limit: Int)
    /// The regular expression is refused; the reason in RE2's words.
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
/// between slashes. Both are matched with the whole name, in any case of letters.
package struct NamePattern: Sendable, Equatable {
    /// The longest pattern, in bytes of UTF-8.
    package static let limit = 500
    /// The longest name that patterns look at, in bytes of UTF-8; a longer one fits none. With the limits of `Expression`
    /// this bounds what a pattern and a name can cost: 2,000,000 steps of an expression, 500,000 of the other kind.
    package static let nameLimit = 1024

    /// As it was given.
    package let text: String

    /// Checks a pattern that is to be saved.
    package init(_ text: String) throws(NamePatternError) {
        self.init(stored: text)
        _ = try matcher()
    }

    /// Takes a pattern that was saved; `matcher()` says whether it can be used.
    package init(stored text: String) { self.text = text }

    /// The regular expression between the slashes; nil for the other kind.
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

    /// Why the pattern cannot be used; nil when it can.
    package var fault: NamePatternError? {
        do {
            _ = try matcher()
            return nil
        } catch {
            return error
        }
    }
}

/// A compiled pattern. For one thread.
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
