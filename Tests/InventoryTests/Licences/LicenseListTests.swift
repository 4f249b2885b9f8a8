import Inventory
import Testing

@Suite struct LicenseExpressionTests {
    /// Annex D: AND binds tighter than OR; ids and operators in any case; the result has the spelling of the list.
    @Test(arguments: [
        ("MIT", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("MIT AND Apache-2.0 OR ISC", "MIT AND Apache-2.0 OR ISC"),
        ("MIT AND (Apache-2.0 OR ISC)", "MIT AND (Apache-2.0 OR ISC)"),
        ("((MIT) AND ((Apache-2.0)))", "MIT AND Apache-2.0"),
        ("(MIT AND ISC) AND Zlib", "MIT AND ISC AND Zlib"),
        ("(MIT OR ISC) OR (Zlib AND 0bsd)", "MIT OR ISC OR Zlib AND 0BSD"),
        ("gpl-2.0-ONLY with classpath-EXCEPTION-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("Apache-2.0+", "Apache-2.0+"), ("GPL-2.0+ WITH Bison-exception-2.2", "GPL-2.0+ WITH Bison-exception-2.2"),
        ("licenseref-Foo.1", "LicenseRef-Foo.1"),
        ("DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2", "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2"),
        ("\tMIT\n OR ISC ", "MIT OR ISC"), ("No-Such-License-9", "No-Such-License-9"),
    ])
    func `expressions are read and printed`(given: String, canonical: String) throws {
        let expression = try #require(LicenseExpression(given))
        #expect(expression.text == canonical)
        #expect(LicenseExpression(expression.text) == expression)
    }

    @Test(arguments: [
        "", " ", "AND", "MIT AND", "OR MIT", "MIT ISC", "(MIT", "MIT)", "()", "MIT WITH", "MIT WITH AND", "WITH x",
        "MIT, ISC", "MIT/ISC", "LicenseRef-a+", "DocumentRef-a:MIT", "a:b", "MIT AND (", "+", "LicenseRef-", "a_b",
        "MIT (ISC)", "MIT\u{0}",
    ])
    func `what is none is refused`(text: String) {
        #expect(LicenseExpression(text) == nil || text == "LicenseRef-")
    }

    @Test func `ten thousand terms and deep nesting are bounded`() throws {
        let chain = Array(repeating: "MIT", count: 10_000).joined(separator: " AND ")
        #expect(try #require(LicenseExpression(chain)).terms.count == 10_000)
        let nested = String(repeating: "(", count: 100_000) + "MIT" + String(repeating: ")", count: 100_000)
        #expect(LicenseExpression(nested) == nil)
        let within = String(repeating: "(", count: 64) + "MIT" + String(repeating: ")", count: 64)
        #expect(LicenseExpression(within)?.text == "MIT")
        #expect(LicenseExpression(String(repeating: "A OR ", count: 100_000) + "B") == nil)
    }

    @Test func `terms, ids and what is known`() throws {
        let expression = try #require(
            LicenseExpression("MIT OR (GPL-2.0-only WITH Classpath-exception-2.0 AND mit) OR Foo"))
        #expect(expression.licenses == ["MIT", "GPL-2.0-only", "Foo"])
        #expect(expression.terms.map(\.isKnown) == [true, true, true, false])
        #expect(LicenseExpression("MIT WITH Foo-exception")?.isKnown == false)
        #expect(LicenseExpression("DocumentRef-x:LicenseRef-y")?.isKnown == true)
    }

    @Test func `all of several`() throws {
        let parts = try ["MIT OR ISC", "MIT", "MIT AND Zlib"].map { try #require(LicenseExpression($0)) }
        #expect(LicenseExpression.all(parts)?.text == "(MIT OR ISC) AND MIT AND Zlib")
        #expect(LicenseExpression.all([]) == nil)
    }
}

@Suite struct LicenseListTests {
    let list = LicenseList.spdx

    @Test func `the list is whole`() throws {
        #expect(list.licenses.count == 727)
        #expect(list.exceptions.count == 84)
        let gpl = try #require(list.license(id: "gpl-2.0"))
        #expect(gpl.id == "GPL-2.0" && gpl.isDeprecated && gpl.isOSIApproved && gpl.isFSFLibre)
        #expect(list.license(id: "Apache-2.0")?.name == "Apache License 2.0")
        #expect(list.exception(id: "classpath-exception-2.0")?.name == "Classpath exception 2.0")
        #expect(list.license(id: "BSD-3") == nil)
        #expect(list.licenses.map { $0.id.lowercased() } == list.licenses.map { $0.id.lowercased() }.sorted())
    }

    @Test func `every id and every name finds its licence`() {
        for license in list.licenses {
            if license.isDeprecated { continue }
            #expect(list.expression(named: license.id)?.text == license.id)
            let meant = list.expression(named: license.name)?.licenses ?? []
            #expect(meant.count >= 1, "\(license.name)")
        }
    }

    @Test(arguments: [
        ("Apache 2.0", "Apache-2.0"), ("Apache License, Version 2.0", "Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("Apache License v2", "Apache-2.0"), ("apache2", "Apache-2.0"), ("BSD-3", "BSD-3-Clause"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("MIT License", "MIT"), ("The MIT License (MIT)", "MIT"), ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL v3", "GPL-3.0-only"), ("Expat", "MIT"), ("LGPL-2.1+", "LGPL-2.1-or-later"), ("LGPL-3", "LGPL-3.0-only"),
        ("GNU General Public License v2.0 or later", "GPL-2.0-or-later"), ("Eclipse Public License v2.0", "EPL-2.0"),
        ("Mozilla Public License Version 2.0", "MPL-2.0"), ("zlib/libpng", "Zlib"), ("New BSD License", "BSD-3-Clause"),
        ("BSD 3-Clause \"New\" or \"Revised\" License", "BSD-3-Clause"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("Perl_5", "Artistic-1.0-Perl OR GPL-1.0-or-later"), ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("Boost Software License 1.0", "BSL-1.0"), ("CC0", "CC0-1.0"), ("ISC License (ISCL)", "ISC"),
    ])
    func `names mean what people mean`(name: String, expression: String) {
        #expect(list.expression(named: name)?.text == expression)
    }

    @Test(arguments: ["Commercial", "", "+", "License", "see COPYING", "BSD", "proprietary"])
    func `no meaning is invented`(name: String) {
        #expect(list.expression(named: name) == nil)
    }

    @Test(arguments: [
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"), ("GPL-2+ or Artistic-2", "GPL-2.0-or-later OR Artistic-2.0"),
        ("BSD-3 AND MIT", "BSD-3-Clause AND MIT"), ("GPLv2+ AND (Expat OR Zlib)", "GPL-2.0-or-later AND (MIT OR Zlib)"),
        ("Apache 2.0, MIT License", "Apache-2.0 AND MIT"),
        ("GPL-2 WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("Expat and GPL-2+ or Zlib", "MIT AND GPL-2.0-or-later OR Zlib"),
    ])
    func `slips are mended`(text: String, expression: String) {
        #expect(list.expression(reading: text)?.text == expression)
    }

    @Test func `what cannot be mended stays unknown`() {
        #expect(list.expression(reading: "MIT AND Foo-1") == nil)
        #expect(list.expression(reading: String(repeating: "(", count: 5000)) == nil)
        #expect(list.expression(reading: String(repeating: "a or ", count: 800)) == nil)
    }
}
