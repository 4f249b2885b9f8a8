import Database
import Foundation
import HTTP
import Intake
import Jobs
import Synchronization
import Testing

@testable import API

/// Dependency-Track's BomResource, as its clients use it.
struct UploadTests {
    let bench: UploadWorkbench
    var acme: Fixture.Organization { bench.fixture.acme }
    init() throws { bench = try UploadWorkbench() }

    static let bom = "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"name\": \"ü — ÿ\"}\n"

    /// The UUID form of a token.
    static func uuid(_ token: String) -> String {
        let digits = Array(token)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    // MARK: Forms

    @Test func jsonBecomesAFileAndAJob() async throws {
        let text = Data(Self.bom.utf8).base64EncodedString()
        let job = try bench.job(
            try await bench.put([
                "projectName": " web ", "projectVersion": "1.0", "autoCreate": true, "bom": text, "isLatest": true,
                "projectTags": [["name": "a"]], "parentVersion": "3",
            ]))
        #expect(try job.place == "Default/web - 1.0")
        #expect(try IntakeJob(job).destination.uploadedBy == "admin@acme.example")
        #expect(job.kind == .intake && job.state == .pending && job.organization == acme.id)
        #expect(try bench.content(of: job) == Self.bom)
        #expect(try bench.files() == [job.uuid])
    }

    @Test func jsonTakesWhatShellsAndLibrariesMakeOfBase64() async throws {
        let text = Data(Self.bom.utf8).base64EncodedString()
        let urls = text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let lines = text.enumerated().map { ($0.offset % 20 == 19 ? "\n" : "") + String($0.element) }.joined()
        let forms = [
            text, urls, lines, lines.replacing("\n", with: "\\r\\n"), text.replacing("/", with: "\\/"),
            text.replacing("=", with: "\\u003d"), text.replacing("f", with: "\\u0066"),
        ]
        for form in forms {
            let body =
                "{\"bom\" : \"\(form)\", \"x\": {\"bom\": \"y\"}, \"autoCreate\": \"true\", \"projectName\": \"p\"}"
            let job = try bench.job(await bench.put(Array(body.utf8)))
            #expect(try bench.content(of: job) == Self.bom, "\(form)")
        }
    }

    @Test func formsTakeADocumentOrBase64() async throws {
        let text = Data(Self.bom.utf8).base64EncodedString(options: .lineLength64Characters)
        for document in [Self.bom, text] {
            let fields = [("projectName", "web"), ("autoCreate", "true"), ("parentName", "Shop"), ("bom", document)]
            let job = try bench.job(await bench.post(UploadWorkbench.form(fields)))
            #expect(try bench.content(of: job) == Self.bom)
            #expect(try job.place == "Shop/web")
            #expect(job.product == acme.products[0].id && job.project == 0)
        }
        let tagged = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n"
        let file = "--b\r\nContent-Disposition: form-data; name=\"bom\"; filename=\"../../etc/x\"\r\n\r\n\(tagged)\r\n"
        let rest = UploadWorkbench.form([("project", Self.uuid(acme.projects[0].token))])
        #expect(try bench.content(of: try bench.job(await bench.post(file + rest))) == tagged)
        #expect(try bench.files().count == 3)
    }

    /// A refused body leaves nothing behind.
    @Test func brokenBodiesLeaveNothing() async throws {
        let name = "\"projectName\":\"p\",\"autoCreate\":true"
        let bodies = [
            "", "[]", "{", "{\(name)}", "{\(name),\"bom\":null}", "{\(name),\"bom\":\"\"}", "{\(name),\"bom\":\"e30\"",
            "{\(name),\"bom\":\"e30=\"}x", "{\(name),\"bom\":\"e30=\",\"bom\":\"e30=\"}", "{\(name),\"bom\":\"e30*\"}",
            "{\(name),\"bom\":\"e30==\"}", "{\(name),\"bom\":\"e30=e30=\"}", "{\(name),\"bom\":\"e3",
            "{\"bom\":\"e30=\"}",
            "{\(name),\"bom\":\"\\u00e9\"}", "{\(name),\"bom\":\"\\x\"}", "{\(name),\"bom\":\"\\u20ac\"}",
            "{\"projectName\":{},\"bom\":\"e30=\"}",
            "{\"project\":\"no\",\"bom\":\"e30=\"}", "{\(name),\"autoCreate\":false,\"bom\":\"e30=\"}",
            "{\"autoCreate\":\"maybe\",\"projectName\":\"p\",\"bom\":\"e30=\"}",
            "{\(name),\"bom\":\"e30=\",\"x\":\"\(String(repeating: "y", count: LargeString.restLimit))\"}",
            "{\(name),\"bom\":\"e30=\",\"x\":\(String(repeating: "[", count: 10_000))",
        ]
        for body in bodies {
            let response = await bench.put(Array(body.utf8))
            #expect(response.status == 400, "\(body.prefix(100)): \(bench.text(response))")
        }
        let good = UploadWorkbench.form([("projectName", "p"), ("autoCreate", "true"), ("bom", "{}")])
        let forms = [
            "", String(good.dropLast(6)), UploadWorkbench.form([("projectName", "p"), ("autoCreate", "true")]),
            UploadWorkbench.form([("projectName", "p"), ("bom", "{}"), ("bom", "{}")]),
            UploadWorkbench.form([("projectName", "p"), ("projectName", "q"), ("bom", "{}")]),
            UploadWorkbench.form([("projectName", "p"), ("bom", "")]),
            UploadWorkbench.form([("projectName", String(repeating: "p", count: 1 << 20)), ("bom", "{}")]),
            good.replacing("name=\"bom\"", with: "name=\"bom\"\r\nContent-Type: multipart/mixed; boundary=c"),
            good.replacing("name=\"bom\"", with: "name=\"bom\"\r\nContent-Transfer-Encoding: quoted-printable"),
        ]
        for form in forms {
            let response = await bench.post(form)
            #expect(response.status == 400, "\(form.prefix(100)): \(bench.text(response))")
        }
        for type in [
            "multipart/form-data", "multipart/mixed; boundary=b", "multipart/form-data; boundary=b; boundary=c",
        ] {
            #expect(await bench.post(good, type: type).status == 400)
        }
        #expect(try bench.files() == [])
        #expect(try bench.fixture.count("job") == 0)
        #expect(bench.fixture.world.incidents.withLock { $0.isEmpty })
    }

    /// A document for a project of a named product may itself provide the name of the project.
    @Test func theDocumentMayNameTheProject() async throws {
        let file = "--b\r\nContent-Disposition: form-data; name=\"bom\"; filename=\"../of/billing.json\"\r\n\r\n{}\r\n"
        let fields = [("autoCreate", "true"), ("parentName", "Shop"), ("projectVersion", "2")]
        let job = try bench.job(await bench.post(file + UploadWorkbench.form(fields)))
        let destination = try IntakeJob(job).destination
        #expect(destination.product == "Shop" && destination.project == "" && destination.projectVersion == "2")
        #expect(destination.fileName == "billing.json")
        #expect(job.product == acme.products[0].id && job.project == 0)
        // A key that is valid in one organization is not valid in another.
        let own = fields + [("orgToken", acme.token)]
        #expect(await bench.post(file + UploadWorkbench.form(own)).status == 200)
        let foreign = fields + [("orgToken", bench.fixture.rival.token)]
        #expect(await bench.post(file + UploadWorkbench.form(foreign)).status == 403)
        for missing in [[("parentName", "Shop")], [("autoCreate", "true")]] {
            #expect(await bench.post(file + UploadWorkbench.form(missing)).status == 400)
        }
    }

    @Test func violationsHaveTheirShape() async throws {
        let response = try await bench.put(["project": "x"])
        #expect(response.status == 400)
        #expect(response.headers["Content-Type"] == "application/json;charset=UTF-8")
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(Fixture.bytes(response))) as? [[String: String]])
        #expect(list.count == 1)
        #expect(Set(list[0].keys) == ["message", "messageTemplate", "path", "invalidValue"])
        #expect(list[0]["path"] == "project" && list[0]["invalidValue"] == "x")
    }

