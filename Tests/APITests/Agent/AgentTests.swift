import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// `POST /agent` in the form of Mend's agents and plug-ins: mend-api.md §4.
struct AgentTests {
    let bench: UploadWorkbench
    var acme: Fixture.Organization { bench.fixture.acme }
    init() throws { bench = try UploadWorkbench() }

    static let diff = """
        [{"coordinates": {"groupId": "g", "artifactId": "web", "version": "1.0"}, "dependencies": [
          {"artifactId": "a & b+c 100% %zz ü.jar", "version": "1", "children": [{"artifactId": "y", "versionId": "2"}]}]}]
        """
    /// The same, compressed by gzip, in base64.
    static let packed = """
        H4sIAM8HAAAC/4uuVkrOzy9KycxLLEktVrJSqFZKL8ovLfBMAbKV0pV0FJQSi0oy0xKTSyBC5alJIMGy1KLizPw8kIihnoFSLVAo\
        JbUgNS8lNS85E2xQNJcC0DBUzYkKagpJ2skKhgYGqgqqVVUKh/foZSUWoRsI4idnZOakFKWCBKLRjalE0gARMVKqjQVBAGgcw2TP\
        AAAA
        """

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private func form(_ fields: [String: String?] = [:], diff: String = encoded(diff)) -> String {
        var all: [String: String?] = [
            "type": "UPDATE", "agent": "fs-agent", "agentVersion": "", "token": acme.token,
            "userKey": acme.administrator, "product": "Shop", "timeStamp": "1767323045",
        ]
        all.merge(fields) { $1 }
        let pairs = all.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
        return (pairs.sorted() + ["diff=\(diff)"]).joined(separator: "&")
    }

    private func send(_ body: String, headers: HTTPFields = [:]) async throws -> (status: Int, data: [String: Any]) {
        var headers = headers
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        let response = await bench.answer(
            HTTPRequest(
                method: "POST", path: "/agent", headers: headers, body: .bytes(Array(body.utf8)), client: "10.0.0.7"))
        #expect(response.status == 200)
        let envelope = try Fixture.json(response)
        #expect(Set(envelope.keys) == ["envelopeVersion", "status", "message", "data", "requestToken"])
        #expect(envelope["envelopeVersion"] as? String == "2.7.5")
        let data = try #require(envelope["data"] as? String)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        return (try #require(envelope["status"] as? Int), object)
    }

    private func error(_ body: String) async throws -> String {
        let answer = try await send(body)
        #expect(answer.status == 2)
        return answer.data["error"] as? String ?? ""
    }

    /// The jobs in the order of acceptance, each with `PRODUCT/PROJECT/UPDATE TYPE/COMMENT`.
    private func jobs() throws -> [(request: String, uuid: String, token: String)] {
        try bench.fixture.database.read { connection in
            try connection.all("SELECT request, uuid, request_token FROM job ORDER BY id") {
                let json = try JSONSerialization.jsonObject(with: Data($0.string(0).utf8))
                let members = try #require(json as? [String: Any])
                let words = ["product", "project", "updateType", "comment"].map { members[$0] as? String ?? "" }
                return (words.joined(separator: "/"), $0.string(1), $0.string(2))
            }
        }
    }

    private func content(_ uuid: String) throws -> NSArray {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(bench.folder)/\(uuid)"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? NSArray)
    }

    // MARK: Heads and beginnings

