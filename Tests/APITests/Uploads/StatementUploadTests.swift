import Console
import Database
import Foundation
import HTTP
import Intake
import Jobs
import Testing

@testable import API

/// Documents of statements at the upload door, in the form of Dependency-Track (its VexResource).
struct StatementUploadTests {
    let bench: UploadWorkbench
    var acme: Fixture.Organization { bench.fixture.acme }
    init() throws { bench = try UploadWorkbench() }

    private static let document = #"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#

    private func put(_ fields: [String: Any]) async throws -> HTTPResponse {
        let body = try JSONSerialization.data(withJSONObject: fields)
        return await bench.answer(
            HTTPRequest(
                method: "PUT", path: "/api/v1/vex",
                headers: ["Content-Type": "application/json", "X-Api-Key": acme.administrator],
                body: .bytes(Array(body))))
    }

    private var text: String { Data(Self.document.utf8).base64EncodedString() }

    @Test func `Both forms become a file and a job of the project`() async throws {
        let project = acme.projects[0]
        let object = try bench.job(await put(["project": project.token, "vex": text]))
        let form = UploadWorkbench.form([("project", UploadTests.uuid(project.token)), ("vex", Self.document)])
        let posted = try bench.job(
            await bench.answer(
                HTTPRequest(
                    method: "POST", path: "/api/v1/vex",
                    headers: ["Content-Type": "multipart/form-data; boundary=b", "X-Api-Key": acme.administrator],
                    body: .bytes(Array(form.utf8)))))
        for job in [object, posted] {
            #expect(try IntakeJob(job).kind == .vex)
            #expect(job.project == project.id && job.kind == .intake && job.state == .pending)
            #expect(try bench.content(of: job) == Self.document)
        }
    }

    @Test func `A project is not made, and one of another organization is unknown`() async throws {
        let foreign = bench.fixture.rival.projects[0].token
        for fields in [
            ["projectName": "nowhere", "autoCreate": true, "vex": text], ["project": foreign, "vex": text],
            ["project": String(repeating: "0", count: 64), "vex": text],
        ] as [[String: Any]] {
            let response = try await put(fields)
            #expect(response.status == 404)
        }
        #expect(try bench.files().isEmpty)
    }

    @Test func `A document may name all that it is about itself`() async throws {
        let job = try bench.job(try await put(["vex": text]))
        #expect(try IntakeJob(job).kind == .vex)
        #expect(job.product == 0 && job.project == 0)
        // If names are given, the document is about them.
        #expect(try await put(["parentName": "Shop", "vex": text]).status == 400)
    }

    @Test func `A body without the document says which field`() async throws {
        let response = try await put(["project": acme.projects[0].token, "bom": text])
        #expect(response.status == 400)
        #expect(String(decoding: Fixture.bytes(response), as: UTF8.self).contains("vex"))
    }

    @Test func `The form of the console brings statements, too`() async throws {
        func send(_ path: String, _ query: HTTPFields, _ headers: HTTPFields, _ body: String) async -> HTTPResponse {
            let request = HTTPRequest(
                method: "POST", path: path, query: query, headers: headers, body: .bytes(Array(body.utf8)))
            switch bench.site.reply(to: request) {
            case .now(let response): return response
            case .later(let work): return await work()
            }
        }
        let entered = await send("/console/enter", [:], [:], "userKey=\(acme.administrator)")
        let cookie = String(try #require(entered.headers["Set-Cookie"]).prefix { $0 != ";" })
        let project = acme.projects[0]
        func upload(_ fields: [(String, String)]) async -> HTTPResponse {
            await send(
                "/console/project/\(project.token)/imports", ["document": "vex"],
                ["Cookie": cookie, "Content-Type": "multipart/form-data; boundary=b"], UploadWorkbench.form(fields))
        }
        #expect(await upload([("project", project.token)]).status != 303, "a form without a file")
        #expect(try bench.files().isEmpty)
        #expect(await upload([("project", project.token), ("vex", Self.document)]).status == 303)
        let job = try #require(try bench.fixture.queue.claim(for: "test"))
        #expect(try IntakeJob(job).kind == .vex)
        #expect(job.project == project.id && job.kind == .intake)
        #expect(try bench.content(of: job) == Self.document)
    }
}
