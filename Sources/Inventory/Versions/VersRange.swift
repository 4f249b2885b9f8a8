// DESIGN. A range is stored as its constraints, which are sorted by the order of its ecosystem when the range is read. The
// specification's algorithm finds a version in one walk. A range of a scheme whose order is unknown here is rejected, and its
// reader reports it.

import Bytes

/// A range of versions in the notation of `vers` (package-url/vers-spec, VERSION-RANGE-SPEC, "URI scheme" and "Checking if a
/// version is contained within a range"): `vers:npm/>=1.2.0|<2.0.0`, `vers:deb/*`.
package struct VersRange: Sendable, Hashable {
    private enum Comparator: String, CaseIterable, Sendable {
        case notEqual = "!="
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
        case equal = "="

        var isUpper: Bool { self == .below || self == .atMost }
        var isLower: Bool { self == .above || self == .atLeast }
    }

    private struct Constraint: Sendable, Hashable {
        let comparator: Comparator
        let version: String
    }

    /// The range as it was written.
    package let text: String
    private let scheme: VersionScheme
    private let holdsAll: Bool
    /// The single versions first, then the other constraints in the order of their versions.
    private let exact: [Constraint]
    private let bounds: [Constraint]

    /// The most constraints of one range.
    private static let limit = 1000

    /// The order of versions for the scheme of a range; the scheme is the type of a package URL or a word of its own.
    private static let schemes: [String: VersionScheme] = [
        "semver": .semantic, "npm": .semantic, "cargo": .semantic, "hex": .semantic, "swift": .semantic,
        "generic": .semantic, "github": .semantic, "openssl": .semantic, "nginx": .semantic, "pub": .pub,
        "golang": .go, "go": .go, "nuget": .nuget, "pypi": .python, "maven": .maven, "gem": .gem, "composer": .composer,
        "cran": .numbers, "hackage": .numbers, "intdot": .numbers, "deb": .debian, "rpm": .rpm, "apk": .alpine,
        "alpine": .alpine,
    ]

    /// Nil when the text is no range, the order of its scheme is unknown here, or a version has no place in the order.
    package init?(_ text: String) {
        guard text.lowercased().hasPrefix("vers:") else { return nil }
        let rest = text.dropFirst(5)
        guard let slash = rest.firstIndex(of: "/"), let scheme = Self.schemes[rest[..<slash].lowercased()] else {
            return nil
        }
        let parts = rest[rest.index(after: slash)...].split(separator: "|")
        guard !parts.isEmpty, parts.count <= Self.limit else { return nil }
        self.text = text
        self.scheme = scheme
        holdsAll = parts == ["*"]
        if holdsAll {
            (exact, bounds) = ([], [])
            return
        }
        var constraints: [Constraint] = []
        for part in parts {
            let trimmed = part.trimmingPrefix(while: \.isWhitespace)
            let comparator = Comparator.allCases.first { trimmed.hasPrefix($0.rawValue) }
            let spelled = trimmed.dropFirst(comparator?.rawValue.count ?? 0).filter { !$0.isWhitespace }
            guard let version = String(spelled).percentDecoded, !version.isEmpty, scheme.recognizes(version) else {
                return nil
            }
            constraints.append(Constraint(comparator: comparator ?? .equal, version: version))
        }
        exact = constraints.filter { $0.comparator == .equal || $0.comparator == .notEqual }
        bounds = constraints.filter { $0.comparator.isUpper || $0.comparator.isLower }.sorted {
            scheme.compare($0.version, $1.version) ?? 0 < 0
        }
    }

    /// Whether the version is in the range. False when the version has no place in the order.
    package func contains(_ version: String) -> Bool {
        if holdsAll { return true }
        guard scheme.recognizes(version) else { return false }
        func order(_ constraint: Constraint) -> Int { scheme.compare(version, constraint.version) ?? 0 }
        if exact.contains(where: { $0.comparator == .notEqual && order($0) == 0 }) { return false }
        if exact.contains(where: { $0.comparator == .equal && order($0) == 0 }) { return true }
        guard let first = bounds.first, let last = bounds.last else {
            return !exact.isEmpty && exact.allSatisfy { $0.comparator == .notEqual }
        }
        func holds(_ constraint: Constraint) -> Bool {
            switch constraint.comparator {
            case .below: order(constraint) < 0
            case .atMost: order(constraint) <= 0
            case .above: order(constraint) > 0
            case .atLeast: order(constraint) >= 0
            case .equal, .notEqual: false
            }
        }
        if first.comparator.isUpper, holds(first) { return true }
        if last.comparator.isLower, holds(last) { return true }
        return zip(bounds, bounds.dropFirst()).contains { lower, upper in
            lower.comparator.isLower && upper.comparator.isUpper && holds(lower) && holds(upper)
        }
    }
}
