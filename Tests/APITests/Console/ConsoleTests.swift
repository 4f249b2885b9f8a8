import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// The console, as a browser uses it.
struct ConsoleTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    // MARK: Asking

    private func get(_ address: String, cookie: String? = nil) async -> HTTPResponse {
        let parts = address.split(separator: "?", maxSplits: 1)
        var query = HTTPFields()
        for field in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = field.split(separator: "=", maxSplits: 1).map(String.init)
            query.append(pair[0], pair.count > 1 ? pair[1] : "")
        }
        var headers = HTTPFields()
        headers["Cookie"] = cookie
        return await fixture.response(
            to: HTTPRequest(method: "GET", path: String(parts[0]), query: query, headers: headers))
    }

    private func send(
        _ path: String, _ fields: [String: String], cookie: String? = nil, headers: HTTPFields = [:]
    ) async -> HTTPResponse {
        var form = URLComponents()
        form.queryItems = fields.map { URLQueryItem(name: $0.key, value: $0.value) }
        var headers = headers
        headers["Cookie"] = cookie
        let body = Array((form.percentEncodedQuery ?? "").replacing("+", with: "%2B").utf8)
        return await fixture.response(
            to: HTTPRequest(method: "POST", path: path, headers: headers, body: .bytes(body)))
    }

    private func text(_ response: HTTPResponse) -> String { String(decoding: Fixture.bytes(response), as: UTF8.self) }

    /// Signs in and gives the cookie.
    private func enter(_ key: String) async throws -> String {
        let response = await send("/console/enter", ["userKey": " \(key) "])
        #expect(response.status == 303)
        #expect(response.headers["Location"] == "/")
        let cookie = try #require(response.headers["Set-Cookie"])
        return String(cookie.prefix { $0 != ";" })
    }

    // MARK: Sessions

    @Test func aStrangerIsAskedForAKey() async throws {
        let page = await get("/")
        #expect(page.status == 200)
        #expect(page.headers["Content-Type"] == "text/html;charset=UTF-8")
        #expect(text(page).contains("name=\"userKey\""))
        #expect(!text(page).contains("Acme"))
        for name in ["Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control"] {
            #expect(page.headers[name] != nil, "\(name)")
        }
        #expect(await get("/console/style.css").headers["Content-Type"] == "text/css;charset=UTF-8")
        let refused = await fixture.response(to: HTTPRequest(method: "DELETE", path: "/"))
        #expect(refused.status == 405)
        #expect(refused.headers["Allow"] == "GET, HEAD")
    }

    @Test func aKeyOpensASessionThatEnds() async throws {
        for key in ["", "abc", String(repeating: "0", count: 64)] {
            let response = await send("/console/enter", ["userKey": key])
            #expect(response.status == 403)
            #expect(response.headers["Set-Cookie"] == nil)
        }
        let cookie = try await enter(fixture.acme.administrator)
        #expect(text(await get("/", cookie: "other=1; \(cookie)")).contains("admin@acme.example"))
        // Only digests are kept.
        let secret = try #require(cookie.split(separator: "=").last).utf8
        let kept = try fixture.database.read { try $0.all("SELECT digest FROM session") { $0.blob(0) } }
        #expect(kept.count == 1 && kept[0] != Array(secret))
        // Its time ends.
        fixture.world.time.withLock { $0 += Sessions.lifetime }
        #expect(!text(await get("/", cookie: cookie)).contains("admin@acme.example"))
        let now = fixture.world.time.withLock { $0 }
        try await fixture.database.write { try Sessions.sweep(at: now, on: $0) }
        #expect(try fixture.count("session") == 0)
    }

    @Test func aSessionThatIsNotUsedEnds() async throws {
        let cookie = try await enter(fixture.acme.administrator)
        // Used every twenty minutes it goes on; half an hour without a click ends it.
        for _ in 0..<3 {
            fixture.world.time.withLock { $0 += 20 * 60_000 }
            #expect(text(await get("/", cookie: cookie)).contains("admin@acme.example"))
        }
        fixture.world.time.withLock { $0 += Sessions.idleLimit }
        #expect(!text(await get("/", cookie: cookie)).contains("admin@acme.example"))
        let now = fixture.world.time.withLock { $0 }
        try await fixture.database.write { try Sessions.sweep(at: now, on: $0) }
        #expect(try fixture.count("session") == 0)
    }

    @Test func signingInAgainReplacesTheSessionOfTheBrowser() async throws {
        let first = try await enter(fixture.acme.administrator)
        let response = await send("/console/enter", ["userKey": fixture.acme.administrator], cookie: first)
        let second = try #require(response.headers["Set-Cookie"]).prefix { $0 != ";" }
        #expect(!text(await get("/", cookie: first)).contains("admin@acme.example"))
        #expect(text(await get("/", cookie: String(second))).contains("admin@acme.example"))
        #expect(try fixture.count("session") == 1)
    }

    @Test func sessionsAreListedAndEnded() async throws {
        let own = try await enter(fixture.acme.administrator)
        let other = await send(
            "/console/enter", ["userKey": fixture.acme.administrator], headers: ["User-Agent": "Fire<fox>\u{202E}"]
        ).headers["Set-Cookie"].map { String($0.prefix { $0 != ";" }) }
        let foreign = try await enter(fixture.rival.administrator)
        let page = text(await get("/console/sessions", cookie: own))
        #expect(page.contains("Fire&lt;fox&gt;\u{FFFD}") && page.contains("this one"))
        let names = page.split(separator: "name=\"session\" value=\"").dropFirst().map { String($0.prefix(64)) }
        let name = try #require(names.first)
        #expect(names.count == 1)
        // Users cannot end other users' sessions.
        _ = await send("/console/end", ["session": name], cookie: foreign)
        #expect(text(await get("/", cookie: other)).contains("admin@acme.example"))
        let ended = await send("/console/end", ["session": name], cookie: own)
        #expect(ended.status == 303)
        #expect(!text(await get("/", cookie: other)).contains("admin@acme.example"))
        #expect(text(await get("/", cookie: own)).contains("admin@acme.example"))
    }

    @Test func signingOutAndLosingTheKeyEndIt() async throws {
        let first = try await enter(fixture.acme.administrator)
        let second = try await enter(fixture.acme.administrator)
        let left = await send("/console/leave", [:], cookie: first)
        #expect(left.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
        #expect(!text(await get("/", cookie: first)).contains("admin@acme.example"))
        #expect(text(await get("/", cookie: second)).contains("admin@acme.example"))
        let digest = UserKey(fixture.acme.administrator).digest
        try await fixture.database.write { connection in
            try connection.run("UPDATE user_key SET digest = \([UInt8]([1])) WHERE digest = \(digest)")
        }
        #expect(!text(await get("/", cookie: second)).contains("admin@acme.example"))
    }

    @Test func theCookieIsForThisServerAlone() async throws {
        let key = ["userKey": fixture.acme.administrator]
        let plain = try #require(await send("/console/enter", key).headers["Set-Cookie"])
        #expect(plain.hasSuffix("Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
        let proxied = await send("/console/enter", key, headers: ["X-Forwarded-Proto": "https"])
        #expect(proxied.headers["Set-Cookie"]?.hasSuffix("; Secure") == true)
    }

    @Test(arguments: [
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "null", "Host": "waybill"],
        ["Origin": "https://evil.example", "Host": "waybill"], ["Origin": "https://waybill"],
    ])
    func formsOfOtherSitesAreRefused(_ headers: [String: String]) async throws {
        let cookie = try await enter(fixture.acme.administrator)
        var fields = HTTPFields()
        for (name, value) in headers { fields[name] = value }
        let form = ["reportType": "OrgInventoryReport"]
        #expect(await send("/console/report", form, cookie: cookie, headers: fields).status == 403)
        #expect(try fixture.count("job") == 0)
        fields["Host"] = "waybill"
        fields["Origin"] = "https://waybill"
        fields["Sec-Fetch-Site"] = headers["Sec-Fetch-Site"] == nil ? nil : "same-origin"
        #expect(await send("/console/report", form, cookie: cookie, headers: fields).status == 303)
    }

    // MARK: Reports

    @Test func aReportIsAskedForAndFetched() async throws {
        let cookie = try await enter(fixture.acme.administrator)
        let product = fixture.acme.products[0]
        let place = ["organization": "\(fixture.acme.id)", "product": "\(product.id)"]
        let asked = await send(
            "/console/report",
            place.merging(["reportType": "ProductInventoryReport", "format": "json", "filter": ""]) { $1 },
            cookie: cookie)
        #expect(asked.status == 303)
        let address = try #require(asked.headers["Location"])
        #expect(address == "/console/reports?organization=\(fixture.acme.id)&product=\(product.id)")
        let waiting = text(await get(address, cookie: cookie))
        #expect(waiting.contains("ProductInventoryReport") && waiting.contains("PENDING"))
        #expect(waiting.contains("http-equiv=\"refresh\""))

        let uuid = try #require(try fixture.database.read { try $0.first("SELECT uuid FROM job") { $0.string(0) } })
        try fixture.finish(uuid, with: Array("PK content".utf8))
        let done = text(await get(address, cookie: cookie))
        #expect(done.contains("SUCCESS") && !done.contains("http-equiv=\"refresh\""))
        // Where a form can be filled in, nothing is asked for again.
        #expect(!text(await get("/", cookie: cookie)).contains("http-equiv"))
        let link = "/console/report/\(uuid)?organization=\(fixture.acme.id)"
        #expect(done.contains(link))
        let file = await get(link, cookie: cookie)
        #expect(file.headers["Content-Type"] == "application/zip")
        #expect(text(file) == "PK content")
        // Without a session there is nothing to fetch.
        #expect(await get(link).status == 303)
    }

    @Test func whatIsWrongIsSaidOnThePage() async throws {
        let cookie = try await enter(fixture.acme.administrator)
        let cases: [([String: String], String)] = [
            (["reportType": "OrgInventoryReport", "format": "doc"], "doc"),
            (["reportType": "ProductInventoryReport"], "ProductInventoryReport"),
            (["reportType": ""], "reportType is missing"),
            (["reportType": "OrgInventoryReport", "filter": "{"], "not a JSON object"),
            (["reportType": "<b>&\"", "filter": "{}"], "&lt;b&gt;&amp;&quot;"),
        ]
        for (form, word) in cases {
            let response = await send("/console/report", form, cookie: cookie)
            #expect(response.status == 400, "\(form)")
            #expect(text(response).contains(word), "\(form)")
        }
        #expect(try fixture.count("job") == 0)
        #expect(fixture.world.incidents.withLock { $0.isEmpty })
    }

    @Test func aReportIsCancelled() async throws {
        let cookie = try await enter(fixture.acme.administrator)
        _ = await send("/console/report", ["reportType": "OrgInventoryReport"], cookie: cookie)
        let uuid = try #require(try fixture.database.read { try $0.first("SELECT uuid FROM job") { $0.string(0) } })
        let reader = try await enter(try fixture.user(.readOnly))
        #expect(await send("/console/cancel", ["uuid": uuid], cookie: reader).status == 400)
        #expect(await send("/console/cancel", ["uuid": uuid], cookie: cookie).status == 303)
        #expect(text(await get("/console/reports", cookie: cookie)).contains("FAILED: cancelled"))
    }

    @Test func listsAreSearched() async throws {
        let cookie = try await enter(fixture.acme.administrator)
        let all = text(await get("/", cookie: cookie))
        #expect(all.contains(">Shop</a>") && all.contains(">Bank</a>"))
        let some = text(await get("/?search=sHO", cookie: cookie))
        #expect(some.contains(">Shop</a>") && !some.contains(">Bank</a>"))
        #expect(some.contains("1 of 2") && some.contains("value=\"sHO\""))
    }

    // MARK: Tenants

    @Test func nothingOfOthersIsSeen() async throws {
        let (acme, rival) = (fixture.acme, fixture.rival)
        let cookie = try await enter(acme.administrator)
        let theirs = try await fixture.envelope(
            "generateProductReportAsync",
            ["productToken": rival.token(.product), "reportType": "ProductInventoryReport"], key: rival.administrator)
        let uuid = try #require(theirs["uuid"] as? String)
        try fixture.finish(uuid)
        #expect(await get("/console/report/\(uuid)?organization=\(acme.id)", cookie: cookie).status == 404)
        #expect(await get("/console/report/\(uuid)?organization=\(rival.id)", cookie: cookie).status == 404)
        let project = rival.projects[0].id
        for query in [
            "organization=\(rival.id)", "product=\(rival.products[0].id)",
            "organization=\(acme.id)&product=\(rival.products[0].id)",
            "product=\(acme.products[0].id)&project=\(project)",
            "product=\(acme.products[0].id)&project=\(acme.projects[1].id)",
        ] {
            let page = await get("/?\(query)", cookie: cookie)
            #expect(page.status == 404, "\(query)")
            #expect(!text(page).contains("Rival") && !text(page).contains("Shop"), "\(query)")
            #expect(await get("/console/reports?\(query)", cookie: cookie).status == 404, "\(query)")
        }
        let form = ["product": "\(rival.products[0].id)", "reportType": "ProductInventoryReport"]
        #expect(await send("/console/report", form, cookie: cookie).status == 404)
        #expect(try fixture.count("job") == 1)
        #expect(!text(await get("/console/reports", cookie: cookie)).contains("ProductInventoryReport</td>"))
    }

    @Test func whoSeesOneProductSeesNoOther() async throws {
        let cookie = try await enter(try fixture.user(.readOnly, product: 1))
        let page = text(await get("/", cookie: cookie))
        #expect(page.contains(">Bank</a>") && !page.contains(">Shop</a>"))
        #expect(await get("/?product=\(fixture.acme.products[0].id)", cookie: cookie).status == 404)
        let theirs = try await fixture.envelope(
            "generateProductReportAsync",
            ["productToken": fixture.acme.token(.product), "reportType": "ProductInventoryReport"])
        let uuid = try #require(theirs["uuid"] as? String)
        #expect(!text(await get("/console/reports", cookie: cookie)).contains("<td>ProductInventoryReport"))
        #expect(await get("/console/report/\(uuid)", cookie: cookie).status == 404)
    }
}
