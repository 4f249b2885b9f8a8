import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Submit, poll, download, unzip.
    struct JourneyTests {
        static let formats = ["xlsx", "json", "xml", "pdf", "csv", "ndjson"]
        static let scopes = [("Org", "orgToken"), ("Product", "productToken"), ("Project", "projectToken")]

        @Test(arguments: ["InventoryReport", "LicensesReport"], scopes)
        func everyScopeAndFormat(report: String, scope: (prefix: String, field: String)) throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let token = try #require(acme.tokens[scope.field])
            let type = scope.prefix + report
            for format in Self.formats {
                let uuid = try server.submit(type, scope.field, token, of: acme.organization, ["format": format])
                let status = try server.finish(uuid, of: acme.organization)
                #expect(status["rowsDone"] as? Int == Shared.libraries, "\(type) \(format)")
                let answer = try server.download(uuid, of: acme.organization)
                #expect(answer.header("Content-Type") == "application/zip")
                #expect(answer.header("Content-Disposition")?.contains(".zip") == true)
                #expect(answer.header("ETag")?.hasPrefix("\"") == true)
                let member = try Archive.single(answer.body)
                #expect(member.name.hasSuffix(".\(format)"), "\(member.name)")
                try check(member.content, format: format, key: report == "InventoryReport" ? "libraries" : "licenses")
                // The same code makes reports with and without a server, so the bytes are equal.
                let local = try server.site.report(type, scope: token, format: format)
                #expect(local == answer.body, "\(type) \(format) differs without a server")
            }
        }

        /// Lets another author's program read a part.
        private func check(_ content: Data, format: String, key: String) throws {
            let folder = try TemporaryFolder()
            let path = folder.path("part.\(format)")
            try content.write(to: URL(fileURLWithPath: path))
            switch format {
            case "json":
                let json = try #require(try JSONSerialization.jsonObject(with: content) as? [String: Any])
                let rows = try #require(json.values.compactMap { $0 as? [[String: Any]] }.first, "\(json.keys)")
                #expect(rows.count == Shared.libraries)
            case "ndjson":
                let lines = try content.split(separator: 10).map { try JSONSerialization.jsonObject(with: $0) }
                #expect(lines.count == Shared.libraries && lines.allSatisfy { $0 is [String: Any] })
            case "csv":
                let text = try #require(String(data: content, encoding: .utf8))
                #expect(text.split(whereSeparator: \.isNewline).count == Shared.libraries + 1)
            case "xml":
                try ForeignTool.run(ForeignTool.path("xmllint", package: "libxml2-utils"), ["--noout", path])
            case "pdf":
                try ForeignTool.run(ForeignTool.path("qpdf", package: "qpdf"), ["--check", path])
            case "xlsx":
                let members = try ForeignTool.run(
                    ForeignTool.path("unzip", package: "unzip"), ["-p", path, "xl/worksheets/sheet1.xml"])
                let rows = String(decoding: members, as: UTF8.self).components(separatedBy: "<row").count - 1
                #expect(rows >= Shared.libraries + 1)
            default: Issue.record("no check for \(format)")
            }
        }

        @Test(arguments: [("SPDX", "2.3"), ("CycloneDX", "1.5")])
        func billsOfMaterials(standard: String, version: String) throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            for (type, field) in [("ProductSBOMReport", "productToken"), ("ProjectSBOMReport", "projectToken")] {
                let zip = try server.report(
                    type, field, try #require(acme.tokens[field]), of: acme.organization,
                    ["format": "json", "standard": standard, "version": version, "maxDepthLevel": "99"])
                // A product's SBOM lists its project; SPDX also lists the described product among the packages.
                let expected = Shared.libraries + (type.hasPrefix("Product") ? 1 : 0) + (standard == "SPDX" ? 1 : 0)
                for (name, content) in try Archive.open(zip) {
                    let json = try #require(
                        try JSONSerialization.jsonObject(with: content) as? [String: Any], "\(name)")
                    if standard == "SPDX" {
                        #expect(json["spdxVersion"] as? String == "SPDX-\(version)")
                        #expect((json["packages"] as? [Any])?.count == expected)
                    } else {
                        #expect(json["specVersion"] as? String == version)
                        #expect((json["components"] as? [Any])?.count ?? 0 >= 1)
                    }
                    // Waybill can read its own documents.
                    let site = try Site()
                    let other = try site.organization()
                    let libraries = try site.importBOM(content, to: other).libraries
                    // The described component is the project itself, and not a library of the project.
                    #expect(libraries == expected - (standard == "SPDX" ? 1 : 0), "\(name)")
                }
            }
        }

        /// product.md §3.3 no. 6: the same request again gives the same artifact; after a change of the data, a new
        /// one.
        @Test func aReportFollowsTheData() throws {
            let site = try Site()
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            let server = try RunningServer(site)
            func report() throws -> Data {
                try server.report(
                    "ProjectInventoryReport", "projectToken", project.projectToken, of: organization,
                    ["format": "json"])
            }
            let first = try report()
            #expect(try report() == first)
            #expect(try site.number("SELECT count(*) FROM artifact") == 1)
            // The command line works beside the server, on the same SQLite file.
            let again = try site.importBOM(Document.cycloneDX(libraries: 5), to: organization)
            #expect(again.projectToken == project.projectToken)
            let second = try report()
            let json = try #require(
                try JSONSerialization.jsonObject(with: try Archive.single(second).content) as? [String: Any])
            #expect((json["libraries"] as? [Any])?.count == 5)
            try server.stop()
        }

        /// product.md §3.3 no. 9: an earlier upload is in a later report.
        @Test func aReportContainsTheUploadBeforeIt() throws {
            let server = try Shared.server()
            let organization = try server.site.organization("Uploader")
            let document = Document.cycloneDX(libraries: 500, name: "fresh")
            let body = try JSONSerialization.data(withJSONObject: [
                "projectName": "fresh", "projectVersion": "1", "autoCreate": true,
                "bom": document.base64EncodedString(),
            ])
            let accepted = try Wire.exchange(
                port: server.port, "PUT", "/api/v1/bom",
                ["Content-Type: application/json", "X-Api-Key: \(organization.key)"], body: body)
            #expect(accepted.status == 200, "\(accepted.text)")
            let zip = try server.report(
                "OrgInventoryReport", "orgToken", organization.token, of: organization, ["format": "json"])
            let json = try #require(
                try JSONSerialization.jsonObject(with: try Archive.single(zip).content) as? [String: Any])
            #expect((json["libraries"] as? [Any])?.count == 500)
        }

        @Test func theDemonstrationEndsWell() throws {
            let site = try Site()
            let ending = try site.run("demo", "--once", "--listen", "127.0.0.1:0")
            #expect(ending.status == 0, "\(ending.errors)")
            #expect(ending.output.components(separatedBy: "curl -s http://127.0.0.1:").count == 4)
            let reports = site.files().filter { $0.hasPrefix("demo/") }
            for type in ["Vulnerability", "Risk", "Attribution", "SBOM", "VEX", "Inventory"] {
                #expect(reports.contains { $0.contains("Cart-") && $0.contains(type) }, "\(type)")
            }
            for name in reports { #expect(ending.output.contains(name)) }
            let lines = ending.output.split(separator: "\n")
            #expect(lines[0].hasPrefix("open     http://127.0.0.1:"))
            #expect(lines[2].hasPrefix("look at  the product Shop"))
            #expect(ending.output.contains("waybill update osv/Debian"))
            // The made-up advisories are about the shop alone.
            let vulnerabilities = try site.run(
                "report", "ProjectVulnerabilityReport", "--scope", "Shop/Cart", "--format", "csv", "--output", "-")
            #expect(vulnerabilities.output.contains("MADE-2026-0002"))

            let second = try site.run("demo", "--once", "--listen", "127.0.0.1:0")
            #expect(second.status == 0, "\(second.errors)")
            #expect(try site.json(["list", "products"])["products"] is [Any], "there is one organization")
            #expect(Set(site.files().filter { $0.hasPrefix("demo/") }) == Set(reports))
        }
    }
}
