import Bytes
import Database
import Foundation
import Intake
import TestSupport
import Testing

/// Licences in imports, on both engines.
struct LicenseIntakeTests {
    /// A CycloneDX document: names, with the JSON of their `licenses`.
    private func bill(_ libraries: [(name: String, licenses: String)]) -> String {
        let components = libraries.map { name, licenses in
            """
            {"type":"library","bom-ref":"\(name)","name":"\(name)","version":"1","purl":"pkg:npm/\(name)@1",
             "licenses":[\(licenses)]}
            """
        }
        return """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """
    }

    private func expression(_ text: String) -> String { "{\"expression\":\"\(text)\"}" }

    /// `artifact: expression in effect [term name, …]`; a term that does not bind is in parentheses.
    private func licenses(_ bench: Workbench) throws -> [String] {
        let rows = try bench.texts(
            """
            SELECT l.id, n.spdx, n.name, x.chosen FROM library l JOIN library_license x ON x.library = l.id
            JOIN license n ON n.id = x.license ORDER BY l.id, x.position
            """
        ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        return try bench.texts(
            "SELECT id, artifact, license_expression FROM library WHERE artifact <> '' ORDER BY artifact, id"
        ).map { row in
            let cells = row.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            let mine = rows.filter { $0[0] == cells[0] }.map {
                $0[3] == "1" ? "\($0[1]) \($0[2])" : "(\($0[1]) \($0[2]))"
            }
            return "\(cells[1]): \(cells[2]) [\(mine.joined(separator: ", "))]"
        }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func expressionsAreStoredWithWhatBinds(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(
            bill([
                ("a", expression("GPL-2.0+ AND BSD")), ("b", expression("GPL-3.0-only OR MIT")),
                ("c", "{\"license\":{\"id\":\"MPL-2.0 AND MIT\"}}"),
                ("d", "{\"license\":{\"name\":\"MIT AND PSF-2.0\"}}"),
                ("e", "{\"license\":{\"name\":\"NONE\"}}"), ("f", expression("MIT AND NOASSERTION")),
                ("g", "{\"license\":{\"name\":\"LGPL\"}}"),
                ("h", expression("GPL-2.0-only WITH Classpath-exception-2.0")),
                ("i", "{\"license\":{\"id\":\"MIT\"}},{\"license\":{\"name\":\"House rules\"}}"),
                ("j", "{\"license\":{\"name\":\"NOASSERTION\"}}"),
            ]))
        #expect(
            try licenses(bench) == [
                "a: GPL-2.0-or-later AND LicenseRef-BSD [GPL-2.0-or-later GPL 2.0, LicenseRef-BSD BSD]",
                "b: GPL-3.0-only OR MIT [(GPL-3.0-only GPL 3.0), MIT MIT]",
                "c: MPL-2.0 AND MIT [MPL-2.0 MPL 2.0, MIT MIT]",
                "d: MIT AND PSF-2.0 [MIT MIT, PSF-2.0 Python Software Foundation 2.0]",
                "e:  []", "f: MIT [MIT MIT]", "g: LicenseRef-LGPL [LicenseRef-LGPL LGPL]",
                "h: GPL-2.0-only WITH Classpath-exception-2.0 [GPL-2.0-only WITH Classpath-exception-2.0 "
                    + "GPL 2.0 with Classpath Exception 2.0]",
                "i: MIT AND LicenseRef-House-rules [MIT MIT, LicenseRef-House-rules House rules]", "j:  []",
            ])
        #expect(
            try bench.texts(
                "SELECT name, base, exception, risk_score, type FROM license WHERE name LIKE '%PL%' ORDER BY name, spdx"
            ) == [
                "GPL 2.0|GPL-2.0-or-later||83|Open Source",
                "GPL 2.0 with Classpath Exception 2.0|GPL-2.0-only|Classpath-exception-2.0|50|Open Source",
                "GPL 3.0|GPL-3.0-only||83|Open Source", "LGPL|||50|Open Source", "MPL 2.0|MPL-2.0||50|Open Source",
            ])
    }

