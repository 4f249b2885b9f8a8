/// The place of a database: `sqlite:PATH` or `postgresql://…` in libpq's own form.
package enum DatabaseURL: Sendable, Equatable, CustomStringConvertible {
    case sqlite(path: String)
    case postgresql(String)

    /// Nil when the text is neither.
    package init?(_ text: String) {
        if text.hasPrefix("sqlite:"), text.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") {
            self = .postgresql(text)
        } else {
            return nil
        }
    }

    /// Without a password: fit for a log.
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

    /// Opens the database. The schema is not touched: call `migrate()`.
    ///
    /// - Parameter connections: sessions at a time with a server; callers beyond them wait.
    package func open(connections: Int = 16) throws(DatabaseError) -> any Database {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path)
        case .postgresql(let url): try PostgreSQLDatabase(url: url, connections: connections)
        }
    }
}

extension DatabaseURL {
    /// The file of a SQLite database; nil for another engine.
    package var sqlitePath: String? {
        switch self {
        case .sqlite(let path): path
        case .postgresql: nil
        }
    }
}
