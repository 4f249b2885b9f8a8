import Inventory
import Testing

/// Texts of people and generators in fields for licences, and their meaning.
struct LicenseMeaningTests {
    private func read(_ text: String, isExpression: Bool = true) -> String? {
        var meaning = LicenseMeaning()
        return meaning.expression(text, isExpression: isExpression)?.text
    }

    @Test(arguments: [
        ("MIT", "MIT"), ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        // Earlier spellings.
        ("GPL-2.0+", "GPL-2.0-or-later"), ("GPL-2.0", "GPL-2.0-only"), ("LGPL-2.1+ OR MIT", "LGPL-2.1-or-later OR MIT"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2.0+ WITH Bison-exception-2.2", "GPL-2.0-or-later WITH Bison-exception-2.2"),
        ("GPL-2.0-only+", "GPL-2.0-or-later"), ("Apache-2.0+", "Apache-2.0+"),
        // An unknown term does not change the others.
        ("GPLv2+ AND BSD", "GPL-2.0-or-later AND LicenseRef-BSD"), ("GPLv2+ and MIT", "GPL-2.0-or-later AND MIT"),
        ("Foo-1 OR (GPLv3 AND Bar)", "LicenseRef-Foo-1 OR GPL-3.0-only AND LicenseRef-Bar"),
        ("MIT WITH Foo-exception", "MIT WITH AdditionRef-Foo-exception"),
        // An empty text is no licence.
        ("MIT AND NOASSERTION", "MIT"), ("NONE OR MIT", "MIT"),
        // Fedora and RHEL.
        (
            "GPLv2+ and LGPLv2+ and BSD and (MIT or Public Domain)",
            "GPL-2.0-or-later AND LGPL-2.0-or-later AND LicenseRef-BSD AND (MIT OR LicenseRef-Public-Domain)"
        ),
        ("GPLv3+ with exceptions and MIT", "GPL-3.0-or-later WITH AdditionRef-exceptions AND MIT"),
        ("LGPLv2+ and GPLv2+ with exceptions", "LGPL-2.0-or-later AND GPL-2.0-or-later WITH AdditionRef-exceptions"),
        ("ASL 2.0 and EPL", "Apache-2.0 AND LicenseRef-EPL"),
        // Debian, CRAN, Cargo, lists.
        ("GPL-2+ or Artistic", "GPL-2.0-or-later OR LicenseRef-Artistic"),
        ("GPL-2 | file LICENSE", "GPL-2.0-only OR LicenseRef-file-LICENSE"),
        ("MIT/BSD", "MIT OR LicenseRef-BSD"), ("MIT, BSD", "MIT AND LicenseRef-BSD"),
        ("MIT || GPL-3", "MIT OR GPL-3.0-only"),
        ("Apache 2.0, MIT License", "Apache-2.0 AND MIT"),
        // Lists with operators between commas, as Trivy writes Alpine's licences, and people's lists.
        ("GPL-2.0, or, GPL-3.0", "GPL-2.0-only OR GPL-3.0-only"),
        ("LGPL-3.0-or-later, and, GPL-2.0", "LGPL-3.0-or-later AND GPL-2.0-only"),
        ("GPL-2.0, or, Foo, MIT", "(GPL-2.0-only OR LicenseRef-Foo) AND MIT"),
        ("GPL-2.0, WITH, Classpath-exception-2.0, MIT", "GPL-2.0-only WITH Classpath-exception-2.0 AND MIT"),
        ("MIT, BSD-2-Clause, or ISC", "MIT OR BSD-2-Clause OR ISC"),
        ("curl, ISC, public-domain, other", "curl AND ISC AND LicenseRef-public-domain AND LicenseRef-other"),
        (
            "The main part is under something, LGPL-3.0, see below, MIT",
            """
            LicenseRef-The-main-part-is-under-something AND LGPL-3.0-only AND LicenseRef-see-below AND MIT
            """
        ),
        ("Apache License, Version 2.0, MIT", "Apache-2.0 AND MIT"),
        // One licence under two names.
        ("MIT/X11", "MIT"), ("X11", "X11"),
        // The successors of deprecated ids.
        ("BSD-2-Clause-NetBSD", "BSD-2-Clause"), ("StandardML-NJ AND MIT", "SMLNJ AND MIT"),
        ("wxWindows", "GPL-2.0-or-later WITH WxWindows-exception-3.1"),
        // Later versions.
        ("GPL version 2 or later", "GPL-2.0-or-later"), ("GPLv2 or any later version", "GPL-2.0-or-later"),
        ("GNU General Public License, version 2 or newer", "GPL-2.0-or-later"),
        // No version is made up.
        ("LGPL", "LicenseRef-LGPL"), ("GNU Lesser General Public License", "LicenseRef-LGPL"),
        ("ZPL", "LicenseRef-ZPL"), ("PSF", "LicenseRef-PSF"), ("PSFL", "LicenseRef-PSF"),
        ("Python Software Foundation License", "LicenseRef-PSF"), ("PSF 2", "PSF-2.0"),
        ("Python Software Foundation License 2.0", "PSF-2.0"), ("Python License 2.0", "Python-2.0"),
        ("GNU GPL", "LicenseRef-GPL"), ("Apache License", "LicenseRef-Apache"), ("MPL OR MIT", "LicenseRef-MPL OR MIT"),
        ("GPL+", "GPL-1.0-or-later"), ("Boost", "BSL-1.0"),
        // References.
        ("LicenseRef-GPLv2", "GPL-2.0-only"), ("LicenseRef-1", "LicenseRef-1"),
        ("LicenseRef-foo_bar", "LicenseRef-foo-bar"),
        ("DocumentRef-a:LicenseRef-b AND MIT", "DocumentRef-a:LicenseRef-b AND MIT"),
    ])
    func `expressions`(text: String, meant: String) throws {
        #expect(read(text) == meant)
        #expect(try #require(LicenseExpression(meant)).text == meant)
    }

    @Test(arguments: [
        ("The MIT License (MIT)", "MIT"), ("Acme EULA", "LicenseRef-Acme-EULA"), ("MIT AND PSF-2.0", "MIT AND PSF-2.0"),
        ("CDDL/GPLv2+CE", "CDDL-1.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
        // A name is not split if none of its parts is known.
        ("Proprietary and Confidential", "LicenseRef-Proprietary-and-Confidential"),
        ("Foo or Bar", "LicenseRef-Foo-or-Bar"), ("Apache License, Version 2.0", "Apache-2.0"),
        (
            "GNU General Public License, version 2, with the Weird Exception",
            "LicenseRef-GNU-General-Public-License-version-2-with-the-Weird-Exception"
        ),
        ("https://example.org/licenses/MIT/or/so", "LicenseRef-https-example.org-licenses-MIT-or-so"),
        ("two\n lines", "LicenseRef-two-lines"),
    ])
    func `names`(text: String, meant: String) { #expect(read(text, isExpression: false) == meant) }

    @Test(arguments: [
        "GNU General Public License, Version 2 with the Classpath Exception", "GPL2 w/ CPE",
        "GPL v2 w/ Classpath Exception",
        "GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception",
        "GPLv2 with GNU classpath exception",
        "GNU General Public License (GPL), version 2, with the Classpath exception",
        "The GNU General Public License (GPL), Version 2, With Classpath Exception",
        "GNU General Public License, version 2 (GPL2), with the classpath exception",
        "GNU General Public License v2.0 only, with Classpath exception", "GPL-2.0-with-classpath-linking-exception",
    ])
    func `spellings of the Classpath exception`(text: String) {
        #expect(read(text, isExpression: false) == "GPL-2.0-only WITH Classpath-exception-2.0")
        #expect(read("\(text) OR MIT") == "GPL-2.0-only WITH Classpath-exception-2.0 OR MIT")
    }

    @Test(arguments: [
        ("GPL-3+-WITH-BISON-EXCEPTION", "GPL-3.0-or-later WITH Bison-exception-2.2"),
        ("GPLv3 with GCC exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("GPLv2 with the GCC exception", "GPL-2.0-only WITH GCC-exception-2.0"),
        ("Apache 2.0 with LLVM exceptions", "Apache-2.0 WITH LLVM-exception"),
        (
            "The GNU General Public License, v2 with Universal FOSS Exception, v1.0",
            """
            GPL-2.0-only WITH Universal-FOSS-exception-1.0
            """
        ),
        ("CDDL + GPLv2 with classpath exception", "CDDL-1.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
        // Several exceptions, or none.
        ("GPLv2 with OpenSSL exception", "LicenseRef-GPLv2-with-OpenSSL-exception"),
        ("BSD-3-clause-with-weird-numbering", "LicenseRef-BSD-3-clause-with-weird-numbering"),
        // Abbreviations.
        ("Eclipse Distribution License (EDL), Version 1.0", "BSD-3-Clause"),
        ("GNU General Public License (GPLv2)", "GPL-2.0-only"),
        ("GNU Lesser General Public License (LGPL), Version 3", "LGPL-3.0-only"),
        (
            "GNU General Public License (MIT), Version 2",
            """
            LicenseRef-GNU-General-Public-License-MIT-Version-2
            """
        ),
        ("Mozilla Public License (draft), Version 2", "LicenseRef-Mozilla-Public-License-draft-Version-2"),
    ])
    func `names with exceptions and abbreviations`(text: String, meant: String) {
        #expect(read(text, isExpression: false) == meant)
    }

    @Test(arguments: ["", "  ", "NONE", "none", "NOASSERTION", "NoAssertion", "NONE AND NOASSERTION"])
    func `nothing`(text: String) {
        #expect(read(text) == nil)
        #expect(read(text, isExpression: false) == nil)
    }

    @Test func `a reference is its document's`() throws {
        var one = LicenseMeaning(declared: [
            "LicenseRef-1": "Acme Commercial Licence", "LicenseRef-2": "GNU GPL v2 or later",
        ])
        let meant = one.expression("LicenseRef-1 AND LicenseRef-2", isExpression: true)
        let read = try #require(meant)
        #expect(read.text == "LicenseRef-1 AND GPL-2.0-or-later")
        #expect(one.names["LicenseRef-1"] == "Acme Commercial Licence")
        #expect(one.origins == ["GPL-2.0-or-later": "LicenseRef-2"])
        #expect(
            LicenseDecision(read, names: one.names).licenses(by: .init()).map(\.license.name) == [
                "Acme Commercial Licence", "GPL 2.0",
            ])
    }

    @Test func `two names of one id stay two`() {
        var meaning = LicenseMeaning()
        let texts = ["House rules!", "House rules?", "House rules!"].map {
            meaning.expression($0, isExpression: false)?.text
        }
        #expect(texts == ["LicenseRef-House-rules", "LicenseRef-House-rules-2", "LicenseRef-House-rules"])
        #expect(meaning.names["LicenseRef-House-rules-2"] == "House rules?")
    }

    /// Interpreting the texts of a document must not cost more than reading it.
    @Test func `hostile texts end`() {
        for text in [
            String(repeating: "(", count: 100_000), String(repeating: "MIT and ( ", count: 400),
            String(repeating: "a or ", count: 800) + "b",
            String(repeating: "MIT, ", count: 800), String(repeating: "x ", count: 2000),
            String(repeating: "MIT | ", count: 300),
            String(repeating: "é ", count: 1000), ") MIT (", "MIT and", "or MIT",
        ] {
            #expect(read(text) != nil, "\(text.prefix(40))")
        }
    }
}

struct LicenseChoiceTests {
    private func decided(_ text: String, _ preferences: String...) throws -> String {
        try #require(LicenseExpression(text)).decided(by: LicensePreferences(preferences)).text
    }

    @Test(arguments: [
        ("MIT OR GPL-3.0-only", "MIT"), ("GPL-3.0-only OR MIT", "MIT"), ("MIT OR ISC", "MIT"), ("ISC OR MIT", "ISC"),
        ("Apache-2.0 OR MIT", "MIT"), ("MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only"),
        ("(MIT OR GPL-2.0-only) AND (Apache-2.0 OR LGPL-2.1-only)", "MIT AND Apache-2.0"),
        ("MIT AND GPL-2.0-only OR Apache-2.0", "Apache-2.0"), ("AGPL-3.0-only OR BUSL-1.1", "AGPL-3.0-only"),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0"),
        // An unknown name may be any licence.
        ("LicenseRef-x OR GPL-3.0-only", "GPL-3.0-only"), ("MIT AND LicenseRef-x OR GPL-3.0-only", "GPL-3.0-only"),
        ("LicenseRef-x OR LicenseRef-y", "LicenseRef-x"), ("LicenseRef-LGPL OR AGPL-3.0-only", "LicenseRef-LGPL"),
        ("MIT OR (GPL-2.0-only AND (ISC OR Zlib))", "MIT"),
    ])
    func `the least restrictive family`(text: String, chosen: String) throws { #expect(try decided(text) == chosen) }

    @Test func `the organization's order goes before`() throws {
        #expect(try decided("MIT OR Apache-2.0", "Apache-2.0") == "Apache-2.0")
        #expect(try decided("MIT OR GPL-3.0-only", "Apache-2.0", "GPL-3.0-only") == "GPL-3.0-only")
        #expect(try decided("MIT OR GPL-3.0-or-later", "GPL 3.0") == "GPL-3.0-or-later")
        #expect(try decided("MIT OR GPL-3.0-or-later", "GPL-3.0-only") == "MIT")
        // One of two terms is not in the order.
        #expect(try decided("MIT OR Apache-2.0 AND ISC", "Apache-2.0") == "MIT")
        #expect(try decided("MIT OR Apache-2.0 AND ISC", "Apache-2.0", "ISC", "MIT") == "Apache-2.0 AND ISC")
        #expect(try decided("LicenseRef-Acme-EULA OR MIT", "Acme EULA") == "LicenseRef-Acme-EULA")
    }

    @Test func `a person's licences all hold`() {
        #expect(LicenseDecision(given: ["MIT", "House Terms"]).text == "MIT AND LicenseRef-House-Terms")
        #expect(
            LicenseDecision(given: ["MIT OR Apache-2.0", "GPL 2.0"]).text == "(MIT OR Apache-2.0) AND GPL-2.0-only")
        #expect(LicenseDecision(given: ["NONE"]).expression == nil)
        let licenses = LicenseDecision(given: ["Apache-2.0 OR MIT"]).licenses(by: LicensePreferences())
        #expect(licenses.map(\.license.spdx) == ["Apache-2.0", "MIT"])
        #expect(licenses.map(\.isChosen) == [false, true])
    }
}
