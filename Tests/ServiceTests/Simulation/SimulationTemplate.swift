import Database
import Foundation
import Jobs
import Reports
import TestSupport

/// A database with two organizations and a schedule, which each simulation starts from.
enum SimulationTemplate {
    /// The files of the database, by the endings of their names. Its log is one of them, because it is not copied
    /// back yet.
    private static let files = Result { try make() }

    /// Puts a copy at the path of a new database.
    static func copy(to path: String) throws {
        for (ending, content) in try files.get() { try content.write(to: URL(fileURLWithPath: path + ending)) }
    }

    private static func make() throws -> [String: Data] {
        let folder = try TemporaryFolder()
        let path = folder.path("template.sqlite")
        try fill("sqlite:" + path)
        var files = ["": try Data(contentsOf: URL(fileURLWithPath: path))]
        let log = URL(fileURLWithPath: path + "-wal")
        if FileManager.default.fileExists(atPath: log.path) { files["-wal"] = try Data(contentsOf: log) }
        return files
    }

    private static func fill(_ url: String) throws {
        let database = try TemporaryDatabase.open(url)
        try database.migrate()
        let start = FalseClock.start
        let cron = "* * * * *"
        try database.write { connection in
            for id in 1...2 {
                try connection.run(
                    "INSERT INTO organization (id, token, name, created_at) VALUES (\(id), \("token \(id)"), 'n', 1)")
            }
            let account = try Accounts.createAccount(
                email: "a@example.org", name: "A", kind: "USER", keyDigest: [UInt8](repeating: 1, count: 32),
                at: start, on: connection)
            try Accounts.assign(.administrator, to: account, organization: 1, on: connection)
            let scope = Scope(kind: .organization, organization: 1)
            let request = try ReportRequest(
                type: "OrgInventoryReport", scope: scope, format: "json", fields: [:])
            _ = try Schedules.add(
                cron: cron, request: try request.json(), due: CronExpression(cron)?.next(after: start) ?? start,
                Writing(in: scope, by: .account(account), at: start, on: connection))
        }
        database.close()
    }
}
