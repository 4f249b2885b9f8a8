import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Names in place of tokens, lists, and commands that read without making anything.
    struct NameTests {
        /// Two organizations with a product Shop; the first has two projects in it, and one of another product.
        private static func site() throws -> Site {
            let site = try Site()
            _ = try site.organization("Acme")
            let folder = site.folder.path("sboms")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (path, name) in [("cart.json", "Cart"), ("pay.json", "Pay")] {
                try Document.cycloneDX(libraries: 3, name: name).write(to: URL(fileURLWithPath: "\(folder)/\(path)"))
            }
            #expect(try site.run("import", "sbom", folder, "--product", "Shop").status == 0)
            let other = site.folder.path("other.json")
            try Document.cycloneDX(libraries: 1, name: "Cart").write(to: URL(fileURLWithPath: other))
            #expect(try site.run("import", "sbom", other, "--product", "Kiosk").status == 0)
            return site
        }

        private static func names(_ site: Site, _ more: [String]) throws -> [String] {
            let projects = try site.json(["list", "projects"] + more)["projects"] as? [[String: Any]] ?? []
            return projects.compactMap { project in
                guard let product = project["product"], let name = project["project"] else { return nil }
                return "\(product)/\(name)"
            }.sorted()
        }

        @Test func aNameDoesWhereATokenDoes() throws {
            let site = try Self.site()
            #expect(try Self.names(site, []) == ["Kiosk/Cart", "Shop/Cart", "Shop/Pay"])
            #expect(try Self.names(site, ["--scope", "Shop"]) == ["Shop/Cart", "Shop/Pay"])
            let token = try #require(try site.json(["get", "project", "Shop/Cart"])["projectToken"] as? String)
            let byToken = try site.report("ProjectInventoryReport", scope: token, format: "json")
            for name in ["Shop/Cart", "Acme/Shop/Cart"] {
                #expect(try site.report("ProjectInventoryReport", scope: name, format: "json") == byToken, "\(name)")
            }
            for (name, status, text) in [
                ("Cart", 2, "2 of the kind project have the name Cart"), ("Carts", 1, "token or name Carts"),
                (String(repeating: "a", count: 64), 1, "name aaaaaaaa… in"),
            ] as [(String, Int32, String)] {
                let ending = try site.run(
                    "report", "ProjectInventoryReport", "--scope", name, "--output", site.folder.path("x.zip"))
                #expect(ending.status == status, "\(name)")
                #expect(ending.errors.contains(text), "\(ending.errors)")
            }
            _ = try site.organization("Rival")
            let ambiguous = try site.run("list", "products")
            #expect(ambiguous.status == 2)
            #expect(ambiguous.errors.contains("2 organizations are meant"))
            #expect(try Self.names(site, ["--org", "Rival"]) == [])
            // The other organization's things are unknown there.
            #expect(try site.run("get", "project", "Shop/Cart", "--org", "Rival").status == 1)
            #expect(try site.run("list", "projects", "--org", "Rival", "--scope", token).status == 1)
        }

        /// `waybill ask`: the answer of the door, for the operator.
        @Test func aQuestionIsAnswered() throws {
            let site = try Self.site()
            func items(_ words: String...) throws -> [[String: Any]] {
                try #require(try site.json(["ask"] + words)["items"] as? [[String: Any]])
            }
            // Several words need no quotation marks, and words that look like a package mean it.
            for words in [
                ["par", "t-2"], ["part-2", "1.0"], ["PART-2"], ["pkg:npm/part-2"], ["--as", "library", "part-2"],
            ] {
                let found = try #require(try site.json(["ask"] + words)["items"] as? [[String: Any]], "\(words)")
                #expect(found.compactMap { $0["project"] as? String }.sorted() == ["Cart", "Pay"], "\(words)")
                #expect(found.first?["path"] as? [String] == ["part-0@1.0.0", "part-1@1.0.1", "part-2@1.0.2"])
            }
            #expect(try items("part-0").count == 3)
            #expect(try items("part-0", "--product", "kiosk").count == 1)
            #expect(try items("part-0", "--project", "Cart", "--project", "Pay").count == 3)
            #expect(try items("part-0", "--severity", "critical", "--exploited").isEmpty)
            #expect(try items("nothing like it").isEmpty)
            // A project's name finds all of its libraries.
            #expect(try items("pay").count == 3)
            let some = try site.run("ask", "part", "--limit", "2")
            #expect(some.output.split(separator: "\n").count == 2 && some.errors.contains("--limit shows them"))
            #expect(some.output.hasPrefix("Shop\tCart\tpart-0\t1.0.0\t"), "\(some.output)")
            for (words, text) in [
                ([], "no QUESTION is given"),
                (["--as", "purl", "lodash"], "purl has the value lodash; accepted: a package URL"),
                (["a", "--as", "size"], "--as is size"), (["a", "--severity", "bad"], "--severity is bad"),
                (["a", "--product", "Shops"], "product has the value Shops"),
            ] as [([String], String)] {
                let ending = try Executable.run(["ask"] + words + site.flags)
                #expect(ending.status == 2 && ending.errors.contains(text), "\(words): \(ending.errors)")
            }
        }

        @Test func anOrganizationIsMadeOnce() throws {
            let site = try Site()
            _ = try site.organization("Acme")
            let again = try site.run("init", "--organization", " Acme ", "--email", "b@example.org")
            #expect(again.status == 1)
            #expect(again.errors.contains("there is an organization"))
            #expect(again.errors.contains("waybill key renew"))
            #expect(try site.run("list", "users").status == 0)
        }

        /// A mistyped directory must not look like an empty inventory.
        @Test(arguments: [
            ["list", "products"], ["get", "product", "x"], ["delete", "product", "x", "--yes"], ["wait", "x"],
            ["report", "OrgInventoryReport", "--scope", "x", "--output", "x.zip"], ["audit"], ["user", "list"],
            ["key", "list", "--email", "a@example.org"], ["retry", "--all"], ["import", "vex", "x", "--org", "x"],
            ["import", "sbom", "x", "--product", "y"], ["import", "advisories", "x"], ["import", "licenses", "x"],
            ["import", "versions", "x"], ["import", "digests", "x"], ["update"], ["worker"],
        ])
        func whatReadsMakesNoDatabase(words: [String]) throws {
            let site = try Site()
            let ending = try Executable.run(words + site.flags)
            #expect(ending.status == 1)
            #expect(ending.errors.contains("there is no database at \(site.data)/waybill.sqlite"), "\(ending.errors)")
            #expect(!FileManager.default.fileExists(atPath: site.data))
        }

        @Test func whatIsNoBackupMakesNoDatabase() throws {
            let site = try Site()
            let file = site.folder.path("bom.json")
            try Data(repeating: 0x7B, count: 4000).write(to: URL(fileURLWithPath: file))
            for path in [file, site.folder.path("none")] {
                let ending = try site.run("restore", path)
                #expect(ending.status == 1)
                #expect(
                    ending.errors.contains(path == file ? "is no backup of Waybill" : "cannot read"), "\(ending.errors)"
                )
                #expect(!FileManager.default.fileExists(atPath: site.data))
            }
        }

        /// The fault of a file is reported once, in words.
        @Test func aFileThatIsNoDatabase() throws {
            let site = try Site()
            try FileManager.default.createDirectory(atPath: site.data, withIntermediateDirectories: true)
            try Data(repeating: 0x7B, count: 4000).write(to: URL(fileURLWithPath: "\(site.data)/waybill.sqlite"))
            let list = try site.run("list", "products")
            #expect(list.status == 1 && list.errors.contains("waybill.sqlite is no SQLite database"), "\(list.errors)")
            #expect(!list.errors.contains("PRAGMA"))
            let doctor = try site.run("doctor")
            #expect(doctor.status == 1)
            #expect(doctor.output.components(separatedBy: "is no SQLite database").count == 2, "\(doctor.output)")
        }

        /// A wrong path or name is an error, rather than a source without news.
        @Test func nothingReadIsAFailure() throws {
            let site = try Self.site()
            let text = site.folder.path("README.md")
            try Data("# Not a record\n".utf8).write(to: URL(fileURLWithPath: text))
            for word in ["advisories", "versions", "digests"] {
                let ending = try site.run("import", word, text)
                #expect(ending.status == 1 && ending.errors.contains("nothing was read"), "\(word): \(ending.errors)")
            }
            let mirror = site.folder.path("mirror")
            try FileManager.default.createDirectory(atPath: mirror, withIntermediateDirectories: true)
            let empty = try site.run("update", "--from", mirror)
            #expect(empty.status == 1 && empty.errors.contains("has none of the sources"), "\(empty.errors)")
            let named = try site.run("update", "osv/nmp", "--from", mirror)
            #expect(named.status == 1 && named.errors.contains("did you mean osv/npm?"), "\(named.errors)")
        }

        @Test func aNameThatIsMistypedHasANearOne() throws {
            let site = try Self.site()
            let output = site.folder.path("x.zip")
            let near = try site.run("report", "ProjectInventoryReport", "--scope", "Shop/Crat", "--output", output)
            #expect(near.errors.contains("did you mean Shop/Cart?"), "\(near.errors)")
            #expect(try site.run("list", "products", "--org", "Acem").errors.contains("did you mean Acme?"))
            let sbom = site.folder.path("sboms/cart.json")
            #expect(
                try site.run("import", "sbom", sbom, "--product", "Shpo").output.contains("made the product Shpo\n"))
            #expect(try !site.run("import", "sbom", sbom, "--product", "Shpo").output.contains("made the product"))
            let keys = try site.run("key", "list", "--email", "nobody@x.org")
            #expect(keys.errors.contains("no user with the address nobody@x.org"), "\(keys.errors)")
            let variable = try Executable.run(["doctor"] + site.flags, environment: ["WAYBILL_DTA": "/x"])
            #expect(variable.errors.contains("WAYBILL_DTA is no setting and is not used; did you mean WAYBILL_DATA?"))
        }

        /// A library counts once, for any number of projects and with any descriptions in their
        /// documents.
        @Test func aLibraryStandsOnce() throws {
            let site = try Self.site()
            let plain = site.folder.path("plain.json")
            let text = #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","bom-ref":"d","#
            for (product, licenses) in [("A", #","licenses":[{"license":{"id":"MIT"}}]"#), ("B", "")] {
                let body = text + #""name":"dates","version":"2.4","purl":"pkg:npm/dates@2.4"\#(licenses)}]}"#
                try Data(body.utf8).write(to: URL(fileURLWithPath: plain))
                #expect(try site.run("import", "sbom", plain, "--product", product).status == 0)
            }
            let libraries = try site.json(["list", "libraries"])["libraries"] as? [[String: Any]] ?? []
            let dates = libraries.filter { $0["library"] as? String == "dates" }
            #expect(dates.count == 1 && dates.first?["licenses"] as? String == "MIT", "\(dates)")
            let uuid = try #require(dates.first?["keyUuid"] as? String)
            for name in ["dates", "pkg:npm/dates@2.4", uuid] {
                #expect(try site.run("get", "library", name).status == 0)
            }
            let refused = try site.run("delete", "library", "nothing", "--yes")
            #expect(refused.status == 2 && refused.errors.contains("libraries cannot be deleted"), "\(refused.errors)")
        }

        @Test func anUploadThatFailedIsListed() throws {
            let site = try Self.site()
            let text = site.folder.path("README.md")
            try Data("# No SBOM\n".utf8).write(to: URL(fileURLWithPath: text))
            #expect(try site.run("import", "sbom", text, "--product", "Shop").status == 1)
            let uploads = try site.json(["list", "uploads"])["uploads"] as? [[String: Any]] ?? []
            #expect(uploads.first?["status"] as? String == "FAILED")
            #expect((uploads.first?["error"] as? String)?.isEmpty == false)
            let doctor = try site.run("doctor").output
            #expect(doctor.contains("1 upload failed: waybill list uploads"), "\(doctor)")
        }

        /// An output name with the ending of a format is the report itself.
        @Test func theNameOfTheOutputSaysWhatItIs() throws {
            let site = try Self.site()
            func make(_ name: String) throws -> Program.Ending {
                try site.run(
                    "report", "ProjectInventoryReport", "--scope", "Shop/Cart", "--format", "csv", "--output",
                    site.folder.path(name))
            }
            #expect(try make("x.csv").status == 0)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: site.folder.path("x.csv")))
            #expect(!bytes.starts(with: Data("PK".utf8)) && bytes.count > 10)
            #expect(try make("x.zip").status == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: site.folder.path("x.zip"))).starts(with: Data("PK".utf8)))
            let other = try make("x.xlsx")
            #expect(other.status == 2 && other.errors.contains("--format xlsx"), "\(other.errors)")
            let nowhere = try make("none/x.csv")
            #expect(nowhere.errors.contains("there is no folder \(site.folder.path("none"))"), "\(nowhere.errors)")
        }

        @Test func theDoctorWarnsOfWhatNobodyLookedAt() throws {
            let site = try Self.site()
            let doctor = try site.run("doctor")
            #expect(doctor.status == 0)
            #expect(doctor.output.contains("warn licence texts: none"), "\(doctor.output)")
            let line = doctor.output.split(separator: "\n").first { $0.hasPrefix("warn advisories: ") }
            #expect(line?.contains("waybill update") == true, "\(doctor.output)")
        }

        @Test func theDoctorMakesNoDatabase() throws {
            let site = try Site()
            let ending = try site.run("doctor")
            #expect(ending.status == 0)
            #expect(ending.output.contains("warn database: there is none at \(site.data)"), "\(ending.output)")
            #expect(!FileManager.default.fileExists(atPath: site.data))
        }

        @Test func whatIsDeletedIsAskedFor() throws {
            let site = try Self.site()
            let unasked = try site.run("delete", "product", "Shop")
            #expect(unasked.status == 2)
            #expect(unasked.errors.contains("--yes"))
            // A person at a terminal; `script` gives the command one.
            func ask(_ answer: String) throws -> Program.Ending {
                let command =
                    "printf '\(answer)\\n' | script -qec '\(Executable.path) delete project Kiosk/Cart --data \(site.data)' /dev/null"
                return try Program.run("/bin/bash", ["-c", command])
            }
            #expect(try ask("n").output.contains("Delete the project Cart with all that was decided about it? [y/N]"))
            #expect(try Self.names(site, []) == ["Kiosk/Cart", "Shop/Cart", "Shop/Pay"])
            _ = try ask("y")
            #expect(try Self.names(site, []) == ["Shop/Cart", "Shop/Pay"])
            #expect(try site.run("delete", "product", "Shop", "--yes").output == "deleted the product Shop\n")
            #expect(try Self.names(site, []) == [])
            let near = try site.run("get", "product", "Kiosc")
            #expect(near.status == 1)
            #expect(near.errors.contains("did you mean Kiosk?"))
            #expect(try site.run("delete", "librari", "x").errors.contains("did you mean libraries?"))
        }

        @Test func eachKindCanBeListed() throws {
            let site = try Self.site()
            for kind in ["products", "projects", "libraries", "reports", "policies", "users", "schedules"] {
                let items = try #require(try site.json(["list", kind])[kind] as? [[String: Any]], "\(kind)")
                #expect(items.isEmpty == ["reports", "policies", "schedules"].contains(kind), "\(kind)")
            }
            let user = try #require(try site.json(["list", "users"])["users"] as? [[String: Any]]).first
            let email = try #require(user?["email"] as? String)
            #expect((try site.json(["list", "keys", "--email", email])["keys"] as? [Any])?.count == 1)
            #expect(try site.run("list", "keys").status == 2)
            let few = try site.run("list", "libraries", "--limit", "2")
            #expect(few.output.split(separator: "\n").count == 2)
            #expect(few.errors.contains("there are more"))
        }

        @Test func waitEndsWithTheJob() throws {
            let (server, acme) = (try Shared.server(), try Shared.acme())
            let uuid = try server.submit(
                "OrgInventoryReport", "orgToken", acme.organization.token, of: acme.organization, ["format": "json"])
            let json = try server.site.json(["wait", uuid, "--timeout", "60"])
            #expect((json["jobs"] as? [[String: Any]])?.first?["status"] as? String == "SUCCESS")
            let none = try server.site.run("wait", "nothing")
            #expect(none.status == 1)
            #expect(none.errors.contains("there is no job nothing"))
        }

        // MARK: Reports and imports

        @Test func partsGoToAFolderOrToStandardOutput() throws {
            let site = try Self.site()
            let folder = site.folder.path("out") + "/"
            let made = try site.run(
                "report", "OrgInventoryReport", "--scope", "Acme", "--format", "csv", "--output", folder)
            #expect(made.status == 0, "\(made.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.count == 1)
            let part = try String(contentsOfFile: folder + (names.first ?? ""), encoding: .utf8)
            let plain = try site.run(
                "report", "OrgInventoryReport", "--scope", "Acme", "--format", "csv", "--output", "-")
            #expect(plain.output == part)
            let zip = try site.report("OrgInventoryReport", scope: "Acme", format: "csv")
            #expect(try Archive.single(zip).content == Data(part.utf8))
            let both = try site.run("report", "OrgInventoryReport", "--scope", "Acme", "--output", "-", "--json")
            #expect(both.status == 2)
        }

        @Test func filtersAsKeysAndValues() throws {
            let site = try Self.site()
            func csv(_ filters: String...) throws -> Program.Ending {
                try Executable.run(
                    ["report", "OrgInventoryReport", "--scope", "Acme", "--format", "csv", "--output", "-"]
                        + filters.flatMap { ["--filter", $0] } + site.flags)
            }
            let all = try csv()
            let one = try csv("project=Pay")
            #expect(one.status == 0, "\(one.errors)")
            #expect(
                one.output.split(whereSeparator: \.isNewline).count
                    < all.output.split(whereSeparator: \.isNewline).count)
            #expect(try csv("{\"project\":\"Pay\"}").output == one.output)
            #expect(try csv("project=Pay", "project=Cart").output == all.output)
            let unknown = try csv("projet=Pay")
            #expect(unknown.status == 2)
            #expect(unknown.errors.contains("OrgInventoryReport has no filter projet; did you mean project?"))
            let types = try site.run("report", "--list-types")
            #expect(types.output.contains("OrgInventoryReport\torganization\txlsx"))
            let filters = try site.run("report", "--list-filters", "OrgInventoryReport")
            #expect(filters.output.contains("project\t"))
            let near = try site.run("report", "OrgInventryReport", "--scope", "Acme", "--output", "-")
            #expect(near.status == 2)
            #expect(near.errors.contains("did you mean OrgInventoryReport?"))
        }

        @Test func anSBOMFromStandardInput() throws {
            let site = try Site()
            _ = try site.organization()
            let path = site.folder.path("bom.json")
            try Document.cycloneDX(libraries: 4, name: "Piped").write(to: URL(fileURLWithPath: path))
            let flags = site.flags.joined(separator: " ")
            let command = "cat \(path) | \(Executable.path) import sbom - --product Shop \(flags)"
            let ending = try Program.run("/bin/bash", ["-c", command])
            #expect(ending.output.hasPrefix("Shop / Piped: 4 libraries"), "\(ending.errors)")
            #expect(try site.strays() == [])
            let empty = try Program.run(
                "/bin/bash", ["-c", "\(Executable.path) import sbom - --product Shop \(flags) < /dev/null"])
            #expect(empty.status == 1)
            #expect(empty.errors.contains("standard input is empty"))
        }
    }
}
