import Testing

@testable import Inventory

/// The conditions of policies.
struct PolicyRuleTests {
    private let time: Int64 = 1_767_323_045_000

    private func library(_ change: (inout PolicySubject) -> Void = { _ in }) -> PolicySubject {
        var subject = PolicySubject()
        subject.group = "org.example"
        subject.artifact = "dates"
        subject.version = "2.4"
        subject.filename = "dates-2.4.jar"
        subject.licenses = licenses("Apache-2.0", "GPL-2.0-only")
        change(&subject)
        return subject
    }

    private func fits(_ rule: PolicyRule, _ subject: PolicySubject) -> Bool {
        PolicyMatcher([rule], at: time).verdict(0, on: subject) == .fits
    }

    private func conditions(_ change: (inout VulnerabilityConditions) -> Void) -> VulnerabilityConditions {
        var conditions = VulnerabilityConditions()
        change(&conditions)
        return conditions
    }

    private func licenses(_ terms: String...) -> [PolicyLicense] {
        terms.compactMap { LicenseExpression($0)?.single }.map { PolicyLicense(NamedLicense($0)) }
    }

    @Test(arguments: [
        "Apache 2.0", "Apache-2.0", "apache 2.0", "GPL-2.0-only", "GPL 2.0", "GPL-2.0", "GPLv2", "Apache License 2.0",
        "Apache-2.0 AND GPL-2.0-only", "MIT OR GPL-2.0-only",
    ])
    func licencesByAnyOfTheirNames(name: String) {
        #expect(fits(.licenses([name]), library()))
        #expect(!fits(.licenses([name]), library { $0.licenses = licenses("ISC") }))
    }

    /// The libraries, of four, that a policy for a licence finds.
    @Test(
        arguments: [
            ("GPL-2.0-only", [0]), ("GPL-2.0-or-later", [1]), ("GPL-2.0+", [1]), ("GPLv2+", [1]), ("GPL 2.0", [0, 1]),
            ("GPL-2.0-only WITH Classpath-exception-2.0", [2]), ("GPL 2.0 with Classpath Exception 2.0", [2]),
            ("LGPL", [3]), ("LGPL 2.1", []), ("GPL-2.0-only AND GPL-2.0-or-later", []), ("GPL-3.0-only", []),
        ] as [(String, [Int])])
    func anIdentifierIsThatLicenceAlone(name: String, caught: [Int]) {
        let terms = [
            "GPL-2.0-only", "GPL-2.0-or-later", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-LGPL",
        ]
        let found = terms.indices.filter { index in
            fits(.licenses([name]), library { $0.licenses = licenses(terms[index]) })
        }
        #expect(found == caught)
    }

    @Test func aLicenceThatNobodyKnowsIsItsName() {
        let subject = library { $0.licenses = [PolicyLicense(spdx: "LicenseRef-1", name: "Acme terms")] }
        #expect(fits(.licenses(["ACME Terms"]), subject))
        #expect(fits(.licenses(["LicenseRef-1"]), subject))
        #expect(!fits(.licenses(["ACME"]), subject))
    }

    /// Rules that were stored before ages had a limit.
    @Test(
        arguments: [(.max, PolicyRule.oldest), (.min, 0), (-1, 0), (3_660_001, PolicyRule.oldest), (30, 30)]
            as [(Int64, Int64)])
    func keptAgesAreBounded(_ kept: Int64, _ days: Int64) {
        #expect(PolicyRule(text: "AGE\n\(kept)") == .age(days: Int(days)))
    }

    @Test func families() {
        #expect(fits(.families([.strongCopyleft]), library()))
        #expect(!fits(.families([.networkCopyleft]), library()))
        #expect(!fits(.families(LicenseFamily.allCases), library { $0.licenses = licenses("LicenseRef-Acme") }))
        let exception = library { $0.licenses = licenses("GPL-2.0-only WITH Classpath-exception-2.0") }
        #expect(fits(.families([.weakCopyleft]), exception) && !fits(.families([.strongCopyleft]), exception))
        let apache = library { $0.licenses = licenses("Apache-2.0 WITH LLVM-exception") }
        #expect(fits(.families([.conditionalPermissive]), apache))
    }

