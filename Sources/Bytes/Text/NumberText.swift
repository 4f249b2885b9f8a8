// DESIGN. A number from outside stays text until its range is checked; arithmetic begins after that check. All code reads such
// numbers with this type, whose functions require a range.

/// Numbers as texts from outside: from a request, a filter, a form field, or a flag.
package enum NumberText {
    /// The range of ids: positive, and exact in readers that keep numbers as binary64 (RFC 7493 §2.2).
    package static let ids: ClosedRange<Int64> = 1...9_007_199_254_740_991
    /// Longer texts are refused, whatever their value.
    private static let lengthLimit = 64
    /// Beyond this, binary64 no longer distinguishes neighbours.
    private static let exactLimit = 9_007_199_254_740_992.0

    /// The whole number of a text; nil when the text is no whole number or exceeds the range.
    ///
    /// Accepted are decimal digits with an optional sign, and JSON's other spellings of whole numbers (`3.0`, `3e2`: RFC 8259
    /// §6).
    package static func whole(_ text: some StringProtocol, in range: ClosedRange<Int64>) -> Int64? {
        guard isDecimal(text) else { return nil }
        var found = Int64(text)
        if found == nil, let value = Double(text), value.magnitude <= exactLimit { found = Int64(exactly: value) }
        guard let found, range.contains(found) else { return nil }
        return found
    }

    /// As the other function of this name, for counts and positions on this machine.
    package static func whole(_ text: some StringProtocol, in range: ClosedRange<Int>) -> Int? {
        // Int has 64 bits on all machines that Waybill supports; `exactly` would fail on others.
        whole(text, in: Int64(range.lowerBound)...Int64(range.upperBound)).flatMap { Int(exactly: $0) }
    }

    /// The number of a text in decimal digits; nil when the text is no such number or exceeds the range.
    package static func decimal(_ text: some StringProtocol, in range: ClosedRange<Double>) -> Double? {
        guard isDecimal(text), let value = Double(text), range.contains(value) else { return nil }
        return value
    }

    /// A number in the form that people write, without an exponent: `0.00001`, not `1e-05`. Large numbers keep their
    /// exponent.
    package static func plain(_ number: Double) -> String {
        let text = "\(number)"
        guard let mark = text.firstRange(of: "e-"), let places = Int(text[mark.upperBound...]), places <= 20 else {
            return text
        }
        let sign = text.hasPrefix("-") ? "-" : ""
        let digits = text[..<mark.lowerBound].filter(\.isNumber)
        // "1.0e-05" has only the digit 1.
        let kept = digits.count > 1 && digits.hasSuffix("0") ? String(digits.dropLast()) : String(digits)
        return sign + "0." + String(repeating: "0", count: places - 1) + kept
    }

    /// The texts that `whole` accepts, in words for errors and documents.
    package static func accepted(_ range: ClosedRange<Int64>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// Whether the text consists of digits, signs, a point and an exponent; false for `0x10`, `nan` and `inf`.
    private static func isDecimal(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= lengthLimit
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "e"), UInt8(ascii: "E"):
                    true
                default: false
                }
            }
    }
}
