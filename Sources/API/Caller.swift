package import Database
package import HTTP

/// The client as far as it is known before its key is checked; audit records store this part of a request.
package struct Caller: Sendable {
    /// The doors under the names of audit records.
    package enum Door: String, Sendable {
        case api
        case agent
        case upload
        case console
    }

    let headers: HTTPFields
    /// The numeric address; empty if the client has already disconnected.
    let address: String
    let door: Door

    package init(_ request: HTTPRequest, at door: Door) {
        headers = request.headers
        address = request.client ?? ""
        self.door = door
    }

    /// The origin of a call.
    package func origin(of call: String, by access: Access?) -> AuditRecord.Origin {
        .init(address: address, door: door.rawValue, call: call, key: access?.key?.id ?? 0)
    }
}

extension Access {
    /// A record of the user's action at this door.
    func record(_ event: AuditRecord.Event, from origin: AuditRecord.Origin, at time: Int64) -> AuditRecord {
        var record = AuditRecord(event, organization: scope.organization, at: time)
        record.account = standing.account
        record.origin = origin
        (record.product, record.project) = (scope.product, scope.project)
        return record
    }
}
