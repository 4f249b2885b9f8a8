import Foundation
import TestSupport

/// `waybill serve` on a free port.
final class RunningServer: Sendable {
    let program: Program
    let port: Int
    let site: Site

    /// Starts a server and waits until it states its address.
    init(_ site: Site, _ flags: [String] = [], environment: [String: String] = [:]) throws {
        self.site = site
        let program = try Program(
            Executable.path, ["serve", "--listen", "127.0.0.1:0"] + site.flags + flags,
            environment: environment)
        self.program = program
        let isReady = eventually { program.output.hasSuffix("\n") || !program.isRunning }
        let words = (program.output.split(separator: "\n").first ?? "").split(separator: ":")
        guard isReady, program.output.hasPrefix("listening on http"), let last = words.last,
            let port = Int(last.trimmingCharacters(in: .newlines))
        else {
            program.kill(SIGKILL)
            throw Program.Failed(description: "the server did not start: \(program.output)\(program.errors)")
        }
        self.port = port
    }

    /// Requests its end and waits for it.
    @discardableResult
    func stop() throws -> Program.Ending {
        program.kill(SIGTERM)
        return try program.wait()
    }

    /// Ends it like a power cut.
    func crash() throws {
        program.kill(SIGKILL)
        try program.wait()
    }

    func get(_ path: String, _ headers: [String] = []) throws -> Answer {
        try Wire.exchange(port: port, "GET", path, headers)
    }

    var isHealthy: Bool { (try? get("/health/ready").status) == 200 }

    // MARK: The Mend API

    func post(_ body: Data, path: String = "/api/v1.4") throws -> Answer {
        try Wire.exchange(port: port, "POST", path, ["Content-Type: application/json"], body: body)
    }

    /// A call with its fields and the user's key.
    func answer(_ requestType: String, _ fields: [String: Any], key: String) throws -> Answer {
        var body = fields
        body["requestType"] = requestType
        body["userKey"] = key
        return try post(try JSONSerialization.data(withJSONObject: body))
    }

    func call(_ requestType: String, _ fields: [String: Any], key: String) throws -> [String: Any] {
        try answer(requestType, fields, key: key).json()
    }

    /// The answer of a call about a process; throws another answer.
    func envelope(_ requestType: String, _ fields: [String: Any], key: String) throws -> [String: Any] {
        let answer = try call(requestType, fields, key: key)
        guard let envelope = answer["asyncProcessStatus"] as? [String: Any] else {
            throw Program.Failed(description: "\(requestType): \(answer)")
        }
        return envelope
    }

    /// Requests a report and returns its uuid.
    func submit(
        _ type: String, _ field: String, _ token: String, of organization: Organization, _ fields: [String: Any] = [:]
    ) throws -> String {
        let kinds = ["orgToken": "Organization", "productToken": "Product", "projectToken": "Project"]
        var all = fields
        all["reportType"] = type
        all[field] = token
        let envelope = try envelope("generate\(kinds[field] ?? "")ReportAsync", all, key: organization.key)
        return envelope["uuid"] as? String ?? ""
    }

    func status(_ uuid: String, of organization: Organization) throws -> [String: Any] {
        try envelope("getAsyncProcessStatus", ["orgToken": organization.token, "uuid": uuid], key: organization.key)
    }

    /// Polls until the report is ready; throws when it fails.
    @discardableResult
    func finish(_ uuid: String, of organization: Organization) throws -> [String: Any] {
        var last: [String: Any] = [:]
        let isOver = try eventually(within: 120, every: 15) {
            last = try status(uuid, of: organization)
            return ["SUCCESS", "FAILED"].contains(last["status"] as? String ?? "")
        }
        guard isOver, last["status"] as? String == "SUCCESS" else { throw Program.Failed(description: "\(last)") }
        return last
    }

    func download(_ uuid: String, of organization: Organization) throws -> Answer {
        try answer(
            "downloadAsyncReport", ["orgToken": organization.token, "reportStatusUUID": uuid], key: organization.key)
    }

    /// The whole way: submit, poll, download.
    func report(
        _ type: String, _ field: String, _ token: String, of organization: Organization, _ fields: [String: Any] = [:]
    ) throws -> Data {
        let uuid = try submit(type, field, token, of: organization, fields)
        try finish(uuid, of: organization)
        return try download(uuid, of: organization).body
    }
}
