// DESIGN. Two facts decide whether advisories were looked up for a library: its document, which never changes, and the set of
// ecosystems with advisories, which changes. The first fact is this text, stored with the library. The second is read when
// alerts are decided (Database's `Bases`).

/// The ecosystems whose advisories are searched for a library, or the obstacle that prevents the search.
package struct Lookup: Sendable, Hashable {
    /// The stored form: the ecosystems with their releases, one a line, followed by `?` where the version has no place in the
    /// ecosystem's order. An obstacle is stored as `!`, its kind and its subject.
    package let text: String

    /// - Parameter text: a text that `text` gave.
    package init(text: String) { self.text = text }

    /// - Parameter found: the keys of a library, or the reason why it has none.
    package init(_ found: Result<[PackageKey], MatchingObstacle>) {
        switch found {
        case .failure(let obstacle):
            text = "!\(obstacle.kind.rawValue)" + (obstacle.subject.isEmpty ? "" : " \(Self.line(obstacle.subject))")
        case .success(let keys):
            var places: [(name: String, isOrdered: Bool)] = []
            for key in keys {
                let name = Self.line(key.place)
                if let known = places.firstIndex(where: { $0.name == name }) {
                    places[known].isOrdered = places[known].isOrdered || key.isOrdered
                } else {
                    places.append((name, key.isOrdered))
                }
            }
            text =
                places.isEmpty
                ? "!\(MatchingObstacle.Kind.noPackageURL.rawValue)"
                : places.map { $0.name + ($0.isOrdered ? "" : "?") }.joined(separator: "\n")
        }
    }

    /// A release comes from the package URL, so it may be any text. No advisory has a release with these characters; each
    /// of them becomes `_`.
    private static func line(_ name: String) -> String {
        String(name.prefix(100).map { $0.isNewline || $0 == "?" || $0 == "!" ? "_" : $0 })
    }

    /// The ecosystems in the order in which they were found; empty when there is an obstacle.
    package var places: [String] { known.map(\.name) }

    private var known: [(name: String, isOrdered: Bool)] {
        if text.hasPrefix("!") { return [] }
        return text.split(separator: "\n").map { line in
            line.hasSuffix("?") ? (String(line.dropLast()), false) : (String(line), true)
        }
    }

    /// The reason why advisories cannot be looked up; nil when they can.
    ///
    /// - Parameter isCovered: whether there are advisories of an ecosystem (`Debian:12`). For an ecosystem without advisories,
    ///   the absence of findings means nothing.
    package func obstacle(isCovered: (String) -> Bool) -> MatchingObstacle? {
        let known = known
        guard let first = known.first else { return fixedObstacle }
        let covered = known.filter { isCovered($0.name) }
        guard let place = covered.first else { return .noAdvisories(of: first.name) }
        return covered.contains(where: \.isOrdered) ? nil : .versionNotOrdered(in: place.name)
    }

    private var fixedObstacle: MatchingObstacle {
        let words = text.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
        let subject = words.count > 1 ? words[1] : ""
        return switch words.first.flatMap(MatchingObstacle.Kind.init(rawValue:)) {
        case .noPackageURL, nil: .noPackageURL
        case .noVersion: .noVersion
        case .versionNotOrdered: .versionNotOrdered(in: subject)
        case .unknownDistribution: .unknownDistribution
        case .noAdvisories: .noAdvisories(of: subject)
        }
    }
}
