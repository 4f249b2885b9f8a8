import Inventory
import Testing

struct NamedLicenseTests {
    private func license(_ text: String) throws -> NamedLicense {
        NamedLicense(try #require(LicenseExpression(text)?.single))
    }

    @Test(arguments: [
        ("Apache-2.0", "Apache 2.0"), ("MIT", "MIT"), ("BSD-3-Clause", "BSD 3"), ("BSD-2-Clause", "BSD 2"),
        ("LGPL-2.1-or-later", "LGPL 2.1"), ("LGPL-2.1-only", "LGPL 2.1"), ("GPL-2.0+", "GPL 2.0"),
        ("EPL-1.0", "EPL 1.0"), ("BSD-3-Clause-Clear", "BSD 3 Clear"), ("LicenseRef-LGPL", "LGPL"),
        ("LicenseRef-Acme", "Acme"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL 2.0 with Classpath Exception 2.0"),
    ])
    func `names in Mend's spelling`(text: String, name: String) throws {
        #expect(try license(text).name == name)
    }

    @Test(
        arguments: [
            ("MIT", 17), ("CC0-1.0", 0), ("Apache-2.0", 33), ("MPL-2.0", 50), ("LGPL-2.1-only", 50),
            ("CC-BY-SA-4.0", 67),
            ("GPL-3.0-only", 83), ("AGPL-3.0-only", 100), ("CC-BY-NC-4.0", 100), ("LicenseRef-x", nil), ("Zed", nil),
            ("LicenseRef-LGPL", 50), ("LicenseRef-GPL", 83), ("LicenseRef-BSD", nil),
            ("Apache-2.0 WITH LLVM-exception", 33), ("GPL-2.0-only WITH Classpath-exception-2.0", 50),
            ("GPL-3.0-only WITH GCC-exception-3.1", 50), ("GPL-2.0-or-later WITH Autoconf-exception-2.0", 50),
            // These do not allow any terms for linked programs.
            ("GPL-3.0-only WITH GPL-3.0-linking-exception", 83), ("GPL-2.0-only WITH Universal-FOSS-exception-1.0", 83),
            ("GPL-2.0-only WITH openvpn-openssl-exception", 83), ("GPL-2.0-only WITH No-such-exception", 83),
            ("AGPL-3.0-only WITH PS-or-PDF-font-exception-20170817", 100),
            ("LGPL-2.1-only WITH OCaml-LGPL-linking-exception", 50),
        ] as [(String, Int?)])
    func `risk by family, exceptions included`(text: String, score: Int?) throws {
        #expect(try license(text).riskScore == score)
    }

    /// A misspelt exception would have no effect.
    @Test func `the table of exceptions names exceptions`() {
        #expect(LicenseFamily.limitingExceptions.count == 36)
        for id in LicenseFamily.limitingExceptions { #expect(LicenseList.spdx.exception(id: id)?.id == id) }
    }

    @Test func `families are in order`() {
        let order = LicenseFamily.allCases.map(\.restriction)
        #expect(order == order.sorted() && Set(order).count == order.count)
        #expect(LicenseFamily.permissive.restriction < LicenseFamily.weakCopyleft.restriction)
        #expect(LicenseFamily.networkCopyleft.restriction < LicenseFamily.restricted.restriction)
    }

    @Test func `kinds and texts`() throws {
        #expect(try license("MIT").kind == "Open Source")
        #expect(try license("LicenseRef-LGPL").kind == "Open Source")
        #expect(try license("BUSL-1.1").kind == "Source Available")
        #expect(try license("LicenseRef-Acme").kind == "Unknown")
        let both = try license("GPL-2.0-only WITH Classpath-exception-2.0")
        #expect((both.base, both.exception) == ("GPL-2.0-only", "Classpath-exception-2.0"))
        let later = try license("Apache-2.0+")
        #expect((later.base, later.exception, later.name) == ("Apache-2.0", "", "Apache 2.0"))
    }
}

struct LicenseTemplateTests {
    @Test(arguments: [
        ("MIT License\n\nCopyright (c) <year> <copyright holders>\n\nPermission is", "MIT License\n\nPermission is"),
        ("Copyright (c) <year> <owner>\n\nRedistribution", "Redistribution"),
        ("UPL\n\nCopyright (c) [year] [copyright holders]\n\nx", "UPL\n\nx"),
        ("<copyright notice>\n\nBy obtaining", "By obtaining"),
        ("<Asset Name> Copyright <Year> <Asset Owner>. All rights reserved.\nx", "x"),
        ("Copyright ${year} ${licensor name}\nx", "x"),
    ])
    func `open notices go`(text: String, left: String) {
        #expect(LicenseTemplate.filled(text, with: [], isListed: false) == left)
        #expect(LicenseTemplate.filled(text, with: [], isListed: true) == left)
        #expect(LicenseTemplate.filled(text, with: ["Copyright 2020 A"], isListed: true).contains("Copyright 2020 A"))
    }

    @Test(arguments: [
        "Copyright (c) 2004-2010 by Internet Systems Consortium, Inc. (\"ISC\")\n\nPermission",
        "Everyone is permitted to copy <b>verbatim</b>", "Copyright (C) 2007 FSF, Inc. <https://fsf.org/>\nEveryone",
        "Portions are copyright <year> them", "", "MIT",
        (1...20).map { "\($0)" }.joined(separator: "\n") + "\nCopyright (C) <year>  <name of author>",
    ])
    func `all else stays`(text: String) { #expect(LicenseTemplate.filled(text, with: [], isListed: false) == text) }

    private static let consortium = """
        ISC License

        Copyright (c) 2004-2010 by Internet Systems Consortium, Inc. ("ISC")
        Copyright (c) 1995-2003 by Internet Software Consortium

        Permission to use
        """

    @Test func `whoever wrote a template is not the author`() {
        let lines = ["Copyright 2020 A", "Copyright 2021 B"]
        #expect(
            LicenseTemplate.filled(Self.consortium, with: lines, isListed: true)
                == "ISC License\n\nCopyright 2020 A\nCopyright 2021 B\n\nPermission to use")
        #expect(LicenseTemplate.holders(Self.consortium).count == 2)
        // A document with this text states it about its component.
        #expect(LicenseTemplate.filled(Self.consortium, with: lines, isListed: false) == Self.consortium)
    }

    @Test(arguments: [
        "GNU GENERAL PUBLIC LICENSE\nCopyright (C) 2007 FSF, Inc.\nEveryone is permitted to copy and distribute verbatim copies",
        "Copyright (C) 2006,2007,2009 NTT (Nippon Telegraph and Telephone\nCorporation). All rights reserved.", "MIT",
    ])
    func `what is no template's notice stays`(text: String) {
        #expect(LicenseTemplate.filled(text, with: ["Copyright 2020 A"], isListed: true) == text)
    }

    @Test func `a text says who holds its copyright`() {
        let text =
            "MIT\n\n  Copyright (c) 2015 Ann\nCopyright (c) <year> <holders>\n\nThe above copyright notice of 2015"
        #expect(LicenseTemplate.statements(in: text) == ["Copyright (c) 2015 Ann"])
        #expect(LicenseTemplate.statements(in: "Copyright (C) 1989 FSF\nverbatim copies").isEmpty)
    }
}
