// DESIGN. `LGPL` names a licence without its version. SPDX has no identifier for that, and choosing a version would invent a
// fact. So the name becomes a reference with a fixed id. The family is the one that all versions share.

/// A licence that is named without its version although it has several.
package struct UnversionedLicense: Sendable, Hashable {
    /// The name that reports show: `LGPL`.
    package let name: String
    package let family: LicenseFamily

    /// The reference for this licence in expressions: `LicenseRef-LGPL`.
    package var id: String { LicenseExpression.Term.prefix + IDText.safe(name) }

    /// The licence that a name means; nil where the name has a version or means no known licence.
    package init?(named text: String) {
        guard text.utf8.count <= 256, let known = Self.byForm[LicenseList.normalForm(text)] else { return nil }
        self = known
    }

    /// The licence that a reference stands for.
    package init?(id: String) {
        guard let known = Self.byID[id] else { return nil }
        self = known
    }

    private init(name: String, family: LicenseFamily) {
        self.name = name
        self.family = family
    }

    private static let all: [(license: UnversionedLicense, aliases: [Substring])] =
        lines.map { name, family, aliases in
            (UnversionedLicense(name: name, family: family), [name[...]] + aliases.split(separator: "|"))
        }
    private static let byForm: [String: UnversionedLicense] = Dictionary(
        all.flatMap { license, aliases in aliases.map { (LicenseList.normalForm(String($0)), license) } },
        uniquingKeysWith: { first, _ in first })
    private static let byID: [String: UnversionedLicense] = Dictionary(
        all.map { ($0.license.id, $0.license) }, uniquingKeysWith: { first, _ in first })

    /// Each line: name, the family that all versions share, other spellings. Names whose versions have different
    /// families (`BSD`) are left out.
    private static let lines: [(String, LicenseFamily, String)] = [
        ("GPL", .strongCopyleft, "GNU GPL|GNU General Public License|General Public License"),
        (
            "LGPL", .weakCopyleft,
            """
            GNU LGPL|GNU Lesser General Public License|GNU Library General Public License|Lesser General Public License|\
            GNU Library or Lesser General Public License|GNU Library or Lesser General Public License (LGPL)|\
            GNU Lesser Public License|GNU Lesser General Public License (LGPL)
            """
        ),
        ("AGPL", .networkCopyleft, "GNU AGPL|GNU Affero General Public License|Affero General Public License"),
        ("GFDL", .shareAlike, "GNU FDL|GNU Free Documentation License"),
        (
            "Apache", .conditionalPermissive,
            """
            Apache License|Apache Software License|Apache Public License|ASL|\
            License :: OSI Approved :: Apache Software License
            """
        ),
        ("MPL", .weakCopyleft, "Mozilla Public License|Mozilla"),
        ("EPL", .weakCopyleft, "Eclipse Public License"),
        ("CDDL", .weakCopyleft, "Common Development and Distribution License"),
        ("LPPL", .weakCopyleft, "LaTeX Project Public License"),
        ("Zimbra", .weakCopyleft, "Zimbra Public License"),
        ("ZPL", .conditionalPermissive, "Zope Public License"),
        ("PHP", .conditionalPermissive, "PHP License"),
        ("AFL", .conditionalPermissive, "Academic Free License"),
        ("ECL", .conditionalPermissive, "Educational Community License"),
        ("OFL", .conditionalPermissive, "Open Font License|SIL Open Font License|SIL OFL"),
        ("Python", .conditionalPermissive, "Python License"),
        (
            "PSF", .conditionalPermissive,
            """
            PSFL|Python Software Foundation License|License :: OSI Approved :: PSF|\
            License :: OSI Approved :: Python Software Foundation License
            """
        ),
        ("Mulan PSL", .conditionalPermissive, "Mulan Permissive Software License"),
        ("CC BY", .conditionalPermissive, "Creative Commons Attribution|CC-BY"),
        ("CC BY-SA", .shareAlike, "Creative Commons Attribution ShareAlike|Creative Commons Attribution Share Alike"),
        ("EUPL", .strongCopyleft, "European Union Public License|European Union Public Licence"),
        ("CeCILL", .strongCopyleft, "CeCILL Free Software License Agreement"),
        ("OSL", .networkCopyleft, "Open Software License"),
        ("OLDAP", .permissive, "OpenLDAP|OpenLDAP Public License|OpenLDAP License"),
        ("Unicode", .permissive, "Unicode License"),
    ]
}
