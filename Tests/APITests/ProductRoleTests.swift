import Database
import Foundation
import Reports
import TestSupport
import Testing

@testable import API

/// A user with a role in one product sees nothing of the other products, in any call or report. A key of another
/// organization shows nothing at all. The walks use the table of calls and the catalog themselves.
struct ProductRoleTests {
    /// The names that belong only to the product Webshop, and those of the other product.
    private static let own = ["only-in-cart", "only-in-storefront"]
    private static let hidden = ["only-in-ledger", "Bank & S", "=ledger|"]

    /// A member of the first organization with a role in its product Webshop only.
    private func key(_ role: Role, in world: ManagedWorld) throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        let product = try world.inventory.ids(place: 0).product
        let digest = key.digest
        try world.inventory.database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(role.rawValue.lowercased())@shop.example", name: "", kind: "USER", keyDigest: digest, at: 1,
                on: connection)
            try Accounts.assign(role, to: account, organization: 1, product: product, on: connection)
        }
        return key.text
    }

    /// The fields that calls need to reach their answer.
    private func fields(of call: Call) -> [String: Any] {
        var fields: [String: Any] = ["searchValue": "only-in", "tagKey": "a", "tagValue": "b"]
        let isReport = Call.synchronousReports.contains { $0.requestType == call.requestType }
        if isReport { fields["format"] = call.requestType.contains("RiskReport") ? "pdf" : "json" }
        return fields
    }

    private func isRefused(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array(#"{"errorCode":5001"#.utf8)) }

    @Test(arguments: TemporaryDatabase.engines) func callsShowTheOwnProduct(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for role in Role.allCases {
            let key = try key(role, in: world)
            var (shown, walked) = (0, 0)
            for call in Call.table where call.need.scopes.contains(.read) && call.need.role <= role {
                for (field, kind) in call.token.fields {
                    var fields = fields(of: call)
                    fields[field] = try world.token(kind)
                    let bytes = try await world.raw(call.requestType, fields, key: key)
                    let text = String(decoding: bytes, as: UTF8.self)
                    for marker in Self.hidden {
                        #expect(!text.contains(marker), "\(call.requestType) shows \(role) \(marker)")
                    }
                    if Self.own.contains(where: { text.contains($0) }) { shown += 1 }
                    walked += 1
                    guard kind != .organization else { continue }
                    fields[field] = try world.token(kind, place: 2)
                    let other = try await world.raw(call.requestType, fields, key: key)
                    #expect(isRefused(other), "\(call.requestType) \(kind) is open to \(role)")
                }
            }
            #expect(walked > 100 && shown > 40, "\(shown) of \(walked) answers show the own product")
        }
    }

    /// The uuid of a library is derived from its package URL, so a user who guesses one must learn nothing about
    /// other products.
    @Test(arguments: TemporaryDatabase.engines) func hiddenLibrariesAreUnknown(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let key = try key(.administrator, in: world)
        func uuid(_ name: String) throws -> String {
            try #require(
                try world.inventory.database.read {
                    try $0.first("SELECT uuid FROM library WHERE organization = 1 AND filename LIKE \(name)") {
                        $0.string(0)
                    }
                })
        }
        let admin: [String: Any] = ["orgToken": try world.token(.organization)]
        let attribute = ["attribute": ["name": "Shelf", "context": "PRODUCT"]]
        #expect(try await world.call("waybillAddAttribute", admin.merging(attribute) { $1 })["errorCode"] == nil)
        let token: [String: Any] = ["productToken": try world.token(.product)]
        for (name, isOwn) in [("only-in-cart%", true), ("only-in-ledger%", false)] {
            for (call, more) in [
                ("waybillDecide", ["comments": "x"]),
                ("waybillSetAttributeValue", ["attribute": "Shelf", "value": "x"]),
            ] {
                var fields = token.merging(more) { $1 }
                fields["keyUuid"] = try uuid(name)
                let bytes = try await world.raw(call, fields, key: key)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.contains("errorCode") != isOwn, "\(call) \(text)")
                #expect(!text.contains("only-in-ledger"), "\(call)")
            }
        }
    }

    /// Asynchronous reports of the catalog show what their requester could see.
    @Test(arguments: TemporaryDatabase.engines) func reportsShowTheOwnProduct(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let key = try key(.readOnly, in: world)
        var shown = 0
        for (report, kind, type) in Report.catalog.flatMap({ report in
            report.name.types.map { (report, $0.key, $0.value) }
        }) {
            var fields: [String: Any] = ["reportType": type, kind.tokenField: try world.token(kind)]
            if report.formats.contains(.json) { fields["format"] = "json" }
            if report.filters.contains(where: { $0.key == "standard" }) { fields["standard"] = "CycloneDX" }
            let name = "generate\(kind.requestWord)ReportAsync"
            if report.isComparison {
                // The other side is checked like the first one.
                fields[Report.comparisonAliases(kind)[0]] = try world.token(kind, place: 2)
                #expect(try await world.call(name, fields, key: key)["errorCode"] as? Int == 5001, "\(type)")
                guard kind == .project else { continue }
                fields[Report.comparisonAliases(kind)[0]] = try world.token(kind, place: 1)
            }
            let answer = try await world.call(name, fields, key: key)
            if report.isTrail {
                #expect(answer["errorCode"] as? Int == 5001, "\(type)")
                continue
            }
            let envelope = try #require(answer["asyncProcessStatus"] as? [String: Any], "\(type) \(kind): \(answer)")
            let uuid = try #require(envelope["uuid"] as? String)
            let stored = try #require(
                try world.inventory.database.read {
                    try $0.first("SELECT request FROM job WHERE uuid = \(uuid)") { $0.string(0) }
                })
            let text = String(decoding: try world.file(of: try ReportRequest(json: stored)), as: UTF8.self)
            for marker in Self.hidden { #expect(!text.contains(marker), "\(type) of \(kind) shows \(marker)") }
            if Self.own.contains(where: { text.contains($0) }) { shown += 1 }
            // A user of the organization who sees less does not get it, and neither does another organization.
            let poll = [
                "orgToken": try world.token(.organization, organization: 2), "uuid": uuid, "reportStatusUUID": uuid,
            ]
            for call in ["getAsyncProcessStatus", "downloadAsyncReport"] {
                #expect(try await world.call(call, poll, as: 2)["errorCode"] as? Int == 2021, "\(type)")
            }
        }
        #expect(shown > 40, "\(shown) reports show the own product")
    }

    /// A key of the other organization, with its own tokens and with those of the first.
    @Test(arguments: TemporaryDatabase.engines) func aForeignKeyShowsNothing(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for call in Call.table where call.need.scopes.contains(.read) {
            for (field, kind) in call.token.fields {
                var fields = fields(of: call)
                fields[field] = try world.token(kind, organization: 2)
                let own = String(decoding: try await world.raw(call.requestType, fields, as: 2), as: UTF8.self)
                for marker in Self.own + Self.hidden {
                    #expect(!own.contains(marker), "\(call.requestType) shows \(marker) to another organization")
                }
                fields[field] = try world.token(kind)
                #expect(isRefused(try await world.raw(call.requestType, fields, as: 2)), "\(call.requestType) \(kind)")
            }
        }
    }
}