    // MARK: References and texts of documents

    private static let declarations = [
        #"{"licenseId":"LicenseRef-1","name":"Acme Commercial Licence","extractedText":"TEXT OF ACME"}"#,
        #"{"licenseId":"LicenseRef-1","name":"Public domain note","extractedText":"TEXT OF THE NOTE"}"#,
    ]

    /// An SPDX document of one package, with its declared licences before or after it.
    private func spdx(_ name: String, declares: String, first: Bool) -> String {
        let packages = """
            "packages":[{"SPDXID":"SPDXRef-a","name":"\(name)","versionInfo":"1","downloadLocation":"NOASSERTION",
             "licenseConcluded":"LicenseRef-1","licenseDeclared":"LicenseRef-1"}]
            """
        let declared = "\"hasExtractedLicensingInfos\":[\(declares)]"
        return """
            {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"\(name)","dataLicense":"CC0-1.0",
             "documentNamespace":"http://example.org/\(name)","creationInfo":{"created":"2024-01-01T00:00:00Z"},
             \(first ? "\(declared),\(packages)" : "\(packages),\(declared)"),
             "relationships":[]}
            """
    }

    private func texts(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, n.name, t.body FROM library l JOIN library_license x ON x.library = l.id
            JOIN license n ON n.id = x.license
            LEFT JOIN library_text t ON t.organization = l.organization AND t.digest = x.text
            ORDER BY l.artifact, n.name, t.body
            """)
    }

    @Test(arguments: TemporaryDatabase.engines, [true, false])
    func aReferenceIsItsDocuments(_ engine: Engine, declaredFirst: Bool) throws {
        let bench = try Workbench(engine)
        for (number, declares) in Self.declarations.enumerated() {
            // The packages differ only in the meaning of their documents.
            try bench.sbom(spdx("same", declares: declares, first: declaredFirst), project: "\(number)")
        }
        #expect(
            try texts(bench) == [
                "same|Acme Commercial Licence|TEXT OF ACME", "same|Public domain note|TEXT OF THE NOTE",
            ])
        // Repeating the document adds nothing.
        let before = try bench.texts("SELECT * FROM library ORDER BY id")
        try bench.sbom(spdx("same", declares: Self.declarations[0], first: !declaredFirst), project: "0")
        #expect(try bench.texts("SELECT * FROM library ORDER BY id") == before)
    }

    @Test func aDeclarationThatSaysNoMoreThanItsNameIsAName() throws {
        let bench = try Workbench()
        let declares = #"{"licenseId":"LicenseRef-1","name":"GPLv2+ and BSD","extractedText":"GPLv2+ and BSD"}"#
        try bench.sbom(spdx("rpm", declares: declares, first: false))
        #expect(try texts(bench).map { $0.prefix(4) } == ["rpm|"])
        let tagValue = """
            SPDXVersion: SPDX-2.3
            DataLicense: CC0-1.0
            SPDXID: SPDXRef-DOCUMENT
            DocumentName: tv
            DocumentNamespace: http://example.org/tv
            Created: 2024-01-01T00:00:00Z
            Creator: Tool: t
            PackageName: tagged
            SPDXID: SPDXRef-p
            PackageVersion: 1
            PackageDownloadLocation: NOASSERTION
            PackageLicenseConcluded: LicenseRef-9 AND MIT
            PackageLicenseDeclared: NOASSERTION

            LicenseID: LicenseRef-9
            ExtractedText: <text>Nobody may.</text>
            LicenseName: Harsh terms
            """
        try bench.sbom(tagValue, project: "tv")
        #expect(try texts(bench).contains("tagged|Harsh terms|Nobody may."))
    }

    @Test(arguments: TemporaryDatabase.engines)
    func textsOfDocumentsAreTheLibrarysAndGoWithIt(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let base64 = Data("MIT text of b".utf8).base64EncodedString()
        try bench.sbom(
            bill([
                ("a", "{\"license\":{\"name\":\"Acme EULA\",\"text\":{\"content\":\"FULL TEXT OF EULA\"}}}"),
                ("b", "{\"license\":{\"id\":\"MIT\",\"text\":{\"content\":\"\(base64)\",\"encoding\":\"base64\"}}}"),
                ("c", "{\"license\":{\"id\":\"MIT\"}}"),
            ]))
        #expect(try texts(bench) == ["a|Acme EULA|FULL TEXT OF EULA", "b|MIT|MIT text of b", "c|MIT|"])
        try bench.sbom(bill([("d", expression("MIT"))]))
        try bench.database.write { connection in
            // Libraries in the history keep their facts; without a history the facts are deleted.
            _ = try connection.run("DELETE FROM inventory_event")
            _ = try connection.run(
                "UPDATE scan SET library_mark = 0, license_mark = 0, state = 'ABANDONED' WHERE state = 'OBSOLETE'")
        }
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM library_text") == 0)
    }

    // MARK: Choices

    private func curator() -> Curator { Curator(organization: 1, author: .system, time: 5) }

    @Test(arguments: TemporaryDatabase.engines)
    func theOrderOfPreferenceDecidesNowAndLater(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let one = bill([
            ("a", expression("MIT OR Apache-2.0")), ("b", expression("MIT")), ("c", expression("ISC OR MIT")),
        ])
        try bench.sbom(one)
        let revision = try bench.texts("SELECT revision FROM project")
        try bench.database.write { try LicenseChoices.set(["Apache-2.0", "MIT"], by: curator(), on: $0) }
        let preferred = [
            "a: MIT OR Apache-2.0 [(MIT MIT), Apache-2.0 Apache 2.0]", "b: MIT [MIT MIT]",
            "c: ISC OR MIT [(ISC ISC), MIT MIT]",
        ]
        #expect(try licenses(bench) == preferred)
        #expect(try bench.texts("SELECT revision FROM project") != revision)
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 1)
        try bench.sbom(bill([("z", expression("GPL-2.0-only OR Apache-2.0"))]), project: "later")
        #expect(
            try licenses(bench).last == "z: GPL-2.0-only OR Apache-2.0 [(GPL-2.0-only GPL 2.0), Apache-2.0 Apache 2.0]")
        try bench.database.write { try LicenseChoices.set([], by: curator(), on: $0) }
        #expect(try licenses(bench).first == "a: MIT OR Apache-2.0 [MIT MIT, (Apache-2.0 Apache 2.0)]")
        #expect(
            try bench.texts("SELECT class FROM change WHERE category = 'CONFIGURATION' AND class LIKE 'LICENSE%'").count
                == 2)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func aPersonsChoiceStandsInFrontOfWhatWasFound(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let text = bill([
            (
                "a",
                "{\"license\":{\"name\":\"Acme EULA\",\"text\":{\"content\":\"EULA\"}}},\(expression("MIT OR GPL-2.0-only"))"
            )
        ])
        try bench.sbom(text)
        let found = try licenses(bench)
        #expect(
            found == [
                "a: LicenseRef-Acme-EULA AND (MIT OR GPL-2.0-only) [LicenseRef-Acme-EULA Acme EULA, MIT MIT, (GPL-2.0-only GPL 2.0)]"
            ])
        let uuid = try #require(try bench.texts("SELECT uuid FROM library WHERE artifact = 'a'").first)
        func set(_ given: [String]) throws {
            let done = try bench.database.write { connection in
                try LicenseOverrides.set(given, of: uuid, reference: "why", by: curator(), on: connection)
            }
            #expect(done)
        }
        try set(["Apache-2.0 OR ISC", "House Terms"])
        let chosen =
            "a: (Apache-2.0 OR ISC) AND LicenseRef-House-Terms [(Apache-2.0 Apache 2.0), ISC ISC, LicenseRef-House-Terms House Terms]"
        #expect(try licenses(bench) == [chosen])
        try set(["MIT"])
        #expect(try licenses(bench) == ["a: MIT [MIT MIT]"])
        // Another description of it.
        try bench.sbom(text.replacing("\"name\":\"a\"", with: "\"publisher\":\"P\",\"name\":\"a\""), project: "other")
        #expect(try licenses(bench) == ["a: MIT [MIT MIT]", "a: MIT [MIT MIT]"])
        let reset = try bench.database.write { try LicenseOverrides.reset(uuid, by: curator(), on: $0) }
        #expect(reset)
        #expect(try licenses(bench) == found + found)
        #expect(try texts(bench).filter { $0 == "a|Acme EULA|EULA" }.count == 2)
        #expect(try bench.number("SELECT count(*) FROM replaced_license") == 0)
        #expect(try bench.database.write { try !LicenseOverrides.reset(uuid, by: curator(), on: $0) })
    }

    // MARK: Rows of before

    /// Licences that an older program stored are decided again from the facts.
    @Test(arguments: TemporaryDatabase.engines)
    func licencesAreDecidedAgain(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(
            bill([
                ("a", expression("GPLv2+ AND BSD")), ("b", expression("GPL-3.0-only OR MIT")), ("c", expression("ISC")),
                ("d", "{\"license\":{\"name\":\"Acme EULA\",\"text\":{\"content\":\"EULA\"}}}"),
            ]))
        try bench.sbom(spdx("e", declares: Self.declarations[0], first: false), project: "two")
        let uuid = try #require(try bench.texts("SELECT uuid FROM library WHERE artifact = 'c'").first)
        _ = try bench.database.write { connection in
            try LicenseOverrides.set(["GPL-2.0-or-later"], of: uuid, reference: "", by: curator(), on: connection)
        }
        let (right, rightTexts) = (try licenses(bench), try texts(bench))
        try bench.database.write { connection in
            for statement in [
                "UPDATE library SET license_found = '', license_expression = '', license_choice = 0, licenses = 'GPLv2'",
                "UPDATE license_override SET given = 'GPL 2.0', licenses = 'GPL 2.0'", "DELETE FROM replaced_license",
                "UPDATE library_license SET chosen = 1, text = ''", "DELETE FROM library_text",
                "DELETE FROM library_license WHERE reference_type <> 'Assigned by user' AND position > 0",
            ] as [SQL] { _ = try connection.run(statement) }
            // Earlier facts did not contain the document's declarations.
            let facts = try connection.all("SELECT library, body FROM library_facts") { ($0.integer(0), $0.string(1)) }
            for (library, body) in facts {
                let old = body.replacing(#/,"references":\[[^\]]*\]/#, with: "")
                _ = try connection.run("UPDATE library_facts SET body = \(old) WHERE library = \(library)")
            }
        }
        let work = try #require(Intake.migrationWorks.first { $0.name.description == "license expressions" })
        for _ in 1...2 {
            var mark: String? = ""
            while let after = mark { mark = try bench.database.write { try work.slice(after, $0).mark } }
            #expect(try licenses(bench) == right)
            #expect(try texts(bench) == rightTexts)
        }
        let reset = try bench.database.write { try LicenseOverrides.reset(uuid, by: curator(), on: $0) }
        #expect(reset)
        #expect(try licenses(bench).contains("c: ISC [ISC ISC]"))
    }

    /// Texts that an older program interpreted differently are interpreted again; choices and preferences of people
    /// stay.
    @Test(arguments: TemporaryDatabase.engines)
    func textsAreReadAgain(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(
            bill([
                ("a", "{\"license\":{\"name\":\"MIT/X11\"}}"), ("b", expression("MIT OR Apache-2.0")),
                ("c", "{\"license\":{\"name\":\"GPL-2.0, or, GPL-3.0\"}}"),
            ]))
        try bench.sbom(Self.files, project: "files")
        let uuid = try #require(try bench.texts("SELECT uuid FROM library WHERE artifact = 'c'").first)
        try bench.database.write { connection in
            try LicenseChoices.set(["Apache-2.0"], by: curator(), on: connection)
            _ = try LicenseOverrides.set(["ISC OR MIT"], of: uuid, reference: "", by: curator(), on: connection)
        }
        let right = try licenses(bench)
        #expect(right.contains("b: MIT OR Apache-2.0 [(MIT MIT), Apache-2.0 Apache 2.0]"))
        #expect(right.contains("c: ISC OR MIT [ISC ISC, (MIT MIT)]"))
        let files: SQL = "SELECT name, licenses, license_expression FROM source_file ORDER BY scan, position"
        let rightFiles = try bench.texts(files)
        try bench.database.write { connection in
            for statement in [
                "UPDATE library SET license_found = 'X11', license_expression = 'X11', licenses = 'X11' WHERE artifact = 'a'",
                "UPDATE license SET spdx = 'X11', name = 'X11' WHERE spdx = 'MIT' AND name = 'MIT'",
                "UPDATE source_file SET licenses = '', license_expression = ''",
                "UPDATE license_override SET originals = ''",
            ] as [SQL] { _ = try connection.run(statement) }
        }
        let work = try #require(Intake.migrationWorks.first { $0.name.description == "license readings" })
        for _ in 1...2 {
            var mark: String? = ""
            while let after = mark { mark = try bench.database.write { try work.slice(after, $0).mark } }
            #expect(try licenses(bench) == right)
            #expect(try bench.texts(files) == rightFiles)
        }
        #expect(try bench.texts("SELECT originals FROM license_override") == ["GPL 2.0\nGPL 3.0"])
    }

    /// A file has its own licences, independent of its package's.
    static let files = #"""
        {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"files","dataLicense":"CC0-1.0",
         "documentNamespace":"http://example.org/files","creationInfo":{"created":"2024-01-01T00:00:00Z"},
         "packages":[{"SPDXID":"SPDXRef-p","name":"glibc","versionInfo":"1","downloadLocation":"NOASSERTION",
          "licenseConcluded":"LGPL-2.0-only","licenseDeclared":"LGPL-2.0-only"}],
         "files":[
          {"SPDXID":"SPDXRef-1","fileName":"./a.java","licenseConcluded":"Apache-2.0","licenseInfoInFiles":["MIT"]},
          {"SPDXID":"SPDXRef-2","fileName":"./foo.c","licenseConcluded":"LGPL-2.0-only OR LicenseRef-2"},
          {"SPDXID":"SPDXRef-3","fileName":"./bar.c","licenseConcluded":"NOASSERTION","licenseInfoInFiles":["MIT","GPL-2.0+"]},
          {"SPDXID":"SPDXRef-4","fileName":"./none.c","licenseConcluded":"NOASSERTION","licenseInfoInFiles":["NOASSERTION"]}],
         "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-2","name":"CyberNeko License","extractedText":"TEXT"}],
         "relationships":[]}
        """#

    @Test(arguments: TemporaryDatabase.engines)
    func aFileHasItsOwnLicences(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(Self.files)
        #expect(
            try bench.texts(
                "SELECT name, replace(licenses, '\n', ', '), license_expression FROM source_file ORDER BY position"
            ) == [
                "a.java|Apache 2.0|Apache-2.0", "foo.c|LGPL 2.0, CyberNeko License|LGPL-2.0-only OR LicenseRef-2",
                "bar.c|MIT, GPL 2.0|MIT AND GPL-2.0-or-later", "none.c||",
            ])
    }

    /// Two licences with one name are two licences.
    @Test(arguments: TemporaryDatabase.engines)
    func severalLicencesOfOneNameAreSeveral(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(bill([("a", expression("GPL-2.0-only AND GPL-2.0-or-later")), ("b", expression("MIT"))]))
        #expect(
            try bench.texts("SELECT description FROM alert WHERE type = 'MULTIPLE_LICENSES'")
                == ["Several licenses: GPL-2.0-only, GPL-2.0-or-later"])
    }
}