    /// The sender of a body, by the head and then by its beginning.
    @Test func theBeginningOfABodySaysWhoseItIs() throws {
        func sender(_ headers: HTTPFields, _ beginning: String = "") -> String {
            let policy = bench.door.policy(for: HTTPRequest(method: "POST", path: "/agent", headers: headers))
            guard case .file(UploadSettings.defaultLimit, let sender) = policy else { return "no file" }
            guard case .saysItself(let look) = sender else { return "\(sender)".prefix { $0 != "(" }.description }
            return switch look(Array(beginning.utf8)) {
            case .more: "more"
            case .found(let sender): "\(sender)".prefix { $0 != "(" }.description
            case .ask: "ask"
            }
        }
        #expect(sender(["X-Api-Key": acme.administrator]) == "known")
        #expect(sender(["Authorization": "Bearer \(acme.administrator)"]) == "known")
        #expect(sender(["X-Api-Key": String(repeating: "0", count: 64)]) == "refused")
        let fields = "type=UPDATE&agent=a%20b&token=\(acme.token)"
        #expect(sender([:], fields + "&userKey=\(acme.administrator)&product=") == "known")
        #expect(sender([:], fields + "&userKey=\(acme.administrator)&diff=%5B") == "known")
        #expect(sender([:], fields + "&userKey=\(bench.fixture.rival.administrator)&diff=") == "refused")
        #expect(sender([:], fields + "&userKey=0&diff=") == "refused")
        // The fields are not complete yet.
        #expect(sender([:], fields + "&userKey=\(acme.administrator)") == "more")
        #expect(sender([:], "") == "more")
        // The projects come first.
        #expect(sender([:], "type=UPDATE&diff=%5B%5D&userKey=") == "stranger")
    }

    // MARK: Forms

