import Bytes
import Database
import Service

extension ServerPlace: Office {
    func members() throws -> [Member] {
        throw UsageError(
            description: """
                a server has no call for all that --json shows here; waybill list users --json is the same on both sides
                """)
    }

    func add(_ member: WantedMember) throws -> String {
        try keyOfCall("createUser") { json in
            json.object("addedUser") {
                $0.text("name", member.name)
                $0.text("email", member.email)
            }
            json.text("role", member.role?.rawValue ?? "NONE")
            if let product = member.product { json.text("productToken", product.token) }
            json.rights(member.rights)
        }
    }

    func remove(email: String) throws {
        let organization = try organization()
        try server.call("removeUserFromOrganization") {
            $0.text("orgToken", organization.token)
            $0.object("user") { $0.text("email", email) }
        }
    }

    func setRole(_ role: Role?, of email: String, in product: NamedPlace?) throws {
        let organization = try organization()
        try server.call("waybillSetRole") {
            $0.text("orgToken", organization.token)
            $0.text("email", email)
            $0.text("role", role?.rawValue ?? "NONE")
            if let product { $0.text("productToken", product.token) }
        }
    }

    func keys(of email: String) throws -> [KeyRecord] {
        let organization = try organization()
        return try server.call("waybillGetKeys", as: KeysAnswer.self) {
            $0.text("orgToken", organization.token)
            $0.text("email", email)
        }.keys.map(\.record)
    }

    func addKey(named name: String, _ rights: KeyRights, to email: String) throws -> String {
        try keyOfCall("waybillAddKey") {
            $0.text("keyName", name)
            $0.text("email", email)
            $0.rights(rights)
        }
    }

    func renewKey(named name: String?, of email: String, until expires: Int64) throws -> String {
        try keyOfCall(name == nil ? "regenerateUserKey" : "waybillRenewKey") {
            if let name { $0.text("keyName", name) }
            $0.text("email", email)
            if expires != 0 { $0.time("expires", expires) }
        }
    }

    func revokeKey(named name: String, of email: String) throws {
        let organization = try organization()
        try server.call("waybillRevokeKey") {
            $0.text("orgToken", organization.token)
            $0.text("keyName", name)
            $0.text("email", email)
        }
    }

    func records(of event: AuditRecord.Event?, limit: Int) throws -> [AuditRecord] {
        let organization = try organization()
        var found: [AuditRecord] = []
        var cursor: String?
        repeat {
            let wanted = min(AuditAnswer.longest, limit - found.count)
            let page = try server.call("waybillGetAuditTrail", as: AuditAnswer.self) {
                $0.text("orgToken", organization.token)
                $0.number("limit", wanted)
                if let event { $0.text("event", event.rawValue) }
                if let cursor { $0.text("cursor", cursor) }
            }
            found += page.records.compactMap(\.record)
            cursor = page.next
        } while cursor != nil && found.count < limit
        return found
    }

    /// The key that a call makes.
    private func keyOfCall(_ requestType: String, _ members: (inout JSONWriter) -> Void) throws -> String {
        let organization = try organization()
        return try server.call(requestType, as: KeyAnswer.self) {
            $0.text("orgToken", organization.token)
            members(&$0)
        }.userToken
    }
}

extension JSONWriter {
    fileprivate mutating func rights(_ rights: KeyRights) {
        texts("scopes", rights.scopes.words)
        if rights.expires != 0 { time("expires", rights.expires) }
    }
}

/// The key that a call made; it is shown this once.
private struct KeyAnswer: Decodable {
    let userToken: String
}

/// `waybillGetKeys`.
private struct KeysAnswer: Decodable {
    struct Key: Decodable {
        let keyId: Int64
        let keyName: String
        let scopes: [String]
        let created: String
        let expires: String?
        let lastUsed: String?

        var record: KeyRecord {
            func time(_ text: String?) -> Int64 { text.flatMap { TimeText.milliseconds($0) } ?? 0 }
            return KeyRecord(
                id: keyId, name: keyName, scopes: KeyScopes(words: scopes) ?? [], created: time(created),
                expires: time(expires), used: time(lastUsed))
        }
    }

    let keys: [Key]
}

/// A page of `waybillGetAuditTrail`.
private struct AuditAnswer: Decodable {
    /// The most records of a page.
    static let longest = 1000

    struct Record: Decodable {
        let id: Int64
        let date: String
        let event: String
        let userId: Int64?
        let userEmail: String?
        let keyId: Int64?
        let address: String?
        let door: String?
        let request: String?
        let subject: String?
        let detail: String?
        let productId: Int64?
        let projectId: Int64?
        let count: Int64?

        /// The record, without the number of its organization; nil for an event that only another version knows.
        var record: AuditRecord? {
            guard let event = AuditRecord.Event(rawValue: event) else { return nil }
            var record = AuditRecord(event, organization: 0, at: TimeText.milliseconds(date) ?? 0)
            record.id = id
            (record.account, record.email) = (userId ?? 0, userEmail ?? "")
            record.origin = AuditRecord.Origin(
                address: address ?? "", door: door ?? "", call: request ?? "", key: keyId ?? 0)
            (record.subject, record.detail) = (subject ?? "", detail ?? "")
            (record.product, record.project, record.times) = (productId ?? 0, projectId ?? 0, count ?? 1)
            return record
        }
    }

    let records: [Record]
    let next: String?
}
