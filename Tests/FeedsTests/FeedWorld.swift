import Bytes
import Database
import Foundation
import Synchronization
import TestSupport

@testable import Feeds

/// A server with made-up content of every source, a database, and updates from one into the other.
final class FeedWorld {
    let server: FeedServer
    let database: any Database
    let folder: TemporaryFolder
    /// 2027-01-15.
    let time = Mutex<Int64>(1_800_000_000_000)
    private(set) var warnings: [String] = []

    init(_ engine: Engine = .sqlite) throws {
        server = try FeedServer()
        database = try TemporaryDatabase.make(engine)
        folder = try TemporaryFolder()
    }

    static func patience() -> FeedFetcher.Patience {
        var patience = FeedFetcher.Patience()
        (patience.transfer, patience.silence, patience.attempts, patience.pause) = (20, 2, 2, 2)
        return patience
    }

    func update(
        _ names: [String], from origin: FeedOrigin? = nil, export: String? = nil,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws -> [FeedReport] {
        let now = time.withLock { $0 }
        var settings = Update.Settings(folder: folder.url.path)
        settings.origin = origin ?? .mirror(server.url)
        settings.export = export
        settings.patience = Self.patience()
        let update = try Update(
            database: database, settings, now: { now },
            watcher: Update.Watcher(warning: { self.warnings.append($0) }, isStopped: isStopped))
        return try update.run(try Update.Wish(names))
    }

    /// The state of a source after its update, with the error if there is one.
    func state(_ name: String, from origin: FeedOrigin? = nil) throws -> String {
        let reports = try update([name], from: origin)
        return reports.map { $0.error.isEmpty ? $0.state.rawValue : "\($0.state.rawValue): \($0.error)" }
            .joined(separator: "\n")
    }

    func texts(_ sql: SQL) throws -> [String] { try database.read { try $0.all(sql) { $0.string(0) } } }
    func number(_ sql: SQL) throws -> Int64 { try database.read { try $0.integer(sql) } ?? -1 }

    /// The rest of received files.
    var leftovers: [String] {
        (FileManager.default.enumerator(atPath: folder.path("feeds"))?.compactMap { $0 as? String } ?? []).sorted()
    }

    // MARK: Made content

    static func record(_ id: String, modified: String = "2026-01-01T00:00:00Z") -> String {
        """
        {"id":"\(id)","modified":"\(modified)","aliases":[],"summary":"s \(id)","affected":[{"package":{"ecosystem":"npm",\
        "name":"dates"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.5.0"}]}]}]}
        """
    }

    /// An ecosystem of OSV: archive, list of changes, single records.
    func putAdvisories(_ records: [(id: String, modified: String)], single: Bool = true) throws {
        try server.put("osv/npm/all.zip", try Self.archive(records))
        let lines = records.sorted { $0.modified > $1.modified }.map { "\($0.modified),\($0.id)\n" }.joined()
        try server.put("osv/npm/modified_id.csv", lines)
        for (id, modified) in records where single {
            try server.put("osv/npm/\(id).json", Self.record(id, modified: modified))
        }
    }

    static func archive(_ records: [(id: String, modified: String)]) throws -> Data {
        var bytes: [UInt8] = []
        let zip = ZIPWriter(time: 1_700_000_000_000, level: .quick, isLarge: true, to: { bytes += $0 })
        for (id, modified) in records {
            let entry = try zip.begin("\(id).json")
            try Array(record(id, modified: modified).utf8).withBytes(entry)
            _ = try zip.end()
        }
        _ = try zip.finish()
        return Data(bytes)
    }

    static func kev(_ names: [String], released: String = "2026-03-01T10:00:00.0000Z") -> String {
        let entries = names.map { "{\"cveID\":\"\($0)\",\"vendorProject\":\"V\",\"dateAdded\":\"2026-02-03\"}" }
        return """
            {"title":"T","catalogVersion":"2026.03.01","dateReleased":"\(released)","count":\(names.count),\
            "vulnerabilities":[\(entries.joined(separator: ","))]}
            """
    }

    static func epss(day: String, _ rows: [String]) throws -> Data {
        let text =
            "#model_version:v2026.01.01,score_date:\(day)T00:00:00+0000\ncve,epss,percentile\n"
            + rows.map { $0 + "\n" }.joined()
        return try ForeignTool.run(try ForeignTool.path("gzip", package: "gzip"), ["-c"], input: Data(text.utf8))
    }
}
