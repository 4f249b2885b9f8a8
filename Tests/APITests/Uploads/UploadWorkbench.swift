import Console
import Database
import Foundation
import HTTP
import Intake
import Jobs
import Synchronization
import Testing

@testable import API

/// A door with uploads, for the two organizations of a `Fixture`.
final class UploadWorkbench: Sendable {
    let fixture: Fixture
    let door: Door
    /// The same door with the console's beside it.
    let site: Site
    let folder: String

    /// The same, with health and metrics at another address.
    let apart: Door

    init(limit: Int = UploadSettings.defaultLimit, doorkeeper: () -> Doorkeeper? = { nil }) throws {
        fixture = try Fixture()
        folder = fixture.folder.appendingPathComponent("spool").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let world = fixture.world
        var backend = Backend(
            database: fixture.database, queue: fixture.queue, bell: Bell(), openArtifact: { _ in nil },
            scratch: folder,
            uploads: UploadSettings(limit: limit, folder: folder),
            log: { incident in world.incidents.withLock { $0.append(incident) } })
        backend.doorkeeper = doorkeeper()
        door = Door(backend)
        site = Site(backend)
        backend.showsOperation = false
        apart = Door(backend)
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse { await door.answer(to: request) }

    func put(_ fields: [String: Any], key: String? = nil, header: String = "X-Api-Key") async throws -> HTTPResponse {
        var fields = fields
        if fields["bom"] == nil { fields["bom"] = Data("{}".utf8).base64EncodedString() }
        let body = try JSONSerialization.data(withJSONObject: fields)
        return await put(Array(body), key: key, header: header)
    }

    func put(_ body: [UInt8], key: String? = nil, header: String = "X-Api-Key") async -> HTTPResponse {
        let value = (header == "Authorization" ? "Bearer " : "") + (key ?? fixture.acme.administrator)
        return await answer(
            HTTPRequest(
                method: "PUT", path: "/api/v1/bom", headers: ["Content-Type": "application/json", header: value],
                body: .bytes(body)))
    }

    func post(_ form: String, type: String = "multipart/form-data; boundary=b") async -> HTTPResponse {
        await answer(
            HTTPRequest(
                method: "POST", path: "/api/v1/bom",
                headers: ["Content-Type": type, "X-Api-Key": fixture.acme.administrator], body: .bytes(Array(form.utf8))
            ))
    }

    /// A form with these fields; the document's field is `bom`.
    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "--b\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }.joined()
            + "--b--\r\n"
    }

    func get(_ path: String, key: String? = nil) async -> HTTPResponse {
        await answer(
            HTTPRequest(method: "GET", path: path, headers: ["X-Api-Key": key ?? fixture.acme.administrator]))
    }

    /// The job that an answer names, with its destination as its request.
    func job(_ response: HTTPResponse) throws -> Job {
        #expect(response.status == 200, "\(text(response))")
        let answer = try Fixture.json(response)
        #expect(answer.count == 1)
        let uuid = try #require(answer["token"] as? String)
        let queue = fixture.queue
        let found = try fixture.database.read { connection in
            try [fixture.acme.id, fixture.rival.id].compactMap {
                try queue.find(uuid: uuid, organization: $0, on: connection)
            }
        }
        return try #require(found.first)
    }

    func text(_ response: HTTPResponse) -> String { String(decoding: Fixture.bytes(response), as: UTF8.self) }

    /// The names of all files of uploads.
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

    func content(of job: Job) throws -> String { try String(contentsOfFile: "\(folder)/\(job.uuid)", encoding: .utf8) }
}

extension Job {
    /// The destination of an upload, as `PRODUCT/PROJECT`.
    var place: String {
        get throws {
            let destination = try IntakeJob(self).destination
            return "\(destination.product)/\(destination.project)"
        }
    }
}

extension Door {
    /// The answer to a request, once it arrives.
    func answer(to request: HTTPRequest) async -> HTTPResponse {
        switch reply(to: request) {
        case .now(let response): response
        case .later(let work): await work()
        }
    }
}
