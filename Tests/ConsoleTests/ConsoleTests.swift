import API
import Database
import Foundation
import HTTP
import Jobs
import Testing

@testable import Console

/// The console in the way that a browser uses it.
struct ConsoleTests {
    let browser: Browser
    init() throws { browser = try Browser() }

    private var organization: String { "/console/organization/\(browser.acme.token)" }
    private var product: String { "/console/product/\(browser.acme.products[0].token)" }

    // MARK: Sessions

    @Test func aStrangerIsAskedForAKey() async throws {
        let page = await browser.get("/")
        #expect(page.status == 200)
        #expect(page.headers["Content-Type"] == "text/html;charset=UTF-8")
        #expect(Browser.text(page).contains("name=\"userKey\""))
        #expect(!Browser.text(page).contains("Acme"))
        for name in ["Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control"] {
            #expect(page.headers[name] != nil, "\(name)")
        }
        #expect(await browser.get("/console/style.css").headers["Content-Type"] == "text/css;charset=UTF-8")
        #expect(await browser.get("/favicon.ico").headers["Content-Type"] == "image/svg+xml")
        let refused = await browser.response(to: HTTPRequest(method: "POST", path: "/"))
        #expect(refused.status == 405)
        #expect(refused.headers["Allow"] == "GET, HEAD")
        #expect(Browser.text(refused).contains("POST /api/v1.4"))
        // Pages of places ask for a key, too, and show nothing.
        #expect(!Browser.text(await browser.get(organization)).contains("Acme"))
    }

