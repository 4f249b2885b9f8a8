/// The context of a change: its scope, its author, its time and its transaction.
///
///     try database.write { connection in
///         let writing = Writing(in: scope, by: .account(7), at: now, on: connection)
///         _ = try Tags.save("team", "blue", writing)
///     }
///
/// Lives no longer than its transaction, on its thread.
package struct Writing {
    /// The organization, product or project that changes.
    package let scope: Scope
    package let author: Author
    /// Milliseconds since 1970, UTC.
    package let time: Int64
    package let connection: any Connection
    /// The origin of the author's request, for the audit trail.
    package let origin: AuditRecord.Origin

    package init(
        in scope: Scope, by author: Author, at time: Int64, from origin: AuditRecord.Origin = .init(),
        on connection: any Connection
    ) {
        self.scope = scope
        self.author = author
        self.time = time
        self.origin = origin
        self.connection = connection
    }

    /// The author's account; 0 for the server.
    package var account: Int64 {
        switch author {
        case .account(let id): id
        case .system: 0
        }
    }

    /// The same change, in another scope.
    package func moved(to scope: Scope) -> Writing {
        Writing(in: scope, by: author, at: time, from: origin, on: connection)
    }
}

/// The author of a change in the change log.
package enum Author: Sendable, Equatable {
    case account(Int64)
    /// A change by the server, or by its operator at the command line.
    case system

    var account: Int64? {
        switch self {
        case .account(let id): id
        case .system: nil
        }
    }

    var word: String { self == .system ? "SYSTEM" : "USER" }
}
