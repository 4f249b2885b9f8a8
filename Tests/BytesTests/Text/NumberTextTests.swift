import Bytes
import Testing

/// Numbers in texts from outside.
struct NumberTextTests {
    private static let all = Int64.min...Int64.max

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("+7", 7), ("007", 7), ("42", 42), ("3.0", 3), ("3e2", 300), ("1E3", 1000),
            ("-2.50e1", -25),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9007199254740992.0", 9_007_199_254_740_992),
        ] as [(String, Int64)])
    func wholeNumbersAreRead(_ text: String, _ number: Int64) {
        #expect(NumberText.whole(text, in: Self.all) == number)
    }

    @Test(arguments: [
        "", " 1", "1 ", "a", "1.5", "1e-1", "0x10", "0x1p3", "nan", "inf", "-infinity", "1e308", "-1e308", "1e400",
        "--1", "+-1",
        "1_000", "١", "9223372036854775808", "-9223372036854775809", "9007199254740994.0", "1e19", "e", ".", "-",
        String(repeating: "0", count: 64) + "1", String(repeating: "9", count: 100_000), "true",
    ])
    func othersAreNot(_ text: String) {
        #expect(NumberText.whole(text, in: Self.all) == nil)
    }

    @Test func theRangeBinds() {
        #expect(NumberText.whole("0", in: 1...5 as ClosedRange<Int64>) == nil)
        #expect(NumberText.whole("1", in: 1...5 as ClosedRange<Int64>) == 1)
        #expect(NumberText.whole("5.0", in: 1...5 as ClosedRange<Int64>) == 5)
        #expect(NumberText.whole("6", in: 1...5 as ClosedRange<Int64>) == nil)
        #expect(NumberText.whole("9223372036854775807", in: NumberText.ids) == nil)
        #expect(NumberText.whole("7", in: 0...10 as ClosedRange<Int>) == 7)
        #expect(NumberText.whole("11", in: 0...10 as ClosedRange<Int>) == nil)
        #expect(NumberText.accepted(0...10) == "a whole number from 0 to 10")
    }

    @Test func decimalsAreFinite() {
        #expect(NumberText.decimal("7.5", in: 0...10) == 7.5)
        #expect(NumberText.decimal("1e1", in: 0...10) == 10)
        let widest = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        for text in ["nan", "inf", "-inf", "1e400", "0x1p3", "", "ten", String(repeating: "9", count: 400)] {
            #expect(NumberText.decimal(text, in: widest) == nil, "\(text.prefix(20))")
        }
        #expect(NumberText.decimal("10.01", in: 0...10) == nil)
        #expect(NumberText.decimal("-0.01", in: 0...10) == nil)
    }
}
