import Foundation
import Testing

extension EndToEnd {
    /// A person with a browser and a running server.
    struct ConsoleEndToEndTests {
        @Test func aPersonGetsAReport() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            func send(_ path: String, _ form: String, _ headers: [String] = []) throws -> Answer {
                try Wire.exchange(
                    port: server.port, "POST", path,
                    ["Content-Type: application/x-www-form-urlencoded", "Origin: http://127.0.0.1:\(server.port)"]
                        + headers, body: Data(form.utf8))
            }
            #expect(try server.get("/").text.contains("User key"))
            let entered = try send("/console/enter", "userKey=\(acme.organization.key)")
            #expect(entered.status == 303)
            let cookie = "Cookie: " + String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })

            // The way to the product, then to its project, then to the report, by the links and the form.
            let home = try server.get("/", [cookie]).text
            let product = try #require(home.firstMatch(of: /"(\/console\/product\/[0-9a-f]{64})"/)?.1)
            let page = try server.get(String(product), [cookie]).text
            let project = try #require(page.firstMatch(of: /"(\/console\/project\/[0-9a-f]{64})"/)?.1)
            let form = "reportType=ProjectInventoryReport&format=csv"
            let asked = try send("\(project)/report", form, [cookie])
            #expect(asked.status == 303)
            let address = try #require(asked.header("Location"))
            var link: String?
            let isThere = try eventually {
                let text = try server.get(address, [cookie]).text
                let found = text.firstMatch(
                    of: /ProjectInventoryReport\)<\/th>.*?href="(\/console\/organization\/[^"]+\/download\/[^"]+)"/)
                link = found.map { String($0.1) }
                return link != nil && !text.contains("http-equiv")
            }
            #expect(isThere)
            let file = try server.get(try #require(link), [cookie])
            #expect(file.header("Content-Type") == "application/zip")
            #expect(try Archive.single(file.body).name.hasSuffix(".csv"))

            _ = try send("/console/leave", "", [cookie])
            #expect(try server.get(address, [cookie]).text.contains("User key"))
            #expect(try server.get(try #require(link), [cookie]).status == 303)
            #expect(try server.get("/metrics").text.contains("path=\"/console\""))
        }
    }
}
