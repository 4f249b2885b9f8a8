import Database
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Faults that keep a server from starting, and its messages.
    struct StartingTests {
        @Test func aSecondServerOnTheSameDirectoryIsRefused() throws {
            let server = try Shared.server()
            let second = try server.site.run("serve", "--listen", "127.0.0.1:0")
            #expect(second.status == 1)
            #expect(second.output == "")
            #expect(second.errors.contains("another waybill server runs on \(server.site.data)"))
            #expect(server.isHealthy)
        }

        @Test func aPortInUseIsToldSo() throws {
            let server = try Shared.server()
            let site = try Site()
            let second = try site.run("serve", "--listen", "127.0.0.1:\(server.port)")
            #expect(second.status == 1)
            #expect(second.errors.contains("127.0.0.1:\(server.port): the port is in use"))
            // The next server can use the directory.
            try RunningServer(site).stop()
            #expect(try site.strays() == [])
        }

        /// SQLite opens an unwritable database only if a killed process left the log.
        @Test(
            .enabled(if: getuid() != 0 || ForeignTool.canMount, "root needs the right to mount"),
            arguments: [false, true])
        func aDirectoryThatCannotBeWrittenIsToldSo(hasLog: Bool) throws {
            let site = try Site()
            let organization = try site.organization()
            if hasLog {
                try RunningServer(site).crash()
                // Empty where all of it was written back just before.
                #expect(FileManager.default.fileExists(atPath: site.data + "/waybill.sqlite-wal"))
            } else {
                try site.run("serve", "--listen", "nonsense")
            }
            let protection = try WriteProtection(site.data)
            defer { protection.end() }
            let commands = [
                ["serve", "--listen", "127.0.0.1:0"], ["init", "--organization", "B", "--email", "b@example.org"],
                ["report", "OrgInventoryReport", "--scope", organization.token, "--output", "/dev/null/x.zip"],
            ]
            for command in commands {
                let ending = try Executable.run(command + ["--data", site.data])
                #expect(ending.status == 1, "\(command): \(ending.errors)")
                #expect(ending.output == "")
                #expect(ending.errors.contains(site.data), "\(ending.errors)")
                #expect(!ending.errors.contains("Fatal"))
            }
            let fresh = try Executable.run(["serve", "--data", site.data + "/deeper/still"])
            #expect(fresh.status == 1)
            #expect(fresh.errors.contains("choose another with --data"))
        }

        @Test(.enabled(if: SmallDisk.isAvailable, "needs root, to mount a small file system"))
        func aFullDiskLosesNothing() throws {
            let disk = try SmallDisk(megabytes: 24)
            let site = try Site(data: disk.path + "/data")
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 50), to: organization)
            let server = try RunningServer(site, ["--reserve", "0"])
            let first = try server.report(
                "ProjectInventoryReport", "projectToken", project.projectToken, of: organization, ["format": "json"])
            let before = try site.counts()

            try disk.fill(leaving: 0)
            let large = site.folder.path("large.json")
            try Document.cycloneDX(libraries: 20_000).write(to: URL(fileURLWithPath: large))
            let refused = try site.run("import", "sbom", large, "--org", organization.token, "--product", "Other")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("No space left on device"), "\(refused.errors)")
            // A submission may still fit into the log. It is then kept, and done once there is room.
            let answer = try server.call(
                "generateProjectReportAsync",
                [
                    "projectToken": project.projectToken, "reportType": "ProjectLicensesReport", "format": "xlsx",
                ], key: organization.key)
            let uuid = (answer["asyncProcessStatus"] as? [String: Any])?["uuid"] as? String
            if uuid == nil { #expect(answer["errorCode"] as? Int == 4000, "\(answer)") }
            #expect(try server.get("/health/live").status == 200)

            try disk.clear()
            if let uuid { try server.finish(uuid, of: organization) }
            #expect(
                try server.report(
                    "ProjectInventoryReport", "projectToken", project.projectToken, of: organization,
                    ["format": "json"]) == first)
            #expect(
                try eventually {
                    var after = try site.counts()
                    after["artifact"] = before["artifact"]
                    return after == before
                }, "\(site.summary) was \(before)")
            #expect(server.isHealthy)
            try server.stop()
            #expect(try site.strays() == [])
        }

        @Test func aServerSpeaksTLS() throws {
            let openssl = try ForeignTool.path("openssl", package: "openssl")
            let curl = try ForeignTool.path("curl", package: "curl")
            let site = try Site()
            let organization = try site.organization()
            let (certificate, key) = (site.folder.path("cert.pem"), site.folder.path("key.pem"))
            try ForeignTool.run(
                openssl,
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                ])
            let server = try RunningServer(site, ["--tls-certificate", certificate, "--tls-key", key])
            let url = "https://127.0.0.1:\(server.port)"
            #expect(server.program.output == "listening on \(url)\n")
            let body =
                #"{"requestType":"getOrganizationDetails","orgToken":"\#(organization.token)","userKey":"\#(organization.key)"}"#
            let answer = try ForeignTool.run(
                curl, ["-sS", "--max-time", "60", "--cacert", certificate, "\(url)/api/v1.4", "-d", body])
            #expect(String(decoding: answer, as: UTF8.self).contains("\"orgName\":\"Acme\""))
            // Every answer has it: of a call, the console, health, a missing path (RFC 6797 §7.1).
            for path in ["/api/v1.4", "/", "/health/live", "/nothing"] {
                let head = try ForeignTool.run(curl, ["-sS", "-i", "--cacert", certificate, "\(url)\(path)"])
                #expect(
                    String(decoding: head, as: UTF8.self).contains("Strict-Transport-Security: max-age=31536000\r\n"),
                    "\(path)")
            }
            // A client that does not trust the certificate gets no answer, and neither does plain HTTP.
            #expect(throws: ForeignTool.Failed.self) { try ForeignTool.run(curl, ["-sS", "\(url)/health/live"]) }
            let plain = try? server.get("/health/live")
            #expect(plain?.status != 200)
            try server.stop()

            for (flags, part, status) in [
                (["--tls-certificate", certificate], "go together", 2),
                (["--tls-certificate", certificate, "--tls-key", certificate], certificate, 1),
                (["--tls-certificate", "/nowhere.pem", "--tls-key", key], "/nowhere.pem", 1),
            ] {
                let ending = try Executable.run(["serve", "--listen", "127.0.0.1:0", "--data", site.data] + flags)
                #expect(ending.status == status, "\(ending.errors)")
                #expect(ending.errors.contains(part), "\(ending.errors)")
            }
        }

        /// Starting with an existing directory, and stopping, take little processor time: the limit is ten times the
        /// measured one, because machines differ and this is a debug build.
        @Test func aStartCostsLittle() throws {
            let site = try Site()
            try RunningServer(site).stop()
            let seconds = try RunningServer(site).stop().processorSeconds
            #expect(seconds < 2, "a start and an end took \(seconds) s of processor time")
        }
    }
}

/// Makes a directory unwritable: by its mode, and for root by a mount.
private struct WriteProtection {
    let path: String
    let isMounted: Bool

    init(_ path: String) throws {
        self.path = path
        isMounted = getuid() == 0
        if isMounted {
            try ForeignTool.run("/bin/mount", ["--bind", path, path])
            try ForeignTool.run("/bin/mount", ["-o", "remount,ro,bind", path])
        } else {
            try #require(chmod(path, 0o500) == 0)
        }
    }

    func end() {
        if isMounted { _ = try? Program.run("/bin/umount", [path]) } else { chmod(path, 0o700) }
    }
}
