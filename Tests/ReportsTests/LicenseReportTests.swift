import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Licences in reports, on both engines.
struct LicenseReportTests {
    private static let bill = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"onlyv","version":"1","purl":"pkg:npm/onlyv@1","licenses":[{"expression":"GPL-2.0-only"}]},
         {"type":"library","bom-ref":"b","name":"choice","version":"1","purl":"pkg:npm/choice@1",
          "licenses":[{"expression":"GPL-2.0-only OR MIT"}]},
         {"type":"library","bom-ref":"c","name":"both","version":"1","purl":"pkg:npm/both@1",
          "licenses":[{"expression":"GPL-2.0-only AND GPL-2.0-or-later"}]},
         {"type":"library","bom-ref":"d","name":"cpath","version":"1","purl":"pkg:npm/cpath@1",
          "licenses":[{"expression":"GPL-2.0-only WITH Classpath-exception-2.0"}]},
         {"type":"library","bom-ref":"e","name":"nolicence","version":"1","purl":"pkg:npm/nolicence@1",
          "copyright":"Copyright 2020 Somebody","author":"Ann Author"},
         {"type":"library","bom-ref":"f","name":"eula","version":"1","purl":"pkg:npm/eula@1",
          "licenses":[{"license":{"name":"Acme EULA","text":{"content":"FULL TEXT OF EULA"}}}]},
         {"type":"library","bom-ref":"g","name":"apache","version":"1","purl":"pkg:npm/apache@1","licenses":[{"expression":"Apache-2.0"}]}
        ],"dependencies":[{"ref":"g","dependsOn":["a","b","d"]}]}
        """#

    private func fixture(_ engine: Engine, _ bill: String = bill) throws -> InventoryFixture {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(bill)
        try fixture.database.write { connection in
            try LicenseTexts.put(
                [
                    "GPL-2.0-only": "GNU GENERAL PUBLIC LICENSE", "Classpath-exception-2.0": "Linking this library",
                    "MIT": "MIT License\n\nCopyright (c) <year> <copyright holders>\n\nPermission is hereby granted",
                ], on: connection)
        }
        return fixture
    }

    private func report(_ type: String, _ fixture: InventoryFixture, _ scope: ScopeKind = .project) throws -> ReportCase
    {
        try #require(ReportCase.every.first { $0.type == type && $0.format == .json })
    }

    private func rows(_ type: String, _ key: String, of fixture: InventoryFixture) throws -> [[String: Any]] {
        let part = try #require(
            try report(type, fixture).produce(fixture, scope: fixture.scope(.project)).parts().first)
        return try part.rows(key)
    }

    private func said(_ rows: [[String: Any]], _ library: String, _ keys: String...) -> [String] {
        rows.filter { "\($0["library"] ?? $0["name"] ?? "")".hasPrefix(library) }.map { row in
            keys.map { row[$0].map { "\($0)" } ?? "-" }.joined(separator: "|")
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func dueDiligenceAndInventory(engine: Engine) throws {
        let fixture = try fixture(engine)
        let due = try rows("ProjectLicensesReport", "licenses", of: fixture)
        #expect(said(due, "onlyv", "name", "spdxId", "spdxExpression") == ["GPL 2.0|GPL-2.0-only|GPL-2.0-only"])
        #expect(
            said(due, "choice", "name", "spdxId", "spdxExpression", "inEffect") == [
                "GPL 2.0|GPL-2.0-only|GPL-2.0-only OR MIT|0", "MIT|MIT|GPL-2.0-only OR MIT|1",
            ])
        #expect(said(due, "both", "name", "spdxId") == ["GPL 2.0|GPL-2.0-only", "GPL 2.0|GPL-2.0-or-later"])
        #expect(said(due, "cpath", "riskScore") == ["50"])
        #expect(said(due, "eula", "name", "spdxId", "type") == ["Acme EULA|-|Unknown"])
        #expect(
            said(due, "nolicence", "name", "spdxId", "inEffect", "reference_type", "copyright", "author") == [
                "-|-|-|-|Copyright 2020 Somebody|Ann Author"
            ])
        let inventory = try rows("ProjectInventoryReport", "libraries", of: fixture)
        #expect(said(inventory, "both", "spdxExpression") == ["GPL-2.0-only AND GPL-2.0-or-later"])
        #expect(said(inventory, "nolicence", "spdxExpression") == ["-"])
    }

    /// Only the chosen licence of a choice counts.
    @Test(arguments: TemporaryDatabase.engines) func whatDoesNotGoTogether(engine: Engine) throws {
        let fixture = try fixture(engine)
        let found = try rows("ProjectLicenseCompatibilityReport", "incompatibilities", of: fixture)
        #expect(
            said(found, "onlyv", "otherLicense", "compatibility", "meeting") == [
                "Apache 2.0|INCOMPATIBLE|the other library depends on it"
            ])
        #expect(said(found, "choice", "otherLicense").isEmpty && said(found, "cpath", "otherLicense").isEmpty)
    }

    /// Pairs meet in one work: by the graph, in one artifact, or below the described component; never side by side in an image,
    /// and never a library with itself.
    @Test(arguments: TemporaryDatabase.engines) func onlyWhatMeets(engine: Engine) throws {
        func bill(_ kind: String, _ gpl: String, _ apache: String, _ rest: String, nested: Bool = false) -> String {
            let inner =
                #"{"type":"library","bom-ref":"b","name":"two","version":"1","purl":"\#(apache)","licenses":[{"expression":"Apache-2.0"}]}"#
            let outer =
                #"{"type":"library","bom-ref":"a","name":"one","version":"1","purl":"\#(gpl)","licenses":[{"expression":"GPL-2.0-only"}]"#
            return #"""
                {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
                 "metadata":{"component":{"type":"\#(kind)","bom-ref":"r","name":"thing"}},
                 "components":[\#(outer)\#(nested ? #","components":[\#(inner)]}"# : "},\(inner)")],
                 "dependencies":[\#(rest)]}
                """#
        }
        let (npm, npm2, pypi) = ("pkg:npm/one@1", "pkg:npm/two@1", "pkg:pypi/two@1")
        let (deb, deb2) = ("pkg:deb/debian/one@1?arch=amd64", "pkg:deb/debian/two@1?arch=amd64")
        let both = #"{"ref":"r","dependsOn":["a","b"]}"#
        let cases: [(String, String, String?)] = [
            ("no graph", bill("application", npm, npm2, ""), nil),
            ("the root needs both", bill("application", npm, npm2, both), "what the document describes needs both"),
            ("two ecosystems", bill("application", npm, pypi, both), nil),
            (
                "two ecosystems with an edge", bill("application", npm, pypi, #"{"ref":"a","dependsOn":["b"]}"#),
                "the library depends on the other one"
            ),
            (
                "an edge back", bill("application", npm, npm2, #"{"ref":"b","dependsOn":["a"]}"#),
                "the other library depends on it"
            ),
            ("one in the other", bill("application", npm, pypi, "", nested: true), "one artifact holds both"),
            ("an image", bill("container", deb, deb2, both), nil),
            (
                "an image with an edge", bill("container", deb, deb2, #"{"ref":"b","dependsOn":["a"]}"#),
                "the other library depends on it"
            ),
        ]
        for (name, bill, meeting) in cases {
            let fixture = try fixture(engine, bill)
            let found = try rows("ProjectLicenseCompatibilityReport", "incompatibilities", of: fixture)
            #expect(said(found, "one", "meeting") == [meeting].compactMap { $0 }, "\(name)")
            #expect(found.allSatisfy { $0["library"] as? String != $0["otherLibrary"] as? String })
            #expect(found.allSatisfy { "\($0["caveat"] ?? "")".hasPrefix("Holds if both are parts of one program") })
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func attribution(engine: Engine) throws {
        let fixture = try fixture(engine)
        var report = try self.report("AttributionReport", fixture)
        let part = try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first)
        let all = try #require(try JSONSerialization.jsonObject(with: Data(part.text.utf8)) as? [String: Any])
        let detail = try #require((all["detail"] as? [String: [[String: Any]]])?.values.first)
        func texts(_ library: String) -> [String] {
            detail.filter { "\($0["library"] ?? "")".hasPrefix(library) }.flatMap {
                ($0["licenses"] as? [[String: Any]] ?? []).map { "\($0["spdxId"] ?? "-"): \($0["licenseText"] ?? "")" }
            }
        }
        #expect(
            texts("choice") == [
                "MIT: MIT License\n\n[The holder of the copyright is not known.]\n\nPermission is hereby granted"
            ])
        #expect(
            texts("cpath") == [
                "GPL-2.0-only WITH Classpath-exception-2.0: GNU GENERAL PUBLIC LICENSE\n\nLinking this library"
            ])
        #expect(texts("eula") == ["-: FULL TEXT OF EULA"])
        #expect(said(detail, "nolicence", "author", "spdxExpression") == ["Ann Author|-"])
        #expect(all["licensesWithoutText"] as? [String] == ["Apache 2.0 (Apache-2.0)", "GPL 2.0 (GPL-2.0-or-later)"])
        for format in [Format.txt, .html] {
            report.format = format
            report.fields = ["licenseReferenceTextPlacement": ["APPENDIX_SECTION"]]
            let text = try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first).text
            #expect(text.contains("No known license") && text.contains("No license is known."))
            for part in ["Ann Author", "FULL TEXT OF EULA", "Linking this library", "Permission is hereby granted"] {
                #expect(text.contains(part), "\(format): \(part)")
            }
            #expect(!text.contains("<year>") && !text.contains("&lt;year&gt;"))
        }
    }

    /// A person's choice is the concluded licence; the found one is the declared licence. A single field holds the
    /// choice.
    @Test(arguments: TemporaryDatabase.engines) func billsOfMaterials(engine: Engine) throws {
        let fixture = try fixture(engine)
        try fixture.database.write { connection in
            let uuid = try connection.first("SELECT uuid FROM library WHERE artifact = 'onlyv'") { $0.string(0) }
            let curator = Curator(organization: 1, author: .system, time: 1)
            _ = try LicenseOverrides.set(["MIT"], of: uuid ?? "", reference: "", by: curator, on: connection)
        }
        func text(_ type: String, _ standard: String, _ version: String, _ scope: ScopeKind) throws -> [String: Any] {
            let found = ReportCase.every.first {
                $0.type == type && $0.format == .json && $0.fields == ["standard": [standard], "version": [version]]
            }
            var report = try #require(found)
            report.fields["maxDepthLevel"] = ["99"]
            let part = try #require(report.produce(fixture, scope: fixture.scope(scope)).parts().first)
            return try #require(try JSONSerialization.jsonObject(with: Data(part.text.utf8)) as? [String: Any])
        }
        for (type, scope) in [("ProjectSBOMReport", ScopeKind.project), ("ProductSBOMReport", .product)] {
            let spdx = try text(type, "SPDX", "2.3", scope)["packages"] as? [[String: Any]] ?? []
            let mine = try #require(spdx.first { $0["name"] as? String == "onlyv" })
            #expect(
                mine["licenseConcluded"] as? String == "MIT" && mine["licenseDeclared"] as? String == "GPL-2.0-only")
            let open = try #require(spdx.first { $0["name"] as? String == "choice" })
            #expect(open["licenseDeclared"] as? String == "GPL-2.0-only OR MIT")
            #expect(open["licenseConcluded"] as? String == "NOASSERTION")
            let cyclone = try text(type, "CycloneDX", "1.5", scope)
            func find(_ components: Any?) -> [[String: Any]] {
                (components as? [[String: Any]] ?? []).flatMap { [$0] + find($0["components"]) }
            }
            let one = try #require(find(cyclone["components"]).first { $0["name"] as? String == "onlyv" })
            let said = "\(one["licenses"] ?? "")"
            #expect(said.contains("MIT") && !said.contains("GPL"))
        }
    }
}
