// DESIGN. A family says how far a licence's conditions reach into the work that uses the component. The table below is
// Waybill's own: patterns of SPDX ids, the first match counts. An id that no pattern matches has neither a family nor a
// score, because Waybill makes up no numbers. Scores spread the seven steps of Mend's `copyrightRiskScore` (ONE … SEVEN)
// over 0–100: (step - 1) * 100 / 6. So MIT has 17, as in the published sample.

/// Families of licences, from the least to the most restrictive conditions.
package enum LicenseFamily: String, Sendable, CaseIterable {
    /// No conditions: dedicated to the public (CC0-1.0, Unlicense, 0BSD).
    case publicDomain = "Public Domain"
    /// Keep the notice (MIT, BSD, ISC).
    case permissive = "Permissive"
    /// Keep the notice and more: patents, state changes, advertising, names (Apache-2.0, BSD-4-Clause, CC-BY).
    case conditionalPermissive = "Permissive with Conditions"
    /// Share changes of the files or the library itself (MPL, EPL, CDDL, LGPL).
    case weakCopyleft = "Weak Copyleft"
    /// Share alike for documents, data, fonts and media (CC-BY-SA, GFDL, ODbL).
    case shareAlike = "Share Alike"
    /// Share the whole work when it is handed out (GPL, EUPL, CECILL).
    case strongCopyleft = "Strong Copyleft"
    /// Share the whole work when it is used over a network (AGPL, OSL, SSPL).
    case networkCopyleft = "Network Copyleft"
    /// Use itself is restricted: no commerce, no changes, no competition (CC-BY-NC, BUSL, Elastic).
    case restricted = "Restricted Use"

    /// Mend's step, 1 … 7.
    package var riskLevel: Int {
        switch self {
        case .publicDomain: 1
        case .permissive: 2
        case .conditionalPermissive: 3
        case .weakCopyleft: 4
        case .shareAlike: 5
        case .strongCopyleft: 6
        case .networkCopyleft, .restricted: 7
        }
    }

    /// The copyright risk, 0 … 100: 0, 17, 33, 50, 67, 83, 100.
    package var riskScore: Int { ((riskLevel - 1) * 100 + 3) / 6 }

    /// Mend's word for the step (`copyrightRiskScore`).
    package var riskWord: String { ["ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN"][riskLevel - 1] }

    /// Mend's `copyleft`: `NO`, `PARTIAL` or `FULL`.
    package var copyleft: String {
        switch self {
        case .publicDomain, .permissive, .conditionalPermissive, .restricted: "NO"
        case .weakCopyleft, .shareAlike: "PARTIAL"
        case .strongCopyleft, .networkCopyleft: "FULL"
        }
    }

    /// The rank by which a choice prefers licences; 0 is the least restrictive (docs/licences.md).
    package var restriction: Int { Self.restrictions[self] ?? Self.allCases.count }
    private static let restrictions = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// The family of a licence together with its exception; nil where the tables have no answer.
    package init?(_ term: LicenseExpression.Term) {
        if term.isReference {
            guard let known = UnversionedLicense(id: term.id), term.document.isEmpty else { return nil }
            self = known.family.with(exception: term.exception)
        } else {
            guard let family = Self.listed[term.id] else { return nil }
            self = family.with(exception: term.exception)
        }
    }

    /// The family of each licence of the SPDX list that the table names, by identifier.
    private static let listed: [String: LicenseFamily] = {
        var families: [String: LicenseFamily] = [:]
        for license in LicenseList.spdx.licenses {
            families[license.id] = familyTable.first { $0.matches(license.id) }?.family
        }
        return families
    }()
}

/// A family's patterns: ids, or their beginnings when they end in `*`.
private struct FamilyPatterns: Sendable {
    let family: LicenseFamily
    let ids: Set<String>
    let prefixes: [String]

    init(_ family: LicenseFamily, _ patterns: String) {
        self.family = family
        let words = patterns.split(separator: " ").map { $0.lowercased() }
        ids = Set(words.filter { !$0.hasSuffix("*") })
        prefixes = words.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    }

    func matches(_ id: String) -> Bool {
        let id = id.lowercased()
        return ids.contains(id) || prefixes.contains { id.hasPrefix($0) }
    }
}

