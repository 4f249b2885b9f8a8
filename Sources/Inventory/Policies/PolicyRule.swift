// DESIGN. What a policy looks for is checked once, when it is given, and kept as lines of text: the kind, then its values.
// Deciding reads that; the JSON of the policy is only given back.

/// What a policy looks for in a library.
package enum PolicyRule: Sendable, Equatable {
    /// Any of these licences, by Mend's names or SPDX identifiers.
    case licenses([String])
    /// A licence of any of these families.
    case families([LicenseFamily])
    /// A vulnerability with a score in this range, in tenths.
    case score(ClosedRange<Int>)
    /// A vulnerability of any of these severities: LOW, MEDIUM, HIGH, CRITICAL.
    case severities([String])
    /// The name, the file name, `group:name` or `group:name:version`.
    case name(NamePattern)
    /// Released at least so many days ago.
    case age(days: Int)
    case inHouse
    /// Nothing that is looked for here; such a policy is kept and given back.
    case nothing

    /// The most days that a rule about age may name, about ten thousand years: nothing that has a date is older.
    package static let oldest: Int64 = 3_660_000

    /// Whether vulnerabilities have to be known to decide.
    package var needsVulnerabilities: Bool {
        switch self {
        case .score, .severities: true
        case .licenses, .families, .name, .age, .inHouse, .nothing: false
        }
    }

    /// How many days old a release has to be; nil for a rule that does not look at time.
    package var age: Int? { if case .age(let days) = self { days } else { nil } }

    /// As lines.
    package var text: String {
        let lines: [String] =
            switch self {
            case .licenses(let names): ["LICENSE"] + names
            case .families(let families): ["FAMILY"] + families.map(\.rawValue)
            case .score(let range): ["SCORE", String(range.lowerBound), String(range.upperBound)]
            case .severities(let words): ["SEVERITY"] + words
            case .name(let pattern): ["NAME", pattern.text]
            case .age(let days): ["AGE", String(days)]
            case .inHouse: ["IN_HOUSE"]
            case .nothing: ["NOTHING"]
            }
        return lines.joined(separator: "\n")
    }

    /// Reads what `text` gave; what cannot be read looks for nothing.
    package init(text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        let values = Array(lines.dropFirst())
        self = .nothing
        switch lines.first {
        case "LICENSE": self = .licenses(values)
        case "FAMILY": self = .families(values.compactMap(LicenseFamily.init(rawValue:)))
        case "SCORE":
            let numbers = values.compactMap { Int($0) }
            if numbers.count == 2, numbers[0] <= numbers[1] { self = .score(numbers[0]...numbers[1]) }
        case "SEVERITY": self = .severities(values)
        case "NAME": if let pattern = values.first.flatMap(NamePattern.init) { self = .name(pattern) }
        case "AGE":
            // Rules that were kept before ages had a bound name any number.
            if let days = values.first.flatMap({ Int64($0) }) { self = .age(days: Int(min(max(days, 0), Self.oldest))) }
        case "IN_HOUSE": self = .inHouse
        default: break
        }
    }
}

/// A library as policies see it.
package struct PolicySubject: Sendable {
    package var group = ""
    package var artifact = ""
    package var version = ""
    package var filename = ""
    /// Names of the effective licences.
    package var licenses: [String] = []
    package var isInHouse = false
    /// When it was released, in milliseconds since 1970; nil when that is not known.
    package var released: Int64?
    /// Scores of its vulnerabilities in tenths, and their severities in capitals.
    package var scores: [Int] = []
    package var severities: Set<String> = []

    package init() {}
}

/// Decides whether rules fit libraries. Remembers what licences mean: for one thread.
package final class PolicyMatcher {
    /// Now, in milliseconds since 1970.
    private let time: Int64
    private var meanings: [String: Meaning] = [:]
    private var patterns: [String: (String) -> Bool] = [:]

    private struct Meaning {
        /// The SPDX identifier, or the name in lower case.
        let key: String
        let family: LicenseFamily?
    }

    package init(at time: Int64) { self.time = time }

    /// Whether the rule fits the library.
    package func fits(_ rule: PolicyRule, _ library: PolicySubject) -> Bool {
        switch rule {
        case .licenses(let names):
            let wanted = Set(names.map { meaning(of: $0).key })
            return library.licenses.contains { wanted.contains(meaning(of: $0).key) }
        case .families(let families):
            return library.licenses.contains { meaning(of: $0).family.map(families.contains) ?? false }
        case .score(let range): return library.scores.contains(where: range.contains)
        case .severities(let words): return words.contains(where: library.severities.contains)
        case .name(let pattern):
            let matches = patterns[pattern.text] ?? pattern.matcher()
            patterns[pattern.text] = matches
            let names = [
                library.artifact, library.filename, "\(library.group):\(library.artifact)",
                "\(library.group):\(library.artifact):\(library.version)",
            ]
            return names.contains(where: matches)
        case .age(let days):
            guard let released = library.released else { return false }
            return (time - released) / 86_400_000 >= days
        case .inHouse: return library.isInHouse
        case .nothing: return false
        }
    }

    private func meaning(of name: String) -> Meaning {
        if let known = meanings[name] { return known }
        if meanings.count > 4096 { meanings.removeAll() }
        var meaning = Meaning(key: name.lowercased(), family: nil)
        if let expression = LicenseList.spdx.expression(reading: name), expression.terms.count == 1 {
            meaning = Meaning(key: expression.terms[0].text, family: LicenseFamily(expression))
        }
        meanings[name] = meaning
        return meaning
    }
}
