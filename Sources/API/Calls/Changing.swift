import Database
import HTTP
import Jobs

// A changing call makes one transaction in the name of the user.

extension CallVisit {
    /// The context for the transaction of a changing call, before the connection exists.
    struct Frame: Sendable {
        let scope: Scope
        let account: Int64
        /// Milliseconds since 1970, UTC.
        let time: Int64
        let origin: AuditRecord.Origin

        func writing(on connection: any Connection) -> Writing {
            Writing(in: scope, by: .account(account), at: time, from: origin, on: connection)
        }
    }

    var frame: Frame {
        Frame(scope: scope, account: access.standing.account, time: backend.queue.now(), origin: origin)
    }

    /// Makes a change in one transaction; the answer is sent when the change is durable.
    func change(_ body: @escaping @Sendable (Writing) throws -> HTTPResponse) -> Outcome {
        let (frame, database) = (frame, backend.database)
        return .write { try await database.write { connection in try body(frame.writing(on: connection)) } }
    }

    /// Like `change`, for changes that affect alerts: the alerts of the organization are decided again before the answer,
    /// unless that takes too long.
    func changeAndSettleAlerts(_ body: @escaping @Sendable (Writing) throws -> HTTPResponse) -> Outcome {
        let (frame, backend) = (frame, backend)
        return .write {
            let response = try await backend.database.write { connection in
                try body(frame.writing(on: connection))
            }
            await backend.settleAlerts(frame.scope.organization)
            return response
        }
    }

    /// A change that answers with a message.
    func change(saying message: String, _ body: @escaping @Sendable (Writing) throws -> Void) -> Outcome {
        change { writing in
            try body(writing)
            return Answer.message(message)
        }
    }
}
