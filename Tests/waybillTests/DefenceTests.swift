import Database
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Defences of a server against its surroundings.
    struct DefenceTests {
        private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()

        private func mode(_ path: String) -> mode_t {
            var status = stat()
            return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
        }

        /// Paths that an earlier version left accessible are closed, too.
        @Test func whatIsKeptIsClosedToOthers() throws {
            let site = try Site()
            try FileManager.default.createDirectory(atPath: site.data, withIntermediateDirectories: true)
            chmod(site.data, 0o755)
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 5), to: organization)
            chmod(site.data + "/waybill.sqlite", 0o644)
            let server = try RunningServer(site)
            _ = try server.report(
                "ProjectInventoryReport", "projectToken", project.projectToken, of: organization, ["format": "json"])
            let backup = site.folder.path("backup")
            #expect(try site.run("backup", backup, "--with-artifacts").status == 0)
            var seen = 0
            for root in [site.data, backup] {
                let paths = [root] + (FileManager.default.enumerator(atPath: root)?.map { "\(root)/\($0)" } ?? [])
                for path in paths {
                    seen += 1
                    #expect(mode(path) & 0o077 == 0, "\(path) has mode \(String(mode(path), radix: 8))")
                }
            }
            #expect(seen > 8)
            try server.stop()
        }

        @Test func answersHaveTheFieldsThatBrowsersObey() throws {
            let server = try Shared.server()
            let organization = try Shared.acme().organization
            for answer in [
                try server.answer("getOrganizationDetails", ["orgToken": organization.token], key: organization.key),
                try server.get("/health/live"), try server.get("/"), try server.get("/nothing"),
                try server.get("/api/openapi.json"),
            ] {
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.header("Strict-Transport-Security") == nil)
            }
        }

        /// Names in documents never control a terminal, whatever command shows them; JSON has them unchanged.
        @Test func namesSteerNoTerminal() throws {
            let site = try Site()
            let organization = try site.organization()
            let name = #"evil\u001b]0;title\u0007\u202e\u009b2J"#
            let document = Document.with(
                components: """
                    {"type":"library","bom-ref":"a","name":"\(name)","version":"1","purl":"pkg:npm/evil@1"},
                    {"type":"library","bom-ref":"b","name":"\(name)","version":"1","purl":"not a purl \(name)"}
                    """)
            let path = site.folder.path("evil.json")
            try document.write(to: URL(fileURLWithPath: path))
            let asked = ["--org", organization.token]
            let imported = try Executable.run(
                ["import", "sbom", path, "--product", "P", "--project", "Q\u{202E}"] + asked + site.flags)
            #expect(imported.status == 0, "\(imported.errors)")
            let refused = try Executable.run(
                ["import", "sbom", path, "--product", "P\u{1B}[31m"] + asked + site.flags)
            #expect(refused.status == 1)
            var texts = [imported.output, imported.errors, refused.errors]
            for words in [
                ["ask", "evil"], ["list", "libraries"], ["list", "projects"], ["list", "products"], ["doctor"],
                ["list", "products", "--scope", "\u{1B}[31m"],
            ] {
                let shown = try Executable.run(words + (words == ["doctor"] ? [] : asked) + site.flags)
                texts += [shown.output, shown.errors]
            }
            let forbidden: Set<Unicode.Scalar> = ["\u{1B}", "\u{7}", "\u{202E}", "\u{9B}"]
            for text in texts { #expect(!text.unicodeScalars.contains(where: forbidden.contains), "\(text)") }
            #expect(texts.joined().contains("\u{FFFD}"))
            let json = try Executable.run(["list", "projects", "--json"] + asked + site.flags).output
            #expect(json.contains("Q\u{202E}"), "\(json)")
        }

        /// A pattern that an earlier version accepted and RE2 refuses: doctor and the console name it, and say that it decides
        /// nothing.
        @Test func aPatternThatCannotBeUsedIsNamed() throws {
            let site = try Site()
            let organization = try site.organization()
            _ = try site.importBOM(Document.cycloneDX(libraries: 2), to: organization)
            let server = try RunningServer(site)
            let added = try server.call(
                "addOrganizationPolicy",
                [
                    "orgToken": organization.token,
                    "policy": [
                        "name": "By name", "filter": ["type": "LIBRARY_NAME_PATTERN", "pattern": "kept*"],
                        "action": ["type": "REJECT"],
                    ],
                ], key: organization.key)
            #expect(added["policy"] != nil, "\(added)")
            #expect(try site.run("doctor").output.contains("patterns: all that are saved can be used"))
            try site.change("UPDATE policy SET rule = \("NAME\n/(?!x).*/")")
            let doctor = try site.run("doctor")
            #expect(doctor.status == 1 && doctor.output.contains("/(?!x).*/ cannot be used"), "\(doctor.output)")
            let entered = try Wire.exchange(
                port: server.port, "POST", "/console/enter",
                ["Content-Type: application/x-www-form-urlencoded", "Origin: http://127.0.0.1:\(server.port)"],
                body: Data("userKey=\(organization.key)".utf8))
            let cookie = String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })
            let page = try server.get("/", ["Cookie: \(cookie)"]).text
            #expect(page.contains("/(?!x).*/ cannot be used"), "\(page.prefix(3000))")
            try server.stop()
        }

        /// The key in the head is looked up before any byte of the body is read, even if the database is on another machine.
        @Test(arguments: TemporaryDatabase.engines) func aWrongKeyIsRefusedAtTheHead(engine: Engine) throws {
            let flags = engine == .postgresql ? ["--database", try PostgreSQLServer.started.get().makeDatabase()] : []
            let server = try RunningServer(try Site(flags))
            for (path, status) in [("/api/v1/bom", 401), ("/api/v1/vex", 401)] {
                // None of the hundred million bytes is sent, so only the head can cause the answer.
                let head = """
                    PUT \(path) HTTP/1.1\r\nHost: h\r\nX-Api-Key: \(String(repeating: "0", count: 64))\r\n\
                    Content-Length: 100000000\r\n\r\n
                    """
                let answer = String(decoding: try Wire.talk(port: server.port, Data(head.utf8)), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            }
            try server.stop()
        }

        @Test func operationsHaveAnAddressOfTheirOwn() throws {
            let server = try RunningServer(try Site(), ["--operations", "127.0.0.1:0"])
            #expect(eventually { server.program.output.contains("operations on http://") })
            let text = server.program.output.components(separatedBy: "operations on http://127.0.0.1:").last ?? ""
            let port = try #require(Int(text.prefix { $0.isNumber }))
            for path in ["/health/live", "/health/ready", "/metrics"] {
                #expect(try Wire.exchange(port: port, "GET", path).status == 200)
                #expect(try server.get(path).status == 404)
            }
            #expect(try Wire.exchange(port: port, "GET", "/").status == 404)
            #expect(try server.get("/").status == 200)
            try server.stop()
        }

        /// A graph in which each library of a level needs each of the next, with `count` libraries in a level.
        private static func dense(_ count: Int) -> Data {
            let components = (0..<count * 2).map {
                #"{"type":"library","bom-ref":"\#($0)","name":"l\#($0)","version":"1","purl":"pkg:npm/l\#($0)@1"}"#
            }
            let below = (count..<count * 2).map { "\"\($0)\"" }.joined(separator: ",")
            let arrows = (0..<count).map { #"{"ref":"\#($0)","dependsOn":[\#(below)]}"# }
            return Data(
                """
                {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
                "components":[\(components.joined(separator: ","))],"dependencies":[\(arrows.joined(separator: ","))]}
                """.utf8)
        }

        @Test func aTreeIsCutAndSaysSo() throws {
            let site = try Site()
            let organization = try site.organization()
            let dense = try site.importBOM(Self.dense(350), to: organization)
            let small = try site.importBOM(Self.dense(5), to: organization, project: "Small")
            let server = try RunningServer(site)
            let answer = try server.answer(
                "getProjectHierarchy", ["projectToken": dense.projectToken], key: organization.key)
            let json = try answer.json()
            #expect(json["cutAtEntries"] as? Int == 100_000)
            var (entries, cut) = (0, 0)
            func walk(_ list: [[String: Any]]) {
                for library in list {
                    entries += 1
                    if library["dependenciesCut"] as? Bool == true { cut += 1 }
                    walk(library["dependencies"] as? [[String: Any]] ?? [])
                }
            }
            walk(try #require(json["libraries"] as? [[String: Any]]))
            #expect((100_000...100_350).contains(entries), "\(entries)")
            #expect(cut > 0)
            let whole = try server.answer(
                "getProjectHierarchy", ["projectToken": small.projectToken], key: organization.key)
            #expect(try whole.json()["cutAtEntries"] == nil)
            #expect(!whole.text.contains("dependenciesCut"))
            try server.stop()
        }

        /// Of three hundred simultaneous reports, four run at a time and some are refused; another organization is
        /// served in the meantime.
        @Test func aFloodOfReportsLeavesOthersServed() async throws {
            let site = try Site()
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 3000), to: organization)
            let server = try RunningServer(site)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<300 {
                    group.addTask {
                        try await withCheckedThrowingContinuation { continuation in
                            Thread.detachNewThread {
                                continuation.resume(
                                    with: Result {
                                        try server.answer(
                                            "getProjectInventoryReport",
                                            ["projectToken": project.projectToken, "format": "xlsx"],
                                            key: organization.key
                                        ).status
                                    })
                            }
                        }
                    }
                }
                var slowest = 0.0
                for _ in 0..<10 {
                    let begin = Date()
                    let answer = try server.answer(
                        "getOrganizationDetails", ["orgToken": organization.token], key: organization.key)
                    #expect(answer.status == 200)
                    slowest = max(slowest, -begin.timeIntervalSinceNow)
                }
                #expect(slowest < 5, "\(slowest) s")
                let folder = "/proc/\(server.program.pid)/task"
                let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count ?? 0
                #expect(threads < 80, "\(threads) threads")
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(Set(statuses.keys).isSubset(of: [200, 429]), "\(statuses)")
            #expect((statuses[200] ?? 0) >= 68, "\(statuses)")
            try server.stop()
        }

        @Test(
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"), "needs systemd"),
            arguments: ["waybill", "waybill-worker", "waybill-update"])
        func unitsAreExposedLittle(unit: String) throws {
            let path = Self.root.appendingPathComponent("packaging/\(unit).service").path
            let ending = try Program.run(
                "/usr/bin/systemd-analyze", ["security", "--offline=true", "--threshold=20", path])
            #expect(ending.status == 0, "\(ending.output)\(ending.errors)")
        }

        /// systemd's verdict about the units: it knows every setting, and no two contradict each other. The program need not be
        /// installed for this, so another one takes its place.
        @Test(
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"), "needs systemd"),
            arguments: ["waybill.service", "waybill-worker.service", "waybill-update.service", "waybill-update.timer"])
        func unitsAreUnderstood(unit: String) throws {
            let folder = try TemporaryFolder()
            for name in Set([unit, "waybill-update.service"]) {
                let path = Self.root.appendingPathComponent("packaging/\(name)").path
                let text = try String(contentsOfFile: path, encoding: .utf8)
                #expect(!name.hasSuffix(".service") || text.contains("ExecStart=/usr/bin/waybill "))
                try text.replacingOccurrences(of: "/usr/bin/waybill", with: "/bin/true").write(
                    toFile: folder.path(name), atomically: true, encoding: .utf8)
            }
            let ending = try Program.run("/usr/bin/systemd-analyze", ["verify", "--man=no", folder.path(unit)])
            #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending.output)\(ending.errors)")
        }

        /// The commands in the units are those of the program, and the program works under the units' filters and
        /// limits.
        @Test(
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"), "needs systemd"),
            arguments: ["waybill", "waybill-worker", "waybill-update"])
        func unitsLetTheProgramWork(unit: String) throws {
            let ending = try Program.run(
                "/usr/bin/python3",
                [
                    Self.root.appendingPathComponent("Tests/Clients/confined.py").path, Executable.path,
                    Self.root.appendingPathComponent("packaging/\(unit).service").path,
                ])
            #expect(ending.status == 0, "\(ending.output)\(ending.errors.suffix(3000))")
        }

        /// Each test that docs/security.md names exists.
        @Test func theGuideNamesTestsThatAre() throws {
            let guide = try String(contentsOf: Self.root.appendingPathComponent("docs/security.md"), encoding: .utf8)
            var named: Set<String> = []
            for line in guide.split(separator: "\n") where line.hasPrefix("| ") {
                let cells = line.split(separator: "|")
                guard let last = cells.last(where: { !$0.allSatisfy(\.isWhitespace) }) else { continue }
                for (place, word) in last.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                where place % 2 == 1 && !word.hasPrefix("make ") { named.insert(String(word)) }
            }
            #expect(named.count > 30)
            let tests = Self.root.appendingPathComponent("Tests")
            let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)?.compactMap {
                $0 as? URL
            }
            var text = ""
            for file in files ?? [] where file.pathExtension == "swift" {
                text += try String(contentsOf: file, encoding: .utf8)
            }
            for name in named.sorted() {
                #expect(text.contains("func \(name)(") || text.contains("struct \(name) "), "\(name) is no test")
            }
        }
    }
}
