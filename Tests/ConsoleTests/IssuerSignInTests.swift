import API
import CCJose
import Database
import HTTP
import Jobs
import OpenID
import TestSupport
import Testing

@testable import Console

/// Signing in with an issuer, from the first page to the first click.
final class IssuerSignInTests: Sendable {
    private static let key = Result { try SigningKey("a", curve: CJOSE_JWK_EC_P_256) }

    let issuer: IssuerServer
    let browser: Browser

    init() throws {
        let issuer = try IssuerServer(try Self.key.get(), at: Browser.start)
        issuer.change { $0.token = { try Self.key.get().token($0, by: "ES256") } }
        self.issuer = issuer
        browser = try Browser { backend in
            var acme = Issuer(
                id: "acme", name: "Acme People", url: issuer.url, client: "waybill", organizations: ["Acme"])
            acme.rules = [GroupRule(group: "developers", role: "MEMBER", product: "Shop")]
            let now = backend.queue.now
            backend.issuers = IssuerDirectory(
                SignInSettings(address: "https://waybill.example", issuers: [acme]), now: now)
        }
    }

    /// Goes to the issuer and returns. Returns the answer and the cookie that the browser stored.
    private func signIn(
        page: String = "", cookie: String? = nil, change: (inout [String: String]) -> Void = { _ in }
    ) async throws -> HTTPResponse {
        let begun = await browser.get("/console/sign-in/acme" + (page.isEmpty ? "" : "?page=\(page)"))
        #expect(begun.status == 303)
        let kept = try #require(begun.headers["Set-Cookie"])
        #expect(kept.contains("SameSite=Lax") && kept.contains("HttpOnly") && kept.contains("Secure"))
        let answer = try issuer.signIn(at: try #require(begun.headers["Location"]))
        var fields = ["code": answer.code, "state": answer.state]
        change(&fields)
        let query = fields.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return await browser.get(
            "/console/sign-in/acme/callback?\(query)", cookie: cookie ?? String(kept.prefix { $0 != ";" }))
    }

    private func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            await issuer.stop()
            throw error
        }
        await issuer.stop()
    }

    private func refusals() throws -> [String] {
        let ledger = browser.ledger
        try ledger.writeLast(to: browser.database, at: browser.queue.now())
        return try browser.database.read { connection in
            var wanted = AuditTrail.Wanted(organization: nil, limit: 50)
            wanted.event = .refusedSignIn
            return try AuditTrail.list(wanted, on: connection).map(\.detail)
        }
    }

    @Test func thePersonSeesWhatTheGroupsAllow() async throws {
        try await run {
            #expect(await browser.page("/").contains(#"href="/console/sign-in/acme""#))
            let response = try await signIn()
            let cookies = response.headers.all("Set-Cookie")
            #expect(response.status == 200 && cookies.count == 2)
            let session = try #require(cookies.first).prefix { $0 != ";" }
            #expect(cookies[0].contains("SameSite=Strict"))
            let page = await browser.page("/", cookie: String(session))
            #expect(page.contains("ada@example.com") && page.contains("Shop") && !page.contains("Bank"))
            // Signing out also shows the way to sign out of the issuer.
            let left = await browser.send("/console/leave", [], cookie: String(session))
            #expect(Browser.text(left).contains("\(issuer.url)/logout?client_id=waybill"))
            #expect(await !browser.page("/", cookie: String(session)).contains("ada@example.com"))
        }
    }

    @Test func signingInLeadsToPagesOfTheConsoleOnly() async throws {
        try await run {
            let product = "/console/product/\(browser.acme.products[0].token)"
            for (page, wanted) in [
                (product, product), ("https://evil.example", "/"), ("//evil.example", "/"), ("/%5Cevil.example", "/"),
                ("/console/product/x%22%3E%3Cscript%3E", "/console/product/x%22%3E%3Cscript%3E"),
            ] {
                let text = Browser.text(try await signIn(page: page))
                #expect(text.contains("content=\"0; url=\(wanted)\""), "\(page)")
                #expect(!text.contains("evil") && !text.contains("<script"))
            }
        }
    }

    @Test func whatNobodyAskedForIsRefused() async throws {
        try await run {
            // Another browser, another state, a second answer, another issuer's answer.
            #expect(try await signIn(cookie: "waybill-sign-in=\(String(repeating: "a", count: 64))").status == 403)
            #expect(try await signIn { $0["state"] = String(repeating: "b", count: 64) }.status == 403)
            #expect(try await signIn { $0["iss"] = "https%3A%2F%2Fevil.example" }.status == 403)
            let refused = try await signIn { fields in
                fields["code"] = nil
                fields["error"] = "access_denied"
            }
            #expect(refused.status == 403 && refused.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
            #expect(Browser.text(refused).contains("A user key works meanwhile."))
            #expect(await browser.get("/console/sign-in/nobody").status == 404)
            #expect(try refusals().count == 4)
            #expect(try browser.count("session") == 0 && browser.count("sign_in_identity") == 0)
        }
    }

    @Test func refusalsOfStrangersAreFewRecords() async throws {
        try await run {
            for _ in 0..<50 { #expect(await browser.get("/console/sign-in/acme/callback?state=x").status == 403) }
            // Twenty with the reason, and one with the number of the others.
            let found = try refusals()
            #expect(found.count == 21 && found.filter(\.isEmpty).count == 1)
        }
    }

    @Test func moreSignInsThanAnAddressMayHaveAreRefused() async throws {
        try await run {
            let sender = AddressRanges.sender(nil)
            try await browser.database.write { connection in
                let row = PendingSignIns.Row(browser: [1], issuer: "acme", page: "/")
                for number in 0..<PendingSignIns.senderLimit {
                    _ = try PendingSignIns.begin(
                        row, state: Array("\(number)".utf8), from: sender, at: Browser.start, on: connection)
                }
            }
            let refused = await browser.get("/console/sign-in/acme")
            #expect(refused.status == 429 && refused.headers["Retry-After"] == "60")
            #expect(refused.headers["Location"] == nil && refused.headers["Set-Cookie"] == nil)
            #expect(Browser.text(refused).contains("A user key works meanwhile."))
            #expect(try refusals().count == 1)
            browser.pass(PendingSignIns.life)
            #expect(await browser.get("/console/sign-in/acme").status == 303)
        }
    }

    @Test func stepsThatComeTooOftenAreRefused() async throws {
        try await run {
            for _ in 0..<60 { #expect(await browser.get("/console/sign-in/acme/callback?state=x").status == 403) }
            let refused = await browser.get("/console/sign-in/acme")
            #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
            let text = Browser.text(refused)
            #expect(text.contains("Try again in 1 second.") && text.contains("A user key works meanwhile."))
            browser.pass(1000)
            #expect(await browser.get("/console/sign-in/acme").status == 303)
        }
    }

    @Test func pagesToReturnToAreShortAndHaveNoOddCharacter() async throws {
        try await run {
            for page in ["/console/product/x/a%00b", "/console/product/\(String(repeating: "x", count: 2000))"] {
                #expect(await browser.get("/console/sign-in/acme?page=\(page)").status == 303)
            }
            let kept = try browser.database.read { connection in
                try connection.all("SELECT page FROM pending_sign_in ORDER BY page") { $0.string(0) }
            }
            #expect(kept == ["/", "/console/product/x/a%00b"] && browser.faults == 0)
        }
    }

    @Test func aPersonWithoutAGroupIsClosed() async throws {
        try await run {
            let session = try #require(try await signIn().headers["Set-Cookie"]).prefix { $0 != ";" }
            issuer.change { $0.claims["groups"] = #"["visitors"]"# }
            let refused = try await signIn()
            #expect(refused.status == 403)
            #expect(Browser.text(refused).contains("None of your groups at Acme People may use Waybill."))
            #expect(await !browser.page("/", cookie: String(session)).contains("ada@example.com"))
            issuer.change { behaviour in
                behaviour.claims = ["email_verified": "false"]
            }
            #expect(Browser.text(try await signIn()).contains("is not verified"))
        }
    }

    @Test func administratorsSeeWhenSomebodySignedInLast() async throws {
        try await run {
            _ = try await signIn()
            let cookie = try await browser.enter(browser.acme.administrator)
            let people = "/console/organization/\(browser.acme.token)/people"
            #expect(await browser.page(people, cookie: cookie).contains(">2026-01-02 03:04</time>"))
            let ada = "/console/organization/\(browser.acme.token)/person/ada%40example.com"
            let page = await browser.page(ada, cookie: cookie)
            #expect(page.contains("Last sign-in with an issuer") && page.contains("2026-01-02 03:04"))
        }
    }

    @Test func groupsThatTheIssuerDoesNotNameEndNothing() async throws {
        try await run {
            let session = try #require(try await signIn().headers["Set-Cookie"]).prefix { $0 != ";" }
            issuer.change { $0.claims.updateValue(nil, forKey: "groups") }
            let refused = try await signIn()
            #expect(refused.status == 403)
            #expect(Browser.text(refused).contains("Acme People does not say which groups you are in."))
            #expect(await browser.page("/", cookie: String(session)).contains("ada@example.com"))
            #expect(try refusals().count == 1)
        }
    }

    /// Account, roles, key, session and record are stored together or not at all.
    @Test func aSignInIsWholeOrNothing() async throws {
        try await run {
            try await browser.database.write { connection in
                try connection.script(
                    "CREATE TRIGGER none BEFORE INSERT ON session BEGIN SELECT RAISE(ABORT, 'no session'); END")
            }
            let accounts = try browser.count("account")
            #expect(try await signIn().status == 500 && browser.faults == 1)
            #expect(try browser.count("account") == accounts && browser.count("sign_in_identity") == 0)
            #expect(
                try browser.database.read { try $0.integer("SELECT count(*) FROM audit WHERE door = 'console'") } == 0)
            try await browser.database.write { try $0.script("DROP TRIGGER none") }
            #expect(try await signIn().status == 200)
            #expect(try browser.count("account") == accounts + 1 && browser.count("session") == 1)
        }
    }

    @Test func theIssuerEndsASession() async throws {
        try await run {
            let session = try #require(try await signIn().headers["Set-Cookie"]).prefix { $0 != ";" }
            let seconds = Browser.start / 1000
            let claims = """
                {"iss":"\(issuer.url)","aud":"waybill","sid":"session-1","iat":\(seconds),"exp":\(seconds + 60),"jti":"1",\
                "events":{"http://schemas.openid.net/event/backchannel-logout":{}}}
                """
            let path = "/console/sign-in/acme/sign-out"
            #expect(await browser.send(path, [("logout_token", "x")]).status == 400)
            let token = try Self.key.get().token(claims, by: "ES256")
            #expect(await browser.send(path, [("logout_token", token)]).status == 200)
            #expect(await !browser.page("/", cookie: String(session)).contains("ada@example.com"))
        }
    }

    /// An issuer that names sessions only in its logout tokens.
    @Test func theIssuerEndsASessionThatItDidNotName() async throws {
        try await run {
            issuer.change { $0.claims.updateValue(nil, forKey: "sid") }
            let session = try #require(try await signIn().headers["Set-Cookie"]).prefix { $0 != ";" }
            let seconds = Browser.start / 1000
            for (subject, isIn) in [("person-2", true), ("person-1", false)] {
                let claims = """
                    {"iss":"\(issuer.url)","aud":"waybill","sid":"session-1","sub":"\(subject)","iat":\(seconds),\
                    "exp":\(seconds + 60),"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}
                    """
                let token = try Self.key.get().token(claims, by: "ES256")
                let answer = await browser.send("/console/sign-in/acme/sign-out", [("logout_token", token)])
                #expect(answer.status == 200)
                #expect(
                    await browser.page("/", cookie: String(session)).contains("ada@example.com") == isIn, "\(subject)")
            }
        }
    }

    @Test func keysWorkWhileTheIssuerIsDown() async throws {
        try await run {
            issuer.change { $0.status = 503 }
            let refused = await browser.get("/console/sign-in/acme")
            #expect(refused.status == 403 && Browser.text(refused).contains("A user key works meanwhile."))
            let cookie = try await browser.enter(browser.acme.administrator)
            #expect(await browser.page("/", cookie: cookie).contains("admin@acme.example"))
        }
    }
}
