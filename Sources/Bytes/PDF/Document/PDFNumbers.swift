// DESIGN. A page contains a few thousand numbers, so they are written without `String`. Coordinates are whole hundredths of a
// point. Their sums are exact, and a distance that repeats from row to row has the same text each time, which compresses
// well.

extension ByteSink {
    /// Appends a whole number.
    @inline(__always)
    mutating func decimal(_ value: Int) {
        reserve(20)
        var end = end
        if value < 0 {
            end.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            end += 1
        }
        end = Self.digits(value.magnitude, at: end)
        advance(to: end)
    }

    /// Appends a number given in hundredths, with at most two digits after the point and no exponent.
    @inline(__always)
    mutating func hundredths(_ value: Int) {
        reserve(24)
        var end = end
        if value < 0 {
            end.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            end += 1
        }
        let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: 100)
        end = Self.digits(whole, at: end)
        if part > 0 {
            end.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
            end.storeBytes(of: UInt8(0x30 + part / 10), toByteOffset: 1, as: UInt8.self)
            end += 2
            if part % 10 > 0 {
                end.storeBytes(of: UInt8(0x30 + part % 10), as: UInt8.self)
                end += 1
            }
        }
        advance(to: end)
    }

    /// Appends a reference to an object after a blank: `12 0 R`.
    @inline(__always)
    mutating func reference(_ number: Int) {
        append(UInt8(ascii: " "))
        decimal(number)
        append(" 0 R")
    }

    /// Appends a whole number of at least 0, padded on the left with blanks to `width` bytes (at most 16). A longer number gets
    /// one blank and all its digits.
    @inline(__always)
    mutating func aligned(_ value: Int, _ width: Int) {
        reserve(16)
        let end = end
        var place = width
        var rest = UInt(value.magnitude)
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place -= 1
            end.storeBytes(of: UInt8(0x30 + digit), toByteOffset: place, as: UInt8.self)
            rest = quotient
        } while rest > 0 && place > 0
        guard rest == 0, place > 0 else {
            append(UInt8(ascii: " "))
            return decimal(value)
        }
        while place > 0 {
            place -= 1
            end.storeBytes(of: 0x20, toByteOffset: place, as: UInt8.self)
        }
        advance(to: end + width)
    }

    /// Appends blanks up to a length.
    mutating func fill(to length: Int) {
        guard length > held else { return }
        reserve(length - held)
        end.initializeMemory(as: UInt8.self, repeating: 0x20, count: length - held)
        held = length
    }

    /// As `reference`; an aligned one is padded with blanks to `PDFObjects.referenceLength` bytes.
    @inline(__always)
    mutating func reference(_ number: Int, _ isAligned: Bool) {
        guard isAligned else { return reference(number) }
        aligned(number, 9)
        append(" 0 R")
    }

    /// Appends two bytes as four hexadecimal digits.
    mutating func hexadecimal(_ value: UInt16) {
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: value >> UInt16(shift)) & 15
            append(digit < 10 ? 0x30 + digit : 0x37 + digit)
        }
    }

    /// Appends a text as a PDF string (ISO 32000-1, 7.9.2.2): ASCII unchanged, other texts as UTF-16 in hexadecimal.
    mutating func string(_ text: String) {
        guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return unicode(text.utf16) }
        append(UInt8(ascii: "("))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\\") {
                append(UInt8(ascii: "\\"))
            }
            append(byte)
        }
        append(UInt8(ascii: ")"))
    }

    /// Appends a text as UTF-16 with its byte order mark, in hexadecimal.
    mutating func unicode(_ units: some Sequence<UInt16>) {
        append("<FEFF")
        for unit in units { hexadecimal(unit) }
        append(UInt8(ascii: ">"))
    }

    @inline(__always)
    private static func digits(_ value: UInt, at end: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        if value < 10 {
            end.storeBytes(of: UInt8(0x30 + value), as: UInt8.self)
            return end + 1
        }
        var count = 1
        var bound: UInt = 10
        while value >= bound, count < 19 {
            count += 1
            bound *= 10
        }
        var rest = value
        for place in stride(from: count - 1, through: 0, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            end.storeBytes(of: UInt8(0x30 + digit), toByteOffset: place, as: UInt8.self)
            rest = quotient
        }
        return end + count
    }
}

/// A length in hundredths of a point. Lengths beyond any page are cut, because nothing there is visible.
@inline(__always)
func hundredths(_ points: Double) -> Int {
    guard points.isFinite else { return 0 }
    return Int((min(max(points, -1e6), 1e6) * 100).rounded())
}
