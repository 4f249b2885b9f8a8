package import Database
import Foundation
import Synchronization

/// Databases for tests, a new one for each request, on every available engine.
package enum TemporaryDatabase {
    /// The engines that are available to tests here. PostgreSQL is missing if its package is not installed.
    package static let engines: [Engine] = Engine.allCases.filter {
        switch $0 {
        case .sqlite: true
        case .postgresql: PostgreSQLServer.shared != nil
        }
    }

    /// A new database with the schema of this program.
    package static func make(_ engine: Engine) throws -> any Database {
        let database = try open(url(engine, migrated: true))
        try database.migrate()
        return database
    }

    /// The URL of a new database, for tests that open it several times or from another process: empty, or with the
    /// schema.
    package static func url(_ engine: Engine, migrated: Bool = false) throws -> String {
        switch engine {
        case .sqlite:
            let file = try folder.get().path("\(UUID().uuidString).db")
            if migrated { try FileManager.default.copyItem(atPath: sqliteTemplate.get(), toPath: file) }
            return "sqlite:" + file
        case .postgresql:
            guard let server = PostgreSQLServer.shared else {
                throw PostgreSQLServer.Absent(description: "PostgreSQL is not installed")
            }
            return try migrated ? server.makeDatabase(template: postgreSQLTemplate.get()) : server.makeDatabase()
        }
    }

    /// Opens a URL from `url`.
    package static func open(_ url: String) throws -> any Database {
        guard let known = DatabaseURL(url) else { throw DatabaseError.unavailable(url: url, why: "no such engine") }
        return try known.open()
    }

    private static let folder = Result { try TemporaryFolder() }

    /// A file with the schema, which others are copied from: many times faster than migrating each. Closing it leaves no log
    /// beside it.
    private static let sqliteTemplate = Result {
        let file = try folder.get().path("migrated.db")
        let database = try open("sqlite:" + file)
        try database.migrate()
        database.close()
        return file
    }

    /// A database with the schema, which others are copied from: ten times faster than migrating each.
    private static let postgreSQLTemplate = Result {
        guard let server = PostgreSQLServer.shared else {
            throw PostgreSQLServer.Absent(description: "PostgreSQL is not installed")
        }
        let name = "migrated"
        let url = try server.makeDatabase(name)
        let database = try open(url)
        try database.migrate()
        // A template must not be in use when it is copied.
        database.close()
        return name
    }
}
