import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Accepted uploads under adverse conditions.
    struct LostNothingTests {
        /// The line of `doctor` about one check.
        private func check(_ name: String, _ site: Site) throws -> (isGood: Bool, message: String) {
            let ending = try Executable.run(["doctor", "--json"] + site.flags)
            let answer = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
            let found = try #require((answer?["checks"] as? [[String: Any]])?.first { $0["check"] as? String == name })
            return (found["ok"] as? Bool ?? false, found["message"] as? String ?? "")
        }

        @Test(.enabled(if: SmallDisk.isAvailable, "needs root, to mount a small file system"))
        func aFullDiskLosesNoUpload() throws {
            let disk = try SmallDisk(megabytes: 48)
            let site = try Site(data: disk.path + "/data")
            let organization = try site.organization()
            let old = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization, project: "Cart - 1")
            // The disk is smaller than the reserve.
            let server = try RunningServer(site, ["--reserve", "0"])
            let libraries = 9000
            let document = Document.cycloneDX(libraries: libraries)
            // The disk has room for the upload, briefly twice, but not for its rows.
            try disk.fill(leaving: document.count * 2 + (1 << 20))
            let answer = try BadInputTests.upload(document, to: server, key: organization.key, project: "Cart")
            #expect(answer.status == 200, "\(answer.text)")
            let upload = try answer.json()["token"] as? String ?? ""

            // Eight attempts would end within a minute; after 20 seconds there would have been six.
            let end = Date(timeIntervalSinceNow: 20)
            var reasons: Set<String> = []
            while Date() < end {
                let status = try server.status(upload, of: organization)
                #expect(["PENDING", "IN_PROGRESS"].contains(status["status"] as? String ?? ""), "\(status)")
                let waits = status["waitingFor"] as? [String: Any]
                if let reason = waits?["reason"] as? String { reasons.insert(reason) }
                #expect(!"\(status)".contains(disk.path))
                usleep(100_000)
            }
            #expect(reasons == ["DISK"])
            #expect(try site.number("SELECT max(attempt) FROM job WHERE uuid = \(upload)") <= 1)
            #expect(site.files().contains("spool/\(upload)"))
            var told = (metrics: false, doctor: false)
            #expect(
                try eventually {
                    told.metrics =
                        try told.metrics
                        || server.get("/metrics").text.contains("waybill_queue_waiting_jobs{reason=\"disk\"} 1")
                    let jobs = try check("jobs", site)
                    told.doctor = told.doctor || !jobs.isGood && jobs.message.contains("1 wait since")
                    return told.metrics && told.doctor
                }, "\(told)")

            try disk.clear()
            let report = try server.report(
                "ProjectInventoryReport", "projectToken", old.projectToken, of: organization, ["format": "json"])
            #expect(try server.status(upload, of: organization)["status"] as? String == "SUCCESS")
            #expect(try site.number("SELECT attempt FROM job WHERE uuid = \(upload)") == 1)
            #expect(
                try site.number(
                    "SELECT count(*) FROM occurrence o JOIN project p ON p.scan = o.scan WHERE p.name = 'Cart - 1'")
                    == Int64(libraries))
            #expect(try Archive.single(report).content.count > libraries * 100, "it waited for the upload")
            #expect(try check("jobs", site).isGood)
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// A killed backup leaves its file and links to uploads; the next backup and a server delete them.
        @Test func aKilledBackupLeavesNothingForGood() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            // The name of a process of this machine that has ended.
            let dead = try site.start("worker", "--workers", "0", "--listen", "127.0.0.1:0")
            dead.kill(SIGKILL)
            _ = try dead.wait()
            let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).prefix(8)
            let space = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
            let name = "\(boot).\(space.filter(\.isNumber)).\(dead.pid).1"
            let links = "\(site.data)/spool/.backup-\(name)"
            func leave() throws {
                try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
                try Data("x".utf8).write(to: URL(fileURLWithPath: links + "/upload"))
            }
            try leave()
            for end in ["", "-wal", "-shm"] {
                let path = site.folder.path("yesterday.part-\(name)\(end)")
                try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            }
            let foreign = site.folder.path("film.part-1")
            try Data("x".utf8).write(to: URL(fileURLWithPath: foreign))
            #expect(try site.run("backup", site.folder.path("today")).status == 0)
            #expect(site.files().allSatisfy { !$0.hasPrefix("spool/") })
            let beside = try FileManager.default.contentsOfDirectory(atPath: site.folder.path(""))
            #expect(beside.sorted() == ["data", "film.part-1", "today"], "only what is ours")

            try leave()
            let server = try RunningServer(site)
            #expect(eventually { !FileManager.default.fileExists(atPath: links) })
            try server.stop()
            #expect(try site.strays() == [])
        }

        @Test func whatWasGivenUpIsTriedAgain() throws {
            let site = try Site()
            let organization = try site.organization()
            var server = try RunningServer(site, ["--workers", "0"])
            let answer = try BadInputTests.upload(
                Document.cycloneDX(libraries: 5), to: server, key: organization.key, project: "Cart")
            let upload = try answer.json()["token"] as? String ?? ""
            try server.stop()
            // The state after eight deaths.
            try site.change(
                """
                UPDATE job SET state = 'FAILED', attempt = 8, claims = 8, given_up = 1, error = 'given up after 8 attempts',
                    finished_at = modified_at WHERE uuid = \(upload)
                """)
            // A server starts and sweeps.
            server = try RunningServer(site)
            #expect(try server.status(upload, of: organization)["status"] as? String == "FAILED")
            let jobs = try check("jobs", site)
            #expect(!jobs.isGood && jobs.message.contains(upload) && jobs.message.contains("waybill retry"))
            #expect(
                try server.get("/metrics").text.contains("waybill_queue_given_up_jobs 1"))
            #expect(site.files().contains("spool/\(upload)"))

            let made = try site.json(["retry", "--all"])["jobs"] as? [[String: String]]
            #expect(made == [["uuid": upload, "outcome": "restarted"]])
            try server.finish(upload, of: organization)
            #expect(try site.json(["retry", "--all"])["jobs"] as? [[String: String]] == [])
            #expect(
                try site.json(["retry", upload])["jobs"] as? [[String: String]] == [
                    ["uuid": upload, "outcome": "done"]
                ])
            #expect(try site.run("retry", UUID().uuidString).status == 1)
            #expect(try site.run("retry").status == 2)
            #expect(try check("jobs", site).isGood)
            try server.stop()
            #expect(try site.strays() == [])
        }
    }
}
