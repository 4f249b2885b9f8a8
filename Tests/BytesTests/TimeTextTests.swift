import Foundation
import Testing

@testable import Bytes

struct TimeTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00"), (951_782_400_000, "2000-02-29 00:00:00"), (-1, "1969-12-31 23:59:59"),
            (-2_203_891_200_001, "1900-02-28 23:59:59"), (1_709_251_199_999, "2024-02-29 23:59:59"),
            (253_402_300_799_999, "9999-12-31 23:59:59"), (-62_167_219_200_000, "0000-01-01 00:00:00"),
            (.max, "9999-12-31 23:59:59"), (.min, "0000-01-01 00:00:00"),
        ] as [(Int64, String)])
    func writes(_ milliseconds: Int64, _ text: String) {
        #expect(TimeText.time(milliseconds) == text)
        #expect(TimeText.date(milliseconds) == text.prefix(10))
        #expect(TimeText.rfc3339(milliseconds) == text.replacing(" ", with: "T") + "Z")
    }

    @Test func everyDayReadsBack() {
        var expected = TimeText.earliest
        var isRight = true
        while expected < TimeText.latest {
            isRight = isRight && TimeText.milliseconds(TimeText.date(expected)) == expected
            expected += 86_400_000 * 7
        }
        #expect(isRight)
    }

    @Test func agreesWithPython() throws {
        let times = (0..<500).map { _ in Int64.random(in: -62_135_596_800...253_402_300_799) }
        let script = """
            import sys, datetime
            for t in sys.stdin.read().split():
                print((datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(t))).isoformat(" "))
            """
        let input = Data(times.map(String.init).joined(separator: " ").utf8)
        let lines = String(decoding: try python(script, input: input), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 500)
        for (time, line) in zip(times, lines) {
            #expect(TimeText.time(time * 1000) == line)
            #expect(TimeText.milliseconds(String(line)) == time * 1000)
        }
    }

    /// RFC 3339 §5.8 has most of these.
    @Test(
        arguments: [
            ("1985-04-12T23:20:50.52Z", 482_196_050_520), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000), ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
            ("2024-02-29", 1_709_164_800_000), ("2024-02-29 12:00:01", 1_709_208_001_000),
            ("2024-02-29t12:00:01.0009z", 1_709_208_001_000), ("1970-01-01T00:00:00.123456789Z", 123),
        ] as [(String, Int64)])
    func reads(_ text: String, _ milliseconds: Int64) { #expect(TimeText.milliseconds(text) == milliseconds) }

    @Test(arguments: [
        "", "2024", "2024-02-30", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-1",
        "2024-01-01T", "2024-01-01 ", "2024-01-01T00:00:00", "2024-01-01 24:00:00", "2024-01-01 00:60:00",
        "2024-01-01 00:00:61", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00ZZ", "2024-01-01x00:00:00Z", "+024-01-01", "２024-01-01", "2024-01-01T00:00:00.5",
    ])
    func refuses(_ text: String) { #expect(TimeText.milliseconds(text) == nil) }

    /// ECMA-376 Part 1 §18.17.4.1: 1900-01-01 is day 1 in the list for the date system that counts from 1899-12-30.
    @Test(
        arguments: [
            (-2_209_161_600_000, "0"), (1_709_164_800_000, "45351"), (1_709_208_000_000, "45351.5"),
            (1_000, "25569.000011574"), (-1, "25568.999999988"), (-2_209_161_600_000 - 43_200_000, "-0.5"),
        ] as [(Int64, String)])
    func countsSheetDays(_ milliseconds: Int64, _ text: String) {
        #expect(written { $0.append(sheetTime: milliseconds) } == text)
    }
}
