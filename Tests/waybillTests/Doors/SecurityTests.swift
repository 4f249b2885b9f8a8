import Database
import Foundation
import TestSupport
import Testing

@testable import API

extension EndToEnd {
    /// Rights of users over the socket, and data that must never leave the process.
    struct SecurityTests {
        /// The fields of a call besides key and token that pass the checks for missing fields.
        private func fields(of call: Call, process: String) -> [String: Any] {
            var fields: [String: Any] = [
                "uuid": process, "reportStatusUUID": process, "keyUuid": process, "productName": "Intruder",
                "projectName": "Intruder",
            ]
            if call.requestType.hasPrefix("generate"), let kind = call.token.fields.first?.kind {
                fields["reportType"] = "\(kind.prefix)InventoryReport"
            }
            return fields
        }

        /// Every call of the table, with a foreign token and with a foreign key.
        @Test func foreignersSeeNothing() throws {
            let (server, acme, rival) = (try Shared.server(), try Shared.acme(), try Shared.rival())
            let process = try server.submit(
                "OrgInventoryReport", "orgToken", rival.organization.token, of: rival.organization)
            try server.finish(process, of: rival.organization)
            let before = try server.site.counts()
            let jobs = try server.site.number("SELECT count(*) FROM job")
            let secrets = [process, "Rival", rival.project.projectToken, rival.project.productToken]
            var texts: Set<String> = []
            for call in Call.table {
                for (name, kind) in call.token.fields {
                    let field = kind.tokenField
                    #expect(name == field || call.token == .global || call.token == .oneOr(kind, field: name))
                    for (key, token) in [
                        (acme.organization.key, rival.tokens[field]), (rival.organization.key, acme.tokens[field]),
                        (String(repeating: "0", count: 64), rival.tokens[field]),
                        (acme.organization.key.uppercased(), acme.tokens[field]),
                        (acme.organization.token, acme.tokens[field]),
                    ] {
                        var fields = fields(of: call, process: process)
                        fields[name] = token
                        let answer = try server.answer(call.requestType, fields, key: key)
                        #expect(answer.status == 200)
                        #expect(try answer.json()["errorCode"] as? Int == 5001, "\(call.requestType) \(field)")
                        texts.insert(answer.text)
                        for secret in secrets { #expect(!answer.text.contains(secret), "\(call.requestType)") }
                    }
                }
                // The user's own key and token, with the uuid of another user's process (as the uuid of a library it
                // means nothing).
                guard call.token == .any else { continue }
                var fields = fields(of: call, process: process)
                fields["orgToken"] = acme.organization.token
                let foreign = try server.answer(call.requestType, fields, key: acme.organization.key).text
                let unknown = "00000000-0000-4000-8000-000000000000"
                fields["uuid"] = unknown
                fields["reportStatusUUID"] = unknown
                fields["keyUuid"] = unknown
                let missing = try server.answer(call.requestType, fields, key: acme.organization.key).text
                // The answer is an error about the value, or an empty list of the user's own organization.
                let answers = ["\"errorCode\":2021", "\"errorCode\":3010", "\"errorCode\":8000", "{\"decisions\":[]}"]
                #expect(answers.contains { foreign.contains($0) }, "\(call.requestType): \(foreign)")
                #expect(foreign.replacingOccurrences(of: process, with: unknown) == missing)
            }
            #expect(texts.count == 1, "who is refused learns nothing: \(texts)")
            #expect(try server.site.counts() == before)
            #expect(try server.site.number("SELECT count(*) FROM job") == jobs)
        }

        @Test func foreignersUploadNothing() throws {
            let server = try Shared.server()
            let site = server.site
            let (one, other) = (try site.organization("One"), try site.organization("Other"))
            let document = Document.cycloneDX(libraries: 2, name: "taken")
            let first = try BadInputTests.upload(document, to: server, key: one.key, project: "taken").json()
            let second = try BadInputTests.upload(document, to: server, key: other.key, project: "taken").json()
            let tokens = [first, second].compactMap { $0["token"] as? String }
            #expect(tokens.count == 2)
            for token in tokens {
                #expect(
                    try eventually {
                        try site.number("SELECT count(*) FROM job WHERE uuid = \(token) AND state = 'SUCCESS'") == 1
                    })
            }
            // Equal names in two organizations are two projects.
            #expect(
                try site.number("SELECT count(DISTINCT organization) FROM project WHERE name LIKE 'taken%'") == 2)
            let before = try site.counts()
            for key in ["", String(repeating: "f", count: 64), one.token] {
                let answer = try BadInputTests.upload(document, to: server, key: key)
                #expect([401, 403].contains(answer.status), "\(answer.status)")
            }
            #expect(try site.counts() == before)
            let asked = try server.get("/api/v1/bom/token/\(tokens[0])", ["X-Api-Key: \(other.key)"])
            #expect(asked.text.contains("false"))
        }

        /// Standard error consists of lines of JSON. It contains no keys or tokens, and the data directory contains
        /// no keys.
        @Test func secretsStayWhereTheyAre() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let (key, token) = (acme.organization.key, acme.organization.token)
            _ = try server.get("/api/v1.4?userKey=\(key)&orgToken=\(token)")
            _ = try server.call("getOrganizationDetails", ["orgToken": token], key: key)
            _ = try server.call("no\(key)", ["orgToken": token], key: key)
            _ = try server.post(Data("{\"userKey\":\"\(key)\",\"orgToken\":\"\(token)\"".utf8))
            _ = try Wire.talk(port: server.port, Data("NONSENSE \(key)\r\n\r\n".utf8))
            _ = try server.report("OrgLicensesReport", "orgToken", token, of: acme.organization)
            #expect(
                eventually {
                    server.program.errors.contains("\"event\":\"http\"") && server.program.errors.hasSuffix("\n")
                })

            let log = server.program.errors
            for line in log.split(separator: "\n") {
                let json = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                let event = try #require(json, "no JSON object: \(line)")
                for name in ["time", "level", "event"] { #expect(event[name] is String, "\(line)") }
            }
            for secret in [key, token, acme.project.productToken, acme.project.projectToken] {
                #expect(!log.contains(secret))
            }
            for name in server.site.files() {
                let content = try? Data(contentsOf: URL(fileURLWithPath: "\(server.site.data)/\(name)"))
                #expect(content?.range(of: Data(key.utf8)) == nil, "the user's key stands in \(name)")
            }
        }

        /// Paths in input never become paths of files.
        @Test func pathsAreNoPaths() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            for path in ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/v1/bom/token/../../x", "/artifacts/"] {
                let answer = try server.get(path, ["X-Api-Key: \(acme.organization.key)"])
                #expect(answer.status != 200, "\(path)")
                #expect(!answer.text.contains("root:"))
            }
            for uuid in ["../../../waybill.sqlite", "..%2f..", "/etc/passwd", "\u{0}"] {
                let answer = try server.download(uuid, of: acme.organization)
                #expect(try answer.json()["errorCode"] as? Int == 2021, "\(answer.text)")
            }
            #expect(server.isHealthy)
        }
    }
}
