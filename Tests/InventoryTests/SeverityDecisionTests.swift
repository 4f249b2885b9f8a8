import Inventory
import Testing

/// A vulnerability has the same severity whatever the order of its records.
struct SeverityDecisionTests {
    private let three = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    private let weakThree = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
    private let four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    private let two = "AV:N/AC:L/Au:N/C:C/I:C/A:C"

    private func record(
        _ name: String, _ vectors: [String] = [], aliases: [String] = [], word: String = "", isWithdrawn: Bool = false
    ) -> SeverityRecord {
        SeverityRecord(name: name, aliases: aliases, vectors: vectors, word: word, isWithdrawn: isWithdrawn)
    }

    /// Word, tenths and version are the same for every order of the records.
    private func decide(_ name: String, _ records: [SeverityRecord]) -> String {
        var found: Set<String> = []
        for shift in records.indices {
            let rotated = Array(records[shift...] + records[..<shift])
            for order in [rotated, rotated.reversed()] {
                let made = SeverityDecision(of: name, from: order) { ($0.hasPrefix("GHSA-") ? 1 : 2, $0) }
                found.insert("\(made.word) \(made.score.map(String.init) ?? "-") \(made.version)")
            }
        }
        return found.sorted().joined(separator: " or ")
    }

    @Test("the newest version of CVSS decides; version 2 has no critical; without a vector the word counts")
    func versions() {
        #expect(decide("GHSA-1", [record("GHSA-1", [weakThree, four])]) == "critical 93 4.0")
        #expect(decide("GHSA-1", [record("GHSA-1", [two, weakThree])]) == "medium 53 3.1")
        #expect(decide("GHSA-1", [record("GHSA-1", [two])]) == "high 100 2.0")
        #expect(decide("GHSA-1", [record("GHSA-1", word: "critical")]) == "critical - ")
        #expect(decide("GHSA-1", [record("GHSA-1", [weakThree], word: "critical")]) == "medium 53 3.1")
        #expect(decide("GHSA-1", [record("GHSA-1")]) == " - ")
        #expect(decide("GHSA-1", [record("GHSA-1", ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"])]) == "none 0 3.1")
        #expect(SeverityDecision(of: "GHSA-1", from: []) { (1, $0) }.word.isEmpty)
    }

    @Test("the vector of CVSS 3 is the one that the score comes from")
    func vectorOfTheScore() {
        let old = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
        for vectors in [[old, three], [three, old]] {
            let made = SeverityDecision(of: "GHSA-1", from: [record("GHSA-1", vectors)]) { (1, $0) }
            #expect(made.score == 98 && made.version == "3.1")
            #expect(made.three?.tenths == 98 && made.three?.version == .v31, "\(vectors)")
        }
        // The deciding record comes first, whatever version the others have.
        let made = SeverityDecision(of: "CVE-1", from: [record("GHSA-1", [three]), record("CVE-1", [old])]) { (1, $0) }
        #expect(made.three?.version == .v30 && made.score == 53)
    }

    @Test("the CVE's own record decides, then one that is about it alone, never the first by alphabet")
    func records() {
        let cve = "CVE-2026-1"
        let broad = record("GHSA-1", [three], aliases: [cve, "CVE-2026-2"])
        let alone = record("GHSA-9", [weakThree], aliases: [cve])
        #expect(decide(cve, [broad, alone]) == "medium 53 3.1")
        #expect(decide(cve, [broad, alone, record(cve, [four])]) == "critical 93 4.0")
        #expect(
            decide(cve, [broad, record("GHSA-5", [three], aliases: [cve]), record("UBUNTU-\(cve)", [weakThree])])
                == "medium 53 3.1")
        // A record without a rating leaves the decision to the next record.
        #expect(decide(cve, [record(cve), alone, broad]) == "medium 53 3.1")
        // A withdrawn record speaks last.
        #expect(decide(cve, [record(cve, [three], isWithdrawn: true), alone]) == "medium 53 3.1")
        // If two records are equal, the same one is chosen in any order.
        #expect(decide(cve, [record("GHSA-5", [three], aliases: [cve]), alone]) == "critical 98 3.1")
    }

    @Test("malware is critical, by its own record or as an alias")
    func malware() {
        #expect(decide("MAL-2024-1", [record("MAL-2024-1")]) == "critical - ")
        #expect(decide("GHSA-1", [record("GHSA-1", [weakThree], aliases: ["MAL-2024-1"])]) == "critical 53 3.1")
        #expect(
            decide(
                "GHSA-1", [record("MAL-2024-1", aliases: ["GHSA-1"], isWithdrawn: true), record("GHSA-1", [weakThree])])
                == "medium 53 3.1")
    }
}
