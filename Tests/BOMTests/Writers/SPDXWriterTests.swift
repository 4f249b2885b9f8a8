import BOM
import Foundation
import Testing

@Suite struct SPDXWriterTests {
    private func tree(_ version: SPDXVersion) throws -> [String: Any] {
        let bytes = try WriterSample.full.spdx(version)
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
    private func list(_ object: [String: Any]?, _ key: String) -> [[String: Any]] {
        object?[key] as? [[String: Any]] ?? []
    }

    @Test func `head`() throws {
        let document = try tree(.v23)
        #expect(document["spdxVersion"] as? String == "SPDX-2.3")
        #expect(document["dataLicense"] as? String == "CC0-1.0")
        let info = try #require(document["creationInfo"] as? [String: Any])
        #expect(info["created"] as? String == "2026-01-02T01:04:05Z")
        #expect(
            info["creators"] as? [String] == [
                "Tool: Waybill-1.0", "Organization: Example (Shop) Ltd (sbom@example.org)", "Person: Jane Doe",
                "Tool: scanner-1.2",
            ])
    }

    @Test func `ids follow file names and are unique`() throws {
        let ids = list(try tree(.v23), "packages").compactMap { $0["SPDXID"] as? String }
        #expect(
            Array(ids.prefix(3)) == [
                "SPDXRef-Package-Cart-1.0", "SPDXRef-Package-.-lib-dates-2.4.jar",
                "SPDXRef-Package-tiny-slug-1.0.3.tgz",
            ])
        #expect(Set(ids).count == ids.count && ids.count == 9)
        #expect(
            ids.allSatisfy {
                $0.utf8.allSatisfy { byte in
                    byte == 45 || byte == 46 || (48...57).contains(byte) || (97...122).contains(byte | 32)
                }
            })
    }

    @Test func `licences are listed or declared`() throws {
        let document = try tree(.v23)
        let packages = list(document, "packages")
        func declared(_ index: Int) -> String? { packages[index]["licenseDeclared"] as? String }
        #expect(declared(0) == "NOASSERTION")
        #expect(packages[1]["licenseConcluded"] as? String == "Apache-2.0 OR MIT AND LicenseRef-Own-1")
        #expect(declared(2) == "BSD-3-Clause AND LicenseRef-My-Licence")
        #expect(declared(4) == "LicenseRef-GPL-2.0-only-WITH-No-Such-exception")
        #expect(packages[6]["licenseConcluded"] as? String == "NONE")
        #expect(declared(8)?.hasSuffix("AND LicenseRef-My-Licence-2 AND Apache-2.0") == true, "\(declared(8) ?? "")")
        let texts = list(document, "hasExtractedLicensingInfos")
        let ids = texts.compactMap { $0["licenseId"] as? String }
        #expect(Set(ids).count == ids.count)
        #expect(
            texts.first { $0["licenseId"] as? String == "LicenseRef-Own-1" }?["extractedText"] as? String == "You may.")
        #expect(
            texts.first { $0["licenseId"] as? String == "LicenseRef-My-Licence-2" }?["extractedText"] as? String
                == "Be cruel.")
    }

    @Test func `relationships`() throws {
        let pairs = list(try tree(.v22), "relationships").map {
            "\($0["spdxElementId"] ?? "") \($0["relationshipType"] ?? "") \($0["relatedSpdxElement"] ?? "")"
        }
        let slug = "SPDXRef-Package-tiny-slug-1.0.3.tgz"
        #expect(pairs.first == "SPDXRef-DOCUMENT DESCRIBES SPDXRef-Package-Cart-1.0")
        #expect(pairs.contains("\(slug) CONTAINS SPDXRef-Package-inner"))
        #expect(pairs.contains("SPDXRef-Package-a-service DEV_DEPENDENCY_OF \(slug)"))
        #expect(pairs.contains("\(slug) OTHER SPDXRef-Package-inner"), "2.2 has no SPECIFICATION_FOR")
        #expect(Set(pairs).count == pairs.count)
        #expect(!pairs.contains { $0.contains("nowhere") })
    }

    @Test func `the versions differ in what they lack`() throws {
        let (two, three) = (list(try tree(.v22), "packages")[1], list(try tree(.v23), "packages")[1])
        #expect(two["primaryPackagePurpose"] == nil && two["releaseDate"] == nil)
        #expect(three["primaryPackagePurpose"] as? String == "LIBRARY")
        #expect(three["releaseDate"] as? String == "2021-05-06T07:08:09Z")
        func categories(_ package: [String: Any]) -> [String] {
            list(package, "externalRefs").compactMap { $0["referenceCategory"] as? String }
        }
        #expect(categories(two).first == "PACKAGE_MANAGER" && categories(three).first == "PACKAGE-MANAGER")
        func types(_ package: [String: Any], _ category: String) -> [String] {
            list(package, "externalRefs").filter { $0["referenceCategory"] as? String == category }
                .compactMap { $0["referenceType"] as? String }
        }
        #expect(types(three, "SECURITY") == ["cpe23Type", "cpe22Type", "advisory", "advisory"])
        #expect(types(two, "SECURITY") == ["cpe23Type", "cpe22Type"])
        func algorithms(_ package: [String: Any]) -> [String] {
            list(package, "checksums").compactMap { $0["algorithm"] as? String }
        }
        #expect(algorithms(two) == ["SHA1", "SHA224"])
        #expect(algorithms(three) == ["SHA1", "SHA3-256", "SHA224"])
    }

    @Test func `suppliers and locations that readers take`() throws {
        let packages = list(try tree(.v23), "packages")
        #expect(packages[1]["supplier"] as? String == "Person: A. Writer (writer@example.org)")
        #expect(packages[1]["originator"] as? String == "Organization: Origin (Old) ()")
        #expect(packages[1]["downloadLocation"] as? String == "git+https://example.org/dates.git@v2.4#sub")
        #expect(packages[2]["downloadLocation"] as? String == "NOASSERTION")
        #expect(packages[2]["homepage"] == nil)
        #expect(packages[2]["copyrightText"] as? String == "NONE")
        #expect(packages[8]["name"] as? String == "näme with/sign")
    }

    @Test(arguments: ["", "no uri", "https://example.org/a#b", "https://example.org/a b"])
    func `a namespace must be a URI`(namespace: String) {
        var writer = SPDXWriter<JSONTree>(version: .v23, tool: BOMTool(version: "1.0"))
        #expect(throws: (any Error).self) { try WriterSample.full.write(with: &writer, namespace: namespace) }
    }
}
