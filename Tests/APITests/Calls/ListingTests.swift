import Bytes
import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// Lists, vitals and creation: the shapes of mend-api.md §2 and §3.1.
struct ListingTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func text(_ requestType: String, _ fields: [String: Any]) async throws -> String {
        String(
            decoding: Fixture.bytes(await fixture.post(Array(try fixture.body(requestType, fields).utf8))),
            as: UTF8.self)
    }

    private func projectVital(_ place: Int) -> String {
        let project = fixture.acme.projects[place]
        return """
            {"id":\(project.id),"pluginName":"","name":"\(project.name)","token":"\(project.token)","uploadedBy":"",\
            "creationDate":"2026-01-02 03:04:05 +0000","lastUpdatedDate":"2026-01-02 03:04:05 +0000",\
            "productName":"\(fixture.acme.products[place].name)"}
            """
    }

    private func productVital(_ place: Int) -> String {
        let product = fixture.acme.products[place]
        return """
            {"name":"\(product.name)","token":"\(product.token)","creationDate":"2026-01-02 03:04:05 +0000",\
            "lastUpdatedDate":"2026-01-02 03:04:05 +0000"}
            """
    }

    @Test func shapes() async throws {
        let acme = fixture.acme
        let (org, product, project) = (acme.token, acme.token(.product), acme.token(.project))
        #expect(
            try await text("getOrganizationDetails", ["orgToken": org])
                == #"{"orgName":"Acme","orgToken":"\#(org)","creationDate":"2026-01-02 03:04:05 +0000"}"#)
        let products = [1, 0].map { place in
            let product = acme.products[place]
            return #"{"productName":"\#(product.name)","productToken":"\#(product.token)","productId":\#(product.id)}"#
        }
        #expect(
            try await text("getAllProducts", ["orgToken": org])
                == #"{"products":[\#(products.joined(separator: ","))],"message":"Success"}"#)
        #expect(
            try await text("getAllProjects", ["productToken": product])
                == #"{"projects":[{"projectName":"Shop Cart","projectToken":"\#(project)","projectId":\#(acme.projects[0].id)}],"message":"Success"}"#
        )
        #expect(
            try await text("getOrganizationProductVitals", ["orgToken": org])
                == #"{"productVitals":[\#(productVital(1)),\#(productVital(0))]}"#)
        #expect(
            try await text("getProductVitals", ["productToken": product]) == #"{"productVitals":[\#(productVital(0))]}"#
        )
        #expect(
            try await text("getOrganizationProjectVitals", ["orgToken": org])
                == #"{"projectVitals":[\#(projectVital(0)),\#(projectVital(1))]}"#)
        #expect(
            try await text("getProductProjectVitals", ["productToken": product])
                == #"{"projectVitals":[\#(projectVital(0))]}"#)
        #expect(
            try await text("getProjectVitals", ["projectToken": project]) == #"{"projectVitals":[\#(projectVital(0))]}"#
        )
    }

    @Test func anEmptyProductHasAnEmptyList() async throws {
        let token = try #require(
            try await fixture.call("createProduct", ["orgToken": fixture.acme.token, "productName": "Empty"])[
                "productToken"] as? String)
        #expect(try await text("getAllProjects", ["productToken": token]) == #"{"projects":[],"message":"Success"}"#)
    }

    @Test func createsProductsAndProjects() async throws {
        let acme = fixture.acme
        fixture.world.time.withLock { $0 += 1000 }
        func revision() throws -> Int64? {
            try fixture.database.read { try $0.integer("SELECT revision FROM organization WHERE id = \(acme.id)") }
        }
        let before = try #require(try revision())
        var answer = try await fixture.call("createProduct", ["orgToken": acme.token, "productName": "  Näive ☂ "])
        let product = try #require(answer["productToken"] as? String)
        #expect(product.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        #expect(answer["message"] as? String == "Successfully created product Näive ☂")
        answer = try await fixture.call("createProject", ["productToken": product, "projectName": "errorCode"])
        let project = try #require(answer["projectToken"] as? String)
        #expect(project.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        #expect(answer["message"] as? String == "Successfully created project errorCode")
        let after = try #require(try revision())
        #expect(after >= before + 2)
        #expect(try await !text("getProjectVitals", ["projectToken": project]).contains("errorCode"))
        #expect(try await text("getProjectVitals", ["projectToken": project]).contains("Näive ☂"))
        let log = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT category, class, aspect, scope, scope_name, after, operator, at FROM change
                WHERE organization = \(acme.id) ORDER BY id DESC LIMIT 2
                """
            ) { row in (0..<8).map { row.string($0) } }
        }
        #expect(
            log == [
                ["CONFIGURATION", "ENTITY", "CREATED", "PROJECT", "errorCode", "errorCode", "USER", "1767323046000"],
                ["CONFIGURATION", "ENTITY", "CREATED", "PRODUCT", "Näive ☂", "Näive ☂", "USER", "1767323046000"],
            ])
    }

    @Test func namesThatAreTakenOrNone() async throws {
        let acme = fixture.acme
        let before = try (fixture.count("product"), fixture.count("project"), fixture.count("change"))
        for (call, field, kind, code) in [
            ("createProduct", "productName", ScopeKind.organization, 2001),
            ("createProject", "projectName", ScopeKind.product, 2010),
        ] {
            let taken = kind == .organization ? "Shop " : " Shop Cart"
            let answer = try await fixture.call(call, [kind.tokenField: acme.token(kind), field: taken])
            #expect(answer["errorCode"] as? Int == code)
            #expect((answer["errorMessage"] as? String)?.contains(taken.trimmingBlanks()) == true)
            for (name, code) in [
                ("", 3010), (" \t", 3010), (String(repeating: "ä", count: 128), 2021), ("a\u{0}b", 2021),
                ("a\nb", 2021),
            ] {
                let answer = try await fixture.call(call, [kind.tokenField: acme.token(kind), field: name])
                #expect(answer["errorCode"] as? Int == code, "\(name)")
                #expect((answer["errorMessage"] as? String)?.contains(field) == true)
            }
        }
        #expect(try before == (fixture.count("product"), fixture.count("project"), fixture.count("change")))
        // The same name in another product is another project.
        #expect(
            try await fixture.code(
                "createProject", ["productToken": acme.token(.product, 1), "projectName": "Shop Cart"])
                == nil)
    }

    @Test func emailsThatAreNone() throws {
        for (email, expected) in [
            ("nobody", AccountError.badEmail("nobody")), ("@x", .badEmail("@x")), ("a b@c", .badEmail("a b@c")),
        ] {
            #expect(throws: expected) {
                try fixture.database.write { connection in
                    try Accounts.createOrganization(
                        named: "Third", token: "t", administrator: email, keyDigest: [1], at: 0, on: connection)
                }
            }
        }
        #expect(try fixture.count("organization") == 2)
    }
}
