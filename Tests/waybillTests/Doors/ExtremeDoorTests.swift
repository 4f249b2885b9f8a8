import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The counterpart of `ExtremeValueTests` (Mend API) for all other ways into the program.
    struct ExtremeDoorTests {
        /// Values in forms, queries, headers and flags.
        static let texts = texts(ExtremeValueTests.values) + ["+5", "0x10", "٣", "1_0", "%00"]

        private static func texts(_ values: [ExtremeValueTests.Value]) -> [String] {
            values.map { $0.json.replacingOccurrences(of: "\"", with: "") }
        }

        private static func encoded(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }

        private func check(_ answer: Answer, _ what: String) {
            #expect((200..<500).contains(answer.status), "\(what): HTTP \(answer.status)")
            #expect(!answer.text.contains("unexpected error"), "\(what): \(answer.text.prefix(300))")
        }

        /// The fields of a path in the description.
        private func fields(_ server: RunningServer, _ path: String, _ method: String) throws -> [String] {
            let paths = try server.get("/api/openapi.json").json()["paths"] as? [String: [String: [String: Any]]]
            let body = paths?[path]?[method]?["requestBody"] as? [String: Any]
            let media = (body?["content"] as? [String: [String: Any]])?.values.first
            let properties = (media?["schema"] as? [String: Any])?["properties"] as? [String: Any]
            return try #require(properties).keys.sorted()
        }

        @Test func agents() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let good = [
                "type": "CHECK_POLICY_COMPLIANCE", "token": acme.organization.token, "userKey": acme.organization.key,
                "product": "Shop", "timeStamp": "1767323045000", "agent": "a",
                "diff": #"[{"coordinates":{"artifactId":"Cart"},"dependencies":[]}]"#,
            ]
            let names = try fields(server, "/agent", "post")
            #expect(names.count > 15)
            for name in names {
                for text in name == "timeStamp" ? Self.texts : Self.texts(ExtremeValueTests.fewer) {
                    var form = good
                    form[name] = text
                    // The projects come last, as in agents' requests.
                    let body = form.sorted { ($0.key == "diff" ? 1 : 0, $0.key) < ($1.key == "diff" ? 1 : 0, $1.key) }
                        .map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
                    let answer = try Wire.exchange(
                        port: server.port, "POST", "/agent", ["Content-Type: application/x-www-form-urlencoded"],
                        body: Data(body.utf8))
                    check(answer, "/agent \(name)=\(text.prefix(60))")
                    #expect(try answer.json()["status"] is Int)
                    let number = Int64(text)
                    if name == "timeStamp", number.map({ $0 < 0 || $0 > 253_402_300_799_999 }) ?? (text.first == "1") {
                        #expect(answer.text.contains("timeStamp has the value"), "\(text.prefix(60)): \(answer.text)")
                        #expect(answer.text.contains("a whole number from 0 to 253402300799999"))
                    }
                }
            }
            #expect(server.isHealthy)
        }

        @Test func uploads() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let key = "X-Api-Key: \(acme.organization.key)"
            for name in try fields(server, "/api/v1/bom", "put") {
                for value in ExtremeValueTests.fewer {
                    // No product is made, because the named one does not exist.
                    let nowhere = String(repeating: "0", count: 64)
                    var members = ["projectName": "\"P\"", "parentUUID": "\"\(nowhere)\"", "bom": "\"e30=\""]
                    members[name] = value.json
                    let body = "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
                    check(
                        try Wire.exchange(
                            port: server.port, "PUT", "/api/v1/bom", [key, "Content-Type: application/json"],
                            body: Data(body.utf8)), "PUT /api/v1/bom \(body.prefix(100))")
                    members = members.mapValues { $0.replacingOccurrences(of: "\"", with: "") }
                    let form =
                        members.map {
                            "--b\r\nContent-Disposition: form-data; name=\"\($0.key)\"\r\n\r\n\($0.value)\r\n"
                        }.joined() + "--b--\r\n"
                    check(
                        try Wire.exchange(
                            port: server.port, "POST", "/api/v1/bom",
                            [key, "Content-Type: multipart/form-data; boundary=b"], body: Data(form.utf8)),
                        "POST /api/v1/bom \(name)=\(value.json.prefix(60))")
                }
            }
            #expect(server.isHealthy)
        }

        /// Every parameter of `GET /api/ask`, and statements.
        @Test func searches() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let key = "X-Api-Key: \(acme.organization.key)"
            let paths = try server.get("/api/openapi.json").json()["paths"] as? [String: [String: [String: Any]]]
            let parameters = try #require(paths?["/api/ask"]?["get"]?["parameters"] as? [[String: Any]])
            #expect(parameters.count > 10)
            for parameter in parameters {
                let name = try #require(parameter["name"] as? String)
                let schema = try #require(parameter["schema"] as? [String: Any])
                // Only one subject is allowed.
                let isSubject = schema["minLength"] != nil
                for text in Self.texts {
                    let value = Self.encoded(text)
                    let answer = try server.get(
                        "/api/ask?\(isSubject ? "" : "library=part&")\(name)=\(value)", [key])
                    check(answer, "/api/ask \(name)=\(text.prefix(60))")
                    guard let least = schema["minimum"] as? Int, let most = schema["maximum"] as? Int else { continue }
                    let isIn = Int(text).map { (least...most).contains($0) } ?? false
                    #expect(answer.status == (isIn ? 200 : 400), "\(name)=\(text.prefix(60)): \(answer.text)")
                    if !isIn { #expect(answer.text.contains("\(name) "), "\(answer.text)") }
                }
            }
            for name in ["project", "projectName", "projectVersion", "vex"] {
                for value in ExtremeValueTests.fewer {
                    var members = ["project": "\"\(acme.project.projectToken)\"", "vex": "\"e30=\""]
                    members[name] = value.json
                    let body = "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
                    check(
                        try Wire.exchange(
                            port: server.port, "PUT", "/api/v1/vex", [key, "Content-Type: application/json"],
                            body: Data(body.utf8)), "PUT /api/v1/vex \(name)=\(value.json.prefix(60))")
                }
            }
            #expect(server.isHealthy)
        }

        /// The fields of all forms on its pages, and of its addresses.
        @Test func console() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            func send(_ path: String, _ form: [String: String], _ headers: [String] = []) throws -> Answer {
                let body = form.map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
                return try Wire.exchange(
                    port: server.port, "POST", path,
                    ["Content-Type: application/x-www-form-urlencoded", "Origin: http://127.0.0.1:\(server.port)"]
                        + headers, body: Data(body.utf8))
            }
            let entered = try send("/console/enter", ["userKey": acme.organization.key])
            let cookie = "Cookie: " + String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })
            let first = try server.get("/", [cookie]).text
            let product = try #require(first.firstMatch(of: /\/console\/product\/[0-9a-f]{64}/)?.0)
            let links = try server.get(String(product), [cookie]).text.matches(of: /href="(\/console\/[^"?#]+)"/)
            let paths = Set(links.map { String($0.1) }).sorted()
            #expect(paths.count > 5, "\(paths)")
            var fields = 0
            for path in paths {
                let page = try server.get(path, [cookie]).text
                let own = Set(page.matches(of: /name="([A-Za-z]+)"/).map { String($0.1) })
                fields += own.count
                for name in own.union(["after", "order", "severity", "q"]).sorted() {
                    for text in Self.texts(ExtremeValueTests.fewer) {
                        let value = Self.encoded(text)
                        check(
                            try server.get("\(path)?\(name)=\(value)", [cookie]), "\(path) \(name)=\(text.prefix(60))")
                        guard own.contains(name) else { continue }
                        check(try send(path, [name: text], [cookie]), "POST \(path) \(name)=\(text.prefix(60))")
                    }
                }
            }
            #expect(fields > 10)
            #expect(server.isHealthy)
        }

        @Test func headers() throws {
            let server = try Shared.server()
            for text in Self.texts where !text.contains("٣") && text.count < 100 {
                for head in [
                    "Content-Length: \(text)", "Content-Length: 2\r\nRange: bytes=\(text)-\(text)",
                    "Content-Length: 2\r\nRange: bytes=-\(text)", "Content-Length: 2\r\nKeep-Alive: timeout=\(text)",
                    "Transfer-Encoding: chunked\r\nTrailer: \(text)",
                ] {
                    // The server waits for a chunk of an allowed size.
                    if head.contains("chunked"), let size = Int32(text, radix: 16), size > 2 { continue }
                    let chunk = head.contains("chunked") ? "\(text)\r\n{}\r\n0\r\n\r\n" : "{}"
                    let bytes = try Wire.talk(
                        port: server.port,
                        Data("POST /api/v1.4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(head)\r\n\r\n\(chunk)".utf8),
                        endsThere: true)
                    let line = String(decoding: bytes.prefix { $0 != 13 }, as: UTF8.self)
                    #expect(!line.hasPrefix("HTTP/1.1 5"), "\(head): \(line)")
                }
            }
            #expect(server.isHealthy)
        }

        /// Every flag with a number, for the commands that keep running.
        @Test func flags() throws {
            let wrong = [
                "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e308", "0.5", "x", "true",
                "nan",
            ]
            var seen: Set<String> = []
            let site = try Site()
            for command in ["serve", "worker"] {
                let help = try Executable.run([command, "--help"]).output
                for match in help.matches(of: /--([a-z0-9-]+) (?:N|SECONDS|BYTES|DAYS)\s/) {
                    let flag = String(match.1)
                    guard seen.insert(flag).inserted else { continue }
                    // Settings of a bucket are read only if there is one.
                    let bucket = flag.hasPrefix("s3-") ? ["--artifacts", "s3://bucket/"] : []
                    for value in wrong {
                        let ending = try Executable.run([command, "--\(flag)", value] + bucket + site.flags)
                        #expect(ending.status == 2, "\(command) --\(flag) \(value): \(ending.status) \(ending.errors)")
                        #expect(ending.errors.contains("--\(flag) is \(value); accepted: a whole number from "))
                    }
                }
            }
            #expect(seen.isSuperset(of: ["workers", "grace", "retention-days", "connections"]), "\(seen)")
        }
    }
}
