import Database
import Foundation
import HTTP
import Outbound
import Testing

@testable import Service

/// A server from settings alone: no flags, no files of settings, no log of a process.
struct ServerTests {
    private func settings() throws -> RuntimeSettings {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("service-\(UUID().uuidString)").path
        return RuntimeSettings(
            dataDirectory: folder, database: .sqlite(path: folder + "/waybill.sqlite"),
            artifacts: .folder(folder + "/artifacts"))
    }

    @Test func aServerStartsAndStops() async throws {
        let settings = try settings()
        defer { try? FileManager.default.removeItem(atPath: settings.dataDirectory) }
        let runtime = try Runtime(settings, log: Log(.error) { _, event, _ in Issue.record("logged: \(event)") })
        let server = try Server(runtime, ServerSettings(listen: try ListenAddress(parsing: "127.0.0.1:0"), workers: 1))
        server.start()
        let request = OutboundRequest(.get, url: server.url + "/health/ready", protocols: "http")
        #expect(try OutboundConnection().perform(request).status == 200)
        await server.stop(grace: 1)
    }

    @Test func oneServerUsesADirectory() throws {
        var settings = try settings()
        settings.isExclusive = true
        defer { try? FileManager.default.removeItem(atPath: settings.dataDirectory) }
        let log = Log(.error) { _, event, _ in Issue.record("logged: \(event)") }
        let runtime = try Runtime(settings, log: log)
        defer { runtime.database.close() }
        let error = #expect(throws: Failure.self) { _ = try Runtime(settings, log: log) }
        #expect(error?.description.contains("another waybill server runs on \(settings.dataDirectory)") == true)
    }
}
