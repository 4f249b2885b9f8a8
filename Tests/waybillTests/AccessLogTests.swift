import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The lines of `--access-log` about requests, and the loss of the key for webhooks' secrets.
    struct AccessLogTests {
        private static let names: Set = [
            "time", "address", "account", "method", "path", "call", "status", "error", "bytes", "microseconds",
        ]

        /// A line for each request with user, call and duration, and no part of a key.
        @Test func aLineForEachRequest() throws {
            let site = try Site()
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 2), to: organization)
            let path = site.folder.path("access.log")
            let server = try RunningServer(site, ["--access-log", path])
            let good = try server.answer(
                "getOrganizationDetails", ["orgToken": organization.token], key: organization.key)
            let wrong = String(repeating: "0", count: 64)
            let refused = try server.answer("getAllProducts", ["orgToken": organization.token], key: wrong)
            let search = try server.get(
                "/api/ask?library=part&orgToken=\(organization.token)", ["X-Api-Key: \(organization.key)"])
            let page = try server.get("/console/project/\(project.projectToken)?userKey=\(organization.key)")
            _ = try BadInputTests.upload(Document.cycloneDX(libraries: 1), to: server, key: organization.key)
            try server.stop()

            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for secret in [organization.key, wrong, organization.token, project.projectToken, "library=part"] {
                #expect(!text.contains(secret))
            }
            let lines = try text.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            }
            try #require(lines.count == 5, "\(text)")
            for line in lines {
                #expect(Set(line.keys) == Self.names)
                #expect(line["address"] as? String == "127.0.0.1")
                #expect((line["microseconds"] as? Int ?? 0) > 0)
                #expect((line["time"] as? String)?.hasSuffix("Z") == true)
            }
            let accounts = lines.map { $0["account"] as? Int ?? -1 }
            #expect(accounts[0] > 0 && accounts[1] == 0 && accounts[2] == accounts[0] && accounts[3] == 0)
            #expect(accounts[4] == accounts[0])
            #expect(lines.prefix(2).map { $0["call"] as? String } == ["getOrganizationDetails", "getAllProducts"])
            #expect(lines.map { $0["method"] as? String } == ["POST", "POST", "GET", "GET", "POST"])
            #expect(lines[0]["path"] as? String == "/api/v1.4" && lines[2]["path"] as? String == "/api/ask")
            #expect(lines[3]["path"] as? String == "/console/project/TOKEN")
            #expect(lines[1]["error"] as? Int == 5001)
            for (line, answer) in zip(lines, [good, refused, search, page]) {
                #expect(line["bytes"] as? Int == answer.body.count)
                #expect(line["status"] as? Int == answer.status)
            }
        }

        /// A backup does not contain the key and says so; without the key webhooks stop, and everything else works.
        @Test func aLostKeyStopsWebhooksOnly() throws {
            let site = try Site()
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 2), to: organization)
            let targets = ["--webhook-targets", "https://hooks.example/"]
            func add(_ server: RunningServer, _ name: String) throws -> [String: Any] {
                try server.call(
                    "waybillAddWebhook", ["orgToken": organization.token, "url": "https://hooks.example/\(name)"],
                    key: organization.key)
            }
            let server = try RunningServer(site, targets)
            #expect(try add(server, "a")["secret"] is String)
            try server.stop()
            let (file, backup) = (site.data + "/secret.key", site.folder.path("backup"))
            let secret = String(try String(contentsOfFile: file, encoding: .utf8).prefix(64))
            #expect(secret.count == 64)
            let said = try site.run("backup", backup, "--with-artifacts")
            #expect(said.status == 0 && said.output.contains("secret.key is not in it"), "\(said.output)")
            let kept = try Data(contentsOf: URL(fileURLWithPath: backup))
            #expect(kept.range(of: Data(secret.utf8)) == nil)
            #expect(kept.count > 1000)

            try FileManager.default.removeItem(atPath: file)
            let again = try RunningServer(site, targets)
            let report = try again.report(
                "ProjectInventoryReport", "projectToken", project.projectToken, of: organization, ["format": "json"])
            #expect(report.starts(with: [0x50, 0x4B]))
            #expect(try add(again, "b")["secret"] is String)
            #expect(again.isHealthy)
            let doctor = try site.run("doctor")
            #expect(doctor.status == 1)
            #expect(doctor.output.contains("1 webhooks cannot be called"), "\(doctor.output)")
            try again.stop()
        }
    }
}
