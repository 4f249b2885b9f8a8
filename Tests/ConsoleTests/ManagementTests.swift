import Bytes
import Database
import Foundation
import HTTP
import Testing

@testable import Console

/// Policies, people, keys and settings: made, changed and ended by forms, once each.
struct ManagementTests {
    private let browser: Browser

    init() throws { browser = try Browser() }

    private var organization: String { "/console/organization/\(browser.acme.token)" }

    private func secret(in text: String) -> String? {
        text.firstMatch(of: /class="secret".*?<code>([0-9a-f]{64})<\/code>/.dotMatchesNewlines()).map { String($0.1) }
    }

    @Test func aPolicyIsMadeChangedAndRemoved() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let page = "\(organization)/policies"
        let new = [
            ("kind", "vulnerability"), ("policy.name", "No <b>"), ("policy.action.type", "REJECT"),
            ("policy.filter.severities", "CRITICAL"), ("policy.filter.exploited", "true"),
        ]
        let high = new + [("policy.filter.minScore", "11")]
        let wrong = await browser.send("\(organization)/policy", high, cookie: cookie)
        #expect(wrong.status == 400)
        let shown = Browser.text(wrong)
        #expect(shown.contains("id=\"wrong-policy.filter.minScore\"") && shown.contains("value=\"11\""))
        #expect(shown.contains("value=\"CRITICAL\" checked=\"checked\""))
        #expect(try browser.count("policy") == 0)

        let made = await browser.send("\(organization)/policy", new, cookie: cookie)
        #expect(made.status == 303 && made.headers["Location"] == page)
        let list = await browser.page(page, cookie: cookie)
        #expect(list.contains("No &lt;b&gt;") && list.contains("critical and exploited"))
        #expect(list.contains("rejects the library"))
        let id = try #require(list.firstMatch(of: /name="policyId" value="(\d+)"/)?.1)

        // Places below inherit it and cannot change it.
        let product = "/console/product/\(browser.acme.products[0].token)"
        let below = await browser.page("\(product)/policies", cookie: cookie)
        #expect(below.contains("No &lt;b&gt;") && !below.contains("name=\"policyId\""))
        #expect(await browser.get("\(product)/policy/\(id)", cookie: cookie).status == 404)

