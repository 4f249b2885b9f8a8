/// A SQLite file for transport: a backup.
package enum DatabaseFile {
    /// Copies a SQLite database to a new file while other programs continue to use it.
    package static func copy(_ path: String, to copy: String) throws(DatabaseError) {
        try SQLiteConnection(path: path, create: true).copy(to: copy)
    }

    /// Merges a database and the files beside it (its log) into one file. No other connection may be open.
    package static func seal(_ path: String) throws(DatabaseError) {
        let connection = try SQLiteConnection(path: path, create: true)
        try connection.script("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
    }

    /// Reads a sealed file in one transaction, without changing it.
    package static func read<Result>(_ path: String, _ body: (any Connection) throws -> Result) throws -> Result {
        let connection = try SQLiteConnection(sealed: path)
        try connection.script("BEGIN")
        return try body(connection)
    }
}
