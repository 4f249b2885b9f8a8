import Database
import Foundation
import HTTP
import Reports
import TestSupport
import Testing

@testable import API

/// `GET /api/ask`: keys, parameters, formats, errors.
struct AskTests {
    private static func ask(
        _ world: ManagedWorld, _ query: HTTPFields, headers: HTTPFields? = nil, method: String = "GET"
    ) async -> HTTPResponse {
        let headers = headers ?? ["Authorization": "Bearer \(world.keys[0].text)"]
        switch world.door.reply(to: HTTPRequest(method: method, path: "/api/ask", query: query, headers: headers)) {
        case .now(let response): return response
        case .later(let work): return await work()
        }
    }

    private static func items(_ response: HTTPResponse) throws -> [[String: Any]] {
        #expect(response.status == 200)
        return try #require(try Fixture.json(response)["items"] as? [[String: Any]])
    }

    @Test(arguments: TemporaryDatabase.engines) func answersAsPromised(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for headers in [["Authorization": "Bearer \(world.keys[0].text)"], ["X-Api-Key": world.keys[0].text]]
            as [HTTPFields]
        {
            let response = await Self.ask(world, ["cve": "CVE-2025-90001", "project": "Cart"], headers: headers)
            #expect(response.headers["Content-Type"] == "application/json;charset=UTF-8")
            let items = try Self.items(response)
            #expect(items.count == 2)
            let first = try #require(items.first)
            #expect(
                Set(first.keys) == [
                    "product", "project", "projectToken", "library", "version", "purl", "path", "direct", "since",
                    "fix",
                ])
            #expect(first["library"] as? String == "left-pad" && first["fix"] as? String == "1.3.1")
            #expect(first["path"] as? [String] == ["left-pad@1.3.0"] && first["direct"] as? Bool == true)
            #expect(first["since"] as? String == "2026-01-02 03:04:05")
            #expect(try Fixture.json(response)["next"] == nil)
        }
    }

    @Test func whatIsWrittenInPiecesIsOneFile() throws {
        let items = ["a", "b,\"c\""].map { name in
            Question.Item(
                project: ("Shop", "Cart", "t"), library: (name, nil, nil), path: nil, isDirect: nil, since: nil,
                verdict: (nil, nil))
        }
        for format in AskRequest.Format.allCases {
            var whole = AskWriter(format)
            var parts = AskWriter(format)
            let all = whole.piece(items, isLast: true)
            var pieces: [UInt8] = []
            for (some, isLast) in [([], false), ([items[0]], false), ([], false), ([items[1]], false), ([], true)] {
                pieces += parts.piece(some, isLast: isLast)
            }
            #expect(pieces == all && !all.isEmpty, "\(format)")
        }
    }

    @Test func pagesAreLinked() async throws {
        let world = try ManagedWorld(.sqlite)
        var query: HTTPFields = ["license": "MIT", "limit": "2", "severity": "low, medium,high"]
        query.append("product", "Webshop")
        query.append("product", "Bank & Söhne")
        let whole = try Self.items(await Self.ask(world, query.setting("limit", "1000")))
        var found: [[String: Any]] = []
        for _ in 0..<100 {
            let response = await Self.ask(world, query)
            found += try Self.items(response)
            guard let next = try Fixture.json(response)["next"] as? String else { break }
            let link = try #require(response.headers["Link"])
            #expect(link.hasPrefix("</api/ask?") && link.hasSuffix("cursor=\(next)>; rel=\"next\""))
            #expect(link.contains("product=Bank%20%26%20S%C3%B6hne&") && link.contains("limit=2&"))
            query = query.setting("cursor", next)
        }
        #expect(whole.count > 2 && found.count == whole.count)
        #expect(NSArray(array: found) == NSArray(array: whole))
    }

    @Test func rowsAsLinesAndAsCSV() async throws {
        let world = try ManagedWorld(.sqlite)
        let query: HTTPFields = ["purl": "pkg:npm/left-pad", "limit": "1"]
        let lines = await Self.ask(world, query.setting("format", "ndjson"))
        #expect(lines.headers["Content-Type"] == "application/x-ndjson" && lines.headers["Link"] != nil)
        let whole = await Self.ask(world, (["purl": "pkg:npm/left-pad", "format": "ndjson"] as HTTPFields))
        let text = String(decoding: Fixture.bytes(whole), as: UTF8.self)
        #expect(text.hasSuffix("\n") && text.split(separator: "\n").count == 2)
        for line in text.split(separator: "\n") {
            let item = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(item?["library"] as? String == "left-pad")
        }
        let csv = await Self.ask(world, query.setting("format", "csv"))
        let rows = String(decoding: Fixture.bytes(csv), as: UTF8.self).components(separatedBy: "\r\n")
        #expect(
            rows[0] == "product,project,projectToken,library,version,purl,path,direct,since,fix,decision")
        #expect(
            rows[1].hasPrefix("Webshop,Cart,")
                && rows[1].hasSuffix(
                    ",left-pad,1.3.0,pkg:npm/left-pad@1.3.0,left-pad@1.3.0,true,2026-01-02 03:04:05,1.3.2,")
        )
        // A value that a spreadsheet would run as a formula is text.
        let evil = await Self.ask(world, ["path": "h1", "format": "csv"])
        #expect(String(decoding: Fixture.bytes(evil), as: UTF8.self).contains("'=ledger"))
    }

    /// Each error: its parameters, status, code, and a part of its text.
    private static let refusals: [(HTTPFields, Int, Int, String)] = [
        ([:], 400, 3010, "cve, purl, library, license, digest, path, q is missing"),
        (["cve": "CVE-2025-90001", "purl": "pkg:npm/a"], 400, 2021, "exactly one of cve"),
        (["q": "a", "sevrity": "high"], 400, 2021, "a parameter has the value sevrity; accepted: cve, purl"),
        (["cve": ""], 400, 2021, "cve has the value ; accepted: the name of a vulnerability"),
        (["purl": "lodash"], 400, 2021, "purl has the value lodash; accepted: a package URL"),
        (["digest": "123"], 400, 2021, "digest has the value 123"),
        (
            ["q": "a", "severity": "worst"], 400, 2021,
            "severity has the value worst; accepted: critical, high, medium, low, none"
        ),
        (["q": "a", "exploited": "yes"], 400, 2021, "exploited has the value yes; accepted: true or false"),
        (["q": "a", "limit": "0"], 400, 2021, "limit has the value 0; accepted: a number from 1 to 1000"),
        (["q": "a", "limit": "99999999999999999999"], 400, 2021, "limit has the value 9999"),
        (["q": "a", "cursor": "x"], 400, 2021, "cursor has the value x; accepted: `next` of an answer"),
        (["q": "a", "format": "xml"], 400, 2021, "format has the value xml; accepted: json, ndjson, csv"),
        (["q": "a", "product": "no such"], 400, 2021, "product has the value no such"),
        (["q": "a", "project": ""], 400, 2021, "project has the value "),
        (["q": "a", "orgToken": "x"], 403, 5001, "User is not allowed"),
    ]

    @Test func errorsNameTheField() async throws {
        let world = try ManagedWorld(.sqlite)
        for (query, status, code, text) in Self.refusals {
            let response = await Self.ask(world, query)
            let error = try Fixture.json(response)
            #expect(response.status == status, "\(query.pairs)")
            #expect(error["errorCode"] as? Int == code, "\(query.pairs)")
            #expect((error["errorMessage"] as? String)?.contains(text) == true, "\(error)")
        }
        var twice: HTTPFields = ["q": "a", "limit": "1"]
        twice.append("limit", "2")
        #expect(await Self.ask(world, twice).status == 400)
        let other = await Self.ask(world, ["q": "a"], method: "POST")
        #expect(other.status == 405 && other.headers["Allow"] == "GET, HEAD")
    }

    @Test func keysAreChecked() async throws {
        let world = try ManagedWorld(.sqlite)
        for headers in [
            [:], ["X-Api-Key": ""], ["X-Api-Key": String(repeating: "0", count: 64)], ["Authorization": "Basic x"],
        ] as [HTTPFields] {
            let response = await Self.ask(world, ["sevrity": "x"], headers: headers)
            #expect(response.status == 401 && response.headers["WWW-Authenticate"] == "Bearer")
            #expect(try Fixture.json(response)["errorCode"] as? Int == 5001)
        }
        // A key for uploads can read nothing.
        let uploads = try await Self.user(.member, [1: 0], scopes: .upload, world)
        let narrow = await Self.ask(world, ["q": "a"], headers: ["X-Api-Key": uploads])
        #expect(narrow.status == 403)
        #expect((try Fixture.json(narrow)["errorMessage"] as? String)?.contains("ask needs a key for READ") == true)
    }

    /// No question at any door shows another organization, or a product that the user may not see.
    @Test(arguments: TemporaryDatabase.engines) func foreignersSeeNothing(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (webshop, bank) = (try world.inventory.ids(place: 0).product, try world.inventory.ids(place: 2).product)
        let rival = try world.token(.organization, organization: 2)
        let acme = try world.token(.organization)
        let reader = try await Self.user(.readOnly, [1: webshop], world)
        let banker = try await Self.user(.readOnly, [1: bank], world)
        for (field, text) in [
            ("cve", "CVE-2025-90001"), ("purl", "pkg:npm/left-pad"), ("library", "left-pad"), ("license", "WTFPL"),
            ("digest", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("path", "a2"), ("q", "left-pad"),
        ] {
            let foreign = await Self.ask(world, [field: text, "orgToken": rival])
            #expect(foreign.status == 403)
            let own = try Self.items(await Self.ask(world, [field: text, "orgToken": acme, "limit": "1000"]))
            let others = try Self.items(
                await Self.ask(world, [field: text, "limit": "1000"], headers: ["X-Api-Key": world.keys[1].text]))
            let tokens = Set(own.compactMap { $0["projectToken"] as? String })
            #expect(!own.isEmpty && tokens.isDisjoint(with: others.compactMap { $0["projectToken"] as? String }))
            for (key, product) in [(reader, "Webshop"), (banker, "Bank & Söhne")] {
                let seen = try Self.items(
                    await Self.ask(world, [field: text, "limit": "1000"], headers: ["X-Api-Key": key]))
                #expect(seen.allSatisfy { $0["product"] as? String == product }, "\(field)")
                #expect(seen.count == own.count { $0["product"] as? String == product }, "\(field)")
            }
        }
        // With a key of two organizations, the request must name one.
        let both = try await Self.user(.readOnly, [1: 0, 2: 0], world)
        let vague = await Self.ask(world, ["q": "left-pad"], headers: ["X-Api-Key": both])
        #expect(vague.status == 400)
        #expect((try Fixture.json(vague)["errorMessage"] as? String)?.contains("orgToken is missing") == true)
        let said = await Self.ask(world, ["q": "left-pad", "orgToken": rival], headers: ["X-Api-Key": both])
        #expect(try Self.items(said).count == 1)
    }

    /// A user with a role in a product (0: all) of each organization; returns the key.
    private static func user(
        _ role: Role, _ products: [Int64: Int64], scopes: KeyScopes = .all, _ world: ManagedWorld
    ) async throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        try await world.inventory.database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(key.text.prefix(8))@example.org", name: "", kind: "USER", keyDigest: key.digest, at: 1,
                on: connection)
            try connection.run("UPDATE user_key SET scopes = \(scopes.rawValue) WHERE account = \(account)")
            for (organization, product) in products {
                try Accounts.assign(role, to: account, organization: organization, product: product, on: connection)
            }
        }
        return key.text
    }
}

extension HTTPFields {
    /// Each name has one value.
    fileprivate func setting(_ name: String, _ value: String) -> HTTPFields {
        var fields = self
        fields[name] = value
        return fields
    }
}
