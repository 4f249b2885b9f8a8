import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `kill -9`, as a power cut does, in the middle of the work.
    struct CrashTests {
        /// Waits until a report is being written, so that bytes of it are on the disk.
        private func isWriting(_ site: Site) -> Bool {
            site.files().contains { name in
                guard name.contains(".zip.part-") else { return false }
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(site.data)/\(name)")
                return (attributes?[.size] as? Int ?? 0) > 0
            }
        }

        /// Issue 2, part 3.
        @Test func aReportSurvivesItsServer() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 4000), to: organization)
            var server = try RunningServer(site)
            let uuid = try server.submit(
                "OrgInventoryReport", "orgToken", organization.token, of: organization, ["format": "pdf"])
            #expect(eventually(every: 1) { isWriting(site) })
            try server.crash()
            #expect(try site.number("SELECT count(*) FROM job WHERE state = 'IN_PROGRESS'") == 1)
            #expect(try site.number("SELECT count(*) FROM artifact") == 0)
            #expect(try !site.strays().isEmpty, "the report was finished before its server died")

            server = try RunningServer(site)
            let status = try server.finish(uuid, of: organization)
            #expect(status["rowsDone"] as? Int == 4000)
            #expect(try site.number("SELECT attempt FROM job WHERE uuid = \(uuid)") == 2)
            #expect(try site.number("SELECT count(*) FROM artifact") == 1)
            let zip = try server.download(uuid, of: organization).body
            let member = try Archive.single(zip)
            let path = site.folder.path("report.pdf")
            try member.content.write(to: URL(fileURLWithPath: path))
            try ForeignTool.run(ForeignTool.path("qpdf", package: "qpdf"), ["--check", path])
            #expect(try site.strays() == [])
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// Many jobs at once, killed at any moment: each is finished or taken again, and nothing is left behind.
        @Test func manyReportsSurviveManyDeaths() throws {
            let site = try Site()
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 300), to: organization)
            var server = try RunningServer(site)
            var uuids: [String] = []
            for round in 0..<3 {
                for format in ["json", "xlsx", "csv", "xml"] {
                    uuids.append(
                        try server.submit(
                            "ProjectInventoryReport", "projectToken", project.projectToken, of: organization,
                            ["format": format]))
                }
                usleep(UInt32(round) * 60_000 + 20_000)
                try server.crash()
                server = try RunningServer(site)
            }
            for uuid in uuids {
                try server.finish(uuid, of: organization)
                _ = try Archive.single(try server.download(uuid, of: organization).body)
            }
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// Starts the import of a large document over a small one and kills it when rows of it are in the database.
        private func killedImport(_ site: Site, _ organization: Organization) throws -> (
            old: Data, token: String, libraries: Int64
        ) {
            let old = try site.importBOM(Document.cycloneDX(libraries: 3, version: "1"), to: organization)
            let report = try site.report("ProjectInventoryReport", scope: old.projectToken)
            let path = site.folder.path("large.json")
            try Document.cycloneDX(libraries: 20_000, version: "2").write(to: URL(fileURLWithPath: path))
            let before = try site.number("SELECT count(*) FROM component")
            let libraries = try site.number("SELECT count(*) FROM library")
            let program = try site.start(
                "import", "sbom", path, "--org", organization.token, "--product", "Shop", "--project", "Cart")
            let isUnderWay = try eventually(every: 2) {
                try site.number("SELECT count(*) FROM component") > before || !program.isRunning
            }
            program.kill(SIGKILL)
            #expect(isUnderWay)
            #expect(try program.wait().status == 128 + SIGKILL, "the import was over before it was killed")
            #expect(try site.number("SELECT count(*) FROM scan WHERE state = 'STAGING'") == 1)
            #expect(try site.report("ProjectInventoryReport", scope: old.projectToken) == report)
            // A worker that takes over reads the original bytes, even if the file has changed since.
            try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
            return (report, old.projectToken, libraries)
        }

        @Test func aServerGoesOnWithADeadImport() throws {
            let site = try Site()
            let organization = try site.organization()
            let (_, token, _) = try killedImport(site, organization)
            var server = try RunningServer(site)
            #expect(try eventually(every: 2) { try site.number("SELECT max(attempt) FROM job") == 2 })
            // The second worker dies during the job, too.
            try server.crash()
            server = try RunningServer(site)
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE state <> 'SUCCESS'") == 0 })
            #expect(
                try site.number(
                    """
                    SELECT count(*) FROM occurrence o JOIN project p ON p.scan = o.scan WHERE p.token = \(token)
                    """) == 20_000)
            #expect(try eventually { try isTidy(site) }, "\(site.summary)")
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// A killed import that a server continues does not replace later imports.
        @Test func aDeadImportDoesNotReplaceANewerOne() throws {
            let site = try Site()
            let organization = try site.organization()
            let (_, token, _) = try killedImport(site, organization)
            let newer = try site.importBOM(Document.cycloneDX(libraries: 7, version: "3"), to: organization)
            #expect(newer.projectToken == token)
            let server = try RunningServer(site)
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE state <> 'SUCCESS'") == 0 })
            #expect(try site.number("SELECT count(*) FROM job WHERE result LIKE '%superseded%'") == 1)
            #expect(
                try site.number(
                    "SELECT count(*) FROM occurrence o JOIN project p ON p.scan = o.scan WHERE p.token = \(token)") == 7
            )
            #expect(try eventually { try isTidy(site) }, "\(site.summary)")
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// A waiting upload does not replace a later import by the command line.
        @Test func aWaitingUploadDoesNotReplaceANewerImport() throws {
            let site = try Site()
            let organization = try site.organization()
            var server = try RunningServer(site, ["--workers", "0"])
            let answer = try BadInputTests.upload(
                Document.cycloneDX(libraries: 3), to: server, key: organization.key, project: "Cart")
            let upload = try answer.json()["token"] as? String ?? ""
            _ = try site.importBOM(
                Document.cycloneDX(libraries: 7, version: "3"), to: organization, product: "Default",
                project: "Cart - 1")
            try server.stop()
            server = try RunningServer(site)
            let status = try server.finish(upload, of: organization)
            #expect((status["notes"] as? [String])?.first?.hasPrefix("superseded") == true, "\(status)")
            #expect(
                try site.number("SELECT count(*) FROM occurrence o JOIN project p ON p.scan = o.scan") == 7)
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// Matching runs in the background, as jobs with progress.
        @Test func advisoriesAreMatchedByJobs() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            let path = site.folder.path("advisories.jsonl")
            try (0..<3).map { number in
                """
                {"id":"CVE-2026-\(number)","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm",\
                "name":"part-\(number)"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}
                """
            }.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try site.json(["import", "advisories", path])["matched"] as? Int == 3)
            #expect(try site.number("SELECT rows_done FROM job WHERE kind = 'MATCHING' AND state = 'SUCCESS'") == 4)
            #expect(try site.number("SELECT count(*) FROM alert WHERE state = 'OPEN' AND vulnerability > 0") == 3)

            // An import that dies before its libraries are matched, and a server that dies during the matching.
            for table in ["alert_event", "alert", "finding_fix", "finding"] as [StaticString] {
                try site.change("DELETE FROM \(SQL(table))")
            }
            try site.change("INSERT INTO stale_package SELECT organization, package, 1 FROM library_package")
            var server = try RunningServer(site)
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE kind = 'MATCHING'") == 2 })
            try server.crash()
            server = try RunningServer(site)
            #expect(
                try eventually {
                    try site.number("SELECT count(*) FROM alert WHERE state = 'OPEN' AND vulnerability > 0") == 3
                })
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE state <> 'SUCCESS'") == 0 })
            let listed = try server.call(
                "waybillGetProcesses", ["orgToken": organization.token], key: organization.key)
            #expect((listed["processes"] as? [Any])?.isEmpty == true)
            try server.stop()
        }

        @Test func aDeadImportThatCannotGoOnIsSwept() throws {
            let site = try Site()
            let organization = try site.organization()
            let (old, token, libraries) = try killedImport(site, organization)
            for name in site.files() where name.hasPrefix("spool/") {
                try FileManager.default.removeItem(atPath: "\(site.data)/\(name)")
            }
            let server = try RunningServer(site)
            #expect(try eventually { try site.number("SELECT count(*) FROM job WHERE state = 'FAILED'") == 1 })
            #expect(try eventually { try isTidy(site) }, "\(site.summary)")
            #expect(
                try site.number("SELECT count(*) FROM component WHERE scan IN (SELECT scan FROM project)")
                    == site.number("SELECT count(*) FROM component"))
            #expect(try eventually { try site.number("SELECT count(*) FROM library") == libraries }, "\(site.summary)")
            #expect(try site.number("SELECT count(*) FROM library_facts") == libraries)
            #expect(try site.report("ProjectInventoryReport", scope: token) == old)
            try server.stop()
            #expect(try site.strays() == [])
        }

        /// Only visible scans have rows.
        private func isTidy(_ site: Site) throws -> Bool {
            try site.number("SELECT count(*) FROM scan WHERE state <> 'CURRENT'") == 0
                && site.number(
                    "SELECT count(*) FROM component WHERE scan NOT IN (SELECT scan FROM project)") == 0
        }
    }
}
