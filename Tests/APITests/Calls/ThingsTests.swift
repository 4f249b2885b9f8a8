import Database
import Foundation
import Jobs
import TestSupport
import Testing

@testable import API

/// `waybillList`: the lists of the command line, for the holder of a key.
struct ThingsTests {
    private func list(
        _ kind: Kind, _ fields: [String: Any], key: String? = nil, in world: ManagedWorld
    ) async throws -> [String: Any] {
        let bytes = try await world.raw(
            "waybillList", fields.merging(["kind": kind.rawValue]) { first, _ in first }, key: key)
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test(arguments: TemporaryDatabase.engines) func everyKindIsAMemberOfItsName(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        for kind in Kind.allCases {
            let answer = try await list(kind, ["orgToken": org], in: world)
            let items = try #require(answer[kind.rawValue] as? [[String: Any]], "\(kind) \(answer)")
            let known = Set(kind.members.map { $0.name.description })
            for item in items { #expect(Set(item.keys).isSubset(of: known), "\(kind)") }
        }
        let projects = try await list(.projects, ["orgToken": org], in: world)["projects"] as? [[String: Any]]
        #expect((projects?.count ?? 0) > 1)
        let few = try await list(.projects, ["orgToken": org, "limit": 1], in: world)
        #expect((few["projects"] as? [Any])?.count == 1 && few["next"] as? String != nil)
        for (fields, code) in [
            (["kind": "gnus"], 2021), (["limit": 0], 2021), (["limit": 10_001], 2021), (["email": "x@y.example"], nil),
            (["cursor": "x"], 2021), (["cursor": "-1"], 2021), (["cursor": "9000000"], 2021),
        ] as [([String: Any], Int?)] {
            let answer = try await list(.products, fields.merging(["orgToken": org]) { first, _ in first }, in: world)
            #expect(answer["errorCode"] as? Int == code, "\(fields) \(answer)")
        }
    }

    /// Submits a report or an upload, and ends it at a time if one is given.
    private func submit(_ kind: Job.Kind, endedAt time: Int64? = nil, in world: ManagedWorld) async throws {
        let queue = world.inventory.queue
        let new = NewJob(
            uuid: UUID().uuidString.lowercased(), organization: 1, kind: kind, request: "{}",
            processType: kind == .report ? "ORG_INVENTORY_REPORT" : "BOM_UPLOAD")
        try await world.inventory.database.write { connection in
            let job = try queue.submit(new, on: connection)
            guard let time else { return }
            try connection.run("UPDATE job SET state = 'FAILED', finished_at = \(time) WHERE id = \(job.id)")
        }
    }

    /// Pages of one thing make the same list as one page of all.
    @Test(arguments: TemporaryDatabase.engines) func pagesMakeTheWholeList(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for time in [nil, 7, 5, nil, 7, 6] as [Int64?] {
            try await submit(.report, endedAt: time, in: world)
            try await submit(.intake, in: world)
        }
        let fields: [String: Any] = ["orgToken": try world.token(.organization)]
        for kind in Kind.allCases {
            let all = try #require(try await list(kind, fields, in: world)[kind.rawValue] as? [[String: Any]])
            var found: [[String: Any]] = []
            var cursor: String?
            repeat {
                var wanted = fields
                wanted["limit"] = 1
                wanted["cursor"] = cursor
                let page = try await list(kind, wanted, in: world)
                found += try #require(page[kind.rawValue] as? [[String: Any]], "\(kind) \(page)")
                cursor = page["next"] as? String
            } while cursor != nil && found.count <= all.count
            #expect(found.map { $0 as NSDictionary } == all.map { $0 as NSDictionary }, "\(kind)")
            if kind == .reports || kind == .uploads { #expect(all.count >= 6) }
            if kind == .libraries { #expect(all.count > 3) }
        }
        // After a deleted thing there is no next page.
        for kind in [Kind.libraries, .reports, .projects] {
            let answer = try await list(kind, fields.merging(["cursor": "9000000"]) { $1 }, in: world)
            #expect(answer["errorCode"] as? Int == 2021, "\(kind) \(answer)")
        }
    }

    /// The key of a user with a role in only the first product.
    private func member(_ role: Role, of world: ManagedWorld) throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        let product = try world.inventory.ids(place: 0).product
        let digest = key.digest
        try world.inventory.database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(role.rawValue.lowercased())@list.example", name: "", kind: "USER", keyDigest: digest, at: 1,
                on: connection)
            try Accounts.assign(role, to: account, organization: 1, product: product, on: connection)
        }
        return key.text
    }

    /// No kind shows anything of another product, neither by the organization's token nor by the product's.
    @Test(arguments: TemporaryDatabase.engines) func ofOneProductNothingElseIsShown(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for role in Role.allCases {
            let key = try member(role, of: world)
            for kind in Kind.allCases {
                for scope in [ScopeKind.organization, .product] {
                    let fields: [String: Any] = [
                        scope.tokenField: try world.token(scope), "kind": kind.rawValue,
                    ]
                    let text = String(
                        decoding: try await world.raw("waybillList", fields, key: key), as: UTF8.self)
                    for hidden in ["only-in-ledger", "Bank & S", "=ledger|"] {
                        #expect(!text.contains(hidden), "\(kind) shows \(role) \(hidden)")
                    }
                    if kind == .users { #expect(text.contains("5001"), "\(text.prefix(200))") }
                }
                let other: [String: Any] = ["productToken": try world.token(.product, place: 2), "kind": kind.rawValue]
                let refused = String(
                    decoding: try await world.raw("waybillList", other, key: key), as: UTF8.self)
                #expect(refused.hasPrefix(#"{"errorCode":5001"#), "\(kind)")
            }
        }
    }

    /// Uploads and reports of other products do not use up the limit.
    @Test(arguments: TemporaryDatabase.engines) func jobsOfOthersTakeNoPlaces(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let key = try member(.member, of: world)
        let queue = world.inventory.queue
        let (own, other) = (try world.inventory.ids(place: 0).product, try world.inventory.ids(place: 2).product)
        let fields: [String: Any] = ["orgToken": try world.token(.organization), "limit": 1]
        for product in [own, other, other, other] {
            var job = NewJob(
                uuid: UUID().uuidString.lowercased(), organization: 1, kind: .intake, request: "{}",
                processType: "BOM_UPLOAD")
            job.product = product
            let new = job
            try await world.inventory.database.write { _ = try queue.submit(new, claimedBy: "test", on: $0) }
        }
        let seen = try await list(.uploads, fields, key: key, in: world)["uploads"] as? [Any]
        #expect(seen?.count == 1)
        let named = fields.merging(["productToken": try world.token(.product)]) { first, _ in first }
        #expect((try await list(.uploads, named, in: world)["uploads"] as? [Any])?.count == 1)
    }

    /// A program that has only a key learns where it is valid.
    @Test func aKeyAloneNamesItsOrganizations() async throws {
        let fixture = try Fixture()
        for scopes in [KeyScopes.all, .read, .upload] {
            let answer = try await fixture.call(
                "getAllOrganizations", [:], key: try fixture.user(.readOnly, scopes: scopes))
            #expect(
                (answer["organizations"] as? [[String: String]])?.map { $0["orgToken"] } == [fixture.acme.token],
                "\(answer)")
        }
        let nobody = UserKey(random: try Randomness.system.bytes(32)).text
        #expect(try await fixture.code("getAllOrganizations", [:], key: nobody) == 5001)
    }
}