private let familyTable: [FamilyPatterns] = [
    .init(
        .restricted,
        """
        CC-BY-NC* CC-BY-ND* BUSL-* Elastic-* PolyForm-* FSL-* SUL-* Aladdin JPNIC Hippocratic-* BSD-3-Clause-No-Military-License \
        MS-LPL CPOL-1.02 Adobe-Display-PostScript Adobe-Utopia LZMA-SDK-9.11* C-UDA-1.0 UnRAR COIL-1.0 DRL-1.* \
        IEC-Code-Components-EULA
        """),
    .init(
        .networkCopyleft,
        "AGPL-* SSPL-* OSL-* NPOSL-* CAL-1.0* CPAL-* RPL-* Parity-* Watcom-* ESA-PL-strong*"),
    .init(
        .shareAlike,
        """
        CC-BY-SA* CC-SA-* GFDL-* ODbL-* CDLA-Sharing* FreeBSD-DOC OPUBL-* D-FSL-* LAL-* ClArtistic \
        Linux-man-pages-copyleft* CERN-OHL-W* TAPR-OHL* CERN-OHL-1*
        """),
    .init(
        .strongCopyleft,
        """
        GPL-* Sleepycat QPL-* EUPL-* CECILL-1.* CECILL-2.* copyleft-next-* CERN-OHL-S* LiLiQ-Rplus* OGTSL SMAIL-GPL TGPPL-* \
        OCLC-2.0 SimPL-2.0 RHeCos-1.1 gSOAP-1.3b CPOL-* BSD-Protection GL2PS
        """),
    .init(
        .weakCopyleft,
        """
        LGPL-* LGPLLR MPL-* EPL-* CDDL-* CPL-1.0 IPL-1.0 APSL-* NPL-* SPL-1.0 CECILL-C MS-RL Artistic-1* Artistic-dist SISSL* \
        ErlPL-1.1 Interbase-1.0 Nokia NOSL RPSL-* RSCPL SGI-B-1* YPL-* CUA-OPL* CATOSL-1.1 OSET-PL* LPL-1* Motosoto SugarCRM* \
        LiLiQ-R-1.1 wxWindows eCos-2.0 Frameworx-1.0 OCCT-PL LPPL-* OPL-1.0 Ruby Ruby-pty Zimbra-* gnuplot \
        MMPL-* ESA-PL-weak* BitTorrent-* NASA-1.3 SNIA Vim Ubuntu-font-1.0 MakeIndex NGPL
        """),
    .init(
        .publicDomain,
        """
        CC0-1.0 Unlicense* 0BSD CC-PDDC CC-PDM-1.0 PDDL-1.0 WTFPL WTFNMFPL NIST-PD* MIT-0 SAX-PD* ANTLR-PD* NTIA-PD NCBI-PD blessing \
        libselinux-1.0 DL-DE-ZERO* SGP4 GLWTPL
        """),
    .init(
        .conditionalPermissive,
        """
        Apache-* BSD-4-Clause* BSD-4.3* BSD-Advertising* BSD-Attribution* BSD-3-Clause-Attribution OpenSSL* SSLeay* CC-BY-* AFL-* ECL-* \
        MS-PL Artistic-2.0 PHP-3* Zend-2.0 Python-2* PSF-2.0 CNRI-* OFL-* MulanPSL-* Unicode-TOU UPL-1.0 BSD-2-Clause-Patent \
        CDLA-Permissive* ODC-By-1.0 OGL-* OGDL* etalab-2.0 NLOD-* LiLiQ-P-1.1 CERN-OHL-P* BlueOak-1.0.0 DL-DE-BY* Xnet W3C* JSON EUDatagrid \
        ZPL-* Plexus Entessa Sendmail* XFree86-1.1 FTL IJG* Bitstream-* Arphic* MIT-advertising Community-Spec-1.0 \
        O-UDA-1.0 OpenMDW-1.0 ESA-PL-permissive*
        """),
    .init(
        .permissive,
        """
        MIT MIT-* BSD-* ISC* X11* Zlib* BSL-1.0 HPND* NCSA NTP* PostgreSQL curl Libpng* libtiff ICU Unicode-* Spencer-* TCL \
        bzip2-* Beerware Fair FSFUL* FSFAP* Info-ZIP Net-SNMP OLDAP-* SMLNJ StandardML-NJ SWL TCP-wrappers Xerox xinetd \
        Intel* NAIST-2003 MITNFA MirOS Naumen NIST-Software NRL OML psutils Rdisc RSA-MD SGI-B-2.0 SSH-OpenSSH SSH-short SunPro \
        UCL-1.0 VSL-1.0 Afmparse AML APAFML bcrypt-Solar-Designer Boehm-GC* Brian-Gladman* check-cvs checkmk CMU-Mach* Cronyx \
        dtoa DOC DSDP EFL-2.0 Furuseth GD Giftware Glulxe HTMLTIDY IBM-pibs ImageMagick JasPer-2.0 Latex2e* Leptonica \
        libpng-2.0 Linux-OpenIB lsof Mackerras-3-Clause* Martin-Birgmeier metamail Minpack mpich2 NetCDF Newsletr Noweb Nunit \
        OFFIS OGC-1.0 Pixar pkgconf PADL Qhull radvd Saxpath snprintf softSurfer ssh-keyscan swrule TermReadKey TTWL TU-Berlin* \
        UCAR UnixCrypt Vixie-Cron Widget-Workshop WordNet Wsuipa xlock xpp Zeeff HDF5 HIDAPI Caldera* FBM fwlw GCR-docs \
        CFITSIO Catharon Clips eGenix gtkbook hdparm Inner-Net-2.0 jove Kastrup Kazlib Knuth-CTAN LOOP magaz mailprio man2html \
        Multics python-ldap SL Soundex Sun-PPP* Symlinks ThirdEye threeparttable TPDL TTYP0 ulem UMich-Merit w3m xkeyboard-config* \
        CryptoSwift mpi-permissive OAR CECILL-B generic-xts Graphics-Gems NICTA-1.0 TrustedQSL Xdebug-1.03 SchemeReport
        """),
]
