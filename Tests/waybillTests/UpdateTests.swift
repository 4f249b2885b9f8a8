import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `waybill update` and `serve --update`, against folders that are laid out as a mirror.
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

        private func kev(_ day: String, to folder: TemporaryFolder) throws {
            try """
            {"dateReleased":"\(day)T10:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-02-03"}]}
            """.write(
                toFile: folder.path("kev/known_exploited_vulnerabilities.json"), atomically: true, encoding: .utf8)
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

            // An older list changes nothing; the command says so and fails, and so does `doctor` warn.
            try kev("2026-02-01", to: mirror)
            let failed = try site.run("update", "--from", mirror.url.path)
            #expect(failed.status == 1 && failed.output.contains("kev: failed, 1 record"))
            #expect(failed.errors.contains("kev failed; what was known before stays"))
            let doctor = try site.run("doctor")
            #expect(doctor.output.contains("warn knowledge: kev failed at "), "\(doctor.output)")
            #expect(try site.strays().isEmpty)
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
