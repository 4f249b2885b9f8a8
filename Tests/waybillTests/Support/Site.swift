import Database
import Foundation
import TestSupport

/// The executable under test: the one built beside these tests, or the one that `WAYBILL_EXECUTABLE` names.
enum Executable {
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["WAYBILL_EXECUTABLE"] { return named }
        let this = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
        return URL(fileURLWithPath: this).deletingLastPathComponent().appendingPathComponent("waybill").path
    }()

    static func run(
        _ arguments: [String], environment: [String: String] = [:], in place: String? = nil
    ) throws -> Program.Ending {
        try Program.run(path, arguments, environment: environment, in: place)
    }
}

/// An organization with its administrator's key.
struct Organization: Sendable {
    let token: String
    let key: String
}

/// A data directory.
final class Site: Sendable {
    let folder: TemporaryFolder
    let data: String
    /// The flags with which each command finds it.
    let flags: [String]

    /// - Parameter data: an existing place instead of a new folder.
    /// - Parameter more: flags for an engine or a store elsewhere.
    init(data: String? = nil, _ more: [String] = []) throws {
        folder = try TemporaryFolder()
        self.data = data ?? folder.path("data")
        flags = ["--data", self.data] + more
    }

    /// Runs a command on the directory to its end.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Ending {
        try Executable.run(arguments + flags, environment: environment)
    }

    /// Starts a command on the directory.
    func start(_ arguments: String...) throws -> Program {
        try Program(Executable.path, arguments + flags)
    }

    /// The JSON that a command prints; throws when the command fails.
    func json(_ arguments: [String]) throws -> [String: Any] {
        let ending = try Executable.run(arguments + ["--json"] + flags)
        guard ending.status == 0 else { throw Program.Failed(description: "\(arguments): \(ending.errors)") }
        guard let value = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any] else {
            throw Program.Failed(description: "\(arguments) printed \(ending.output)")
        }
        return value
    }

    func organization(_ name: String = "Acme") throws -> Organization {
        let made = try json(["init", "--organization", name, "--email", "\(UUID().uuidString)@example.org"])
        return Organization(token: made["orgToken"] as? String ?? "", key: made["userKey"] as? String ?? "")
    }

    /// A project that an import made.
    struct Imported: Sendable {
        let productToken: String
        let projectToken: String
        let libraries: Int
        let warnings: [String]
    }

    /// Imports a document; throws the command's error when it fails.
    func importBOM(
        _ document: Data, to organization: Organization, product: String = "Shop", project: String = "Cart"
    ) throws -> Imported {
        let path = folder.path("\(UUID().uuidString).json")
        try document.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let made = try json([
            "import", "sbom", path, "--org", organization.token, "--product", product, "--project", project,
        ])
        guard let first = (made["projects"] as? [[String: Any]])?.first else {
            throw Program.Failed(description: "no project in \(made)")
        }
        return Imported(
            productToken: first["productToken"] as? String ?? "", projectToken: first["projectToken"] as? String ?? "",
            libraries: first["libraries"] as? Int ?? -1, warnings: first["warnings"] as? [String] ?? [])
    }

    /// A report made by the command line: the bytes of the ZIP.
    func report(_ type: String, scope: String, format: String = "json", more: [String] = []) throws -> Data {
        let path = folder.path("\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try json(["report", type, "--scope", scope, "--format", format, "--output", path] + more)
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    // MARK: Looking inside

    /// One number from the database, read while other processes use it.
    func number(_ sql: SQL) throws -> Int64 {
        let url = DatabaseURL.sqlite(path: data + "/waybill.sqlite")
        let database = try url.open()
        defer { database.close() }
        return try database.read { try $0.integer(sql) } ?? -1
    }

    /// Changes the database while other processes use it.
    func change(_ sql: SQL) throws {
        let database = try DatabaseURL.sqlite(path: data + "/waybill.sqlite").open()
        defer { database.close() }
        try database.write { _ = try $0.run(sql) }
    }

    /// The number of rows that imports and reports leave, by table.
    func counts() throws -> [String: Int64] {
        let database = try DatabaseURL.sqlite(path: data + "/waybill.sqlite").open()
        defer { database.close() }
        return try database.read { connection in
            var counts: [String: Int64] = [:]
            let tables = try connection.all(
                """
                SELECT name FROM pragma_table_list
                WHERE schema = 'main' AND type = 'table'
                    AND name NOT IN ('job', 'sequence', 'turn', 'audit', 'feed', 'sqlite_sequence', 'sqlite_schema')
                """
            ) { $0.string(0) }
            for table in tables {
                counts[table] = try connection.integer("SELECT count(*) FROM \(SQL(stringLiteral: table))")
            }
            return counts
        }
    }

    /// All files below the directory, relative to it.
    func files() -> [String] {
        let walk = FileManager.default.enumerator(atPath: data)
        var found: [String] = []
        while let name = walk?.nextObject() as? String {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: "\(data)/\(name)", isDirectory: &isFolder), !isFolder.boolValue {
                found.append(name)
            }
        }
        return found.sorted()
    }

    /// Rows and files, for the words of a failure.
    var summary: String { "\((try? counts()) ?? [:]) \((try? strays()) ?? [])" }

    /// Files other than the database, the lock and published artifacts.
    func strays() throws -> [String] {
        let database = try DatabaseURL.sqlite(path: data + "/waybill.sqlite").open()
        defer { database.close() }
        let artifacts = try database.read { try $0.all("SELECT uuid FROM artifact") { $0.string(0) } }
        let known = Set(
            ["waybill.sqlite", "waybill.sqlite-wal", "waybill.sqlite-shm", "serve.lock", "secret.key"]
                + artifacts.map { "artifacts/\($0.prefix(2))/\($0).zip" })
        return files().filter { !known.contains($0) }
    }
}
