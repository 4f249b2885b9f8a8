import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `waybill update` and `serve --update`, with folders in the layout of a mirror.
    @Suite struct Updating {
        private static let advisory = """
            {"id":"MAL-1","modified":"2026-01-01T00:00:00Z","summary":"s","affected":[{"package":{"ecosystem":"npm",\
            "name":"left-pad"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"9.0.0"}]}]}]}
            """

        private func mirror() throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            for name in ["osv/npm", "kev"] {
                try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
            }
            try Self.advisory.write(toFile: folder.path("osv/npm/MAL-1.json"), atomically: true, encoding: .utf8)
            try "2026-01-01T00:00:00Z,MAL-1\n".write(
                toFile: folder.path("osv/npm/modified_id.csv"), atomically: true, encoding: .utf8)
            try kev("2026-03-01", to: folder)
            return folder
        }

        private static let kevPath = "kev/known_exploited_vulnerabilities.json"

        private func kev(_ day: String) -> String {
            """
            {"dateReleased":"\(day)T10:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-02-03"}]}
            """
        }

        private func kev(_ day: String, to folder: TemporaryFolder) throws {
            try kev(day).write(toFile: folder.path(Self.kevPath), atomically: true, encoding: .utf8)
        }

        private func sources(_ json: [String: Any]) -> [String: String] {
            let sources = json["sources"] as? [[String: Any]] ?? []
            return Dictionary(
                sources.map { ($0["source"] as? String ?? "", $0["state"] as? String ?? "") }, uniquingKeysWith: { $1 })
        }

        @Test func aFolderIsBroughtInAndMatched() throws {
            let (site, mirror) = (try Site(), try mirror())
            let acme = try site.organization()
            _ = try site.importBOM(
                Data(
                    """
                    {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"left-pad",
                    "version":"1.3.0","bom-ref":"a","purl":"pkg:npm/left-pad@1.3.0"}]}
                    """.utf8), to: acme)
            let first = try site.json(["update", "--from", mirror.url.path])
            #expect(
                sources(first) == [
                    "osv": "updated", "kev": "updated", "licenses": "missing", "euvd": "missing", "epss": "missing",
                    "versions": "missing", "eol": "missing",
                ])
            #expect(try site.number("SELECT count(*) FROM finding") == 1)
            let repeated = try site.run("update", "osv", "kev", "--from", mirror.url.path, "--json")
            #expect(repeated.status == 0 && repeated.processorSeconds < 2)
            #expect(repeated.output.contains(#""source":"osv","state":"unchanged","records":1"#))

            // An older list changes nothing: the command says so and fails, and `doctor` warns.
            try kev("2026-02-01", to: mirror)
            let failed = try site.run("update", "--from", mirror.url.path)
            #expect(failed.status == 1 && failed.output.contains("kev: failed, 1 record"))
            #expect(failed.errors.contains("kev failed; what was known before stays"))
            let doctor = try site.run("doctor")
            #expect(doctor.output.contains("warn knowledge: kev failed at "), "\(doctor.output)")
            #expect(try site.strays().isEmpty)
        }

        @Test func proxiesAreThoseOfTheUsualVariables() throws {
            let site = try Site()
            _ = try site.organization()
            func answering(_ day: String) throws -> ScriptedServer {
                try ScriptedServer([.answer(status: 200, headers: "Content-Type: application/json\r\n", body: kev(day))]
                )
            }
            func variables(proxy port: Int, for scheme: String = "http", without hosts: String = "") -> [String: String]
            {
                ["\(scheme)_proxy": "http://127.0.0.1:\(port)", "all_proxy": "", "no_proxy": hosts, "NO_PROXY": hosts]
            }

            // The name of the mirror exists for the proxy only.
            let proxy = try answering("2026-03-01")
            let asked = try site.run(
                "update", "kev", "--from", "http://mirror.invalid", environment: variables(proxy: proxy.port))
            #expect(asked.status == 0, "\(asked.errors)")
            #expect(proxy.lines == ["GET http://mirror.invalid/\(Self.kevPath) HTTP/1.1"])
            #expect(try site.number("SELECT count(*) FROM exploited") == 1)

            // No process listens on the proxy's port.
            let mirror = try answering("2026-03-02")
            let direct = try site.run(
                "update", "kev", "--from", "http://127.0.0.1:\(mirror.port)",
                environment: variables(proxy: 1, without: "example.org,127.0.0.1"))
            #expect(direct.status == 0, "\(direct.errors)")
            #expect(mirror.lines == ["GET /\(Self.kevPath) HTTP/1.1"])

            // With TLS, the proxy only learns the name.
            let tunnel = try ScriptedServer([.answer(status: 403)])
            let encrypted = try Program(
                Executable.path, ["update", "kev", "--from", "https://mirror.invalid"] + site.flags,
                environment: variables(proxy: tunnel.port, for: "https"))
            #expect(eventually { tunnel.lines == ["CONNECT mirror.invalid:443 HTTP/1.1"] })
            encrypted.kill(SIGKILL)
            _ = try encrypted.wait()
        }

        @Test func whatIsNoSourceIsWrongUsage() throws {
            let site = try Site()
            #expect(try site.run("update", "nvd").status == 2)
            #expect(try site.run("update", "--from", "/nonexistent").status == 2)
            #expect(try site.run("serve", "--update", "5s").status == 2)
        }

        @Test func aServerDoesItByItself() throws {
            let (site, mirror) = (try Site(), try mirror())
            let acme = try site.organization()
            let server = try RunningServer(site, ["--update", "6h", "--from", mirror.url.path])
            defer { _ = try? server.stop() }
            #expect(try eventually { try site.number("SELECT count(*) FROM exploited") == 1 })
            #expect(
                try eventually {
                    try site.number("SELECT count(*) FROM job WHERE kind = 'UPDATE' AND state = 'SUCCESS'") == 1
                })
            #expect(try server.get("/metrics").text.contains(#"waybill_feed_failing{source="osv/npm"} 0"#))
            let processes = try server.call("waybillGetProcesses", ["orgToken": acme.token], key: acme.key)
            #expect(processes["processes"] as? [Any] != nil)
        }
    }
}
