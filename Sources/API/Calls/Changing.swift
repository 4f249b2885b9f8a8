import Database
import HTTP
import Jobs

// What calls that change something have in common: the change is one transaction, made in the name of the user.

/// In whose name, where and when something is changed.
struct Deed: Sendable {
    let scope: Scope
    let account: Int64
    /// Milliseconds since 1970, UTC.
    let time: Int64

    var author: Author { .account(account) }
}

extension Visit {
    var deed: Deed { Deed(scope: scope, account: access.standing.account, time: backend.queue.now()) }

    /// Changes something in one transaction, whose answer goes out when it is durable.
    func change(_ body: @escaping @Sendable (Deed, any Connection) throws -> HTTPResponse) -> Outcome {
        let (deed, database) = (deed, backend.database)
        return .write { try await database.write { connection in try body(deed, connection) } }
    }

    /// As `change`, for what alerts rest on: those of the organization are decided anew before the answer, as far as that
    /// takes no longer than a moment.
    func changeThatAlertsRestOn(
        _ body: @escaping @Sendable (Deed, any Connection) throws -> HTTPResponse
    ) -> Outcome {
        let (deed, backend) = (deed, backend)
        return .write {
            let response = try await backend.database.write { connection in try body(deed, connection) }
            await backend.settleAlerts(deed.scope.organization)
            return response
        }
    }

    /// A change that answers with a message.
    func change(
        saying message: String, _ body: @escaping @Sendable (Deed, any Connection) throws -> Void
    ) -> Outcome {
        change { deed, connection in
            try body(deed, connection)
            return Answer.message(message)
        }
    }
}

extension Answer {
    /// `{"message": …}`.
    static func message(_ text: String) -> HTTPResponse { object { $0.text("message", text) } }
}
