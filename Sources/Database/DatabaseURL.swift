/// The place of a database: `sqlite:PATH`, or `postgresql://…` in the form of libpq.
package enum DatabaseURL: Sendable, Equatable, CustomStringConvertible {
    case sqlite(path: String)
    case postgresql(String)

    /// Nil when the text has neither form.
    package init?(_ text: String) {
        if text.hasPrefix("sqlite:"), text.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") {
            self = .postgresql(text)
        } else {
            return nil
        }
    }

    /// Without a password, for a log.
    package var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgresql(let url): PostgreSQLURL(url).description
        }
    }

    package var engine: Engine {
        switch self {
        case .sqlite: .sqlite
        case .postgresql: .postgresql
        }
    }

    /// Opens the database. It does not change the schema; call `migrate()` for that.
    ///
    /// - Parameter connections: the most sessions with a server at a time; further callers wait.
    package func open(connections: Int = 16) throws(DatabaseError) -> any Database {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path)
        case .postgresql(let url): try PostgreSQLDatabase(url: url, connections: connections)
        }
    }
}

extension DatabaseURL {
    /// The file of a SQLite database; nil for the other engine.
    package var sqlitePath: String? {
        switch self {
        case .sqlite(let path): path
        case .postgresql: nil
        }
    }
}
