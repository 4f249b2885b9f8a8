import Bytes

// DESIGN. The condition of a policy is checked once, when a client sends it, and stored as lines of text: the kind, then
// the values. Decisions read these lines. The JSON of the policy is only returned to clients.

/// The condition of a policy on a library.
package enum PolicyRule: Sendable, Equatable {
    /// Any of these licences, by SPDX identifiers or the names that reports show (`LicensePattern`).
    case licenses([String])
    /// A licence of any of these families.
    case families([LicenseFamily])
    /// A vulnerability with a score in this range, in tenths.
    case score(ClosedRange<Int>)
    /// A vulnerability of any of these severities: NONE (a score of 0.0), LOW, MEDIUM, HIGH, CRITICAL.
    case severities([String])
    /// A vulnerability that meets several conditions at once.
    case vulnerability(VulnerabilityConditions)
    /// The name, the file name, `group:name` or `group:name:version`.
    case name(NamePattern)
    /// Libraries that were released at least this many days ago.
    case age(days: Int)
    case inHouse
    /// A condition that this program does not know. Such a policy is stored and listed, and decides nothing.
    case nothing

    /// The most days that a rule about age may name: about ten thousand years, and nothing with a date is older.
    package static let oldest: Int64 = 3_660_000

    /// Whether the decision needs the licences of the library.
    package var needsLicenses: Bool {
        switch self {
        case .licenses, .families: true
        case .score, .severities, .vulnerability, .name, .age, .inHouse, .nothing: false
        }
    }

    /// Whether the decision needs the vulnerabilities of the library.
    package var needsVulnerabilities: Bool {
        switch self {
        case .score, .severities, .vulnerability: true
        case .licenses, .families, .name, .age, .inHouse, .nothing: false
        }
    }

    /// The least age of a release in days; nil for a rule that does not depend on time.
    package var age: Int? { if case .age(let days) = self { days } else { nil } }

    /// The first line of a rule as text.
    private enum Word: String {
        case license = "LICENSE"
        case family = "FAMILY"
        case score = "SCORE"
        case severity = "SEVERITY"
        case vulnerability = "VULNERABILITY"
        case name = "NAME"
        case age = "AGE"
        case inHouse = "IN_HOUSE"
        case nothing = "NOTHING"
    }

    /// The rule as lines.
    package var text: String {
        let (word, values): (Word, [String]) =
            switch self {
            case .licenses(let names): (.license, names)
            case .families(let families): (.family, families.map(\.rawValue))
            case .score(let range): (.score, [String(range.lowerBound), String(range.upperBound)])
            case .severities(let words): (.severity, words)
            case .vulnerability(let conditions): (.vulnerability, conditions.lines)
            case .name(let pattern): (.name, [pattern.text])
            case .age(let days): (.age, [String(days)])
            case .inHouse: (.inHouse, [])
            case .nothing: (.nothing, [])
            }
        return ([word.rawValue] + values).joined(separator: "\n")
    }

    /// Reads the result of `text`. A text that cannot be read gives `nothing`.
    package init(text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        let values = Array(lines.dropFirst())
        self = .nothing
        switch lines.first.flatMap(Word.init(rawValue:)) {
        case .license: self = .licenses(values)
        case .family: self = .families(values.compactMap(LicenseFamily.init(rawValue:)))
        case .score:
            let numbers = values.compactMap { Int($0) }
            if numbers.count == 2, numbers[0] <= numbers[1] { self = .score(numbers[0]...numbers[1]) }
        case .severity: self = .severities(values)
        case .vulnerability:
            if let conditions = VulnerabilityConditions(lines: values) { self = .vulnerability(conditions) }
        case .name: if let pattern = values.first { self = .name(NamePattern(stored: pattern)) }
        case .age:
            // Rules that were saved before ages had a limit may have any number.
            if let days = values.first.flatMap({ Int64($0) }) { self = .age(days: Int(min(max(days, 0), Self.oldest))) }
        case .inHouse: self = .inHouse
        case .nothing, nil: break
        }
    }
}

/// A library in the form that policies use.
package struct PolicySubject: Sendable {
    package var group = ""
    package var artifact = ""
    package var version = ""
    package var filename = ""
    /// The licences that bind the library after every choice.
    package var licenses: [PolicyLicense] = []
    package var isInHouse = false
    /// The time of its release, in milliseconds since 1970; nil when unknown.
    package var released: Int64?
    package var vulnerabilities: [PolicyVulnerability] = []

    package init() {}

    /// The texts to match with patterns: the names of the package, its coordinates in the inventory and, outside of Maven,
    /// Mend's form, where the group is the package and the artifact the file.
    package var names: [String] {
        [
            artifact, filename, "\(group):\(artifact)", "\(group):\(artifact):\(version)",
            "\(artifact):\(filename)", "\(artifact):\(filename):\(version)",
        ]
    }
}

/// Decides whether rules fit libraries. Each rule is prepared once, so that a library only costs a look-up.
package final class PolicyMatcher {
    /// The verdict of a rule about a library.
    package enum Verdict: Sendable {
        case fits
        case differs
        /// The rule's pattern cannot be used.
        case unknown

        fileprivate init(_ fits: Bool) { self = fits ? .fits : .differs }
    }

    /// A rule, ready for use.
    private enum Test {
        case licenses(LicensePatterns)
        case families(Set<LicenseFamily>)
        case score(ClosedRange<Int>)
        case severities(Set<String>)
        case vulnerability(VulnerabilityConditions)
        /// Nil when the pattern cannot be used.
        case name(NameMatcher?)
        case age(days: Int)
        case inHouse
        case nothing
    }

    private let time: Int64
    private var tests: [Test] = []

    /// - Parameter time: now, in milliseconds since 1970.
    package init(_ rules: [PolicyRule], at time: Int64) {
        self.time = time
        tests = rules.map { rule in
            switch rule {
            case .licenses(let names): .licenses(LicensePatterns(names))
            case .families(let families): .families(Set(families))
            case .score(let range): .score(range)
            case .severities(let words): .severities(Set(words))
            case .vulnerability(let conditions): .vulnerability(conditions)
            case .name(let pattern): .name(try? pattern.matcher())
            case .age(let days): .age(days: days)
            case .inHouse: .inHouse
            case .nothing: .nothing
            }
        }
    }

    /// The verdict of the rule at a position of the list on the library.
    package func verdict(_ place: Int, on library: PolicySubject) -> Verdict {
        switch tests[place] {
        case .licenses(let patterns): Verdict(patterns.fits(library.licenses))
        case .families(let families): Verdict(library.licenses.contains { $0.family.map(families.contains) ?? false })
        case .score(let range):
            Verdict(library.vulnerabilities.contains { $0.score.map(range.contains) ?? false })
        case .severities(let words): Verdict(library.vulnerabilities.contains { words.contains($0.severity) })
        case .vulnerability(let conditions): Verdict(library.vulnerabilities.contains(where: conditions.fit))
        case .name(let matcher):
            matcher.map { matcher in Verdict(library.names.contains { matcher.fits($0) }) } ?? .unknown
        case .age(let days): Verdict(library.released.map { (time - $0) / TimeText.day >= days } ?? false)
        case .inHouse: Verdict(library.isInHouse)
        case .nothing: .differs
        }
    }
}
