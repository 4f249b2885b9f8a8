import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Files, unknown facts and licences that share a name in legal reports, on both engines.
struct LegalReportTests {
    private static let files = #"""
        {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"files","dataLicense":"CC0-1.0",
         "documentNamespace":"http://example.org/files","creationInfo":{"created":"2024-01-01T00:00:00Z"},
         "packages":[{"SPDXID":"SPDXRef-p","name":"glibc","versionInfo":"1","downloadLocation":"NOASSERTION",
          "licenseConcluded":"LGPL-2.0-only","licenseDeclared":"LGPL-2.0-only"}],
         "files":[
          {"SPDXID":"SPDXRef-1","fileName":"./a.java","licenseConcluded":"Apache-2.0",
           "checksums":[{"algorithm":"SHA1","checksumValue":"0123456789abcdef0123456789abcdef01234567"}]},
          {"SPDXID":"SPDXRef-2","fileName":"./none.c","licenseConcluded":"NOASSERTION"},
          {"SPDXID":"SPDXRef-3","fileName":"./loose.c","licenseConcluded":"LGPL-2.0-only OR LicenseRef-2"}],
         "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-2","name":"CyberNeko License","extractedText":"TEXT"}],
         "relationships":[
          {"spdxElementId":"SPDXRef-p","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-1"},
          {"spdxElementId":"SPDXRef-p","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-2"}]}
        """#

    private static let bill = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"bare","version":"1","purl":"pkg:npm/bare@1",
          "evidence":{"occurrences":[{"location":"/x"},{"location":"/y"},{"location":"/z"}]}},
         {"type":"library","bom-ref":"b","name":"both","version":"1","purl":"pkg:npm/both@1",
          "licenses":[{"expression":"GPL-2.0-only AND GPL-2.0-or-later"}]}]}
        """#

    private func part(
        _ type: String, _ fixture: InventoryFixture, _ scope: ScopeKind = .project, as format: Format = .json
    ) throws -> Part {
        let report = try #require(
            ReportCase.every.first { $0.type == type && $0.format == format && $0.scope == scope })
        return try #require(report.produce(fixture, scope: fixture.scope(scope)).parts().first)
    }

    @Test(arguments: TemporaryDatabase.engines) func `a source file has its own licence`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.files)
        let rows = try part("ProjectSourceFileInventoryReport", fixture).rows("sourceFiles")
        let said = rows.map { row in
            let names = (row["licenses"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            let library = (row["library"] as? [String: Any])?["name"] as? String
            return [
                "\(row["name"] ?? "")", names.joined(separator: ", "), row["spdxExpression"] as? String ?? "-",
                row["sha1"] == nil ? "no digest" : "digest", library ?? "-",
            ].joined(separator: "|")
        }
        #expect(
            Set(said) == [
                "a.java|Apache 2.0|Apache-2.0|digest|glibc", "none.c||-|no digest|glibc",
                "loose.c|LGPL 2.0, CyberNeko License|LGPL-2.0-only OR LicenseRef-2|no digest|-",
            ])
        let loose = try #require(rows.first { $0["name"] as? String == "loose.c" })
        #expect((loose["library"] as? [String: Any])?.isEmpty == true)
    }

    @Test(arguments: TemporaryDatabase.engines) func `unknown facts are left out`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.bill)
        let due = try part("ProjectLicensesReport", fixture).rows("licenses")
        let bare = try #require(due.first { "\($0["library"] ?? "")".hasPrefix("bare") })
        for key in ["riskScore", "copyright", "reference", "downloadLink", "homepage", "author"] {
            #expect(bare[key] == nil, "\(key)")
        }
        for type in ["ProjectLicensesReport", "ProjectInventoryReport", "ProjectSourceFileInventoryReport"] {
            #expect(try !part(type, fixture).text.contains("\"copyright\":\"\""))
            #expect(try !part(type, fixture).text.contains("\"description\":\"\""))
        }
        let locations = try part("ProjectLibraryLocationReport", fixture, as: .csv).text
        #expect(locations.contains("/x\n/y\n/z") && !locations.contains("\"\n\n\""))
    }

    @Test(arguments: ["ProductDiffReport", "ProjectDiffReport"]) func `a comparison names its other side`(
        type: String
    ) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let report = try #require(ReportCase.every.first { $0.type == type && $0.format == .xlsx })
        let about = try #require(report.produce(fixture).parts().first?.allSheets().last).rows
        let lines = about.compactMap { $0.last ?? nil }
        #expect(
            lines.contains { $0.wholeMatch(of: /Compared with .+: what is REMOVED is missing there.*/) != nil },
            "\(lines)")
        #expect(lines.contains("Not filtered."))
    }

    @Test(arguments: TemporaryDatabase.engines) func `a comparison counts by identifier`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.bill)
        let rows = try part("ProjectDiffReport", fixture).rows("licenseOccurrences")
        let names = rows.filter { $0["license"] as? String == "GPL 2.0" }.compactMap { $0["spdxId"] as? String }
        #expect(Set(names).isSuperset(of: ["GPL-2.0-only", "GPL-2.0-or-later"]) && Set(names).count == names.count)
    }
}
