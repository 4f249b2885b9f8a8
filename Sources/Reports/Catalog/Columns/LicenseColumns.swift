import Database

// DESIGN. The profile of a licence as Mend defines it, derived from the family in Waybill's table (`LicenseFamily`;
// `risk_score` is its step). The words are those of recorded answers: ONE … SEVEN, NO | PARTIAL | FULL, NON_VIRAL | DYNAMIC |
// VIRAL, YES | CONDITIONAL | NO. Reading their texts showed which licences grant patents expressly (docs/licences.md). A
// licence without a family has no profile. A test checks the copyright risk and the copyleft against `LicenseFamily`, licence
// by licence.

/// SQL for the profile of a `license n`; null where it has none.
enum LicenseSQL {
    /// The SPDX identifier, with the exception; null where the list has no such licence.
    static let identifier: StaticSQL = "CASE WHEN n.base <> '' THEN n.spdx END"
    static let copyrightRisk: StaticSQL = """
        CASE n.risk_score WHEN 0 THEN 'ONE' WHEN 17 THEN 'TWO' WHEN 33 THEN 'THREE' WHEN 50 THEN 'FOUR' WHEN 67 THEN 'FIVE'
            WHEN 83 THEN 'SIX' WHEN 100 THEN 'SEVEN' END
        """
    /// Network Copyleft has the same highest score as Restricted Use, which is no copyleft.
    static let copyleft: StaticSQL = """
        CASE WHEN n.risk_score IS NULL THEN NULL WHEN n.risk_score < 50 THEN 'NO' WHEN n.risk_score < 83 THEN 'PARTIAL'
            WHEN n.risk_score < 100
                OR n.base LIKE 'AGPL-%' OR n.base LIKE 'SSPL-%' OR n.base LIKE 'OSL-%' OR n.base LIKE 'NPOSL-%'
                OR n.base LIKE 'CAL-1.0%' OR n.base LIKE 'CPAL-%' OR n.base LIKE 'RPL-%' OR n.base LIKE
                'Parity-%' OR n.base LIKE 'Watcom-%' OR n.base LIKE 'ESA-PL-strong%'
            THEN 'FULL' ELSE 'NO' END
        """
    /// Whether the text grants patents expressly.
    private static let grantsPatents: StaticSQL = """
        n.base LIKE 'Apache-2.%' OR n.base LIKE 'MPL-%' OR n.base LIKE 'EPL-%' OR n.base LIKE 'GPL-3.0%'
        OR n.base LIKE 'LGPL-3.0%' OR n.base LIKE 'AGPL-3.0%' OR n.base LIKE 'CDDL-%' OR n.base LIKE 'MS-PL'
        OR n.base LIKE 'MS-RL' OR n.base LIKE 'EUPL-%' OR n.base LIKE 'OSL-3.0' OR n.base LIKE 'AFL-3.0'
        OR n.base LIKE 'ECL-2.0' OR n.base LIKE 'UPL-1.0' OR n.base LIKE 'BSD-2-Clause-Patent'
        OR n.base LIKE 'CPL-1.0' OR n.base LIKE 'IPL-1.0' OR n.base LIKE 'MulanPSL-%' OR n.base LIKE 'Artistic-2.0'
        OR n.base LIKE 'CECILL-2.1'
        """
    static let patentRisk: StaticSQL = """
        CASE WHEN n.risk_score IS NULL THEN NULL
            WHEN \(grantsPatents)
            THEN 'ONE' ELSE 'THREE' END
        """
    static let linking: StaticSQL = """
        CASE WHEN n.risk_score < 50 THEN 'NON_VIRAL' WHEN n.risk_score = 50 THEN 'DYNAMIC' WHEN n.risk_score < 83 THEN NULL
            WHEN n.risk_score < 100 THEN 'VIRAL' END
        """
    /// A patent grant ends for a user who sues over the patents, so it is conditional.
    static let royaltyFree: StaticSQL = """
        CASE WHEN n.risk_score IS NULL THEN NULL
            WHEN \(grantsPatents)
            THEN 'CONDITIONAL' WHEN n.type = 'Open Source' THEN 'YES' END
        """
}

extension Column {
    /// `profileInfo` of a `license n`.
    static let licenseProfile: [Column] = [
        .text("profileInfo.copyrightRiskScore", "", LicenseSQL.copyrightRisk).omittedWhenNull,
        .text("profileInfo.patentRiskScore", "", LicenseSQL.patentRisk).omittedWhenNull,
        .text("profileInfo.copyleft", "", LicenseSQL.copyleft).omittedWhenNull,
        .text("profileInfo.linking", "", LicenseSQL.linking).omittedWhenNull,
        .text("profileInfo.royaltyFree", "", LicenseSQL.royaltyFree).omittedWhenNull,
    ]
}
