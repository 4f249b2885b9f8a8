import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// SIGTERM and SIGINT.
    struct StoppingTests {
        @Test(arguments: [SIGTERM, SIGINT]) func anIdleServerEndsAtOnce(signal: Int32) throws {
            let site = try Site()
            let server = try RunningServer(site)
            #expect(server.isHealthy)
            server.program.kill(signal)
            #expect(try server.program.wait().status == 0)
            #expect(throws: (any Error).self) { try server.get("/health/live") }
            #expect(try site.strays() == [])
        }

        /// A job that does not end within the grace is given back without costing an attempt.
        @Test func aRunningJobIsGivenBack() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 8000), to: organization)
            var server = try RunningServer(site, ["--grace", "0"])
            let uuid = try server.submit(
                "OrgInventoryReport", "orgToken", organization.token, of: organization, ["format": "pdf"])
            #expect(try eventually(every: 2) { try site.number("SELECT attempt FROM job WHERE uuid = \(uuid)") == 1 })
            #expect(eventually(every: 1) { site.files().contains { $0.contains(".part-") } })
            let ending = try server.stop()
            #expect(ending.status == 0)
            #expect(ending.errors.contains("givenBack"), "the report was finished before its server ended")
            #expect(
                try site.number("SELECT count(*) FROM job WHERE uuid = \(uuid) AND state = 'PENDING' AND attempt = 0")
                    == 1)
            #expect(try site.strays() == [])

            server = try RunningServer(site)
            try server.finish(uuid, of: organization)
            #expect(try site.number("SELECT attempt FROM job WHERE uuid = \(uuid)") == 1)
            try server.stop()
        }

        /// A job that ends within the grace period is finished.
        @Test func aRunningJobIsFinishedInTime() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 1500), to: organization)
            let server = try RunningServer(site, ["--grace", "60"])
            let uuid = try server.submit(
                "OrgInventoryReport", "orgToken", organization.token, of: organization, ["format": "pdf"])
            #expect(try eventually(every: 1) { try site.number("SELECT attempt FROM job WHERE uuid = \(uuid)") == 1 })
            #expect(try server.stop().status == 0)
            #expect(try site.number("SELECT count(*) FROM job WHERE uuid = \(uuid) AND state = 'SUCCESS'") == 1)
            #expect(try site.strays() == [])
        }
    }
}
