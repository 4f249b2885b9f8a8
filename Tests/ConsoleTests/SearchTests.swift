import API
import Bytes
import Database
import Foundation
import HTTP
import Jobs
import Reports
import TestSupport
import Testing

@testable import Console

/// The search of the console, and its answer as a file.
struct SearchTests {
    private let fixture: InventoryFixture
    private let site: Site
    private let folder: TemporaryFolder

    init() throws {
        fixture = try InventoryFixture(.sqlite)
        folder = try TemporaryFolder()
        site = Site(
            Backend(
                database: fixture.database, queue: fixture.queue, bell: Bell(), openArtifact: { _ in nil },
                scratch: folder.path("."), log: { _ in }))
    }

    private func respond(_ request: HTTPRequest) async -> HTTPResponse {
        switch site.reply(to: request) {
        case .now(let response): return response
        case .later(let work): return await work()
        }
    }

    /// A new person, signed in: the cookie.
    private func enter(product: Int64 = 0) async throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        try await fixture.database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(key.text.prefix(8))@acme.example", name: "", kind: "USER", keyDigest: key.digest,
                at: InventoryFixture.start, on: connection)
            try Accounts.assign(.readOnly, to: account, organization: 1, product: product, on: connection)
        }
        let response = await respond(
            HTTPRequest(method: "POST", path: "/console/enter", body: .bytes(Array("userKey=\(key.text)".utf8))))
        return String(try #require(response.headers["Set-Cookie"]).prefix { $0 != ";" })
    }

    private func get(
        _ word: String, _ query: [(String, String)], _ cookie: String?, organization: String = "token 1"
    ) async throws -> (response: HTTPResponse, text: String) {
        var fields = HTTPFields()
        for (name, value) in query { fields.append(name, value) }
        let response = await respond(
            HTTPRequest(
                method: "GET", path: "/console/organization/\(organization)/\(word)", query: fields,
                headers: cookie.map { ["Cookie": $0] } ?? [:]))
        var bytes: [UInt8] = []
        switch response.body {
        case .bytes(let all): bytes = all
        case .stream(_, let next): while let piece = try await next() { bytes += piece }
        case .file: Issue.record("the answer is a file on disk")
        }
        return (response, String(decoding: bytes, as: UTF8.self))
    }

    @Test func theSearchHasTheFiltersOfTheAPI() async throws {
        let cookie = try await enter()
        let whole = try await get("search", [("q", "CVE-2025-90001")], cookie).text
        #expect(whole.contains("left-pad") && whole.contains("Webshop"))
        let none = try await get("search", [("q", "CVE-2025-90001"), ("product", "no such")], cookie).text
        #expect(none.contains("Accepted: a name or token of a product that you may see"))
        #expect(none.contains("value=\"no such\""))
        for value in ["true", "false"] {
            let shown = try await get("search", [("q", "CVE-2025-90001"), ("exploited", value)], cookie).text
            var question = try Question(.words, "CVE-2025-90001")
            question.filters.isExploited = value == "true"
            let scope = Scope(kind: .organization, organization: 1)
            let answer = try fixture.database.snapshot { [question] in try question.answer(in: scope, on: $0) }
            #expect(shown.contains("left-pad</") == !answer.items.isEmpty, "\(value)")
            #expect(shown.contains("<option value=\"\(value)\" selected=\"selected\">"))
        }
        // A value that the API refuses is refused beside its field.
        let wrong = try await get("search", [("q", "left"), ("severity", "awful")], cookie).text
        #expect(wrong.contains("id=\"wrong-severity\"") && wrong.contains("awful"))
        let long = try await get("search", [("q", String(repeating: "a", count: 2000))], cookie).text
        #expect(long.contains("id=\"wrong-q\""))
    }

    @Test func theWholeAnswerIsAFile() async throws {
        let cookie = try await enter()
        let query = [("q", "MIT"), ("product", "Webshop"), ("after", "")]
        let page = try await get("search", query, cookie).text
        for format in ["json", "ndjson", "csv"] {
            #expect(page.contains("/answer?q=MIT&amp;product=Webshop&amp;format=\(format)\""), "\(format)")
        }
        #expect(page.contains("reportType=OrgInventoryReport&amp;product=Webshop&amp;license=MIT"))
        var question = try Question(.words, "MIT")
        question.filters.products = ["Webshop"]
        question.limit = 1000
        let scope = Scope(kind: .organization, organization: 1)
        let items = try fixture.database.snapshot { [question] in try question.answer(in: scope, on: $0) }.items
        #expect(items.count > 2)

        let json = try await get("answer", query + [("format", "json")], cookie)
        #expect(json.response.headers["Content-Type"] == "application/json;charset=UTF-8")
        #expect(json.response.headers["Content-Disposition"] == "attachment; filename=\"search.json\"")
        #expect(json.response.headers["Cache-Control"] == "no-store")
        let object = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: [[String: Any]]]
        #expect(object?["items"]?.compactMap { $0["library"] as? String } == items.map(\.library))
        let lines = try await get("answer", query + [("format", "ndjson")], cookie).text.split(separator: "\n")
        #expect(lines.count == items.count)
        let csv = try await get("answer", query + [("format", "csv")], cookie)
        #expect(csv.response.headers["Content-Type"] == "text/csv;charset=UTF-8;header=present")
        #expect(csv.text.split(separator: "\r\n").count == items.count + 1 && csv.text.hasPrefix("product,project,"))
        for wrong in [[("q", "MIT"), ("format", "xml")], [("format", "csv")], [("q", "MIT"), ("after", "x")]] {
            #expect(try await get("answer", wrong, cookie).response.status == 400, "\(wrong)")
        }
    }

    @Test func aFileHasWhatThePersonMaySee() async throws {
        let bank = try fixture.ids(place: 2).product
        let cookie = try await enter(product: bank)
        let query = [("q", "MIT"), ("format", "csv")]
        let text = try await get("answer", query, cookie).text
        #expect(text.contains("Bank & Söhne") && !text.contains("Webshop"))
        #expect(try await get("answer", query, cookie, organization: "token 2").response.status == 404)
        // A stranger is asked for a key.
        let stranger = try await get("answer", query, nil)
        #expect(stranger.response.status == 303 && stranger.response.headers["Location"] == "/")
    }
}
