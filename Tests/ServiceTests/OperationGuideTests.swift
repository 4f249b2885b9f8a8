import Bytes
import Foundation
import Testing

@testable import API
@testable import HTTP
@testable import Service

/// The numbers in `docs/operation.md` equal those of the program.
struct OperationGuideTests {
    private static let guide: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("docs/operation.md"), encoding: .utf8)) ?? ""
    }()

    /// The line of the table of limits whose first cell begins like this.
    private func line(_ first: String) throws -> String {
        try #require(
            Self.guide.split(separator: "\n").first { $0.hasPrefix("| \(first)") }.map(String.init), "\(first)")
    }

    private func expect(_ parts: String..., in first: String) throws {
        let line = try line(first)
        for part in parts { #expect(line.contains(part), "\(part) in: \(line)") }
    }

    @Test func limitsAreAsTheGuideSays() throws {
        let settings = ServerSettings(listen: try ListenAddress(parsing: "127.0.0.1:0"), workers: 1)
        try expect("| \(settings.connections) |", in: "`connections`")
        try expect("| \(settings.connectionsPerAddress); 0: any number |", in: "`connections-per-address`")
        try expect("| \(settings.rateLimit); 0: any number |", in: "`rate-limit`")
        try expect("| \(settings.refusalLimit); 0: any number |", in: "`refusal-limit`")
        try expect(
            "| \(settings.uploadLimit >> 20) MiB |", "at most \(Door.bodyLimit >> 20) MiB",
            in: "`upload-limit`")
        let strangers = HTTPConfiguration.Strangers()
        try expect(
            "`upload-limit` of one address, four times that in all",
            "\(strangers.memoryOfOne >> 20) and \(strangers.memory >> 20) MiB in memory", in: "bodies whose key")
        #expect(strangers.diskOfOne == settings.uploadLimit && strangers.disk == settings.uploadLimit * 4)
        #expect(settings.reserve == DiskReserve(percent: 5, least: 1 << 30))
        try expect("5 % of the disk, at least 1 GiB; 0: nothing", in: "`reserve`")
        let deadlines = HTTPConfiguration.Deadlines()
        try expect(
            "\(Int(deadlines.head)) s for a head", "\(Int(deadlines.idle)) s idle",
            "\(Int(deadlines.minimumRate) >> 10) KiB/s on average", "\(Int(deadlines.stall)) s in which a body",
            in: "slow clients")
        try expect(
            "\(Backend.heavyPlaces) at a time, \(Backend.heavyQueue) wait",
            in: "reports and trees that are made at once")
        // `aTreeIsCutAndSaysSo` cuts one there.
        try expect("| 100,000 entries |", in: "`getProjectHierarchy`")
    }
}
