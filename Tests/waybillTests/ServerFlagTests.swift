import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `--server`: the same commands print and end alike on the data and with a running server.
    struct ServerFlagTests {
        /// A server with two projects of the product Shop and one of Kiosk.
        private final class World: Sendable {
            let site: Site
            let organization: Organization
            let server: RunningServer

            init(_ flags: [String] = []) throws {
                site = try Site()
                organization = try site.organization("Acme")
                for (product, project, count) in [("Shop", "Cart", 3), ("Shop", "Pay", 5), ("Kiosk", "Cart", 1)] {
                    _ = try site.importBOM(
                        Document.cycloneDX(libraries: count, name: project), to: organization, product: product,
                        project: project)
                }
                server = try RunningServer(site, flags)
            }

            /// Runs a command with the server: the key is in a variable, and the folder differs from that of the
            /// data.
            func remote(_ words: [String], key: String? = nil) throws -> Program.Ending {
                try Executable.run(
                    words + ["--server", "http://127.0.0.1:\(server.port)/"],
                    environment: ["WAYBILL_KEY": key ?? organization.key], in: site.folder.url.path)
            }

            func local(_ words: [String]) throws -> Program.Ending {
                try Executable.run(words + site.flags, in: site.folder.url.path)
            }

            /// Writes a document beside the data.
            func write(_ data: Data, to name: String) throws -> String {
                let path = site.folder.path(name)
                try data.write(to: URL(fileURLWithPath: path))
                return path
            }
        }

        @Test func theSameIsPrintedOnBothSides() throws {
            let world = try World()
            for words in [
                ["list", "products"], ["list", "projects"], ["list", "projects", "--scope", "Shop"],
                ["list", "projects", "--json"], ["list", "libraries", "--limit", "2"], ["list", "libraries", "--json"],
                ["list", "users", "--json"], ["list", "policies"], ["list", "uploads", "--json"],
                ["list", "schedules", "--json"], ["get", "project", "Shop/Cart"],
                ["get", "product", "Kiosk", "--json"],
                ["get", "project", "Cart"], ["get", "product", "Kiosc"], ["list", "gnus"], ["list", "keys"],
                ["list", "projects", "--scope", "Shopp"], ["list", "products", "--org", "Acmee"],
                ["ask", "part-2"], ["ask", "part", "--limit", "2"], ["ask", "part-0", "--product", "kiosk", "--json"],
                ["ask", "a", "--product", "Shops"], ["ask", "nothing like it"], ["ask"],
                ["report", "OrgInventoryReport", "--scope", "Acme", "--format", "csv", "--output", "-"],
                [
                    "report", "OrgInventoryReport", "--scope", "Acme", "--format", "csv", "--output", "-", "--filter",
                    "project=Pay",
                ],
                ["report", "ProjectInventoryReport", "--scope", "Shop/Cart", "--format", "json", "--output", "-"],
                ["report", "ProjectSBOMReport", "--scope", "Shop/Pay", "--filter", "standard=SPDX", "--output", "-"],
                ["report", "ProjectInventoryReport", "--scope", "Cart", "--format", "csv", "--output", "-"],
                ["report", "OrgInventoryReport", "--scope", "Acme", "--output", "-", "--filter", "projet=Pay"],
                ["report", "OrgInventryReport", "--scope", "Acme", "--output", "-"],
                ["report", "OrgInventoryReport", "--scope", "Nowhere", "--output", "-"],
                ["delete", "library", "x"], ["delete", "product", "Kiosk"], ["wait", "nothing"], ["retry", "nothing"],
                ["import", "sbom", "nowhere.json", "--product", "Shop"],
            ] {
                let (here, there) = (try world.local(words), try world.remote(words))
                #expect(here.status == there.status, "\(words): \(here.errors) \(there.errors)")
                #expect(here.output == there.output, "\(words)")
                func plain(_ text: String) -> String {
                    text.replacing("in this database", with: "…").replacing("on this server for this key", with: "…")
                        .replacing("on this server", with: "…").replacing(/\d+\.\d+ s/, with: "")
                }
                #expect(plain(here.errors) == plain(there.errors), "\(words)")
            }
        }

        /// More things than a server lists at a time.
        @Test func longListsComeInPages() throws {
            let world = try World()
            _ = try world.site.importBOM(
                Document.cycloneDX(libraries: 10_040, name: "Wide"), to: world.organization, product: "Wide",
                project: "Wide")
            let words = ["list", "libraries", "--scope", "Wide", "--limit"]
            let there = try world.remote(words + ["20000"])
            #expect(there.output.split(separator: "\n").count == 10_040 && there.errors == "", "\(there.errors)")
            #expect(try there.output == world.local(words + ["20000"]).output)
            let cut = try world.remote(words + ["10001"])
            #expect(cut.output.split(separator: "\n").count == 10_001 && cut.errors.contains("there are more"))
        }

        @Test func reportsComeAsZIPsFoldersAndFiles() throws {
            let world = try World()
            let words = ["report", "ProjectInventoryReport", "--scope", "Shop/Pay", "--format", "csv", "--output"]
            let plain = try world.remote(words + ["-"]).output
            #expect(plain.split(whereSeparator: \.isNewline).count == 6, "\(plain)")
            let zip = world.site.folder.path("r.zip")
            let made = try world.remote(words + [zip, "--json"])
            let json = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
            #expect(json?["rows"] as? Int == 5 && json?["parts"] as? Int == 1, "\(made.errors)")
            #expect(try Archive.single(try Data(contentsOf: URL(fileURLWithPath: zip))).content == Data(plain.utf8))
            let folder = world.site.folder.path("parts") + "/"
            #expect(try world.remote(words + [folder]).status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(try names.map { try String(contentsOfFile: folder + $0, encoding: .utf8) } == [plain])
            let file = world.site.folder.path("r.csv")
            #expect(try world.remote(words + [file]).status == 0)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == plain)
            let wrong = try world.remote(words + [world.site.folder.path("r.xlsx")])
            #expect(wrong.status == 2)
        }

        @Test func documentsAreUploaded() throws {
            let world = try World()
            let named = try world.write(Document.cycloneDX(libraries: 4, name: "Store"), to: "store.json")
            let made = try world.remote(["import", "sbom", named, "--product", "New"])
            #expect(made.output.hasPrefix("New / Store: 4 libraries\n  productToken "), "\(made.errors)")
            #expect(made.output.hasSuffix("made the product New\n"))
            // A document without a name gets the name of its file, and the version is appended.
            let nameless = try world.write(Document.cycloneDX(libraries: 2, name: "."), to: "billing.cdx.json")
            let words = ["import", "sbom", nameless, "--product", "New", "--project-version", "7", "--json"]
            let json = try JSONSerialization.jsonObject(with: Data(try world.remote(words).output.utf8))
            let project = ((json as? [String: Any])?["projects"] as? [[String: Any]])?.first
            #expect(project?["project"] as? String == "billing - 7" && project?["libraries"] as? Int == 2)
            let again = try JSONSerialization.jsonObject(with: Data(try world.local(words).output.utf8))
            let same = ((again as? [String: Any])?["projects"] as? [[String: Any]])?.first
            #expect(same?["projectToken"] as? String == project?["projectToken"] as? String)
            // If one of several files is unreadable, its name is shown, and the others are imported.
            let bad = try world.write(Data("{}".utf8), to: "bad.json")
            let some = try world.remote(["import", "sbom", bad, named, "--product", "New"])
            #expect(some.status == 1 && some.output.hasPrefix("New / Store"))
            #expect(some.errors.contains("\(bad): ") && some.errors.contains("1 of 2 files were not imported"))
            let input = try Program.run(
                "/bin/bash",
                [
                    "-c",
                    "cat \(named) | WAYBILL_KEY=\(world.organization.key) \(Executable.path) import sbom - --product New "
                        + "--project Piped --server http://127.0.0.1:\(world.server.port)",
                ])
            #expect(input.output.hasPrefix("New / Piped: 4 libraries"), "\(input.errors)")
        }

        @Test func statementsAreUploaded() throws {
            let world = try World()
            let vex = #"""
                {"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex/1","author":"Example",
                 "timestamp":"2024-06-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2024-1"},
                  "products":[{"@id":"pkg:npm/nowhere@1"}],"status":"fixed"}]}
                """#
            let path = try world.write(Data(vex.utf8), to: "vex.json")
            let there = try world.remote(["import", "vex", path])
            #expect(there.output.hasPrefix("1 statement: 0 applied, 0 superseded, 1 not applied\n"), "\(there.errors)")
            for more in [["--json"], ["--project", "Shop/Cart", "--json"]] {
                let (here, again) = (
                    try world.local(["import", "vex", path] + more), try world.remote(["import", "vex", path] + more)
                )
                #expect(here.output == again.output && here.status == 0, "\(again.errors)")
            }
        }

        @Test func thingsAreDeletedAndJobsAwaited() throws {
            let world = try World()
            #expect(try world.remote(["delete", "product", "Kiosk", "--yes"]).output == "deleted the product Kiosk\n")
            #expect(try world.remote(["delete", "project", "Shop/Pay", "--yes"]).status == 0)
            #expect(try world.local(["list", "projects"]).output.hasPrefix("Shop\tCart\t"))
            let uuid = try world.server.submit(
                "OrgInventoryReport", "orgToken", world.organization.token, of: world.organization)
            let waited = try world.remote(["wait", uuid, "--timeout", "60"])
            #expect(waited.output == "\(uuid): SUCCESS\n", "\(waited.errors)")
            let done = try world.remote(["retry", uuid])
            #expect(done.output == "\(uuid): has succeeded: nothing was changed\n", "\(done.errors)")
            #expect(try world.remote(["retry", "--all"]).status == 2)
            let listed = try world.remote(["list", "reports"])
            #expect(listed.output.hasPrefix("\(uuid)\tORG_INVENTORY_REPORT\tSUCCESS\t"), "\(listed.output)")
        }

        @Test func whoMayNotIsRefused() throws {
            let world = try World()
            let nobody = try world.remote(["list", "products"], key: String(repeating: "0", count: 64))
            #expect(nobody.status == 1 && nobody.errors.contains("User is not allowed to perform this action"))
            #expect(nobody.errors.contains("WAYBILL_KEY") && !nobody.errors.contains("0000"))
            let made = try world.site.json(["user", "add", "--email", "r@example.org", "--role", "READ_ONLY"])
            let reader = try #require(made["userKey"] as? String)
            #expect(try world.remote(["list", "projects"], key: reader).status == 0)
            let kept = try world.remote(["delete", "product", "Shop", "--yes"], key: reader)
            #expect(kept.status == 1 && kept.errors.contains("needs the role administrator"), "\(kept.errors)")
        }

        @Test func whereTheServerAndTheKeyComeFrom() throws {
            let world = try World()
            let (url, key) = ("http://127.0.0.1:\(world.server.port)", world.organization.key)
            let keyFile = try world.write(Data("\(key)\n".utf8), to: "key")
            let settings = try world.write(Data("server = \(url)\nkey-file = \(keyFile)\n".utf8), to: "settings")
            for (flags, variables) in [
                (["--server", url, "--key", key], [:]), (["--server", url, "--key-file", keyFile], [:]),
                ([], ["WAYBILL_SERVER": url, "WAYBILL_KEY": key]), (["--config", settings], [:]),
            ] as [([String], [String: String])] {
                let ending = try Executable.run(["list", "products"] + flags, environment: variables)
                #expect(ending.output.hasPrefix("Kiosk\t") && ending.status == 0, "\(flags) \(ending.errors)")
            }
            // A flag that names data takes precedence over a variable that names a server.
            let here = try Executable.run(
                ["list", "products"] + world.site.flags, environment: ["WAYBILL_SERVER": "http://127.0.0.1:1"])
            #expect(here.status == 0)
            for (flags, text) in [
                (["--server", url], "--server needs a user's key"),
                (["--server", "example.org"], "--server is example.org"),
                (["--server", url, "--key", key, "--key-file", keyFile], "both give the key"),
                (["--server", url, "--key", key, "--data", world.site.data], "one of them is wanted"),
                (["--server", url, "--key-file", "/nowhere"], "cannot read the key in /nowhere"),
                (["--server", url, "--key", "a b"], "the key has characters"),
                (["--server", url, "--key", key, "--trust", "/nowhere"], "cannot read the authorities"),
            ] as [([String], String)] {
                let ending = try Executable.run(["list", "products"] + flags)
                #expect(ending.status == 2 && ending.errors.contains(text), "\(flags): \(ending.errors)")
                #expect(!ending.errors.contains(key) && !ending.errors.contains("a b"))
            }
            let local = try Executable.run(
                ["update"], environment: ["WAYBILL_SERVER": url, "WAYBILL_KEY": key],
                in: world.site.folder.url.path)
            #expect(
                local.status == 1 && local.errors.contains("not at the server of WAYBILL_SERVER"), "\(local.errors)")
            let other = try Executable.run(["doctor", "--server", url])
            #expect(other.status == 2 && other.errors.contains("works on the data itself"), "\(other.errors)")
            let gone = try Executable.run(["list", "products", "--server", "http://127.0.0.1:1", "--key", key])
            #expect(gone.status == 1 && gone.errors.contains("cannot reach http://127.0.0.1:1"), "\(gone.errors)")
        }

        /// A certificate is trusted only with `--trust`, and only for its name.
        @Test func certificatesAreChecked() throws {
            let folder = try TemporaryFolder()
            let (certificate, key) = (folder.path("cert.pem"), folder.path("key.pem"))
            _ = try ForeignTool.run(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost",
                ])
            let world = try World(["--tls-certificate", certificate, "--tls-key", key])
            func list(_ host: String, _ more: [String]) throws -> Program.Ending {
                try Executable.run(
                    ["list", "products", "--server", "https://\(host):\(world.server.port)"] + more,
                    environment: ["WAYBILL_KEY": world.organization.key])
            }
            let stranger = try list("localhost", [])
            #expect(stranger.status == 1 && stranger.errors.contains("cannot reach https://localhost"))
            let trusted = try list("localhost", ["--trust", certificate])
            #expect(trusted.status == 0, "\(trusted.errors)")
            #expect(try list("127.0.0.1", ["--trust", certificate]).status == 1)
        }
    }
}
