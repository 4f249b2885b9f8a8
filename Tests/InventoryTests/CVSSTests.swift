import Foundation
import Inventory
import TestSupport
import Testing

@Suite struct CVSSTests {
    /// Examples of FIRST: CVSS v2 guide §3.3, v3.1 examples, v4.0 examples.
    @Test(arguments: [
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "7.8", CVSS.Severity.high), ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", "10.0", .high),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C", "6.2", .medium), ("AV:N/AC:L/Au:N/C:N/I:N/A:N", "0.0", .low),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "6.1", .medium),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4", .medium),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8", .critical),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0", .none),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "10.0", .critical),
        ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.3", .high),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0", .none),
    ]) func score(vector: String, score: String, severity: CVSS.Severity) throws {
        let found = try #require(CVSS(vector))
        #expect(found.score == score)
        #expect(found.severity == severity)
    }

    @Test(arguments: [
        "", "CVSS:3.1", "AV:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", "7.5",
        "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N](https://example.org)",
    ]) func malformed(vector: String) { #expect(CVSS(vector) == nil) }

    @Test func words() throws {
        let found = try #require(CVSS("CVSS:3.1/AV:A/AC:H/PR:L/UI:R/S:C/C:H/I:L/A:N"))
        let words = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"].map { found.word($0) }
        #expect(words == ["ADJACENT_NETWORK", "HIGH", "LOW", "REQUIRED", "CHANGED", "HIGH", "LOW", "NONE"])
    }

    /// Vectors of all versions, valid or not, against another implementation.
    @Test func agreesWithAnotherImplementation() throws {
        let lines = try TestData.lines("cvss.tsv").map { $0.split(separator: "\t").map(String.init) }
        #expect(lines.count > 300)
        for line in lines {
            try #require(line.count == 3, "cvss.tsv: \(line)")
            let found = CVSS(line[0])
            #expect((found?.score ?? "-", found?.severity.rawValue ?? "-") == (line[1], line[2]), "\(line[0])")
        }
    }

    private struct Expected: Decodable {
        let vector: String
        let valid: Bool
        let version: String?
        let base: Double?
        let score: Double?
        let severity: String?
    }

    private static let shared = TestData.shared("data/expected/cvss.jsonl")

    /// Vectors of real records against another implementation.
    @Test(.enabled(if: shared != nil, "needs ../shared/data")) func agreesOnRealRecords() throws {
        let decoder = JSONDecoder()
        var count = 0
        for line in try TestData.lines(of: #require(Self.shared)) {
            let wanted = try decoder.decode(Expected.self, from: Data(line.utf8))
            let found = CVSS(wanted.vector)
            #expect((found != nil) == wanted.valid, "\(wanted.vector)")
            guard let found, wanted.valid else { continue }
            #expect(found.version.rawValue == wanted.version, "\(wanted.vector)")
            #expect(found.score == String(format: "%.1f", wanted.base ?? wanted.score ?? -1), "\(wanted.vector)")
            #expect(found.severity.rawValue == wanted.severity?.lowercased(), "\(wanted.vector)")
            count += 1
        }
        #expect(count > 200)
    }

    /// More vectors than the cache holds, each read twice, with a broken one beside it.
    @Test func whatWasReadBeforeIsReadAlike() {
        var vectors: [String] = []
        for access in ["N", "A", "L", "P"] {
            for (complexity, rights) in [("L", "N"), ("L", "L"), ("L", "H"), ("H", "N"), ("H", "L"), ("H", "H")] {
                for impact in 0..<54 {
                    let words = ["H", "L", "N"]
                    let (c, i, a) = (words[impact % 3], words[impact / 3 % 3], words[impact / 9 % 3])
                    let scope = impact < 27 ? "U" : "C"
                    vectors.append("AV:\(access)/AC:\(complexity)/PR:\(rights)/UI:N/S:\(scope)/C:\(c)/I:\(i)/A:\(a)")
                }
            }
        }
        func read() -> [CVSS?] { vectors.map { CVSS("CVSS:3.1/\($0)") } }
        let first = read()
        #expect(vectors.count == 1296 && !first.contains(nil))
        #expect(read() == first)
        #expect(zip(vectors, first).allSatisfy { $1?.vector == "CVSS:3.1/\($0)" })
        for _ in 1...2 { #expect(CVSS("CVSS:3.1/AV:N") == nil) }
    }
}
