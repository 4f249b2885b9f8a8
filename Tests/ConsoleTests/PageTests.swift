import API
import Bytes
import Database
import Foundation
import HTTP
import Inventory
import Jobs
import Reports
import TestSupport
import Testing

@testable import Console

/// The pages of an inventory with hostile names.
struct PageTests {
    private let fixture: InventoryFixture
    private let site: Site
    private let folder: TemporaryFolder

    init() throws {
        fixture = try InventoryFixture(.sqlite)
        folder = try TemporaryFolder()
        site = Site(
            Backend(
                database: fixture.database, queue: fixture.queue, bell: Bell(), openArtifact: { _ in nil },
                scratch: folder.path("."), uploads: UploadSettings(folder: folder.path(".")), log: { _ in }))
    }

    private func respond(_ request: HTTPRequest) async -> HTTPResponse {
        switch site.reply(to: request) {
        case .now(let response): return response
        case .later(let work): return await work()
        }
    }

    /// A new person with a role, signed in: the cookie.
    private func enter(_ role: Role, product: Int64 = 0) async throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        try await fixture.database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(key.text.prefix(8))@acme.example", name: "", kind: "USER", keyDigest: key.digest,
                at: InventoryFixture.start, on: connection)
            try Accounts.assign(role, to: account, organization: 1, product: product, on: connection)
        }
        let response = await respond(
            HTTPRequest(method: "POST", path: "/console/enter", body: .bytes(Array("userKey=\(key.text)".utf8))))
        return String(try #require(response.headers["Set-Cookie"]).prefix { $0 != ";" })
    }

    private func page(_ address: Address, _ cookie: String) async -> (status: Int, text: String) {
        var query = HTTPFields()
        for field in address.query { query.append(field.name, field.value) }
        let path = address.path.removingPercentEncoding ?? ""
        let response = await respond(
            HTTPRequest(method: "GET", path: path, query: query, headers: ["Cookie": cookie]))
        guard case .bytes(let bytes) = response.body else { return (response.status, "") }
        return (response.status, String(decoding: bytes, as: UTF8.self))
    }

    private func token(_ kind: ScopeKind, place: Int = 0) throws -> String {
        let ids = try fixture.ids(place: place)
        let found = try fixture.database.read { connection in
            try connection.first(
                kind == .project
                    ? "SELECT token FROM project WHERE id = \(ids.project)"
                    : "SELECT token FROM product WHERE id = \(ids.product)"
            ) { $0.string(0) }
        }
        return try #require(found)
    }

    /// All addresses of pages of the first organization.
    private func addresses() throws -> [Address] {
        var found: [Address] = []
        let aboutSomething = ["vulnerability", "library", "licence", "person", "policy", "decide"]
        for page in Page.table where page.fetch == nil && !aboutSomething.contains(page.word) {
            if page.kinds.contains(.organization) { found.append(Address(.organization, "token 1", page.word)) }
            for place in 0..<3 {
                if page.kinds.contains(.product) {
                    found.append(Address(.product, try token(.product, place: place), page.word))
                }
                if page.kinds.contains(.project) {
                    found.append(Address(.project, try token(.project, place: place), page.word))
                }
            }
        }
        return found
    }

    @Test func everyPageIsThereAndEscapesWhatItShows() async throws {
        let cookie = try await enter(.administrator)
        var whole = ""
        for address in try addresses() {
            let (status, text) = await page(address, cookie)
            #expect(status == 200, "\(address.text)")
            #expect(
                !text.contains("<script") && !text.contains(" style=") && !text.contains("onerror="), "\(address.text)")
            #expect(text.contains("<h1>") && text.contains("id=\"main\""), "\(address.text)")
            whole += text
        }
        #expect(whole.contains("&lt;script&gt;alert("))
        #expect(whole.contains("Bank &amp; Söhne"))
    }

    @Test func everyLinkOfAPageLeadsToAPage() async throws {
        let cookie = try await enter(.administrator)
        var links: Set<String> = []
        for address in try addresses() where address.query.isEmpty {
            let text = await page(address, cookie).text
            for match in text.matches(of: /href="(\/console\/[^"?#]*)"/) { links.insert(String(match.1)) }
        }
        #expect(links.count > 20)
        for link in links.sorted() where !link.hasSuffix(".css") && !link.hasSuffix(".svg") {
            let found = try #require(Address(path: link.removingPercentEncoding ?? ""), "\(link)")
            if found.page == "decide" { continue }
            #expect(await page(found, cookie).status == 200, "\(link)")
        }
    }

    @Test func numbersAreThoseOfTheLists() async throws {
        let cookie = try await enter(.administrator)
        let counts = try fixture.database.snapshot {
            try SeverityCounts.read(Scope(kind: .organization, organization: 1), on: $0)
        }
        let text = await page(Address(.organization, "token 1"), cookie).text
        for word in SeverityCounts.words where word != "none" || counts[word] > 0 {
            let name = Severities.name(word)
            #expect(text.contains("<strong>\(counts[word])</strong> <span>\(name)</span>"), "\(name)")
        }
        #expect(text.contains("CVE-2025-90001"))
        // The page of a vulnerability names it once, and its rows by their projects.
        let one = await page(Address(.organization, "token 1", "vulnerability", item: "CVE-2025-90001"), cookie).text
        #expect(one.contains(#"<tr><th scope="col">Project</th><th scope="col">Library</th>"#))
        #expect(text.contains("looked up in advisories"))
        // The trend ends with the same number, in words, too.
        #expect(text.contains("<svg class=\"trend\" role=\"img\" aria-label=\""))
        #expect(text.contains("\(counts.total) today"))
    }

    @Test func whoSeesOneProductSeesItsNumbersOnly() async throws {
        let bank = try fixture.ids(place: 2).product
        let cookie = try await enter(.readOnly, product: bank)
        for word in ["", "vulnerabilities", "alerts", "reports", "imports", "changes", "knowledge", "search"] {
            let (status, text) = await page(Address(.organization, "token 1", word), cookie)
            #expect(status == 200, "\(word)")
            #expect(!text.contains("Webshop"), "\(word)")
        }
        #expect(await page(Address(.project, try token(.project)), cookie).status == 404)
        for word in ["people", "audit"] {
            #expect(await page(Address(.organization, "token 1", word), cookie).status == 403, "\(word)")
        }
        var asked = Address(.organization, "token 1", "search")
        asked.query = [.init(name: "q", value: "cart")]
        #expect(await !page(asked, cookie).text.contains("Webshop"))
    }

    @Test func exportsHaveTheFiltersOfTheirLists() async throws {
        let cookie = try await enter(.administrator)
        let project = try token(.project)
        func link(_ word: String, _ query: [(String, String)]) async -> Set<String> {
            var address = Address(.project, project, word)
            address.query = query.map { Address.Field(name: $0.0, value: $0.1) }
            let text = await page(address, cookie).text
            let found = text.matches(of: /\/report\?reportType=([^"]*)"/)
            return Set(found.map { String($0.1).replacing("&amp;", with: "&") })
        }
        #expect(
            await link("vulnerabilities", [("severity", "high"), ("state", "ignored")]) == [
                "ProjectSecurityAlertsReport&severity=high&status=ignored"
            ])
        #expect(await link("vulnerabilities", [("state", "all")]) == ["ProjectSecurityAlertsReport"])
        #expect(
            await link("alerts", [("type", "MULTIPLE_LICENSES")]) == ["ProjectAlertsReport&alertType=MULTIPLE_LICENSES"]
        )
        #expect(
            await link("alerts", [("state", "all")]) == [
                "ProjectAlertsReport", "ProjectIgnoreAlertsReport", "ProjectResolvedAlertsReport",
            ])
        let scope = try fixture.scope(.project)
        let direct = try fixture.database.snapshot { connection in
            var list = LibraryList(scope)
            list.isDirectOnly = true
            return try list.read(on: connection).rows.first?.name
        }
        let letters = String(try #require(direct).filter(\.isLetter).prefix(1))
        #expect(
            await link("libraries", [("name", letters), ("only", "direct")]) == [
                "ProjectInventoryReport&libraryPart=\(letters)&directOnly=true"
            ])
        let uuid = try #require(
            try fixture.database.snapshot { try LibraryList(scope).read(on: $0).rows.first?.uuid })
        let library = await page(Address(.organization, "token 1", "library", item: uuid), cookie).text
        #expect(library.contains("reportType=OrgInventoryReport&amp;library=\(uuid)"))
        for kind in [ScopeKind.project, .product] {
            let overview = await page(Address(kind, try token(kind)), cookie).text
            #expect(overview.contains("reportType=RiskReport\""), "\(kind)")
        }
        // The form is filled in with them.
        var form = Address(.project, project, "report")
        form = form.with("reportType", "ProjectSecurityAlertsReport").with("severity", "high")
        #expect(await page(form, cookie).text.contains("<option value=\"high\" selected=\"selected\">"))
    }

    @Test func aProjectSaysHowItsLibrariesGotThere() async throws {
        let cookie = try await enter(.readOnly)
        let scope = try fixture.scope(.project)
        let (paths, files) = try fixture.database.snapshot { connection in
            (try PathList(scope).read(on: connection).rows, try FileList(scope).read(on: connection).rows)
        }
        let ways = paths.compactMap(\.path)
        #expect(ways.contains { $0.count > 1 } && !files.isEmpty)
        // A way ends in the library itself.
        for row in paths where row.path != nil && !row.version.isEmpty {
            #expect(row.path?.last?.contains(row.version) == true, "\(row)")
        }
        let text = await page(Address(.project, try token(.project), "paths"), cookie).text
        #expect(text.contains("<ol class=\"way\">"))
        var some = Address(.project, try token(.project), "files")
        some.query = [.init(name: "name", value: "no file has this")]
        #expect(await page(some, cookie).text.contains("No file has this in its path."))
        // For a project whose document states no dependencies, the page says so.
        let scopes = try (0..<3).map { try fixture.scope(.project, place: $0) }
        let bare = try fixture.database.snapshot { connection in
            try scopes.firstIndex { try !PathList.hasGraph($0, on: connection) }
        }
        if let bare {
            let lacking = await page(Address(.project, try token(.project, place: bare), "paths"), cookie).text
            #expect(lacking.contains("is not known"))
        }
    }

    @Test func aLicenceShowsWhereItIs() async throws {
        let cookie = try await enter(.administrator)
        let text = await page(Address(.project, try token(.project), "licences"), cookie).text
        let links = text.matches(of: /href="(\/console\/organization\/[^"]*\/licence\/[^"]*)"/).map { String($0.1) }
        let link = try #require(links.first)
        let address = try #require(Address(path: link.removingPercentEncoding ?? ""))
        let shown = await page(address, cookie)
        #expect(shown.status == 200 && shown.text.contains("Copyright risk"))
        // A person who sees no project with it does not learn that one exists.
        let none = try await enter(.readOnly, product: try fixture.ids(place: 2).product)
        let (status, other) = await page(address, none)
        #expect(status == 404 || !other.contains("Webshop"))
        let unknown = Address(.organization, "token 1", "licence", item: "No such licence")
        #expect(await page(unknown, cookie).status == 404)
        // A cursor of no question, or of another one.
        for cursor in ["x", String(repeating: "0", count: 48)] {
            #expect(await page(unknown.with("after", cursor), cookie).status == 404)
        }
    }

    @Test func whatWasTypedBesideAFileIsKept() async throws {
        let cookie = try await enter(.administrator)
        func part(_ name: String, _ value: String) -> String {
            "--x\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let body =
            part("autoCreate", "true") + part("parentUUID", "no token") + part("projectName", "Kept \"one\"")
            + part("projectVersion", "<2>") + part("bom", "{}") + "--x--\r\n"
        let response = await respond(
            HTTPRequest(
                method: "POST", path: "/console/organization/token 1/imports",
                headers: ["Cookie": cookie, "Content-Type": "multipart/form-data; boundary=x"],
                body: .bytes(Array(body.utf8))))
        guard case .bytes(let bytes) = response.body else {
            Issue.record("no page")
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(response.status == 400 && text.contains("id=\"wrong-product-bom\""))
        #expect(text.contains("value=\"Kept &quot;one&quot;\"") && text.contains("value=\"&lt;2&gt;\""))
    }

    @Test func aDecisionIsSeenBeforeItIsMade() async throws {
        let cookie = try await enter(.administrator)
        let place = Address(.project, try token(.project))
        let scope = try fixture.scope(.project)
        let open = try fixture.database.snapshot { connection in
            var list = AlertList(scope)
            list.type = .vulnerability
            return try list.read(on: connection).rows
        }
        let alert = try #require(open.first)
        var decide = Address(place.place, "decide")
        #expect(await page(decide, cookie).status == 404)
        decide.query = [.init(name: "alert", value: alert.uuid)]
        let shown = await page(decide, cookie).text
        #expect(shown.contains("1 alert chosen") && shown.contains(alert.vulnerability))
        #expect(shown.contains("in all of Acme Größe"))
        func send(_ fields: String) async -> (status: Int, text: String) {
            let response = await respond(
                HTTPRequest(
                    method: "POST", path: decide.path, headers: ["Cookie": cookie],
                    body: .bytes(Array("alert=\(alert.uuid)&vulnerability=\(alert.vulnerability)&\(fields)".utf8))))
            guard case .bytes(let bytes) = response.body else { return (response.status, "") }
            return (response.status, String(decoding: bytes, as: UTF8.self))
        }
        let wrong = await send("status=Ignored&reason=workaround&expires=2001-01-01&comments=a%20%3Cb%3E")
        #expect(wrong.status == 400)
        #expect(wrong.text.contains("id=\"wrong-expires\"") && wrong.text.contains(">a &lt;b&gt;</textarea>"))
        let counts = await page(Address(.organization, "token 1"), cookie).text
        #expect(await send("status=Ignored&reason=workaround&comments=known").status == 303)
        // Cached sums are not shown after a change.
        #expect(await page(Address(.organization, "token 1"), cookie).text != counts)
        let state = try fixture.database.read { connection in
            try connection.first("SELECT state, reason, comments FROM alert WHERE uuid = \(alert.uuid)") {
                [$0.string(0), $0.string(1), $0.string(2)]
            }
        }
        #expect(state == ["IGNORED", "workaround", "known"])
        // A reader may look, but not decide.
        let reader = try await enter(.readOnly)
        #expect(await !page(Address(place.place, "alerts"), reader).text.contains("type=\"checkbox\""))
    }

    @Test func theAPIHasAPage() async throws {
        let description = await respond(HTTPRequest(method: "GET", path: "/api"))
        guard case .bytes(let bytes) = description.body else {
            Issue.record("the description is not in memory")
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        for call in Call.table { #expect(text.contains(">\(call.requestType)</th>"), "\(call.requestType)") }
        let asked = await respond(HTTPRequest(method: "POST", path: "/api", body: .bytes(Array("{}".utf8))))
        #expect(asked.headers["Content-Type"] == "application/json;charset=UTF-8")
    }
}