        let form = await browser.page("\(organization)/policy/\(id)", cookie: cookie)
        #expect(form.contains("value=\"CRITICAL\" checked=\"checked\"") && form.contains("value=\"No &lt;b&gt;\""))
        let changed = [
            ("kind", "vulnerability"), ("policy.name", "Changed"), ("policy.action.type", "ALERT"),
            ("policy.filter.minScore", "7.5"), ("policy.filter.minEpss", "0.05"),
        ]
        #expect(await browser.send("\(organization)/policy/\(id)", changed, cookie: cookie).status == 303)
        let after = await browser.page(page, cookie: cookie)
        #expect(after.contains("scored 7.5 to 10.0") && after.contains("EPSS at least 0.05"))
        #expect(try browser.count("policy") == 1)
        for part in ["disable", "enable", "first"] {
            let sent = await browser.send(page, [("part", part), ("policyId", String(id))], cookie: cookie)
            #expect(sent.status == 303, "\(part)")
        }
        // Readers see it; they get no form and cannot send one.
        let reader = try await browser.enter(try browser.user(.readOnly))
        let seen = await browser.page(page, cookie: reader)
        #expect(seen.contains("Changed") && !seen.contains("name=\"policyId\""))
        #expect(await browser.get("\(organization)/policy/\(id)", cookie: reader).status == 403)
        let removal = [("part", "remove"), ("policyId", String(id))]
        #expect(await browser.send(page, removal, cookie: reader).status == 400)
        #expect(try browser.count("policy") == 1)
        #expect(await browser.send(page, removal, cookie: cookie).status == 303)
        #expect(try browser.count("policy") == 0)
    }

    @Test(arguments: [
        ("licenses", "policy.filter.licenses", "GPL-3.0-only\nAcme EULA", "GPL-3.0-only, Acme EULA"),
        ("families", "policy.filter.licenseGroups", "Strong Copyleft", "the kind Strong Copyleft"),
        ("name", "policy.filter.pattern", "log4j*", "the name log4j*"),
        ("age", "policy.filter.days", "730", "730 days old"),
    ])
    func eachKindOfPolicyReadsBack(kind: String, field: String, value: String, words: String) async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = [("kind", kind), ("policy.name", "P"), ("policy.action.type", "ALERT"), (field, value)]
        #expect(await browser.send("\(organization)/policy", form, cookie: cookie).status == 303)
        let list = await browser.page("\(organization)/policies", cookie: cookie)
        #expect(list.contains(words))
        let id = try #require(list.firstMatch(of: /name="policyId" value="(\d+)"/)?.1)
        let shown = await browser.page("\(organization)/policy/\(id)", cookie: cookie)
        #expect(shown.contains("id=\"field-\(field)\"") || shown.contains("value=\"\(value)\" checked=\"checked\""))
        // Without a value the field has an error.
        let empty = await browser.send("\(organization)/policy", Array(form.dropLast()), cookie: cookie)
        #expect(empty.status == 400 && Browser.text(empty).contains("id=\"wrong-\(field)\""))
    }

    /// Policies that tools copy have actions, and members of actions, that no form has.
    @Test(arguments: ["CREATE_ISSUE", "REASSIGN"])
    func whatNoFormHasOfAnActionIsKept(type: String) async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        func form(_ name: String, _ action: String) -> [(String, String)] {
            [
                ("kind", "name"), ("policy.name", name), ("policy.action.type", action),
                ("policy.filter.pattern", "log4j*"),
            ]
        }
        #expect(await browser.send("\(organization)/policy", form("P", "ALERT"), cookie: cookie).status == 303)
        let action = #"{"group":{"id":7},"type":"\#(type.lowercased())"}"#
        let id = try await browser.database.write { connection -> Int64? in
            try connection.run("UPDATE policy SET action = \(action), action_type = \(type)")
            return try connection.integer("SELECT id FROM policy")
        }
        let page = "\(organization)/policy/\(try #require(id))"
        #expect(await browser.page(page, cookie: cookie).contains("value=\"\(type)\" selected=\"selected\""))
        #expect(await browser.send(page, form("Q", type), cookie: cookie).status == 303)
        #expect(try stored() == ["Q", action, type])
        #expect(await browser.send(page, form("Q", "ALERT"), cookie: cookie).status == 303)
        #expect(try stored() == ["Q", #"{"type":"ALERT"}"#, "ALERT"])
    }

    /// Policies that tools copy have filters with members, types and names that no form has.
    @Test(arguments: [
        (
            "licenses", #"{"licenses":[{"id":7,"name":"MIT"}],"note":{"by":"x"},"type":"LICENSE_NAME"}"#,
            ("licenses", "MIT"), ("licenses", "MIT\r\nISC"),
            #"{"type":"LICENSE_NAME","licenses":[{"name":"MIT"},{"name":"ISC"}],"note":{"by":"x"}}"#
        ),
        (
            "vulnerability", #"{"note":[1],"type":"VULNERABILITY_SCORE","value":7}"#,
            ("minScore", "7.0"), ("minScore", "8"),
            #"{"type":"VULNERABILITY","minScore":"8","note":[1]}"#
        ),
        (
            "age", #"{"maxAge":30,"note":null,"type":"LIBRARY_AGE"}"#, ("days", "30"), ("days", "31"),
            #"{"type":"LIBRARY_AGE","days":"31","note":null}"#
        ),
    ])
    func whatNoFormHasOfAFilterIsKept(
        kind: String, filter: String, same: (String, String), other: (String, String), changed: String
    ) async throws {
        let body = """
            {"requestType":"addOrganizationPolicy","userKey":"\(browser.acme.administrator)","orgToken":"\(browser.acme.token)",
            "policy":{"name":"P","filter":\(filter),"action":{"type":"ALERT"}}}
            """
        let request = HTTPRequest(method: "POST", path: "/api/v1.4", body: .bytes(Array(body.utf8)))
        #expect(Browser.text(await browser.response(to: request)).contains("Successfully added"))
        let cookie = try await browser.enter(browser.acme.administrator)
        let id = try #require(try browser.database.read { try $0.integer("SELECT id FROM policy") })
        let page = "\(organization)/policy/\(id)"
        func form(_ field: (String, String)) -> [(String, String)] {
            [
                ("kind", kind), ("policy.name", "Q"), ("policy.action.type", "ALERT"),
                ("policy.filter.\(field.0)", field.1),
            ]
        }
        func stored() throws -> String? {
            try browser.database.read { try $0.first("SELECT filter FROM policy WHERE name = 'Q'") { $0.string(0) } }
        }
        #expect(await browser.send(page, form(same), cookie: cookie).status == 303)
        #expect(try stored().map(members) == members(filter))
        #expect(await browser.send(page, form(other), cookie: cookie).status == 303)
        #expect(try stored().map(members) == members(changed))
    }

    /// A JSON object in a fixed spelling.
    private func members(_ json: String) -> String {
        let found = (try? JSONSerialization.jsonObject(with: Data(json.utf8))).flatMap {
            try? JSONSerialization.data(withJSONObject: $0, options: .sortedKeys)
        }
        return found.map { String(decoding: $0, as: UTF8.self) } ?? "no JSON: \(json)"
    }

    /// The browser shows the answer to the second request of a double click.
    @Test func aFormThatIsSentTwiceIsDoneOnce() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let shown = await browser.page("\(organization)/policy?kind=age", cookie: cookie)
        let mark = try #require(shown.firstMatch(of: /name="once" value="([0-9a-f]{16})"/)?.1)
        let policy = [
            ("once", String(mark)), ("kind", "age"), ("policy.name", "Old"), ("policy.action.type", "ALERT"),
            ("policy.filter.days", "30"),
        ]
        async let first = browser.send("\(organization)/policy", policy, cookie: cookie)
        async let second = browser.send("\(organization)/policy", policy, cookie: cookie)
        for response in await [first, second] {
            #expect(response.status == 303 && response.headers["Location"] == "\(organization)/policies")
        }
        #expect(try browser.count("policy") == 1)
        // Another view of the page has another text.
        let again = await browser.page("\(organization)/policy?kind=age", cookie: cookie)
        #expect(!again.contains(mark))
        let other = [("once", "0123456789abcdef")] + policy.dropFirst()
        #expect(await browser.send("\(organization)/policy", other, cookie: cookie).status == 303)
        #expect(try browser.count("policy") == 2)
        browser.pass(3001)
        #expect(await browser.send("\(organization)/policy", other, cookie: cookie).status == 303)
        #expect(try browser.count("policy") == 3)

        let key = [
            ("once", String(mark)), ("part", "key"), ("keyName", "ci"), ("scopes", "READ"),
        ]
        let made = secret(in: Browser.text(await browser.send("\(organization)/keys", key, cookie: cookie)))
        let shownAgain = secret(in: Browser.text(await browser.send("\(organization)/keys", key, cookie: cookie)))
        #expect(made != nil && made == shownAgain)
        // The same form from another person is a different form.
        let ada = try await browser.enter(try browser.user(.administrator))
        let hers = secret(in: Browser.text(await browser.send("\(organization)/keys", key, cookie: ada)))
        #expect(hers != nil && hers != made)
        #expect(browser.faults == 0)
    }

    /// The only policy: its name, its action and the action's type.
    private func stored() throws -> [String] {
        try browser.database.read { connection in
            try connection.first("SELECT name, action, action_type FROM policy") {
                [$0.string(0), $0.string(1), $0.string(2)]
            } ?? []
        }
    }

    @Test func aPersonIsAddedOnceAndTheKeyShownOnce() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = [
            ("part", "person"), ("addedUser.email", "ada@acme.example"), ("addedUser.name", "Ada"),
            ("role", "MEMBER"), ("productToken", ""),
        ]
        let made = await browser.send("\(organization)/people", form, cookie: cookie)
        #expect(made.status == 200 && made.headers["Cache-Control"] == "no-store")
        let key = try #require(secret(in: Browser.text(made)))
        #expect(await !browser.page("\(organization)/people", cookie: cookie).contains(key))
        // Reloading the page sends the form again.
        let again = await browser.send("\(organization)/people", form, cookie: cookie)
        #expect(again.status == 400 && secret(in: Browser.text(again)) == nil)
        #expect(Browser.text(again).contains("is a member of the organization already"))
        #expect(try browser.count("membership") == 3)

        let ada = try await browser.enter(key)
        #expect(await browser.page("/", cookie: ada).contains("ada@acme.example"))
        for word in ["people", "settings", "person/ada@acme.example"] {
            #expect(await browser.get("\(organization)/\(word)", cookie: ada).status == 403, "\(word)")
        }
        let person = "\(organization)/person/ada@acme.example"
        #expect(await browser.page(person, cookie: cookie).contains("member"))
        let role = [("part", "role"), ("role", "READ_ONLY"), ("productToken", browser.acme.products[1].token)]
        #expect(await browser.send(person, role, cookie: cookie).status == 303)
        #expect(await browser.page(person, cookie: cookie).contains("read-only"))
        let unsure = await browser.send(person, [("part", "remove"), ("sure", "ada")], cookie: cookie)
        #expect(unsure.status == 400 && Browser.text(unsure).contains("id=\"wrong-sure\""))
        let removal = [("part", "remove"), ("sure", "ada@acme.example")]
        #expect(await browser.send(person, removal, cookie: cookie).status == 303)
        #expect(await browser.get(person, cookie: cookie).status == 404)
        #expect(await !browser.page("/", cookie: ada).contains("ada@acme.example"))
        #expect(browser.faults == 0)
    }

    @Test func aServiceIsAddedOnce() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = [
            ("part", "service"), ("addedUser.name", "Build <1>"), ("role", "MEMBER"),
            ("productToken", browser.acme.products[0].token), ("scopes", "UPLOAD"),
        ]
        let made = await browser.send("\(organization)/people", form, cookie: cookie)
        #expect(made.status == 200 && secret(in: Browser.text(made)) != nil)
        let again = await browser.send("\(organization)/people", form, cookie: cookie)
        #expect(again.status == 400 && secret(in: Browser.text(again)) == nil)
        #expect(Browser.text(again).contains("id=\"wrong-service-name\""))
        #expect(Browser.text(again).contains("value=\"UPLOAD\" checked=\"checked\""))
        let list = await browser.page("\(organization)/people", cookie: cookie)
        #expect(list.contains("a service") && list.contains("Build &lt;1&gt;") && list.contains("member in Shop"))
        // No two fields of the page share an id.
        let ids = list.matches(of: /\sid="([^"]*)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        // Its key can upload, and cannot open a session.
        let key = try #require(secret(in: Browser.text(made)))
        #expect(await browser.send("/console/enter", [("userKey", key)]).status == 403)
    }

    @Test func changesAreFilteredByDays() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let rule = [("part", "rule"), ("rule.pattern", "mine-*"), ("rule.type", "NAME"), ("rule.description", "")]
        #expect(await browser.send("\(organization)/settings", rule, cookie: cookie).status == 303)
        func shown(_ query: String) async -> Bool {
            await browser.page("\(organization)/changes?\(query)", cookie: cookie).contains("mine-*")
        }
        #expect(await shown("fromDate=2026-01-02&toDate=2026-01-02"))
        #expect(await !shown("fromDate=2026-01-03"))
        #expect(await !shown("toDate=2026-01-01"))
        let page = await browser.page("\(organization)/changes?fromDate=2026-01-02", cookie: cookie)
        #expect(page.contains("reportType=ChangeLogReport&amp;fromDate=2026-01-02"))
        let audit = await browser.page("\(organization)/audit?event=SIGN_IN", cookie: cookie)
        #expect(audit.contains("reportType=AuditTrailReport&amp;event=SIGN_IN"))
    }

    @Test func keysAreMadeAndRevoked() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let form = [("part", "key"), ("keyName", "ci <1>"), ("scopes", "READ"), ("scopes", "UPLOAD")]
        let made = await browser.send("\(organization)/keys", form, cookie: cookie)
        let key = try #require(secret(in: Browser.text(made)))
        let again = await browser.send("\(organization)/keys", form, cookie: cookie)
        #expect(again.status == 400 && Browser.text(again).contains("id=\"wrong-keyName\""))
        #expect(Browser.text(again).contains("value=\"UPLOAD\" checked=\"checked\""))
        let list = await browser.page("\(organization)/keys", cookie: cookie)
        #expect(list.contains("ci &lt;1&gt;") && list.contains("read, upload") && !list.contains(key))
        // A key that does not administer makes no other key.
        let narrow = try await browser.enter(key)
        #expect(await !browser.page("\(organization)/keys", cookie: narrow).contains("name=\"scopes\""))
        let other = [("part", "key"), ("keyName", "more"), ("scopes", "READ")]
        #expect(await browser.send("\(organization)/keys", other, cookie: narrow).status == 400)
        let revoked = await browser.send(
            "\(organization)/keys", [("part", "revoke"), ("keyName", "ci <1>")], cookie: cookie)
        #expect(revoked.status == 303)
        #expect(await !browser.page("/", cookie: narrow).contains("admin@acme.example"))
    }

    @Test func settingsAreMadeAndTakenBack() async throws {
        let cookie = try await browser.enter(browser.acme.administrator)
        let page = "\(organization)/settings"
        let wrong = await browser.send(
            page, [("part", "rule"), ("rule.pattern", "/(?=x)/"), ("rule.type", "NAME"), ("rule.description", "kept")],
            cookie: cookie)
        #expect(wrong.status == 400)
        #expect(Browser.text(wrong).contains("id=\"wrong-rule.pattern\""))
        #expect(Browser.text(wrong).contains("value=\"kept\""))
        let rule = [("part", "rule"), ("rule.pattern", "mine-*"), ("rule.type", "NAME"), ("rule.description", "ours")]
        #expect(await browser.send(page, rule, cookie: cookie).status == 303)
        let licences = [("part", "licences"), ("licenses", "MIT\n\nISC\n")]
        #expect(await browser.send(page, licences, cookie: cookie).status == 303)
        let attribute = [
            ("part", "attribute"), ("attribute.name", "owner"), ("attribute.context", "ORGANIZATION"),
            ("attribute.type", "TEXT"), ("attribute.description", ""),
        ]
        #expect(await browser.send(page, attribute, cookie: cookie).status == 303)
        let twice = await browser.send(page, attribute, cookie: cookie)
        #expect(twice.status == 400 && Browser.text(twice).contains("id=\"wrong-attribute.name\""))
        let shown = await browser.page(page, cookie: cookie)
        #expect(shown.contains("mine-*") && shown.contains("owner"))
        #expect(shown.firstMatch(of: />MIT(\n|&#10;)ISC<\/textarea>/) != nil)
        #expect(shown.contains("allows no webhooks"))
        let id = try #require(shown.firstMatch(of: /name="ruleId" value="(\d+)"/)?.1)
        let removal = [("part", "removeRule"), ("ruleId", String(id))]
        #expect(await browser.send(page, removal, cookie: cookie).status == 303)
        #expect(await !browser.page(page, cookie: cookie).contains("mine-*"))
        #expect(await browser.send(page, [("part", "nothing")], cookie: cookie).status == 400)
        #expect(browser.faults == 0)
    }
}
