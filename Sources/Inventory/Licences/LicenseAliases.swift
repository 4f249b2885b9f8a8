// Names that package metadata uses for licences although the SPDX list has them neither as an id nor as a name. One line each:
// `expression = alias | alias | …`. Aliases are compared in their normal form (`LicenseList.normalForm`), so case,
// punctuation, "the", "license", "version" and `2` against `2.0` need no line of their own. Sources: Debian's machine-readable
// copyright format 1.0 §7.1 (short names), Fedora's short names, PyPI trove classifiers, NuGet, Maven Central and CPAN usage.
// Names without a version are not listed here when the licence has several versions: see `UnversionedLicense`.

extension LicenseList {
    static func aliases() -> [(alias: String, expression: String)] {
        var pairs: [(alias: String, expression: String)] = []
        for line in aliasLines.description.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let expression = String(line[..<equals].dropLast())
            for alias in line[line.index(after: equals)...].split(separator: "|") {
                pairs.append((String(alias), expression))
            }
        }
        return pairs
    }

    private static let aliasLines: StaticString = #"""
        Apache-2.0 = Apache 2|Apache 2.0|Apache2|ASL 2.0|AL 2.0|Apache Software License 2.0
        Apache-2.0 = Apache Public License 2.0|Apache License (v2.0)
        Apache-2.0 = www.apache.org/licenses/LICENSE-2.0|http://www.apache.org/licenses/LICENSE-2.0.txt
        Apache-2.0 = https://www.apache.org/licenses/LICENSE-2.0|https://www.apache.org/licenses/LICENSE-2.0.txt
        Apache-2.0 = http://www.apache.org/licenses/LICENSE-2.0|http://www.apache.org/licenses/LICENSE-2.0.html
        Apache-1.1 = ASL 1.1|Apache Software License 1.1
        MIT = Expat|MIT/Expat|Expat/MIT|MIT Expat|The MIT License (MIT)|MIT Licensed|License :: OSI Approved :: MIT License
        MIT = http://opensource.org/licenses/MIT|https://opensource.org/licenses/MIT|X/MIT|MIT style|MIT-style license
        MIT = http://www.opensource.org/licenses/mit-license.php|https://opensource.org/licenses/mit-license.php
        MIT = MIT/X11|MIT X11|X11/MIT|MIT/X11 License
        X11 = X11 License
        BSD-2-Clause = BSD 2|BSD2|Simplified BSD|Simplified BSD License|FreeBSD License|BSD 2 Clause Simplified|Two-clause BSD
        BSD-3-Clause = BSD 3|BSD3|New BSD|New BSD License|Modified BSD|Modified BSD License|Revised BSD|BSD License 3
        BSD-3-Clause = Three-clause BSD|3-Clause BSD|BSD 3 Clause New|BSD New|EDL 1.0|Eclipse Distribution License - v 1.0
        BSD-3-Clause = Eclipse Distribution License v1.0|http://www.eclipse.org/org/documents/edl-v10.php|BSD-3
        BSD-3-Clause = BSD-3-clauses
        BSD-2-Clause = 2-Clause BSD|2-Clause BSDL|BSD-2|The BSD 2-Clause License
        BSD-4-Clause = BSD 4|BSD4|Original BSD|BSD with advertising|4-Clause BSD
        0BSD = BSD Zero Clause|BSD 0|Zero-Clause BSD|BSD 0 Clause
        ISC = ISCL|ISC License (ISCL)|License :: OSI Approved :: ISC License (ISCL)|ISC/BSD
        GPL-1.0-or-later = GPL+|GPL 1+|GPLv1+|GPL 1 or later
        GPL-1.0-only = GPL 1|GPLv1
        GPL-2.0-only = GPL 2|GPLv2|GNU GPL 2|GNU GPLv2|GNU General Public License 2|GNU General Public License v2 (GPLv2)
        GPL-2.0-only = GPL 2 only|The GNU General Public License, Version 2|GNU General Public License, version 2
        GPL-2.0-or-later = GPL 2+|GPLv2+|GPL 2 or later|GPLv2 or later|GPL >= 2|GPL (>= 2)|GNU GPL v2+|GNU GPL v2 or later
        GPL-2.0-or-later = GNU General Public License v2 or later (GPLv2+)|GNU General Public License v2 or later
        GPL-3.0-only = GPL 3|GPLv3|GNU GPL 3|GNU GPLv3|GNU General Public License 3|GNU General Public License v3 (GPLv3)
        GPL-3.0-or-later = GPL 3+|GPLv3+|GPL 3 or later|GPLv3 or later|GPL >= 3|GPL (>= 3)|GNU GPL v3+|GNU GPL v3 or later
        GPL-3.0-or-later = GNU General Public License v3 or later (GPLv3+)|GNU General Public License v3 or later
        LGPL-2.0-or-later = LGPL+|LGPL 2+|LGPLv2+|LGPL 2 or later
        LGPL-2.0-or-later = GNU Lesser General Public License v2 or later (LGPLv2+)
        LGPL-2.0-only = LGPL 2|LGPLv2|GNU Library General Public License 2|GNU Lesser General Public License v2 (LGPLv2)
        LGPL-2.1-only = LGPL 2.1|LGPLv2.1|GNU LGPL 2.1|GNU Lesser General Public License 2.1|GNU LGPLv2.1
        LGPL-2.1-only = GNU Lesser General Public License, Version 2.1|GNU Lesser Public License 2.1
        LGPL-2.1-or-later = LGPL 2.1+|LGPLv2.1+|LGPL 2.1 or later|LGPL (>= 2.1)|GNU LGPL v2.1+|GNU Lesser GPL 2.1 or later
        LGPL-2.1-or-later = GNU Lesser General Public License v2.1 or later
        LGPL-3.0-only = LGPL 3|LGPLv3|GNU LGPL 3|GNU Lesser General Public License 3|GNU LGPLv3
        LGPL-3.0-only = GNU Lesser General Public License v3 (LGPLv3)
        LGPL-3.0-or-later = LGPL 3+|LGPLv3+|LGPL 3 or later|LGPL (>= 3)|GNU Lesser General Public License v3 or later
        LGPL-3.0-or-later = GNU Lesser General Public License v3 or later (LGPLv3+)
        AGPL-3.0-only = AGPL 3|AGPLv3|GNU AGPL 3|GNU AGPLv3|GNU Affero General Public License 3
        AGPL-3.0-only = GNU Affero General Public License v3
        AGPL-3.0-or-later = AGPL 3+|AGPLv3+|AGPL 3 or later|GNU Affero General Public License v3 or later (AGPLv3+)
        AGPL-1.0-only = AGPL 1|AGPLv1
        GFDL-1.1-or-later = GFDL 1.1+
        GFDL-1.2-only = GFDL 1.2
        GFDL-1.2-or-later = GFDL 1.2+
        GFDL-1.3-only = GFDL 1.3
        GFDL-1.3-or-later = GFDL 1.3+
        GFDL-1.2-no-invariants-only = GFDL-NIV-1.2
        GFDL-1.2-no-invariants-or-later = GFDL-NIV-1.2+
        GFDL-1.3-no-invariants-only = GFDL-NIV-1.3|GFDL-NIV
        GFDL-1.3-no-invariants-or-later = GFDL-NIV-1.3+
        GPL-2.0-only WITH Classpath-exception-2.0 = GPL-2.0-with-classpath-exception|GPL2 w/ CPE|GPLv2 with CPE|GPL2 with CPE
        GPL-2.0-only WITH Classpath-exception-2.0 = GPLv2+CE|GPL v2 with Classpath exception|GPLv2 w/ Classpath Exception
        GPL-2.0-only WITH Classpath-exception-2.0 = GNU General Public License, version 2 with the GNU Classpath Exception
        CDDL-1.0 OR GPL-2.0-only WITH Classpath-exception-2.0 = CDDL/GPLv2+CE|CDDL + GPLv2 with classpath exception
        CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0 = CDDL 1.1 + GPLv2 with classpath exception
        GPL-2.0-or-later WITH Bison-exception-2.2 = GPL-2.0-with-bison-exception
        GPL-2.0-or-later WITH Autoconf-exception-2.0 = GPL-2.0-with-autoconf-exception
        GPL-3.0-only WITH Autoconf-exception-3.0 = GPL-3.0-with-autoconf-exception
        GPL-2.0-only WITH Font-exception-2.0 = GPL-2.0-with-font-exception
        GPL-2.0-only WITH GCC-exception-2.0 = GPL-2.0-with-GCC-exception
        GPL-3.0-only WITH GCC-exception-3.1 = GPL-3.0-with-GCC-exception
        GPL-2.0-or-later WITH eCos-exception-2.0 = eCos-2.0
        Artistic-1.0-Perl OR GPL-1.0-or-later = Perl|Perl 5|Perl_5|GPL+ or Artistic|Artistic or GPL+|Same as Perl
        Artistic-1.0-Perl OR GPL-1.0-or-later = the same terms as the perl 5 programming language system itself
        Artistic-2.0 = Artistic 2|Artistic_2
        MPL-1.0 = Mozilla Public License 1
        MPL-1.1 = MPLv1.1|Mozilla 1.1
        MPL-2.0 = MPLv2|MPLv2.0|Mozilla 2.0|Mozilla Public License 2.0 (MPL 2.0)
        EPL-1.0 = Eclipse 1.0|Eclipse Public License - v 1.0|Eclipse Public License v1
        EPL-2.0 = Eclipse 2.0|Eclipse Public License - v 2.0|Eclipse Public License v. 2.0|Eclipse Public License v2
        CDDL-1.0 = CDDL 1|COMMON DEVELOPMENT AND DISTRIBUTION LICENSE (CDDL) Version 1.0
        CDDL-1.1 = COMMON DEVELOPMENT AND DISTRIBUTION LICENSE (CDDL) Version 1.1
        CPL-1.0 = CPL|Common Public License|IBM Common Public License
        BSL-1.0 = Boost|Boost Software License|Boost Software License 1.0 (BSL-1.0)
        Zlib = zlib/libpng|zlib License|zlib/libpng License
        Unlicense = The Unlicense (Unlicense)|Unlicence
        CC0-1.0 = CC0|CC 0|Creative Commons Zero|Public Domain, per Creative Commons CC0|CC0 1.0 Universal
        CC-BY-3.0 = CC BY 3|Creative Commons Attribution 3.0
        CC-BY-4.0 = CC BY 4|Creative Commons Attribution 4.0
        CC-BY-SA-3.0 = CC BY SA 3|Creative Commons Attribution-ShareAlike 3.0
        CC-BY-SA-4.0 = CC BY SA 4|Creative Commons Attribution-ShareAlike 4.0
        WTFPL = Do What The Fuck You Want To Public License|WTFPL 2|WTFPLv2
        PSF-2.0 = PSF 2|PSF-2
        OFL-1.1 = SIL OFL 1.1|SIL Open Font License 1.1|SIL-1.1
        OpenSSL = OpenSSL/SSLeay
        Ruby = Ruby License|Ruby's
        PHP-3.01 = PHP License 3.01
        PHP-3.0 = PHP 3
        Vim = Vim License
        PostgreSQL = PostgreSQL License
        NCSA = UIUC|University of Illinois/NCSA|NCSA/UIUC
        W3C = W3C Software License
        MS-PL = Microsoft Public License (Ms-PL)|MSPL
        UPL-1.0 = UPL|Universal Permissive License
        JSON = The JSON License
        Info-ZIP = InfoZIP
        FTL = FreeType|Freetype License|FreeType Project License
        IJG = Independent JPEG Group License
        Libpng = libpng License
        curl = curl license|MIT/X derivate
        HPND = Historical Permission Notice and Disclaimer (HPND)
        QPL-1.0 = QPL
        ZPL-2.0 = Zope Public License 2
        LPPL-1.3c = LPPL 1.3|LPPL 1.3c+
        LPPL-1.0 = LPPL 1.0+
        LPPL-1.2 = LPPL 1.2+
        SSPL-1.0 = SSPL|Server Side Public License
        BUSL-1.1 = Business Source License|BUSL
        bzip2-1.0.6 = bzip2|BSD-bzip2|bzip2 1.0
        Sleepycat = Sleepycat License|Berkeley Database License
        AFL-2.1 = AFLv2.1|Academic Free License 2.1
        ICU = ICU License
        """#
}
