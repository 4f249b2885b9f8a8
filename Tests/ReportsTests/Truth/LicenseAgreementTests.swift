import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

/// All outputs interpret a licence text in the same way.
struct LicenseAgreementTests {
    /// The licences of documents, and the inventory's reading of them.
    private static let texts: [(said: String, isName: Bool, meant: String)] = [
        ("MIT/X11", true, "MIT"), ("Apache2", true, "Apache-2.0"), ("GNU GPL v2", true, "GPL-2.0-only"),
        ("Eclipse Public License v2.0", true, "EPL-2.0"), ("MPL 2.0 or EPL 1.0", true, "MPL-2.0 OR EPL-1.0"),
        ("GPL-2.0", false, "GPL-2.0-only"), ("GPL-2.0+", false, "GPL-2.0-or-later"),
        ("LGPL-2.1+ AND BSD-2-Clause-NetBSD", false, "LGPL-2.1-or-later AND BSD-2-Clause"),
        ("GPL-2.0, or, GPL-3.0", true, "GPL-2.0-only OR GPL-3.0-only"),
        ("GPL-2.0-with-classpath-exception", false, "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL2 w/ CPE", true, "GPL-2.0-only WITH Classpath-exception-2.0"), ("LGPL", true, "LicenseRef-LGPL"),
        ("Acme EULA", true, "LicenseRef-Acme-EULA"), ("GPLv2+ and BSD", true, "GPL-2.0-or-later AND LicenseRef-BSD"),
    ]

    private static var bill: String {
        let components = texts.enumerated().map { number, text in
            let license =
                text.isName ? "{\"license\":{\"name\":\"\(text.said)\"}}" : "{\"expression\":\"\(text.said)\"}"
            return """
                {"type":"library","bom-ref":"c\(number)","name":"c\(number)","version":"1","purl":"pkg:npm/c\(number)@1",
                 "licenses":[\(license)]}
                """
        }
        return """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """
    }

    /// The declared and the concluded licences, which may differ.
    private static let concluded = #"""
        {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"doc","dataLicense":"CC0-1.0",
         "documentNamespace":"http://example.org/doc","creationInfo":{"created":"2024-01-01T00:00:00Z"},
         "packages":[
          {"SPDXID":"SPDXRef-a","name":"differs","versionInfo":"1","downloadLocation":"NOASSERTION",
           "licenseConcluded":"GPL-2.0","licenseDeclared":"MIT"},
          {"SPDXID":"SPDXRef-b","name":"none","versionInfo":"1","downloadLocation":"NOASSERTION",
           "licenseConcluded":"NONE","licenseDeclared":"MIT"},
          {"SPDXID":"SPDXRef-c","name":"open","versionInfo":"1","downloadLocation":"NOASSERTION",
           "licenseConcluded":"NOASSERTION","licenseDeclared":"MIT OR GPL-2.0+"}],
         "relationships":[]}
        """#

    private func tree(
        _ type: String, _ fixture: InventoryFixture, _ standard: String = "", _ version: String = ""
    ) throws -> [String: Any] {
        let report = try #require(
            ReportCase.every.first {
                $0.type == type && $0.format == .json
                    && (standard.isEmpty || $0.fields["standard"] == [standard] && $0.fields["version"] == [version])
            })
        return try #require(report.produce(fixture, scope: fixture.scope(.project)).parts().first).json()
    }

    private func inventory(_ fixture: InventoryFixture) throws -> [String: String] {
        let libraries = try tree("ProjectInventoryReport", fixture)["libraries"] as? [[String: Any]] ?? []
        return Dictionary(
            uniqueKeysWithValues: libraries.map { library in
                // Outside of Maven the package is the group (docs/coordinates.md).
                let group = library["groupId"] as? String ?? ""
                let name = group.isEmpty ? "\(library["artifactId"] ?? "")" : group
                return (name, library["spdxExpression"] as? String ?? "")
            })
    }

    /// The meaning of a component's `licenses` for readers that interpret ids, expressions and names literally.
    private func cycloneDX(_ fixture: InventoryFixture, _ version: String) throws -> [String: [String]] {
        let bill = try tree("ProjectSBOMReport", fixture, "CycloneDX", version)
        return Dictionary(
            uniqueKeysWithValues: (bill["components"] as? [[String: Any]] ?? []).map { component in
                let licenses = component["licenses"] as? [[String: Any]] ?? []
                return (
                    "\(component["name"] ?? "")",
                    licenses.map { one in
                        let license = one["license"] as? [String: Any]
                        return one["expression"] as? String ?? license?["id"] as? String
                            ?? (license?["name"] as? String).map { "name \($0)" } ?? "?"
                    }
                )
            })
    }

    @Test(arguments: TemporaryDatabase.engines) func `inventory and SBOMs read a text alike`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.bill)
        let inventory = try inventory(fixture)
        for (number, text) in Self.texts.enumerated() {
            #expect(inventory["c\(number)"] == text.meant, "\(text.said)")
        }
        let due = try tree("ProjectLicensesReport", fixture)["licenses"] as? [[String: Any]] ?? []
        #expect(Set(due.compactMap { $0["spdxExpression"] as? String }) == Set(Self.texts.map(\.meant)))
        for version in ["1.4", "1.5", "1.6"] {
            let found = try cycloneDX(fixture, version)
            for (number, text) in Self.texts.enumerated() {
                // CycloneDX has no field for a reference's name except the name itself.
                let meant =
                    switch text.meant {
                    case "LicenseRef-LGPL": "name LGPL"
                    case "LicenseRef-Acme-EULA": "name Acme EULA"
                    default: text.meant
                    }
                #expect(found["c\(number)"] == [meant], "CycloneDX \(version): \(text.said)")
            }
        }
        for version in ["2.2", "2.3"] {
            let bill = try tree("ProjectSBOMReport", fixture, "SPDX", version)
            let packages = bill["packages"] as? [[String: Any]] ?? []
            for (number, text) in Self.texts.enumerated() {
                let package = try #require(packages.first { $0["name"] as? String == "c\(number)" })
                #expect(package["licenseDeclared"] as? String == text.meant, "SPDX \(version): \(text.said)")
            }
        }
        let graph = try tree("ProjectSBOMReport", fixture, "SPDX", "3.0")["@graph"] as? [[String: Any]] ?? []
        let expressions = Set(graph.compactMap { $0["simplelicensing_licenseExpression"] as? String })
        #expect(expressions == Set(Self.texts.map(\.meant)).union(["CC0-1.0"]))
    }

    @Test(arguments: TemporaryDatabase.engines) func `CycloneDX shows what decides`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.concluded)
        let decided = ["differs": "GPL-2.0-only", "none": "", "open": "MIT OR GPL-2.0-or-later"]
        #expect(try inventory(fixture) == decided)
        for version in ["1.4", "1.5", "1.6"] {
            let found = try cycloneDX(fixture, version)
            #expect(found.mapValues { $0.joined(separator: " + ") } == decided, "CycloneDX \(version)")
            let bill = try tree("ProjectSBOMReport", fixture, "CycloneDX", version)
            let components = bill["components"] as? [[String: Any]] ?? []
            let declared = components.first { $0["name"] as? String == "differs" }?["properties"] as? [[String: Any]]
            let property = declared?.first { $0["name"] as? String == "waybill:licenseDeclared" }
            #expect(property?["value"] as? String == "MIT")
        }
    }
}
