extension Migration {
    /// The licences that cannot be combined in one program, with the reason (docs/licences.md). Rows hold SPDX
    /// identifiers; a rule speaks of the library with `license` when `other` is in the same project.
    static let licenseRules = Migration(
        name: "license rules",
        digests: (
            sqlite: "07ee71d70cf6b18bf69fda385104a9a8e2e937ad49812e4d9ea1d5aa3530fdf7",
            postgresql: "32940a9495f7f7ec39dbc13a9c1f2fc75221e8e01596102b14ee07a115c68d06"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        var sql = """
            CREATE TABLE license_conflict (
                number \(int) PRIMARY KEY,
                license \(text) NOT NULL,
                other \(text) NOT NULL,
                -- INCOMPATIBLE, or UNKNOWN where it depends on how the two are combined.
                compatibility \(text) NOT NULL,
                reason \(text) NOT NULL\(words.end);
            CREATE INDEX license_conflict_license ON license_conflict (license, number);

            -- Texts of the SPDX licence list, which the operator imports.
            CREATE TABLE license_text (
                spdx \(text) PRIMARY KEY,
                body \(text) NOT NULL\(words.end);

            """
        for (index, rule) in rules.enumerated() {
            let reason = rule.reason.replacing("'", with: "''")
            sql += """
                INSERT INTO license_conflict (number, license, other, compatibility, reason)
                VALUES (\(index + 1), '\(rule.license)', '\(rule.other)', '\(rule.verdict)', '\(reason)');

                """
        }
        return sql
    }

    private struct Rule {
        let license: String
        let other: String
        let verdict: String
        let reason: String
    }

    /// Each strong copyleft licence against each that it cannot be joined with.
    private static let rules: [Rule] = {
        var rules: [Rule] = []
        func add(_ licenses: [String], _ others: [String], _ verdict: String, _ reason: String) {
            for license in licenses {
                for other in others {
                    rules.append(Rule(license: license, other: other, verdict: verdict, reason: reason))
                }
            }
        }
        let gpl2 = ["GPL-2.0-only"]
        let gpl3 = ["GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later"]
        let gpl = gpl2 + ["GPL-2.0-or-later"] + gpl3
        add(
            gpl2, ["Apache-2.0"], "INCOMPATIBLE",
            "The patent and indemnity terms of Apache-2.0 are further restrictions, which section 6 of the GPL 2.0 forbids; "
                + "version 3 allows them, but this library is under version 2 alone.")
        add(
            gpl2, gpl3 + ["LGPL-3.0-only", "LGPL-3.0-or-later"], "INCOMPATIBLE",
            "Each of the two asks for the whole under its own version, and this library does not allow a later one.")
        add(
            gpl, ["CDDL-1.0", "CDDL-1.1", "MPL-1.1", "EPL-1.0", "CPL-1.0", "IPL-1.0"], "INCOMPATIBLE",
            "Both are copyleft: each asks for derived files under its own terms, and neither allows the other's.")
        add(
            gpl, ["EPL-2.0"], "UNKNOWN",
            "EPL-2.0 goes together with the GPL only where its licensor names the GPL as a secondary licence.")
        add(
            gpl, ["BSD-4-Clause", "BSD-4-Clause-UC", "Apache-1.0", "Apache-1.1", "OpenSSL", "PHP-3.01", "PHP-3.0"],
            "INCOMPATIBLE",
            "It asks that advertising or names mention it, a further restriction that the GPL forbids.")
        add(
            gpl, ["JSON", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0"], "INCOMPATIBLE",
            "It restricts what the work may be used for, a further restriction that the GPL forbids.")
        add(
            gpl, ["SSPL-1.0", "BUSL-1.1", "Elastic-2.0"], "INCOMPATIBLE",
            "It is no open-source licence: its limits on offering the work as a service or in production are further "
                + "restrictions that the GPL forbids.")
        add(
            gpl, ["MPL-2.0"], "UNKNOWN",
            "MPL-2.0 allows the GPL as a secondary licence, unless its files say that they are incompatible with it.")
        add(
            ["LGPL-2.0-only", "LGPL-2.1-only"], ["Apache-2.0"], "UNKNOWN",
            "Linked dynamically each keeps its own licence; copied into the library, the terms of Apache-2.0 conflict with "
                + "the GPL 2.0 that the LGPL refers to.")
        return rules
    }()
}
