import Database
import Foundation
import TestSupport
import Testing

@testable import Intake

/// The EPSS scores of a day replace those of the previous day at once, and no transaction writes all of them.
@Suite struct LikelihoodListTests {
    private static let count = 5000
    private static let shown: SQL =
        "SELECT h.score FROM likelihood h, (SELECT 'CVE-2026-1' AS name) v WHERE \(Likelihoods.ofVulnerability)"

    /// A file in which every score has this value.
    private func list(_ score: String, in folder: TemporaryFolder) throws -> LikelihoodList {
        let rows = (1...Self.count).map { "CVE-2026-\($0),\(score),0.5" }
        let lines = ["#model_version:v1,score_date:2026-03-01T00:00:00+0000", "cve,epss,percentile"] + rows
        let path = folder.path("epss.csv")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return try LikelihoodList(path: path)
    }

    @Test(arguments: TemporaryDatabase.engines) func `Scores are written some at a time`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let counting = CountingDatabase(bench.database)
        for (score, stored) in [("0.1", 100_000), ("0.2", 200_000)] {
            try list(score, in: bench.folder).write(in: counting)
            #expect(try bench.number(Self.shown) == stored)
            #expect(try bench.number("SELECT count(*) FROM likelihood") == Self.count)
        }
        #expect(counting.largest <= 2001)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What an update that died has left is never seen`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try list("0.1", in: bench.folder).write(in: bench.database)
        // The number, and two of three pages.
        let failing = FailingDatabase(bench.database, writes: 3, isAfter: false)
        #expect(throws: (any Error).self) { try list("0.2", in: bench.folder).write(in: failing) }
        #expect(try bench.number("SELECT count(*) FROM likelihood") > Self.count)
        #expect(try bench.number(Self.shown) == 100_000)
        try list("0.3", in: bench.folder).write(in: bench.database)
        #expect(try bench.number(Self.shown) == 300_000)
        #expect(try bench.number("SELECT count(*) FROM likelihood") == Self.count)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `The update that began later is shown, whichever ends last`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let (first, second) = (try Likelihoods(in: bench.database), try Likelihoods(in: bench.database))
        try second.append("CVE-2026-1", score: 2, percentile: 2)
        try second.finish()
        try first.append("CVE-2026-1", score: 1, percentile: 1)
        try first.finish()
        #expect(try bench.number(Self.shown) == 2)
        #expect(try bench.number("SELECT count(*) FROM likelihood") == 1)
    }
}