    /// The history names the owner of the key, not the name that the agent sends.
    @Test func anUpdateIsAnsweredAsAgentsReadIt() async throws {
        let answer = try await send(form(["scanComment": "build:7;branch:main", "requesterEmail": "dev@acme.example"]))
        #expect(answer.status == 1)
        let data = answer.data
        #expect(data["organization"] as? String == "Acme")
        #expect(data["removeIfExist"] as? Bool == false)
        #expect(data["createdProjects"] as? [String] == ["web - 1.0"])
        #expect(data["updatedProjects"] as? [String] == [])
        let id = try #require((data["projectNamesToIds"] as? [String: Int])?["web - 1.0"])
        let details = try #require((data["projectNamesToDetails"] as? [String: [String: Any]])?["web - 1.0"])
        #expect(details["projectId"] as? Int == id)
        #expect(details["projectName"] as? String == "web - 1.0")
        #expect((details["projectToken"] as? String)?.count == 64)
        let token = try #require(data["requestToken"] as? String)
        let job = try #require(try jobs().first)
        #expect(job.request == "Shop/web - 1.0//build:7;branch:main")
        #expect(job.token == token)
        let row = try bench.fixture.database.read { connection in
            try connection.first(
                "SELECT requested_by, address, agent, product_name, project_name, type, request_token, job FROM agent_request"
            ) { row in (0..<8).map { row.string($0) } }
        }
        #expect(
            row == [
                "admin@acme.example", "10.0.0.7", "fs-agent", "Shop", "web - 1.0", "UPDATE", token, job.uuid,
            ])
        let state = try bench.fixture.database.read {
            try AgentRequests.state(token: token, organization: acme.id, on: $0)
        }
        #expect(state == .inProgress)
        // The second time the project exists.
        let again = try await send(form())
        #expect(again.data["updatedProjects"] as? [String] == ["web - 1.0"])
        #expect(again.data["createdProjects"] as? [String] == [])
    }

    /// All forms of the projects in clients' requests give the same inventory.
    @Test func diffsComeInThreeForms() async throws {
        let blanks = Self.encoded(" \n" + Self.diff).replacing("%20", with: "+")
        let lines = Self.packed.replacing("+", with: "%2B").replacing("/", with: "%2F")
        let bodies = [
            form(), form(diff: blanks), form(diff: Self.diff), form(diff: Self.packed), form(diff: lines),
            form(diff: Self.encoded(Data(Self.diff.utf8).base64EncodedString())),
            // Fields after it are found, too.
            form(["agentVersion": nil], diff: Self.diff + " &agentVersion=3"),
            form(["agentVersion": nil], diff: Self.packed + "&agentVersion=3"),
        ]
        let expected = try #require(
            try JSONSerialization.jsonObject(with: Data(Self.diff.utf8)) as? NSArray)
        for body in bodies {
            #expect(try await send(body).status == 1, "\(body)")
            let job = try #require(try jobs().last)
            #expect(try content(job.uuid) == expected, "\(body)")
        }
        let versions = try bench.fixture.database.read { connection in
            try connection.all("SELECT agent_version FROM agent_request ORDER BY id") { $0.string(0) }
        }
        #expect(versions == ["", "", "", "", "", "", "3", "3"])
    }

    /// The result is the same wherever the body is cut into pieces.
    @Test func piecesAreCutAnywhere() throws {
        let texts = ["a%20b+c%", "%zz%4", "%e2%82%ac%%41"]
        for text in texts {
            var whole: [UInt8] = []
            var decoder = PercentDecoder()
            decoder.decode(text.utf8, into: &whole)
            decoder.finish(into: &whole)
            var pieces: [UInt8] = []
            decoder = PercentDecoder()
            for byte in text.utf8 { decoder.decode([byte], into: &pieces) }
            decoder.finish(into: &pieces)
            #expect(pieces == whole)
        }
        var decoded: [UInt8] = []
        var decoder = PercentDecoder()
        decoder.decode("100%+%zz%41%4".utf8, into: &decoded)
        decoder.finish(into: &decoded)
        #expect(String(decoding: decoded, as: UTF8.self) == "100% %zzA%4")
        for (text, form) in [
            ("[{\"", AgentDiff.Form.plain), (" [ ]", .plain), ("%5B", .encodedJSON), ("[%22", .encodedJSON),
            ("H4s", .base64), ("+%0a%7b", .encodedJSON),
        ] {
            #expect(AgentDiff.form(of: Array(text.utf8), isOver: false) == form, "\(text)")
        }
        #expect(AgentDiff.form(of: Array("[ {".utf8), isOver: false) == nil)
        #expect(AgentDiff.form(of: Array("%5".utf8), isOver: false) == nil)
    }

    // MARK: Places

    @Test func productsAndProjectsAreFoundByNameAndToken() async throws {
        let project = acme.projects[1]
        let byToken = "[{\"projectToken\": \"\(project.token)\", \"dependencies\": []}]"
        let answer = try await send(form(["product": nil], diff: byToken))
        #expect(answer.data["updatedProjects"] as? [String] == ["Bank Cart"])
        let bank = "[{\"coordinates\":{\"artifactId\":\"x\"},\"dependencies\":null}]"
        for fields in [["product": acme.products[1].token], ["productToken": acme.products[1].token]] {
            #expect(try await send(form(fields, diff: bank)).status == 1)
        }
        #expect(try await send(form(["product": nil], diff: bank)).status == 1)
        #expect(try await send(form(["product": "New one"], diff: bank)).status == 1)
        #expect(
            try jobs().map(\.request) == [
                "Bank/Bank Cart//", "Bank/x//", "Bank/x//", "Default/x//", "New one/x//",
            ])
    }

    /// Each project is a job with its own part of the upload; projects with one name are one job.
    @Test func projectsOfOneUploadAreJobsOfTheirOwn() async throws {
        func project(_ name: String, _ library: String) -> String {
            "{\"dependencies\":[{\"artifactId\":\"\(library)\"}],\"coordinates\":{\"artifactId\":\"\(name)\"}}"
        }
        let diff = "[\(project("a", "x")),  \(project("b", "y")),\(project("a", "z"))]"
        let answer = try await send(form(["updateType": "append"], diff: diff))
        #expect(answer.data["createdProjects"] as? [String] == ["a", "b"])
        let jobs = try jobs()
        #expect(jobs.map(\.request) == ["Shop/a/APPEND/", "Shop/b/APPEND/"])
        #expect(jobs[0].token == jobs[1].token)
        #expect(try content(jobs[0].uuid).count == 2)
        #expect(try content(jobs[1].uuid).count == 1)
        #expect(try bench.files() == jobs.map(\.uuid).sorted())
        for fields in [["aggregateModules": "true"], ["aggregateProjectName": "a"]] {
            let whole = try await send(form(fields, diff: diff))
            #expect(whole.data["updatedProjects"] as? [String] == ["a"])
        }
    }

    // MARK: Policies

    /// The answer to a check comes from a file, in the same envelope.
    @Test func checksAreAnsweredAndWrittenDown() async throws {
        let reader = try bench.fixture.user(.readOnly)
        for type in ["CHECK_POLICIES", "CHECK_POLICY_COMPLIANCE"] {
            let response = await bench.answer(
                HTTPRequest(
                    method: "POST", path: "/agent", body: .bytes(Array(form(["type": type, "userKey": reader]).utf8))))
            guard case .file(let file, _, let count) = response.body else {
                Issue.record("the body is in memory")
                return
            }
            #expect(count == file.size)
            #expect(response.headers["Content-Type"] == "application/json;charset=UTF-8")
        }
        #expect(try bench.files().isEmpty)
        #expect(try jobs().isEmpty)
        let rows = try bench.fixture.database.read { connection in
            try connection.all("SELECT type, status, project_name FROM agent_request ORDER BY id") { row in
                (0..<3).map { row.string($0) }
            }
        }
        #expect(
            rows == [
                ["CHECK_POLICIES", "FINISHED", "web - 1.0"], ["CHECK_POLICY_COMPLIANCE", "FINISHED", "web - 1.0"],
            ])
        #expect(try bench.fixture.count("project") == 4)
    }

    // MARK: Refusals

    @Test func faultsAreToldAndLeaveNothing() async throws {
        let token = String(repeating: "0", count: 64)
        let cases: [(String, String)] = [
            (form(["token": nil]), "Invalid token"), (form(["token": "nonsense"]), "Invalid token"),
            (form(["userKey": nil]), "Invalid user key"), (form(["userKey": token]), "Invalid token or user key"),
            (form(["token": bench.fixture.rival.token]), "Invalid token or user key"),
            (form(["token": token]), "Invalid token or user key"),
            (form(["timeStamp": "yesterday"]), "Invalid request time"),
            (form(["type": "SUMMARY_SCAN"]), "does not answer"), (form(["type": nil]), "accepted: UPDATE"),
            (form(["updateType": "MERGE"]), "OVERRIDE, APPEND, REMOVE"),
            (form(diff: ""), "Invalid diff"), (form(diff: "&agentVersion=3"), "Invalid diff"),
            (form(diff: " %20&diff="), "Invalid diff"), (form(diff: "[]"), "Invalid diff"),
            (form(diff: "[{}"), "Invalid diff"),
            (form(diff: "[{\"coordinates\":{}}]"), "artifactId"), (form(diff: "H4sIAAAA"), "ends too early"),
            (form(diff: "*"), "Invalid diff"),
            (form(diff: "[{\"coordinates\":{\"artifactId\":\"a\"}}]x"), "Invalid diff"),
            (form(["product": token]), "product has the value"),
            (form(diff: "[{\"projectToken\":\"\(bench.fixture.rival.projects[0].token)\"}]"), "projectToken"),
            (form(["product": String(repeating: "p", count: 300)]), "255 bytes"),
        ]
        for (body, expected) in cases {
            let text = try await error(body)
            #expect(text.contains(expected), "\(text) instead of \(expected)")
        }
        #expect(try jobs().isEmpty)
        #expect(try bench.files().isEmpty)
        #expect(bench.fixture.world.incidents.withLock { $0.isEmpty })
    }

    @Test func updatingNeedsTheRoleMemberInTheProduct() async throws {
        let reader = try bench.fixture.user(.readOnly)
        #expect(try await error(form(["userKey": reader])).contains("role member"))
        let member = try bench.fixture.user(.member, product: 0)
        #expect(try await send(form(["userKey": member])).status == 1)
        #expect(try await error(form(["userKey": member, "product": "Bank"])).contains("role member"))
        #expect(try await error(form(["userKey": member, "product": "Brand new"])).contains("role member"))
        // The key may stand in the header.
        let answer = try await send(form(["userKey": nil]), headers: ["Authorization": "Bearer \(member)"])
        #expect(answer.status == 1)
    }

    /// A small upload that inflates to gigabytes ends at the limit.
    @Test func bombsEndAtTheLimit() async throws {
        let bench = try UploadWorkbench(limit: 10_000)
        // 100,000 blanks, compressed by gzip.
        let bomb = """
            H4sIAAAAAAACA+3BMQEAAADCoCrrn9IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwYt8HnKoIYBAA==
            """
        let acme = bench.fixture.acme
        let body = "type=UPDATE&token=\(acme.token)&userKey=\(acme.administrator)&diff=\(bomb)"
        let response = await bench.answer(
            HTTPRequest(method: "POST", path: "/agent", body: .bytes(Array(body.utf8))))
        #expect(bench.text(response).contains("more than 40000 bytes"))
        #expect(try bench.files().isEmpty)
    }
}
