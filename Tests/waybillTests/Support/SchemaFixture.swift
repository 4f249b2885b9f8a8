import Foundation
import TestSupport
import Testing

/// The data of a program with an older schema, and the reports that it made of them, stored by
/// `Tests/Data/make_fixture.py`.
struct SchemaFixture: Sendable, CustomTestStringConvertible {
    /// A report that the older program made.
    struct KeptReport: Decodable, Sendable {
        let file: String
        let type: String
        let scope: String
        let format: String
        let filter: [String: String]
    }

    struct Facts: Decodable, Sendable {
        struct Finished: Decodable, Sendable {
            let uuid: String
            let members: [String]
        }

        let administratorKey: String
        let tokens: [String: String]
        let report: Finished
        let waitingUpload: String
        let reports: [KeptReport]
    }

    /// The ways in which old data reach a newer program.
    enum Way: String, CaseIterable, Sendable {
        /// A data directory that is opened.
        case directory
        /// A restored backup.
        case backup
        /// A database of PostgreSQL that is opened.
        case dump
    }

    let schema: Int
    private let folder: URL

    var testDescription: String { "schema \(schema)" }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Data", isDirectory: true)

    /// All stored fixtures, the oldest schema first.
    static let all: [SchemaFixture] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .compactMap { name in
            guard name.hasPrefix("schema-"), let schema = Int(name.dropFirst(7)) else { return nil }
            return SchemaFixture(schema: schema, folder: folder.appendingPathComponent(name, isDirectory: true))
        }
        .sorted { $0.schema < $1.schema }

    func facts() throws -> Facts {
        try JSONDecoder().decode(Facts.self, from: Data(contentsOf: file("fixture.json")))
    }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// The data directory, unpacked, as the older program left it.
    func directory() throws -> Site {
        let place = try TemporaryFolder()
        try ForeignTool.run("/bin/tar", ["-xzf", file("data.tar.gz").path, "-C", place.path("")])
        let site = try Site()
        try FileManager.default.moveItem(atPath: place.path("data"), toPath: site.data)
        return site
    }

    /// The data of the fixture in the program under test, after one of the ways.
    func site(_ way: Way) throws -> Site {
        switch way {
        case .directory: return try directory()
        case .backup:
            let site = try Site()
            let path = try unpacked("backup.gz", to: site)
            let ending = try site.run("restore", path)
            #expect(ending.status == 0, "\(ending.errors)")
            return site
        case .dump:
            let server = try #require(PostgreSQLServer.shared, "needs Debian's package postgresql-15")
            let url = try server.makeDatabase()
            let site = try Site(["--database", url])
            try server.load(try unpacked("postgresql.sql.gz", to: site), into: url)
            return site
        }
    }

    func unpacked(_ name: String, to site: Site) throws -> String {
        let path = site.folder.path(name.replacing(".gz", with: ""))
        try ForeignTool.run("/bin/gzip", ["-dc", file(name).path]).write(to: URL(fileURLWithPath: path))
        return path
    }

    // MARK: Expected reports

    /// A report without the version of the program that made it, which each release changes.
    static func withoutVersion(_ report: Data) -> Data {
        let text = String(decoding: report, as: UTF8.self)
            .replacing(/Waybill-\d+\.\d+\.\d+/, with: "Waybill-VERSION")
            .replacing(/"name":"Waybill","version":"\d+\.\d+\.\d+"/, with: #""name":"Waybill","version":"VERSION""#)
        return Data(text.utf8)
    }

    /// Reports that this program intentionally makes differently, with the reason.
    func differences() throws -> [String: String] {
        guard let data = try? Data(contentsOf: file("differences.json")) else { return [:] }
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    /// The expected report: the older program's, unless a difference is declared.
    func expected(_ report: KeptReport) throws -> Data {
        let isOther = try differences()[report.file] != nil
        return try Data(contentsOf: file("\(isOther ? "expected" : "reports")/\(report.file)"))
    }

    /// Stores this program's version of a report; a difference gets an empty reason, for a person to write.
    func accept(_ content: Data, for report: KeptReport) throws {
        var reasons = try differences()
        let other = file("expected/\(report.file)")
        try? FileManager.default.removeItem(at: other)
        if try Self.withoutVersion(content) == Self.withoutVersion(Data(contentsOf: file("reports/\(report.file)"))) {
            reasons[report.file] = nil
        } else {
            reasons[report.file] = reasons[report.file] ?? ""
            try FileManager.default.createDirectory(at: file("expected"), withIntermediateDirectories: true)
            try content.write(to: other)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard !reasons.isEmpty else {
            try? FileManager.default.removeItem(at: file("differences.json"))
            return
        }
        try (encoder.encode(reasons) + Data("\n".utf8)).write(to: file("differences.json"))
    }
}
