import Database
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// product.md §3.1.
    struct CommandLineTests {
        /// The commands that the overview names.
        static func commands() throws -> [String] {
            let text = try Executable.run(["--help"]).output
            let lines = text.components(separatedBy: "commands:\n").last?.components(separatedBy: "\n\n").first ?? ""
            return lines.split(separator: "\n").compactMap { line in
                line.dropFirst(2).components(separatedBy: "  ").first
            }
        }

        @Test func helpOfEveryCommand() throws {
            let commands = try Self.commands()
            #expect(Set(["serve", "init", "import sbom", "import debian", "report", "doctor"]).isSubset(of: commands))
            for command in commands {
                let words = command.split(separator: " ").map(String.init)
                for flag in ["--help", "-h"] {
                    let ending = try Executable.run(words + [flag])
                    #expect(ending.status == 0, "\(command)")
                    #expect(ending.output.hasPrefix("usage: waybill \(command)"), "\(ending.output)")
                    #expect(ending.errors == "")
                    for shared in ["--data DIR", "--database URL", "--artifacts URL", "--workers N", "--log-level"] {
                        #expect(ending.output.contains(shared), "\(command) \(shared)")
                    }
                }
                let wrong = try Executable.run(words + ["--no-such-flag"])
                #expect(wrong.status == 2, "\(command)")
                #expect(wrong.output == "")
                #expect(wrong.errors.hasPrefix("waybill \(command): unknown flag --no-such-flag\n"))
            }
        }

        /// The file is copied under another name first.
        @Test func aFileNamesTheProjectOfADocumentWithoutAName() throws {
            let site = try Site()
            let organization = try site.organization()
            let path = site.folder.path("billing.cdx.json")
            try Document.cycloneDX(libraries: 1, name: ".").write(to: URL(fileURLWithPath: path))
            let made = try site.json(["import", "sbom", path, "--org", organization.token, "--product", "Shop"])
            #expect((made["projects"] as? [[String: Any]])?.first?["project"] as? String == "billing")
            #expect(try site.strays() == [])
        }

        @Test func version() throws {
            let ending = try Executable.run(["--version"])
            #expect(ending.status == 0)
            #expect(ending.output.wholeMatch(of: /waybill \d+\.\d+\.\d+\S*\n/) != nil, "\(ending.output)")
        }

        @Test(
            arguments: [
                ([], 2, "usage: "), (["help"], 0, "usage: "), (["nonsense"], 2, "there is no command nonsense"),
                (["import"], 2, "waybill import: which? sbom, "),
                (["help", "user"], 0, "usage: waybill user COMMAND"), (["import", "-h"], 0, "\n  import sbom "),
                (["help", "import", "sbom"], 0, "usage: waybill import sbom"), (["key", "--help"], 0, "key create"),
                (["serve", "--listen"], 2, "--listen needs a value"),
                (["serve", "--listen", "here"], 2, "HOST:PORT"), (["serve", "--workers", "many"], 2, "0 to 256"),
                (["serve", "--grace", "-1"], 2, "0 to 3600"), (["serve", "--log-level", "loud"], 2, "debug, info"),
                (["serve", "--database", "oracle:x"], 2, "sqlite:PATH"),
                (["serve", "--artifacts", "ftp:x"], 2, "file:DIR"),
                (["serve", "--json"], 2, "unknown flag --json"),
                (["init", "--email", "a@example.org"], 2, "--organization"),
                (["init", "--organization", ""], 2, "--organization"),
                (["import", "sbom", "--org", "x", "--product", "y"], 2, "FILE"),
                (["import", "sbom", "f", "--org", "x", "--product", "y"], 1, "there is no database at"),
                (["report", "--scope", "x", "--output", "y"], 2, "TYPE"),
                (["report", "OrgInventoryReport", "--scope", "x", "--output", "y"], 1, "there is no database at"),
            ] as [([String], Int32, String)])
        func exitStatus(arguments: [String], status: Int32, text: String) throws {
            let site = try Site()
            let ending = try Executable.run(
                arguments, environment: ["WAYBILL_DATA": site.data], in: site.folder.url.path)
            #expect(ending.status == status, "\(ending.errors)")
            #expect((status == 0 ? ending.output : ending.errors).contains(text), "\(ending.errors)")
            if status != 0 { #expect(ending.output == "") }
        }

        @Test func reportsThatAreNoneAreWrongUsage() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            for (type, more, text) in [
                ("NoSuchReport", [], "NoSuchReport"), ("ProjectInventoryReport", [], "scope"),
                ("OrgInventoryReport", ["--format", "docx"], "docx"),
                ("OrgInventoryReport", ["--filter", "[1]"], "--filter"),
            ] as [(String, [String], String)] {
                let path = server.site.folder.path("none.zip")
                let ending = try Executable.run(
                    ["report", type, "--scope", acme.organization.token, "--output", path, "--data", server.site.data]
                        + more)
                #expect(ending.status == 2, "\(type) \(more): \(ending.errors)")
                #expect(ending.errors.contains(text))
                #expect(!FileManager.default.fileExists(atPath: path))
            }
        }

        private static func pods(_ site: Site) throws -> String {
            let path = site.folder.path("pods.json")
            let pod = #"{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a:1"}]}}"#
            try Data("{\"kind\":\"List\",\"items\":[\(pod)]}".utf8).write(to: URL(fileURLWithPath: path))
            return path
        }

        private static func statements(_ site: Site) throws -> String {
            let path = site.folder.path("vex.json")
            try Data(
                #"""
                {"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex/1","author":"Example",
                 "timestamp":"2024-06-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2024-1"},
                  "products":[{"@id":"pkg:npm/nowhere@1"}],"status":"fixed"}]}
                """#.utf8
            ).write(to: URL(fileURLWithPath: path))
            return path
        }

        private static func digests(_ site: Site) throws -> String {
            let path = site.folder.path("digests.jsonl")
            let line = #"{"sha1":"\#(String(repeating: "c", count: 40))","purl":"pkg:npm/a@1","licenses":["MIT"]}"#
            try Data(line.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }

        /// Commands whose JSON needs more than a fresh directory; other tests of this target run them.
        private static let triedElsewhere: Set<String> = [
            "backup", "restore", "migrate", "retry", "wait", "worker", "import advisories", "import agent",
            "import licenses",
            "import versions", "update", "user add", "user role", "user remove", "key list", "key create", "key renew",
            "key revoke",
        ]

        /// Standard output has one value and nothing else.
        @Test func jsonOfEveryCommand() throws {
            let site = try Site()
            let organization = try site.organization()
            let file = site.folder.path("bom.json")
            try Document.with(
                components: #"{"type":"library","name":"a","version":"1"},{"type":"library","version":"2"}"#
            ).write(to: URL(fileURLWithPath: file))
            let output = site.folder.path("report.zip")
            let examples: [String: (arguments: [String], keys: Set<String>)] = [
                "init": (
                    ["--organization", "B", "--email", "b@example.org"], ["organization", "orgToken", "userKey"]
                ),
                "import sbom": ([file, "--org", organization.token, "--product", "P"], ["projects"]),
                "import debian": (["--org", organization.token, "--root", try Self.debian(site)], ["projects"]),
                "import kubernetes": (
                    [try Self.pods(site), "--org", organization.token, "--cluster", "c"],
                    ["images", "places", "projects", "unknown"]
                ),
                "import digests": ([try Self.digests(site)], ["digests", "skipped"]),
                "report": (
                    ["OrgInventoryReport", "--scope", organization.token, "--output", output],
                    ["file", "parts", "rows", "seconds"]
                ),
                "ask": (["tiny", "--org", organization.token], ["items"]),
                "import vex": (
                    [try Self.statements(site), "--org", organization.token],
                    ["statements", "applied", "superseded", "notApplied"]
                ),
                "user list": (["--org", organization.token], ["users"]),
                "list": (["products", "--org", organization.token], ["products"]),
                "get": (["product", "P", "--org", organization.token], ["product", "productToken", "updated"]),
                "delete": (["product", "P", "--org", organization.token, "--yes"], ["message"]),
                "audit": (["--org", organization.token], ["records"]),
                "version": ([], ["version"]),
                "doctor": ([], ["basis", "checks"]),
            ]
            for command in try Self.commands() {
                let words = command.split(separator: " ").map(String.init)
                guard try Executable.run(words + ["--help"]).output.contains("  --json") else { continue }
                guard let example = examples[command] else {
                    #expect(Self.triedElsewhere.contains(command), "waybill \(command) has --json and no example")
                    continue
                }
                let ending = try Executable.run(words + example.arguments + ["--json", "--data", site.data])
                let json = try #require(
                    try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any], "\(command)")
                #expect(Set(json.keys) == example.keys, "\(command)")
                #expect(ending.output.hasSuffix("}\n"))
                if command == "import sbom" {
                    let project = try #require((json["projects"] as? [[String: Any]])?.first)
                    #expect(
                        Set(project.keys) == [
                            "product", "productToken", "project", "projectToken", "libraries", "basis", "warnings",
                        ])
                    #expect(project["libraries"] as? Int == 1)
                    #expect((project["basis"] as? [String: Any])?["components"] as? Int == 1)
                    #expect((project["warnings"] as? [String])?.count == 1)
                }
            }
        }

        /// On a terminal a line counts records. The command that showed it waited forever after printing its result.
        @Test func importsEndOnATerminal() throws {
            let site = try Site()
            _ = try site.organization()
            // `script`, of Debian's essential packages, gives the command a terminal.
            let command = "\(Executable.path) import digests \(try Self.digests(site)) --data \(site.data)"
            let ending = try Program("/usr/bin/script", ["-qec", command, "/dev/null"]).wait(atMost: 60)
            #expect(ending.status == 0)
            #expect(ending.output.contains("1 digest read; 0 records skipped"), "\(ending.output)")
        }

        /// The root folder of a Debian machine with one package.
        private static func debian(_ site: Site) throws -> String {
            let root = site.folder.path("machine")
            try FileManager.default.createDirectory(atPath: root + "/var/lib/dpkg", withIntermediateDirectories: true)
            let status = "Package: tiny\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: all\n\n"
            try Data(status.utf8).write(to: URL(fileURLWithPath: root + "/var/lib/dpkg/status"))
            return root
        }

        @Test func aFileThatFailsDoesNotHideThoseBeforeIt() throws {
            let site = try Site()
            let organization = try site.organization()
            let (good, bad) = (site.folder.path("good.json"), site.folder.path("bad.json"))
            try Document.cycloneDX(libraries: 2).write(to: URL(fileURLWithPath: good))
            try Data().write(to: URL(fileURLWithPath: bad))
            let ending = try site.run(
                "import", "sbom", bad, good, "\(bad).gone", "--org", organization.token, "--product", "P", "--json")
            #expect(ending.status == 1)
            #expect(ending.errors.contains("\(bad):") && ending.errors.contains("\(bad).gone:"))
            #expect(ending.errors.contains("2 of 3 files were not imported"))
            let json = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
            #expect((json?["projects"] as? [Any])?.count == 1)
        }

        /// A nightly upload of the same libraries, in reports.
        @Test func theSameFileAgainChangesNoByte() throws {
            let site = try Site()
            let organization = try site.organization()
            let made = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            for table in ["product", "project"] as [SQL] {
                try site.change("UPDATE \(table) SET content_at = 1000000000000")
            }
            try site.change("UPDATE content_time SET at = 1000000000000")
            func reports() throws -> [Data] {
                let sbom = ["--filter", #"{"standard":"CycloneDX","version":"1.6"}"#]
                return [
                    try site.report("ProjectInventoryReport", scope: made.projectToken, format: "xlsx"),
                    try site.report("ProductLicensesReport", scope: made.productToken, format: "pdf"),
                    try site.report("OrgInventoryReport", scope: organization.token),
                    try site.report("ProjectSBOMReport", scope: made.projectToken, more: sbom),
                ]
            }
            let before = try reports()
            _ = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            #expect(try reports() == before)
            _ = try site.importBOM(Document.cycloneDX(libraries: 4), to: organization)
            #expect(try zip(reports(), before).allSatisfy { $0 != $1 })
            // The facts from before the change stay as they were then.
            _ = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            #expect(try reports() == before)
        }

        // MARK: Settings

        /// The order of precedence: flags, variables, the file.
        @Test func precedenceOfSettings() throws {
            let site = try Site()
            let file = site.folder.path("waybill.conf")
            try Data("# settings\n\nworkers = 5\ndata = \(site.data)\nlog-level=warning\ngrace = 7\n".utf8).write(
                to: URL(fileURLWithPath: file))
            func workers(_ flags: [String], _ variables: [String: String]) throws -> String? {
                let ending = try Executable.run(["doctor", "--json"] + flags, environment: variables)
                let json = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
                let checks = json?["checks"] as? [[String: Any]] ?? []
                #expect((checks.first?["message"] as? String)?.hasPrefix(site.data + ",") == true)
                return checks.first { $0["check"] as? String == "settings" }?["message"] as? String
            }
            let variables = ["WAYBILL_WORKERS": "4", "WAYBILL_CONFIG": file]
            #expect(try workers(["--workers", "3"], variables) == "3 workers")
            #expect(try workers([], variables) == "4 workers")
            #expect(try workers([], ["WAYBILL_CONFIG": file]) == "5 workers")
            #expect(try workers(["--config", file], ["WAYBILL_CONFIG": "/nowhere"]) == "5 workers")
            // An empty variable counts as absent.
            #expect(try workers(["--config=\(file)"], ["WAYBILL_WORKERS": ""]) == "5 workers")
        }

        @Test(arguments: [
            ("workers 5", "line 1: expected `name = value`"),
            ("\nlisten=:0\nworker = 5", "line 3: there is no setting worker"),
        ]) func aFileOfSettingsThatIsNone(text: String, part: String) throws {
            let site = try Site()
            let file = site.folder.path("waybill.conf")
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let ending = try site.run("doctor", "--config", file)
            #expect(ending.status == 2)
            #expect(ending.errors.contains(part), "\(ending.errors)")
            let missing = try site.run("doctor", "--config", file + ".bak")
            #expect(missing.status == 2)
            #expect(missing.errors.contains("\(file).bak: No such file"))
        }

        /// A required value may come from a variable, too.
        @Test func requiredSettingsFromVariables() throws {
            let site = try Site()
            let ending = try site.run(
                "init", "--json", environment: ["WAYBILL_ORGANIZATION": "Größe", "WAYBILL_EMAIL": "a@example.org"])
            #expect(ending.status == 0)
            #expect(ending.output.contains("\"organization\":\"Größe\""))
        }

        // MARK: Doctor

        @Test func theDoctorFindsNothing() throws {
            let site = try Site()
            _ = try site.organization()
            let ending = try site.run("doctor")
            #expect(ending.status == 0, "\(ending.output)")
            let lines = ending.output.split(separator: "\n")
            #expect(lines.count >= 6)
            for line in lines { #expect(line.hasPrefix("ok  "), "\(line)") }
            #expect(ending.errors == "")
        }

        @Test func theDoctorSaysWhatToDo() throws {
            let site = try Site()
            let file = site.folder.path("a file")
            try Data().write(to: URL(fileURLWithPath: file))
            for (flags, check, text) in [
                (["--data", file + "/x"], "data directory", "choose another with --data"),
                (["--data", site.data, "--database", "sqlite:\(file)/x"], "database", file),
                (["--data", site.data, "--database", "sqlite:"], "database", "accepted: sqlite:PATH"),
                (["--data", site.data, "--artifacts", "file:\(file)/x"], "artifact store", file),
                (["--data", site.data, "--workers", "-3"], "settings", "accepted: a whole number from 0 to 256"),
            ] {
                let ending = try Executable.run(["doctor"] + flags)
                #expect(ending.status == 1, "\(flags)")
                let line = ending.output.split(separator: "\n").first { $0.hasPrefix("BAD  \(check): ") }
                #expect(line?.contains(text) == true, "\(ending.output)")
                #expect(ending.errors.contains("checks failed"))
                let json = try Executable.run(["doctor", "--json"] + flags)
                #expect(json.status == 1)
                #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [String: Any])
            }
        }
    }
}
