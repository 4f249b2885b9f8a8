import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Bad input: each kind gives a clear error, leaves no trace, and the server continues.
    struct BadInputTests {
        /// A document that is refused, with the text of the refusal.
        struct Refused: Sendable, CustomTestStringConvertible {
            let name: String
            let document: Data
            let part: String
            var testDescription: String { name }
        }

        static let component = #"{"type":"library","name":"a","version":"1"}"#

        static let refused: [Refused] = [
            Refused(name: "empty", document: Data(), part: "empty"),
            Refused(name: "blank", document: Data("  \n".utf8), part: "blanks"),
            Refused(
                name: "truncated", document: Document.cycloneDX(libraries: 3000).dropLast(200_000),
                part: "ends too early at byte"),
            Refused(
                name: "not UTF-8",
                document: Document.with(components: #"{"type":"library","name":"caf?","version":"1"}"#).replacing(
                    UInt8(ascii: "?"), with: 0xE9), part: "not valid UTF-8 at byte"),
            Refused(
                name: "10,000 levels of components",
                document: Document.with(
                    components: String(repeating: #"{"type":"library","name":"a","components":["#, count: 10_000)
                        + component + String(repeating: "]}", count: 10_000)), part: "nested too deep at byte"),
            Refused(
                name: "10,000 levels of arrays",
                document: Document.with(
                    components: #"{"type":"library","name":"a","unknown":"# + String(repeating: "[", count: 10_000)
                        + String(repeating: "]", count: 10_000) + "}"), part: "nested too deep at byte"),
            Refused(
                name: "duplicate keys",
                document: Document.with(components: #"{"type":"library","name":"a","name":"b"}"#),
                part: #"the key "name" stands twice"#),
            Refused(
                name: "two lists of components",
                document: Document.with(components: component + #"],"components":["# + component),
                part: #"the key "components" stands twice"#),
            Refused(
                name: "two documents", document: Document.with(components: component) + Data("{}".utf8), part: "end of"),
            Refused(name: "an array", document: Data("[]".utf8), part: "an SBOM is a JSON object"),
            Refused(name: "another JSON", document: Data(#"{"dependencies":{}}"#.utf8), part: "bomFormat"),
        ]

        @Test(arguments: refused) func theCommandLineRefuses(_ bad: Refused) throws {
            let (site, organization) = (try Self.site.get(), try Self.organization.get())
            let before = try site.counts()
            let file = site.folder.path("\(UUID().uuidString).json")
            try bad.document.write(to: URL(fileURLWithPath: file))
            let ending = try site.run(
                "import", "sbom", file, "--org", organization.token, "--product", "Bad", "--project", "Bad", "--json")
            #expect(ending.status == 1)
            #expect(ending.output == "")
            #expect(ending.errors.hasPrefix("waybill import sbom: \(file): "), "\(ending.errors)")
            #expect(ending.errors.contains(bad.part), "\(ending.errors)")
            #expect(try site.counts() == before)
            #expect(try site.strays() == [])
        }

        private static let site = Result { try Site() }
        private static let organization = Result { try site.get().organization() }

        /// The same over the socket: an upload is accepted, its job fails with the reason, and only the document stays.
        @Test func aServerRefuses() throws {
            let site = try Site()
            let organization = try site.organization()
            let good = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            let server = try RunningServer(site)
            let before = try site.counts()
            var jobs: [(uuid: String, bad: Refused)] = []
            for bad in Self.refused {
                let answer = try Self.upload(bad.document, to: server, key: organization.key)
                if bad.document.isEmpty {
                    #expect(answer.status == 400, "\(answer.text)")
                    continue
                }
                #expect(answer.status == 200, "\(bad.name): \(answer.text)")
                jobs.append((try answer.json()["token"] as? String ?? "", bad))
            }
            for (uuid, bad) in jobs {
                #expect(
                    try eventually {
                        try site.number("SELECT count(*) FROM job WHERE uuid = \(uuid) AND state = 'FAILED'") == 1
                    }, "\(bad.name)")
                #expect(
                    try site.number(
                        "SELECT count(*) FROM job WHERE uuid = \(uuid) AND attempt = 1 AND error LIKE \("%\(bad.part)%")"
                    )
                        == 1, "\(bad.name)")
            }
            #expect(try eventually { try site.counts() == before }, "\(site.summary) was \(before)")
            let kept = jobs.map { "spool/\($0.uuid)" }.sorted()
            #expect(try eventually(within: 90) { try site.strays() == kept }, "\(site.summary)")
            #expect(server.isHealthy)
            #expect(
                try Archive.single(
                    try server.report(
                        "ProjectInventoryReport", "projectToken", good.projectToken, of: organization,
                        ["format": "json"])
                ).content.count > 0)
            try server.stop()
        }

        /// Uploads a document as a form, like CI steps.
        static func upload(
            _ document: Data, to server: RunningServer, key: String, project: String = "Bad"
        ) throws -> Answer {
            let mark = "part-of-a-form"
            var body = Data()
            for (name, value) in [("projectName", project), ("projectVersion", "1"), ("autoCreate", "true")] {
                body += Data("--\(mark)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
            }
            body += Data(
                "--\(mark)\r\nContent-Disposition: form-data; name=\"bom\"; filename=\"bom.json\"\r\n\r\n".utf8)
            body += document + Data("\r\n--\(mark)--\r\n".utf8)
            return try Wire.exchange(
                port: server.port, "POST", "/api/v1/bom",
                ["X-Api-Key: \(key)", "Content-Type: multipart/form-data; boundary=\(mark)"], body: body)
        }

        /// A sparse file: letters up to well beyond any limit, followed by a hole up to 1 GiB.
        @Test func aGibibyteOfOneString() throws {
            let (site, organization) = (try Self.site.get(), try Self.organization.get())
            let before = try site.counts()
            let path = site.folder.path("huge.json")
            let file = fopen(path, "w")
            fputs(#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":""#, file)
            let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
            for _ in 0..<24 { fwrite(letters, 1, letters.count, file) }
            fclose(file)
            let size = ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] == nil ? 1 << 28 : 1 << 30
            #expect(truncate(path, size) == 0)
            let ending = try site.run(
                "import", "sbom", path, "--org", organization.token, "--product", "Bad")
            #expect(ending.status == 1)
            #expect(ending.errors.contains("a single value is too long at byte"), "\(ending.errors)")
            #expect(try site.counts() == before)

            // Over the socket its length suffices for a refusal.
            let server = try Shared.server()
            let key = try Shared.acme().organization.key
            for (head, what) in [
                ("PUT /api/v1/bom", "upload"), ("POST /api/v1.4", "call"),
            ] {
                let text =
                    "\(head) HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(key)\r\nContent-Length: \(1 << 30)\r\n\r\n{\"bom\":\""
                let answer = String(decoding: try Wire.talk(port: server.port, Data(text.utf8)), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(what): \(answer.prefix(100))")
            }
            #expect(server.isHealthy)
        }

        @Test(arguments: ["/dev/zero", "/sys", "/dev/stdin"]) func whatIsNoFile(path: String) throws {
            let site = try Self.site.get()
            let ending = try site.run(
                "import", "sbom", path, "--org", try Self.organization.get().token, "--product", "Bad")
            #expect(ending.status == 1)
            // A folder means the files in it.
            let reason = path == "/sys" ? "no file lies in it" : "it is no regular file"
            #expect(ending.errors.contains(reason), "\(ending.errors)")
        }

        /// Unusual but readable files are accepted, with warnings about the skipped parts and the reasons.
        @Test(
            arguments: [
                (
                    "a cycle",
                    #"{"type":"library","bom-ref":"a","name":"a","version":"1"},{"type":"library","bom-ref":"b","name":"b","version":"1"}"#,
                    #"{"ref":"root","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":["a","b"]}"#,
                    2, nil
                ),
                (
                    "without a name",
                    #"{"type":"library","version":"1"},{"type":"library","name":"good","version":"1"}"#, "",
                    1, "without a name was skipped"
                ),
                (
                    "no purl", #"{"type":"library","name":"a","version":"1","purl":"this is no purl"}"#, "", 1,
                    #""this is no purl" is no package URL"#
                ),
            ] as [(String, String, String, Int, String?)])
        func odd(name: String, components: String, dependencies: String, libraries: Int, warning: String?) throws {
            let site = try Site()
            let organization = try site.organization()
            let made = try site.importBOM(
                Document.with(components: components, dependencies: dependencies), to: organization)
            #expect(made.libraries == libraries)
            #expect(made.warnings.count == (warning == nil ? 0 : 1), "\(made.warnings)")
            if let warning { #expect(made.warnings.first?.contains(warning) == true, "\(made.warnings)") }
            for (type, more) in [
                ("ProjectInventoryReport", []), ("ProjectSBOMReport", ["--filter", #"{"standard":"SPDX"}"#]),
            ] {
                _ = try Archive.single(try site.report(type, scope: made.projectToken, more: more))
            }
        }

        @Test func aHundredThousandEqualComponents() throws {
            let site = try Site()
            let organization = try site.organization()
            let one = #"{"type":"library","name":"same","version":"1","purl":"pkg:npm/same@1"}"#
            let all = Array(repeating: one, count: 100_000).joined(separator: ",")
            let made = try site.importBOM(Document.with(components: all), to: organization)
            #expect(made.libraries == 1)
            let zip = try site.report("ProjectInventoryReport", scope: made.projectToken)
            let json = try JSONSerialization.jsonObject(with: try Archive.single(zip).content) as? [String: Any]
            #expect((json?["libraries"] as? [Any])?.count == 1)
        }

        /// U+0000 is a character of JSON, but no database accepts it in a text; U+FFFD replaces it.
        @Test func theCharacterNUL() throws {
            let site = try Site()
            let organization = try site.organization()
            let document = Document.with(
                components: #"{"type":"library","name":"a\u0000b","version":"1","description":"x\u0000y"}"#)
            let server = try RunningServer(site)
            let made = try site.importBOM(document, to: organization)
            #expect(made.libraries == 1)
            let answer = try Self.upload(document, to: server, key: organization.key)
            #expect(answer.status == 200)
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE state = 'SUCCESS'") == 2 })
            try server.stop()
        }

        // MARK: Calls of the API

        static let bodies: [(String, Data)] = [
            ("empty", Data()), ("blank", Data(" ".utf8)), ("truncated", Data(#"{"requestType":"getOrg"#.utf8)),
            ("not UTF-8", Data([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])), ("an array", Data("[]".utf8)),
            (
                "deep",
                Data(
                    (#"{"a":"# + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}")
                        .utf8)
            ),
            ("duplicate keys", Data(#"{"requestType":"a","requestType":"b"}"#.utf8)),
            ("typographic", Data("{“requestType”:“getOrganizationDetails”}".utf8)),
            ("unknown", Data(#"{"requestType":"getNothing"}"#.utf8)),
            ("no type", Data(#"{"userKey":"x"}"#.utf8)), ("NUL", Data(#"{"requestType":"get\u0000"}"#.utf8)),
        ]

        @Test func badCalls() throws {
            let server = try Shared.server()
            let before = try server.site.counts()
            for (name, body) in Self.bodies {
                let answer = try server.post(body)
                #expect(answer.status == 200, "\(name)")
                let json = try answer.json()
                #expect(Set(json.keys) == ["errorCode", "errorMessage"], "\(name): \(answer.text)")
                #expect((json["errorMessage"] as? String)?.isEmpty == false)
            }
            let large = try server.post(Data(repeating: UInt8(ascii: " "), count: (1 << 20) + 1))
            #expect(large.status == 413)
            #expect(try server.site.counts() == before)
            #expect(server.isHealthy)
        }

        @Test func aDownloadBeforeSuccess() throws {
            let site = try Site()
            let organization = try site.organization()
            let server = try RunningServer(site, ["--workers", "0"])
            let uuid = try server.submit("OrgInventoryReport", "orgToken", organization.token, of: organization)
            let answer = try server.download(uuid, of: organization)
            #expect(answer.status == 200)
            #expect(try answer.json()["errorCode"] as? Int == 3000)
            #expect((try answer.json()["errorMessage"] as? String)?.contains("is PENDING") == true)
            try server.stop()
        }
    }
}

extension Data {
    /// The data with each occurrence of a byte replaced by another.
    fileprivate func replacing(_ byte: UInt8, with other: UInt8) -> Data { Data(map { $0 == byte ? other : $0 }) }
}