    @Test func unknownAddressesGetAPageOrALine() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        for address in [
            "\(organization)/nothing", "/console/planet/x",
            "/console/organization/\(String(repeating: "0", count: 64))",
        ] {
            let page = await browser.get(address, cookie: cookie, headers: ["Accept": "text/html"])
            #expect(page.status == 404, "\(address)")
            #expect(page.headers["Content-Type"] == "text/html;charset=UTF-8", "\(address)")
        }
        let lost = await browser.get("/nothing", headers: ["Accept": "text/html,*/*"])
        #expect(lost.status == 404 && lost.headers["Content-Security-Policy"] != nil)
        let script = await browser.get("/nothing", headers: ["Accept": "*/*"])
        #expect(script.headers["Content-Type"] == "text/plain;charset=UTF-8")
        // The API's paths stay the API's.
        #expect(await browser.get("/health/live", headers: ["Accept": "text/html"]).status == 200)
    }

    /// The form of a comparison does not list thousands of projects.
    @Test func theOtherSideOfManyIsLookedForByName() async throws {
        try await browser.database.write { [browser] connection in
            let place = Scope(kind: .product, organization: browser.acme.id, product: browser.acme.products[0].id)
            let writing = Writing(in: place, by: .system, at: Browser.start, on: connection)
            for number in 100..<160 {
                _ = try Accounts.createProject(
                    named: "Many \(number)", token: try Randomness.system.token(), writing)
            }
        }
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = "/console/project/\(browser.acme.projects[0].token)/report?reportType=ProjectDiffReport"
        let all = await browser.page(form, cookie: cookie)
        #expect(all.matches(of: /<option\s/).count < 70 && all.contains("name=\"otherName\""))
        #expect(!all.contains("Many 159"))
        let found = await browser.page("\(form)&otherName=many%20159", cookie: cookie)
        #expect(found.contains(">Many 159</option>") && !found.contains("Many 158"))
        // A few need no search.
        let few = "/console/project/\(browser.acme.projects[1].token)/report?reportType=ProjectDiffReport"
        #expect(await !browser.page(few, cookie: cookie).contains("otherName"))
    }

    @Test func aRequestAboveTheLimitIsNoUse() async throws {
        let browser = try Browser { $0.doorkeeper = Doorkeeper(callsPerMinute: 1, refusalsPerMinute: 0) }
        let cookie = try await browser.enter(browser.acme.administrator)
        func used() throws -> Int64? { try browser.database.read { try $0.integer("SELECT used_at FROM session") } }
        browser.pass(59_000)
        #expect(await browser.get("/", cookie: cookie).status == 200)
        browser.pass(2000)
        let refused = await browser.get("/", cookie: cookie)
        #expect(refused.status == 429 && refused.headers["Retry-After"] != nil)
        #expect(try used() == Browser.start)
        browser.pass(60_000)
        #expect(await browser.get("/", cookie: cookie).status == 200)
        #expect(try used() == Browser.start + 121_000)
    }

    @Test func aKeyOpensASessionThatEnds() async throws {
        for key in ["", "abc", String(repeating: "0", count: 64)] {
            let response = await browser.send("/console/enter", [("userKey", key)])
            #expect(response.status == 403)
            #expect(response.headers["Set-Cookie"] == nil)
        }
        let cookie = try await browser.enter(browser.acme.administrator)
        #expect(await browser.page("/", cookie: "other=1; \(cookie)").contains("admin@acme.example"))
        // The database has only digests.
        let secret = try #require(cookie.split(separator: "=").last).utf8
        let kept = try browser.database.read { try $0.all("SELECT digest FROM session") { $0.blob(0) } }
        #expect(kept.count == 1 && kept[0] != Array(secret))
        // Its time ends.
        browser.pass(Sessions.lifetime)
        #expect(await !browser.page("/", cookie: cookie).contains("admin@acme.example"))
        let now = browser.queue.now()
        try await browser.database.write { try Sessions.sweep(at: now, on: $0) }
        #expect(try browser.count("session") == 0)
    }

    @Test func aSessionThatIsNotUsedEnds() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        // A session that is used every twenty minutes continues; half an hour without a click ends it.
        for _ in 0..<3 {
            browser.pass(20 * 60_000)
            #expect(await browser.page("/", cookie: cookie).contains("admin@acme.example"))
        }
        browser.pass(Sessions.idleLimit)
        #expect(await !browser.page("/", cookie: cookie).contains("admin@acme.example"))
    }

    @Test func signingInAgainReplacesTheSessionOfTheBrowser() async throws {
        let first = try await browser.enter(browser.acme.administrator)
        let response = await browser.send(
            "/console/enter", [("userKey", browser.acme.administrator)], cookie: first)
        let second = try #require(response.headers["Set-Cookie"]).prefix { $0 != ";" }
        #expect(await !browser.page("/", cookie: first).contains("admin@acme.example"))
        #expect(await browser.page("/", cookie: String(second)).contains("admin@acme.example"))
        #expect(try browser.count("session") == 1)
    }

    @Test func sessionsAreListedAndEnded() async throws {
        let own = try await browser.enter(browser.acme.administrator)
        let other = await browser.send(
            "/console/enter", [("userKey", browser.acme.administrator)],
            headers: ["User-Agent": "Fire<fox>\u{202E}"]
        ).headers["Set-Cookie"].map { String($0.prefix { $0 != ";" }) }
        let foreign = try await browser.enter(browser.rival.administrator)
        let page = await browser.page("\(organization)/sessions", cookie: own)
        #expect(page.contains("Fire&lt;fox&gt;\u{FFFD}") && page.contains("this one"))
        let names = page.split(separator: "name=\"session\" value=\"").dropFirst().map { String($0.prefix(64)) }
        let name = try #require(names.first)
        #expect(names.count == 1)
        // Users cannot end other users' sessions.
        let theirs = "/console/organization/\(browser.rival.token)/sessions"
        _ = await browser.send(theirs, [("session", name)], cookie: foreign)
        #expect(await browser.page("/", cookie: other).contains("admin@acme.example"))
        let ended = await browser.send("\(organization)/sessions", [("session", name)], cookie: own)
        #expect(ended.status == 303)
        #expect(await !browser.page("/", cookie: other).contains("admin@acme.example"))
        #expect(await browser.page("/", cookie: own).contains("admin@acme.example"))
    }

    @Test func signingOutAndLosingTheKeyEndIt() async throws {
        let first = try await browser.enter(browser.acme.administrator)
        let second = try await browser.enter(browser.acme.administrator)
        let left = await browser.send("/console/leave", [], cookie: first)
        #expect(left.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
        #expect(await !browser.page("/", cookie: first).contains("admin@acme.example"))
        #expect(await browser.page("/", cookie: second).contains("admin@acme.example"))
        let digest = UserKey(browser.acme.administrator).digest
        try await browser.database.write { connection in
            try connection.run("UPDATE user_key SET digest = \([UInt8]([1])) WHERE digest = \(digest)")
        }
        #expect(await !browser.page("/", cookie: second).contains("admin@acme.example"))
    }

    @Test func theCookieIsForThisServerAlone() async throws {
        let key = [("userKey", browser.acme.administrator)]
        let plain = try #require(await browser.send("/console/enter", key).headers["Set-Cookie"])
        #expect(plain.hasSuffix("Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
        let proxied = await browser.send("/console/enter", key, headers: ["X-Forwarded-Proto": "https"])
        #expect(proxied.headers["Set-Cookie"]?.hasSuffix("; Secure") == true)
    }

    @Test(arguments: [
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "null", "Host": "waybill"],
        ["Origin": "https://evil.example", "Host": "waybill"], ["Origin": "https://waybill"],
    ])
    func formsOfOtherSitesAreRefused(_ headers: [String: String]) async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        var fields = HTTPFields()
        for (name, value) in headers { fields[name] = value }
        let form = [("reportType", "OrgInventoryReport")]
        #expect(await browser.send("\(organization)/report", form, cookie: cookie, headers: fields).status == 403)
        #expect(try browser.count("job") == 0)
        fields["Host"] = "waybill"
        fields["Origin"] = "https://waybill"
        fields["Sec-Fetch-Site"] = headers["Sec-Fetch-Site"] == nil ? nil : "same-origin"
        #expect(await browser.send("\(organization)/report", form, cookie: cookie, headers: fields).status == 303)
    }

    // MARK: Reports

    @Test func aReportIsAskedForAndFetched() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let asked = await browser.send(
            "\(product)/report", [("reportType", "ProductInventoryReport"), ("format", "json")],
            cookie: cookie)
        #expect(asked.status == 303)
        #expect(asked.headers["Location"] == "\(product)/reports")
        let waiting = await browser.page("\(product)/reports", cookie: cookie)
        #expect(waiting.contains("ProductInventoryReport") && waiting.contains("waiting"))
        #expect(waiting.contains("http-equiv=\"refresh\"") && !waiting.contains("<select"))
        // A page with fields to fill in is never reloaded.
        let form = await browser.page("\(product)/report?reportType=ProductInventoryReport", cookie: cookie)
        #expect(form.contains("<select") && !form.contains("http-equiv=\"refresh\""))

        let uuid = try browser.uuidOfJob()
        try browser.finish(uuid, with: Array("PK content".utf8))
        let done = await browser.page("\(product)/reports", cookie: cookie)
        #expect(done.contains("ready") && !done.contains("http-equiv=\"refresh\""))
        let link = "\(organization)/download/\(uuid)"
        #expect(done.contains(link))
        let file = await browser.get(link, cookie: cookie)
        #expect(file.headers["Content-Type"] == "application/zip")
        #expect(Browser.text(file) == "PK content")
        // Without a session there is nothing to fetch.
        #expect(await browser.get(link).status == 303)
    }

    @Test func whatIsWrongIsSaidBesideItsFieldAndKept() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let vulnerabilities = ("reportType", "OrgVulnerabilityReport")
        let cases: [([(String, String)], String)] = [
            ([vulnerabilities, ("format", "doc")], "id=\"wrong-format\""),
            ([("reportType", "ProductInventoryReport")], "ProductInventoryReport"),
            ([vulnerabilities, ("filter-fromDate", "yesterday\"")], "id=\"wrong-filter-fromDate\""),
            ([vulnerabilities, ("filter-fromDate", "yesterday\"")], "value=\"yesterday&quot;\""),
            ([("reportType", "<b>&\"")], "&lt;b&gt;&amp;&quot;"),
        ]
        for (form, word) in cases {
            let response = await browser.send("\(organization)/report", form, cookie: cookie)
            #expect(response.status == 400, "\(form)")
            #expect(Browser.text(response).contains(word), "\(form)")
            #expect(!Browser.text(response).contains("http-equiv=\"refresh\""))
        }
        #expect(try browser.count("job") == 0)
        #expect(browser.faults == 0)
    }

    @Test func aScheduleIsMadeAndEnded() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = [("reportType", "ProductInventoryReport"), ("cron", "61 * * * *")]
        let wrong = await browser.send("\(product)/report", form, cookie: cookie)
        #expect(wrong.status == 400 && Browser.text(wrong).contains("id=\"wrong-cron\""))
        let right = [("reportType", "ProductInventoryReport"), ("cron", "30 6 * * MON")]
        #expect(await browser.send("\(product)/report", right, cookie: cookie).status == 303)
        #expect(try browser.count("job") == 0 && browser.count("schedule") == 1)
        let page = await browser.page("\(product)/reports", cookie: cookie)
        #expect(page.contains("30 6 * * MON"))
        // It is not one of the other product's.
        let other = "/console/product/\(browser.acme.products[1].token)/reports"
        #expect(await !browser.page(other, cookie: cookie).contains("30 6 * * MON"))
        let id = try #require(page.firstMatch(of: /name="scheduleId" value="(\d+)"/)?.1)
        #expect(await browser.send("\(product)/reports", [("scheduleId", String(id))], cookie: cookie).status == 303)
        #expect(try browser.count("schedule") == 0)
    }

    @Test func aReportIsCancelled() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        _ = await browser.send("\(organization)/report", [("reportType", "OrgInventoryReport")], cookie: cookie)
        let uuid = try browser.uuidOfJob()
        let reader = try await browser.enter(try browser.user(.readOnly))
        let cancel = [("uuid", uuid)]
        #expect(await browser.send("\(organization)/reports", cancel, cookie: reader).status == 400)
        #expect(await browser.send("\(organization)/reports", cancel, cookie: cookie).status == 303)
        let page = await browser.page("\(organization)/reports", cookie: cookie)
        #expect(page.contains("failed") && page.contains("cancelled"))
    }

    @Test func listsAreSearched() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let all = await browser.page("/", cookie: cookie)
        #expect(all.contains(">Shop</a>") && all.contains(">Bank</a>"))
        let some = await browser.page("\(organization)?name=sHO", cookie: cookie)
        #expect(some.contains(">Shop</a>") && !some.contains(">Bank</a>"))
        #expect(some.contains("value=\"sHO\""))
        // Letters of patterns count as letters.
        #expect(await !browser.page("\(organization)?name=%25", cookie: cookie).contains(">Shop</a>"))
    }

    // MARK: Tenants

    @Test func nothingOfOthersIsSeen() async throws {
        let rival = browser.rival
        let cookie = try await browser.enter(browser.acme.administrator)
        let theirs = try await browser.enter(rival.administrator)
        let place = "/console/product/\(rival.products[0].token)"
        #expect(
            await browser.send("\(place)/report", [("reportType", "ProductInventoryReport")], cookie: theirs).status
                == 303)
        let uuid = try browser.uuidOfJob()
        try browser.finish(uuid)
        #expect(await browser.get("\(organization)/download/\(uuid)", cookie: cookie).status == 404)
        for address in [
            "/console/organization/\(rival.token)", "/console/organization/\(rival.token)/reports",
            "/console/organization/\(rival.token)/download/\(uuid)", place, "\(place)/reports",
            "/console/project/\(rival.projects[0].token)", "/console/product/\(rival.projects[0].token)",
        ] {
            let page = await browser.get(address, cookie: cookie)
            #expect(page.status == 404, "\(address)")
            #expect(!Browser.text(page).contains("Rival") && !Browser.text(page).contains("Shop"), "\(address)")
        }
        let form = [("reportType", "ProductInventoryReport")]
        #expect(await browser.send("\(place)/report", form, cookie: cookie).status == 404)
        #expect(try browser.count("job") == 1)
        #expect(await !browser.page("\(organization)/reports", cookie: cookie).contains("ProductInventoryReport"))
    }

    @Test func whoSeesOneProductSeesNoOther() async throws {
        let cookie = try await browser.enter(try browser.user(.readOnly, product: 1))
        let page = await browser.page("/", cookie: cookie)
        #expect(page.contains(">Bank</a>") && !page.contains(">Shop</a>"))
        #expect(await browser.get(product, cookie: cookie).status == 404)
        #expect(await browser.get("\(organization)/audit", cookie: cookie).status == 403)
        let administrator = try await browser.enter(browser.acme.administrator)
        _ = await browser.send(
            "\(product)/report", [("reportType", "ProductInventoryReport")], cookie: administrator)
        let uuid = try browser.uuidOfJob()
        #expect(await !browser.page("\(organization)/reports", cookie: cookie).contains("ProductInventoryReport"))
        #expect(await browser.get("\(organization)/download/\(uuid)", cookie: cookie).status == 404)
    }

    @Test func addressesReadBackAsTheyAreWritten() {
        let hostile = "a/b?c#d%e <é>\"&"
        let address = Address(.organization, "token", "vulnerability", item: hostile)
        #expect(Address(path: address.path.removingPercentEncoding ?? "") == address)
        #expect(!address.text.contains("<") && !address.text.contains("?"))
        #expect(Address(path: "/")?.place == nil)
        for path in ["/console/organization", "/console/organization/", "/consoles/organization/x", "/console/x/y"] {
            #expect(Address(path: path) == nil, "\(path)")
        }
        #expect(address.with("after", "x&y").text.hasSuffix("?after=x%26y"))
    }
}
