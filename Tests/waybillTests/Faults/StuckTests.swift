import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A database whose lock another process holds: the health and the end of the server.
    struct StuckTests {
        /// Holds the lock of a site's database until it is released.
        private final class Lock: Sendable {
            private let database: any Database
            private let release = DispatchSemaphore(value: 0)
            private let done = DispatchSemaphore(value: 0)

            init(_ site: Site) throws {
                database = try DatabaseURL.sqlite(path: site.data + "/waybill.sqlite").open()
                let held = DispatchSemaphore(value: 0)
                Thread.detachNewThread { [database, release, done] in
                    do {
                        try database.write { connection in
                            _ = try connection.run("UPDATE sequence SET next = next")
                            held.signal()
                            release.wait()
                        }
                    } catch {
                        Issue.record("the lock was not got: \(error)")
                        held.signal()
                    }
                    done.signal()
                }
                held.wait()
            }

            func end() {
                release.signal()
                done.wait()
                database.close()
            }
        }

        @Test func aServerThatCannotWriteIsNotReady() throws {
            let site = try Site()
            _ = try site.organization()
            let server = try RunningServer(site)
            #expect(server.isHealthy)
            let lock = try Lock(site)
            // The result of a moment ago still holds.
            #expect(try eventually(within: 20, every: 100) { try server.get("/health/ready").status == 503 })
            let threads = try Self.threads(of: server)
            // While the writer is stuck, no request waits for it, whatever their number.
            for _ in 0..<50 {
                let answer = try server.get("/health/ready")
                #expect(answer.status == 503)
                #expect(answer.text.contains("has not ended for 5 s") || answer.text.contains("cannot be written"))
            }
            #expect(try Self.threads(of: server) < threads + 10)
            #expect(try server.get("/health/live").status == 200)
            lock.end()
            #expect(eventually(within: 60, every: 100) { server.isHealthy })
            try server.stop()
        }

        /// The grace period ends while a write waits for the lock; the process still ends.
        @Test func aStuckServerEndsAfterItsGrace() throws {
            let site = try Site()
            let organization = try site.organization()
            let made = try site.importBOM(Document.cycloneDX(libraries: 8000), to: organization)
            let server = try RunningServer(site, ["--grace", "1"])
            let uuid = try server.submit(
                "OrgInventoryReport", "orgToken", organization.token, of: organization, ["format": "pdf"])
            #expect(try eventually(every: 2) { try site.number("SELECT attempt FROM job WHERE uuid = \(uuid)") == 1 })
            // Giving the job back is a write, too, and SQLite would wait for half a minute.
            let lock = try Lock(site)
            server.program.kill(SIGTERM)
            let ending = try server.program.wait(atMost: 10)
            lock.end()
            #expect(ending.status == 1)
            #expect(ending.errors.contains("stopped in the middle of work"))
            #expect(ending.errors.contains(uuid))
            // The next server knows that its owner has ended, and continues.
            let next = try RunningServer(site)
            try next.finish(uuid, of: organization)
            #expect(made.libraries == 8000)
            try next.stop()
        }

        private static func threads(of server: RunningServer) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.program.pid)/task").count
        }
    }
}