    /// The pieces of the text may be cut anywhere.
    @Test func theLargeStringIsTakenOutOfAnyCut() throws {
        let body = Array(
            "{\"a\":\"\\\"bom\\\":\\\\\",\"bom\":\"x\\/y\\u0041\\n\",\"c\":[{\"bom\":\"z\"},\"bom\"]}".utf8)
        for size in 1...body.count {
            var text = LargeString(named: "bom")
            var content: [UInt8] = []
            for start in stride(from: 0, to: body.count, by: size) {
                try body[start..<min(body.count, start + size)].withUnsafeBytes { piece in
                    try text.take(piece) { content += $0 }
                }
            }
            #expect(String(decoding: content, as: UTF8.self) == "x/yA\n")
            #expect(
                String(decoding: text.rest, as: UTF8.self)
                    == "{\"a\":\"\\\"bom\\\":\\\\\",\"bom\":\"\",\"c\":[{\"bom\":\"z\"},\"bom\"]}")
        }
    }

    // MARK: Where it goes

    @Test func projectsByToken() async throws {
        for name in [acme.projects[1].token, Self.uuid(acme.projects[1].token).uppercased()] {
            // Further fields of the client do not count, as in Dependency-Track.
            let job = try bench.job(try await bench.put(["project": name, "projectName": "other"]))
            #expect(try job.place == "Bank/Bank Cart")
            #expect(job.product == acme.products[1].id && job.project == acme.projects[1].id)
        }
        for name in [bench.fixture.rival.projects[0].token, Self.uuid(bench.fixture.rival.projects[0].token)] {
            let response = try await bench.put(["project": name])
            #expect(response.status == 404)
            #expect(bench.text(response) == "The project could not be found.\n")
        }
    }

    @Test func parents() async throws {
        for parent in [acme.products[1].token, Self.uuid(acme.products[1].token)] {
            let job = try bench.job(
                try await bench.put(["parentUUID": parent, "projectName": "n", "autoCreate": true]))
            #expect(try job.place == "Bank/n" && job.product == acme.products[1].id)
        }
        for parent in [bench.fixture.rival.products[0].token, acme.projects[0].token, UUID().uuidString] {
            let response = try await bench.put(["parentUUID": parent, "projectName": "n", "autoCreate": true])
            #expect(response.status == 404)
            #expect(bench.text(response) == "The parent component could not be found.\n")
        }
        let made = try bench.job(try await bench.put(["parentName": "New", "projectName": "n", "autoCreate": true]))
        #expect(try made.place == "New/n" && made.product == 0)
    }

    @Test func namesWithoutAParentAreLookedForEverywhere() async throws {
        let job = try bench.job(try await bench.put(["projectName": "Bank Cart"]))
        #expect(try job.place == "Bank/Bank Cart" && job.project == acme.projects[1].id)
        #expect(try await bench.put(["projectName": "Bank Cart", "parentName": "Shop"]).status == 404)
        #expect(try await bench.put(["projectName": "Bank Cart", "projectVersion": "2"]).status == 404)
        let acme = acme
        try await bench.fixture.database.write { connection in
            let place = Scope(kind: .product, organization: acme.id, product: acme.products[0].id)
            _ = try Accounts.createProject(
                named: "Bank Cart", token: try Randomness.system.token(),
                Writing(in: place, by: .system, at: 0, on: connection))
        }
        #expect(try await bench.put(["projectName": "Bank Cart"]).status == 400)
        #expect(try await bench.put(["projectName": "Bank Cart", "parentName": "Shop"]).status == 200)
    }

    // MARK: Who

    @Test func keys() async throws {
        let fields: [String: Any] = ["projectName": "n", "autoCreate": true]
        #expect(try await bench.put(fields, header: "Authorization").status == 200)
        #expect(try await bench.put(fields, header: "x-api-key").status == 200)
        #expect(try await bench.put(fields, key: String(repeating: "0", count: 64)).status == 401)
        #expect(try await bench.put(fields, key: "").status == 401)
        #expect(await bench.get("/api/v1/bom/token/\(UUID().uuidString)", key: "x").status == 401)
        let head = HTTPRequest(method: "POST", path: "/api/v1/bom", headers: ["X-Api-Key": acme.administrator])
        guard case .file(UploadSettings.defaultLimit, .known) = bench.door.policy(for: head) else {
            Issue.record("an upload goes to disk, within its limit")
            return
        }
        for key in ["", "x", try bench.fixture.user(.readOnly)] {
            let head = HTTPRequest(method: "POST", path: "/api/v1/bom", headers: ["X-Api-Key": key])
            guard case .refuse(let response) = bench.door.policy(for: head) else {
                Issue.record("the body of \(key) is not read")
                continue
            }
            #expect(response.status == (key.count == 64 ? 403 : 401))
        }
    }

    @Test func roles() async throws {
        func status(_ key: String, _ fields: [String: Any]) async throws -> Int {
            try await bench.put(fields.merging(["autoCreate": true]) { old, _ in old }, key: key).status
        }
        let (shop, bank) = (acme.projects[0].token, acme.projects[1].token)
        let member = try bench.fixture.user(.member)
        #expect(try await status(member, ["projectName": "n"]) == 200)
        #expect(try await status(member, ["project": shop]) == 200)
        let reader = try bench.fixture.user(.readOnly)
        #expect(try await status(reader, ["projectName": "n"]) == 403)
        #expect(try await status(reader, ["project": shop]) == 403)

        let own = try bench.fixture.user(.member, product: 0)
        #expect(try await status(own, ["project": shop]) == 200)
        #expect(try await status(own, ["project": bank]) == 404)
        #expect(try await status(own, ["parentName": "Bank", "projectName": "n"]) == 403)
        #expect(try await status(own, ["parentUUID": acme.products[1].token, "projectName": "n"]) == 404)
        #expect(try await status(own, ["parentName": "New", "projectName": "n"]) == 403)
        let job = try bench.job(try await bench.put(["projectName": "n", "autoCreate": true], key: own))
        #expect(try job.place == "Shop/n")
        #expect(try await status(try bench.fixture.user(.readOnly, product: 0), ["project": shop]) == 403)
        #expect(try bench.files().count == 4)
    }

    // MARK: The rest

    @Test func tokensTellWhetherTheUploadIsWorkedAt() async throws {
        let job = try bench.job(try await bench.put(["projectName": "n", "autoCreate": true]))
        func isProcessing(_ uuid: String, key: String? = nil) async throws -> [Bool?] {
            var found: [Bool?] = []
            for path in ["/api/v1/bom/token/", "/api/v1/event/token/"] {
                let response = await bench.get(path + uuid, key: key)
                #expect(response.status == 200)
                #expect(try Fixture.json(response).count == 1)
                found.append(try Fixture.json(response)["processing"] as? Bool)
            }
            return found
        }
        #expect(try await isProcessing(job.uuid) == [true, true])
        #expect(try await isProcessing(job.uuid, key: bench.fixture.rival.administrator) == [false, false])
        #expect(try await isProcessing(UUID().uuidString) == [false, false])
        let claimed = try #require(try bench.fixture.queue.claim(for: "test"))
        #expect(try await isProcessing(job.uuid) == [true, true])
        try bench.fixture.queue.fail(claimed, owner: "test", why: "it is broken")
        #expect(try await isProcessing(job.uuid) == [false, false])
    }

    @Test func versionNeedsNoKey() async throws {
        let response = await bench.answer(HTTPRequest(method: "GET", path: "/api/version"))
        #expect(try Fixture.json(response)["version"] as? String == "4.13.0")
    }

    @Test func pathsAndMethods() async throws {
        for (method, path, status) in [
            ("GET", "/api/v1/bom", 405), ("POST", "/api/v1/bom/token/x", 405), ("PUT", "/api/version", 405),
            ("GET", "/api/v1/bom/token/", 404), ("GET", "/api/v1/bom/token/x/y", 404), ("GET", "/api/v1/project", 404),
        ] { #expect(await bench.answer(HTTPRequest(method: method, path: path)).status == status) }
        // A door without uploads has none of these paths.
        #expect(await bench.fixture.response(to: HTTPRequest(method: "GET", path: "/api/version")).status == 404)
    }

    @Test func aFullQueueKeepsNothing() async throws {
        let bench = bench
        var settings = Queue.Settings()
        settings.depth = 1
        let queue = Queue(database: bench.fixture.database, settings: settings) { 0 }
        let door = UploadDoor(
            Backend(
                database: bench.fixture.database, queue: queue, bell: Bell(), openArtifact: { _ in nil }, scratch: "",
                log: { _ in }),
            UploadSettings(folder: bench.folder))
        let body = "{\"projectName\":\"n\",\"autoCreate\":true,\"bom\":\"e30=\"}"
        let request = HTTPRequest(
            method: "PUT", path: "/api/v1/bom", headers: ["X-Api-Key": acme.administrator],
            body: .bytes(Array(body.utf8)))
        for status in [200, 503] {
            guard case .later(let work) = door.reply(to: request, .bom) else {
                Issue.record("the upload is answered at once")
                return
            }
            #expect(await work().status == status)
        }
        #expect(try bench.files().count == 1)
    }
}
