import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// An attribution that is fit for shipping: the holders of copyright, the texts and how often they are printed, and the
/// notes about gaps. Run on both engines.
struct AttributionTests {
    private static let mit = "MIT License\n\nCopyright (c) <year> <copyright holders>\n\nPermission is hereby granted"
    private static let isc = """
        ISC License

        Copyright (c) 2004-2010 by Internet Systems Consortium, Inc. ("ISC")
        Copyright (c) 1995-2003 by Internet Software Consortium

        Permission to use
        """
    private static let gpl = """
        GNU GENERAL PUBLIC LICENSE
        Version 2, June 1991

        Copyright (C) 1989, 1991 Free Software Foundation, Inc.

        Everyone is permitted to copy and distribute verbatim copies of this license document
        """

    private static let bill = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"type":"application","name":"shop"}},
         "components":[
         {"type":"library","bom-ref":"z","name":"Zebra","version":"1","purl":"pkg:npm/Zebra@1","licenses":[{"license":{"id":"MIT"}}],
          "copyright":"Copyright 2020 Zoe\nCopyright (c) <year> <copyright holders>"},
         {"type":"library","bom-ref":"a","name":"apple","version":"1","purl":"pkg:npm/apple@1","licenses":[{"license":{"id":"MIT"}}]},
         {"type":"library","bom-ref":"i","name":"consort","version":"1","purl":"pkg:npm/consort@1","licenses":[{"license":{"id":"ISC"}}],
          "copyright":"Copyright (c) 1995-2003 by Internet Software Consortium"},
         {"type":"library","bom-ref":"t","name":"own","version":"1","purl":"pkg:npm/own@1","licenses":[{"license":{"id":"MIT",
          "text":{"content":"The MIT License\n\nCopyright (c) 2015 Olga Own\n\nPermission is hereby granted"}}}]},
         {"type":"library","bom-ref":"c","name":"choice","version":"1","purl":"pkg:npm/choice@1",
          "licenses":[{"expression":"GPL-2.0-only OR MIT"}]},
         {"type":"library","bom-ref":"g","name":"gpl","version":"1","purl":"pkg:npm/gpl@1","licenses":[{"expression":"GPL-2.0-only"}],
          "externalReferences":[{"type":"distribution","url":"https://example.org/gpl-1.tar.gz"}]},
         {"type":"library","bom-ref":"l","name":"later","version":"1","purl":"pkg:npm/later@1",
          "licenses":[{"expression":"GPL-2.0-or-later WITH Classpath-exception-2.0"}]},
         {"type":"library","bom-ref":"n","name":"nothing","version":"1","purl":"pkg:npm/nothing@1"},
         {"type":"library","bom-ref":"w","name":"textless","version":"1","purl":"pkg:npm/textless@1",
          "licenses":[{"license":{"id":"Zlib"}}]}]}
        """#

    private func fixture(_ engine: Engine) throws -> InventoryFixture {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.bill)
        try fixture.database.write { connection in
            try LicenseTexts.put(
                [
                    "MIT": Self.mit, "ISC": Self.isc, "GPL-2.0-only": Self.gpl, "GPL-2.0-or-later": Self.gpl,
                    "Classpath-exception-2.0": "Linking this library",
                ], on: connection)
            let uuid = try connection.first("SELECT uuid FROM library WHERE artifact = 'textless'") { $0.string(0) }
            let curator = Curator(organization: 1, author: .system, time: 1)
            _ = try LibraryFacts.setNotice(
                "Textless\nCopyright 2019 Theo Text\nAll that", reference: "NOTICE.txt", of: uuid ?? "", by: curator,
                on: connection)
        }
        return fixture
    }

    private func text(
        _ fixture: InventoryFixture, _ format: Format, _ fields: [String: [String]] = [:]
    ) throws -> String {
        var report = try #require(ReportCase.every.first { $0.type == "AttributionReport" && $0.format == format })
        report.fields = fields
        return try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first).text
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func entries(_ object: [String: Any]) throws -> [String: [String: Any]] {
        let detail = try #require((object["detail"] as? [String: [[String: Any]]])?.values.first)
        return Dictionary(detail.map { ("\($0["library"] ?? "")", $0) }) { first, _ in first }
    }

    @Test(arguments: TemporaryDatabase.engines) func `copyright has a source and is nobody's who wrote a template`(
        engine: Engine
    ) throws {
        let entries = try entries(object(text(fixture(engine), .json)))
        func lines(_ library: String) -> [String] {
            (entries["\(library)-1.tgz"]?["copyrightSources"] as? [[String: String]] ?? []).map {
                "\($0["copyright"] ?? "") <- \($0["source"] ?? "")"
            }
        }
        #expect(lines("Zebra") == ["Copyright 2020 Zoe <- CycloneDX 1.5 shop"])
        #expect(lines("own") == ["Copyright (c) 2015 Olga Own <- text of MIT in CycloneDX 1.5 shop"])
        #expect(lines("textless") == ["Copyright 2019 Theo Text <- notice, NOTICE.txt"])
        #expect(lines("consort").isEmpty && lines("apple").isEmpty)
        func licence(_ library: String) -> String {
            let licenses = entries["\(library)-1.tgz"]?["licenses"] as? [[String: Any]] ?? []
            return licenses.first?["licenseText"] as? String ?? ""
        }
        #expect(licence("Zebra") == "MIT License\n\nCopyright 2020 Zoe\n\nPermission is hereby granted")
        #expect(licence("apple").contains("\n[The holder of the copyright is not known.]\n"))
        #expect(licence("consort") == "ISC License\n\n[The holder of the copyright is not known.]\n\nPermission to use")
        #expect(licence("own").contains("Olga Own"))
        // The copyright of the licence text itself, and that of its exception, stay.
        #expect(licence("gpl") == Self.gpl && licence("later") == "\(Self.gpl)\n\nLinking this library")
    }

    /// The person who signs the document is responsible for its choices.
    @Test(arguments: TemporaryDatabase.engines) func `each choice says who made it`(engine: Engine) throws {
        let fixture = try fixture(engine)
        func choices() throws -> [String: String] {
            let list = try object(text(fixture, .json))["choices"] as? [[String: Any]] ?? []
            return Dictionary(
                list.map {
                    (
                        $0["library"] as? String ?? "",
                        "\($0["spdxExpression"] ?? "") -> \($0["licenses"] ?? "") \($0["decidedBy"] ?? "")"
                    )
                }
            ) { first, _ in first }
        }
        #expect(
            try choices() == [
                "choice-1.tgz":
                    #"GPL-2.0-only OR MIT -> ["MIT"] by the least restrictive license: nobody has decided"#
            ])
        try fixture.database.write { connection in
            let account = try Accounts.createAccount(
                email: "ada@example.org", name: "Ada Lovelace", kind: "USER",
                keyDigest: [UInt8](repeating: 7, count: 32),
                at: 1, on: connection)
            let ada = Curator(organization: 1, author: .account(account), time: 1_767_323_045_000)
            try LicenseChoices.set(["MIT"], by: ada, on: connection)
            let uuid = try connection.first("SELECT uuid FROM library WHERE artifact = 'gpl'") { $0.string(0) }
            _ = try LicenseOverrides.set(
                ["MIT"], of: uuid ?? "", reference: "mail of the author", by: ada, on: connection)
        }
        let decided = try choices()
        #expect(
            decided["choice-1.tgz"]?.hasSuffix(
                "by the organization's order of preference, set by Ada Lovelace on 2026-01-02") == true, "\(decided)")
        #expect(
            decided["gpl-1.tgz"]
                == #"GPL-2.0-only -> ["MIT"] decided by Ada Lovelace on 2026-01-02 (mail of the author)"#, "\(decided)")
        for format in [Format.html, .txt] {
            #expect(try text(fixture, format).contains("decided by Ada Lovelace on 2026-01-02 (mail of the author)"))
        }
    }

    /// A run time in the square of this number would take minutes.
    @Test(.timeLimit(.minutes(1))) func `very many lines of copyright are written one after the other`() throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        let lines = (0..<60_000).map { "Copyright 2020 Holder \($0 / 2)" }.joined(separator: "\\n")
        try fixture.importSBOM(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","bom-ref":"a",
             "name":"a","version":"1","purl":"pkg:npm/a@1","licenses":[{"license":{"id":"MIT"}}],"copyright":"\(lines)"}]}
            """)
        let entry = try entries(object(text(fixture, .json)))["a-1.tgz"]
        #expect((entry?["copyrightSources"] as? [[String: String]])?.count == 30_000)
    }

    @Test(arguments: TemporaryDatabase.engines) func `what has to be looked at stands in lists`(engine: Engine) throws {
        let said = try object(text(fixture(engine), .json))
        func names(_ key: String) -> [String] {
            (said[key] as? [[String: Any]] ?? []).map { ($0["library"] as? String ?? "").replacing("-1.tgz", with: "") }
        }
        #expect(names("noLicenseKnown") == ["nothing"])
        #expect(names("noCopyrightKnown") == ["apple", "choice", "consort", "gpl", "later", "nothing"])
        #expect(names("choices") == ["choice"] && names("sourceOffers") == ["gpl", "later"])
        let offers = said["sourceOffers"] as? [[String: Any]] ?? []
        #expect(offers.first?["downloadLocation"] as? String == "https://example.org/gpl-1.tar.gz")
        #expect(offers.last?["downloadLocation"] == nil)
        #expect(said["licensesWithoutText"] as? [String] == ["Zlib"])
        #expect((said["organization"] as? String)?.isEmpty == false)
        #expect((said["dataDate"] as? String)?.count == 10)
        #expect(said["product"] as? String == "Webshop" && said["project"] as? String == "Cart")
    }

    @Test(arguments: TemporaryDatabase.engines) func `a page has each text once, and its links lead somewhere`(
        engine: Engine
    ) throws {
        let page = try text(fixture(engine), .html)
        for once in ["Permission is hereby granted", "verbatim copies", "Linking this library", "Permission to use"] {
            let count = page.ranges(of: once).count
            // One component has a text of its own.
            #expect(count == (once.hasPrefix("Permission is") ? 2 : 1), "\(once): \(count)")
        }
        #expect(!page.contains("Consortium") && page.contains("[Copyright: see the entry of each component.]"))
        let ids = page.matches(of: /id="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        let links = Set(page.matches(of: /href="#([^"]+)"/).map { String($0.1) })
        #expect(links.isSubset(of: ids), "\(links.subtracting(ids))")
        let anchors = ["summary", "components", "no-license", "no-copyright", "choices", "sources", "missing", "texts"]
        #expect(links.isSuperset(of: anchors))
        // Components are sorted by name, regardless of case.
        let names = page.matches(of: /<h3 id="c[^"]+">[0-9]+\. ([A-Za-z]+)-1/).map { String($0.1) }
        #expect(names == ["apple", "choice", "consort", "gpl", "later", "nothing", "own", "textless", "Zebra"])
        // Texts stand beside libraries if the request says so.
        let beside = try text(fixture(engine), .html, ["licenseReferenceTextPlacement": ["LICENSE_SECTION"]])
        #expect(beside.ranges(of: "Permission is hereby granted").count == 4 && !beside.contains("id=\"texts\""))
    }

    @Test(arguments: TemporaryDatabase.engines) func `pages have what the text has, and their links lead somewhere`(
        engine: Engine
    ) throws {
        let fixture = try fixture(engine)
        let report = try #require(ReportCase.every.first { $0.type == "AttributionReport" && $0.format == .pdf })
        let part = try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first)
        let tool = try ForeignTool.path("pdftotext", package: "poppler-utils")
        let text = String(decoding: try ForeignTool.run(tool, ["-", "-"], input: part.bytes), as: UTF8.self)
        for once in [
            "Permission to use", "verbatim copies", "Linking this library", "1. apple-1.tgz", "9. Zebra-1.tgz",
            "source: notice, NOTICE.txt", "[No license is known.]", "[No download location is known.]", "Zoe",
            "https://example.org/gpl-1.tar.gz", "Data of 20", "Webshop",
        ] { #expect(text.ranges(of: once).count >= 1, "\(once)") }
        #expect(text.ranges(of: "verbatim copies").count == 1 && !text.contains("Consortium"))
        #expect(text.contains(/20\d\d-\d\d-\d\d · Attribution report for \w/))
        for title in [
            "Contents", "Components by license", "Components", "No license known", "No copyright known", "Choice made",
            "Source code of copyleft components", "Text not known", "Texts of the licenses",
        ] { #expect(text.contains(title), "\(title)") }
        // Each link within the document has a target, and each text can be reached.
        let folder = try TemporaryFolder()
        try part.bytes.write(to: URL(fileURLWithPath: folder.path("a.pdf")))
        let qpdf = try ForeignTool.path("qpdf", package: "qpdf")
        let plain = String(
            decoding: try ForeignTool.run(
                qpdf, ["--qdf", "--object-streams=disable", folder.path("a.pdf"), "-"]), as: UTF8.self)
        let wanted = Set(plain.matches(of: /\/Dest \(([a-z0-9-]+)\)/).map { String($0.1) })
        let names = try #require(plain.firstMatch(of: /\/Names \[[^@]*?\]\s*>>/)).0
        let places = Set(names.matches(of: /\(([a-z0-9-]+)\)/).map { String($0.1) })
        #expect(
            wanted == places && wanted.isSuperset(of: ["summary", "texts", "text-1", "text-2"]), "\(wanted) \(places)")
        let again = try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first)
        #expect(again.bytes == part.bytes)
    }

    @Test(arguments: TemporaryDatabase.engines) func `components are listed once where they are wanted so`(
        engine: Engine
    ) throws {
        let fixture = try fixture(engine)
        try fixture.importSBOM(Self.bill, project: "Search")
        var report = try #require(
            ReportCase.every.first { $0.type == "ProductAttributionReport" && $0.format == .html })
        let scope = try fixture.scope(.product)
        let all = try #require(report.produce(fixture, scope: scope).parts().first).text
        report.fields = ["reportingAggregationMode": ["BY_COMPONENT"]]
        let once = try #require(report.produce(fixture, scope: scope).parts().first).text
        for (page, count) in [(all, 2), (once, 1)] {
            #expect(page.matches(of: /<h3 id="c[^"]+">[0-9]+\. Zebra/).count == count)
            let ids = page.matches(of: /id="([^"]+)"/).map { String($0.1) }
            #expect(Set(ids).count == ids.count)
            #expect(Set(page.matches(of: /href="#([^"]+)"/).map { String($0.1) }).isSubset(of: ids))
        }
    }

    /// A missing text is marked at its entry; the list and the answer say what to do.
    @Test(arguments: TemporaryDatabase.engines) func `a missing text is not passed over`(engine: Engine) throws {
        let fixture = try fixture(engine)
        let gap = "The text of this license is not here."
        for format in [Format.html, .txt] {
            #expect(try text(fixture, format).ranges(of: gap).count == 1)
            let other = ["missingLicenseDisplayOption": ["BLANK"]]
            #expect(try !text(fixture, format, other).contains(gap))
            let address = ["missingLicenseDisplayOption": ["GENERIC_LICENSE"]]
            #expect(try text(fixture, format, address).contains("The text of Zlib is not known here."))
            #expect(try text(fixture, format).contains("Add these texts before this document is given to anybody"))
        }
        let report = try #require(ReportCase.every.first { $0.type == "AttributionReport" && $0.format == .txt })
        let produced = try report.produce(fixture, scope: fixture.scope(.project)).produced
        #expect(produced.rows == 9)
        #expect(produced.notes.count == 1 && produced.notes[0].contains("the text of 1 license is not here (Zlib)"))
    }

    /// A part states that it is one, and has only the texts of its own components.
    @Test(arguments: TemporaryDatabase.engines) func `a part says what narrows it`(engine: Engine) throws {
        let fixture = try fixture(engine)
        let said = try object(text(fixture, .json, ["license": ["gpl-2.0-only"], "product": ["WEBSHOP"]]))
        let names = try entries(said).keys.sorted()
        #expect(names == ["choice-1.tgz", "gpl-1.tgz"])
        #expect(said["restrictions"] as? [String] == ["product: WEBSHOP", "license: gpl-2.0-only"])
        let page = try text(fixture, .html, ["library": ["gpl"]])
        #expect(page.contains("Only components with library: gpl") && !page.contains("Permission to use"))
        #expect(try !text(fixture, .txt).contains("Only components with"))
    }

    /// ws-sbom-generator splits the text at these signs. It never finds the part after the last library's number, because its
    /// pattern for that does not match line ends.
    @Test(arguments: TemporaryDatabase.engines) func `the text is read as Mend's is`(engine: Engine) throws {
        let text = try text(
            fixture(engine), .txt, ["reportingAggregationMode": ["BY_PROJECT"], "exportFormat": ["TXT"]])
        var found: [String: String] = [:]
        var number = 1
        while let start = text.firstRange(of: "\(number). Library:"),
            let end = text[start.upperBound...].firstRange(of: "\(number + 1). Library:")
        {
            let entry = text[start.upperBound..<end.lowerBound]
            let name = try #require(entry.firstRange(of: "Product:"))
            let begin = try #require(entry.firstRange(of: "License Text:"))
            let stop = try #require(entry[begin.upperBound...].firstRange(of: "==========\nCOPYRIGHTS"))
            found[String(entry[..<name.lowerBound]).trimmingCharacters(in: .whitespaces)] =
                String(entry[begin.upperBound..<stop.lowerBound]).trimmingCharacters(in: .whitespacesAndNewlines)
            number += 1
        }
        #expect(number == 9 && found.count == 8)
        #expect(found["gpl-1.tgz"] == Self.gpl)
        #expect(found["own-1.tgz"]?.contains("Olga Own") == true)
        #expect(found["textless-1.tgz"] == "[The text of this license is not here.]")
        #expect(found["nothing-1.tgz"] == "[No license is known.]")
        let notices = try #require(text.firstRange(of: "\nNOTICES\n"))
        #expect(text[notices.upperBound...].contains("Copyright 2019 Theo Text"))
        #expect(text.hasPrefix("THIRD-PARTY NOTICES\n"))
    }
}