    @Test func vulnerabilities() {
        let bad = library {
            $0.vulnerabilities = [
                .init(score: 43, severity: "MEDIUM", isExploited: true, likelihood: 20_000),
                .init(score: 98, severity: "CRITICAL", likelihood: 900_000), .init(score: nil, severity: ""),
            ]
        }
        #expect(fits(.score(90...100), bad))
        #expect(!fits(.score(50...97), bad))
        #expect(fits(.severities(["HIGH", "CRITICAL"]), bad))
        #expect(!fits(.severities(["LOW"]), bad))
        #expect(!fits(.score(0...100), library()))
        // A vector may state 0.0; an unrated vulnerability has no score.
        let harmless = library { $0.vulnerabilities = [.init(score: 0, severity: "NONE")] }
        #expect(fits(.severities(["NONE"]), harmless) && !fits(.severities(["NONE"]), bad))
        #expect(!fits(.severities(["LOW"]), harmless))
    }

    /// One vulnerability must meet all conditions: two that meet one each do not count.
    @Test func severalConditions() {
        let bad = library {
            $0.vulnerabilities = [
                .init(score: 43, severity: "MEDIUM", isExploited: true, likelihood: 20_000),
                .init(score: 98, severity: "CRITICAL", likelihood: 900_000), .init(score: nil, severity: ""),
            ]
        }
        func fits(_ change: (inout VulnerabilityConditions) -> Void) -> Bool {
            self.fits(.vulnerability(conditions(change)), bad)
        }
        #expect(fits { $0.isExploited = true })
        #expect(fits { $0.likelihood = 900_000 } && !fits { $0.likelihood = 900_001 })
        #expect(!fits { ($0.isExploited, $0.score) = (true, 90...100) })
        #expect(fits { ($0.isExploited, $0.score, $0.severities) = (true, 40...50, ["LOW", "MEDIUM"]) })
        #expect(fits { ($0.likelihood, $0.severities) = (0, ["CRITICAL"]) })
        #expect(!fits { ($0.likelihood, $0.severities) = (0, [""]) }, "no score is not 0")
    }

    @Test func age() {
        let old = library { $0.released = time - 400 * 86_400_000 }
        #expect(fits(.age(days: 400), old))
        #expect(!fits(.age(days: 401), old))
        #expect(!fits(.age(days: 0), library()))
    }

    @Test(arguments: [
        ("dates", true), ("DATES", true), ("date", false), ("d*s", true), ("*", true), ("?ates", true),
        ("dates-*.jar", true), ("org.example:*", true), ("org.example:dates:2.?", true), ("*zz*", false),
        ("/d.tes/", true), ("/^da/", false), ("/(da|ta)tes(-.*)?/", true),
    ])
    func names(pattern: String, isFitting: Bool) throws {
        #expect(fits(.name(try NamePattern(pattern)), library()) == isFitting)
    }

    @Test func textIsReadBack() throws {
        let rules: [PolicyRule] = [
            .licenses(["MIT", "Apache 2.0"]), .families([.strongCopyleft, .shareAlike]), .score(70...100),
            .severities(["HIGH"]), .name(try NamePattern("/a|b/")), .age(days: 730), .inHouse, .nothing,
            .vulnerability(conditions { $0.isExploited = true }),
            .vulnerability(
                conditions { ($0.score, $0.severities, $0.isExploited, $0.likelihood) = (70...100, ["HIGH"], true, 1) }),
        ]
        for rule in rules { #expect(PolicyRule(text: rule.text) == rule) }
        for text in ["", "SCORE\n1", "SCORE\n9\n1", "AGE\nx", "NAME", "OTHER", "VULNERABILITY", "VULNERABILITY\nOTHER"]
        {
            #expect(PolicyRule(text: text) == .nothing)
        }
    }
}
