// DESIGN. Whole numbers convert days to civil dates and back, after H. Hinnant, "chrono-Compatible Low-Level Date
// Algorithms" (civil_from_days, days_from_civil), without calendar, time zone or locale.

/// Times as text. A time is in milliseconds since 1970, UTC; days follow the proleptic Gregorian calendar.
package enum TimeText {
    /// A day's length in milliseconds.
    package static let day: Int64 = 86_400_000

    /// The first time of the year 0000 and the last of the year 9999: a year has four digits.
    static let earliest: Int64 = -62_167_219_200_000
    static let latest: Int64 = 253_402_300_799_999

    /// The parts of a time.
    package struct Fields: Equatable {
        package var year: Int
        package var month: Int
        package var day: Int
        package var hour: Int
        package var minute: Int
        package var second: Int
    }

    /// The parts of a time; earlier and later times give those of the years 0000 and 9999.
    package static func fields(_ milliseconds: Int64) -> Fields {
        let time = Int(min(max(milliseconds, earliest), latest) - earliest)
        // An era of 400 years begins at 0000-03-01; the year 0000 has 60 days before it.
        let days = time / Int(day)
        let rest = (time - days * Int(day)) / 1000
        let shifted = days - 60 + 146_097
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return Fields(
            year: yearOfEra + (era - 1) * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, hour: rest / 3600, minute: rest / 60 % 60,
            second: rest % 60)
    }

    /// `yyyy-MM-dd`.
    package static func date(_ milliseconds: Int64) -> String { text { $0.append(date: milliseconds) } }

    /// `yyyy-MM-dd HH:mm:ss`.
    package static func time(_ milliseconds: Int64) -> String { text { $0.append(time: milliseconds) } }

    /// `yyyy-MM-ddTHH:mm:ssZ` (RFC 3339).
    package static func rfc3339(_ milliseconds: Int64) -> String { text { $0.append(rfc3339: milliseconds) } }

    private static func text(_ write: (inout ByteSink) -> Void) -> String {
        var sink = ByteSink()
        write(&sink)
        return sink.text
    }
}

extension ByteSink {
    /// Appends `yyyy-MM-dd`.
    package mutating func append(date milliseconds: Int64) {
        reserve(10)
        var end = self.end
        Self.put(date: TimeText.fields(milliseconds), to: &end)
        advance(to: end)
    }

    /// Appends `yyyy-MM-dd HH:mm:ss`.
    package mutating func append(time milliseconds: Int64) { append(milliseconds, separator: UInt8(ascii: " ")) }

    /// Appends `yyyy-MM-ddTHH:mm:ssZ` (RFC 3339).
    package mutating func append(rfc3339 milliseconds: Int64) {
        append(milliseconds, separator: UInt8(ascii: "T"))
        append(UInt8(ascii: "Z"))
    }

    /// Appends a time as a number of a sheet: days since 1899-12-30 (ECMA-376 Part 1 §18.17.4.1) with nine decimal
    /// places, which is finer than a millisecond. Spreadsheets show no times before 1900 and treat 1900 as a leap year.
    package mutating func append(sheetTime milliseconds: Int64) {
        let time = min(max(milliseconds, TimeText.earliest), TimeText.latest) + 25_569 * TimeText.day
        if time < 0 { append(UInt8(ascii: "-")) }
        let (size, day) = (time.magnitude, TimeText.day.magnitude)
        append(decimal: Int64(size / day))
        var fraction = (size % day * 1_000_000_000 + day / 2) / day
        guard fraction > 0 else { return }
        append(UInt8(ascii: "."))
        var unit: UInt64 = 100_000_000
        while fraction > 0 {
            append(UInt8(truncatingIfNeeded: 48 + fraction / unit))
            fraction %= unit
            unit /= 10
        }
    }

    private mutating func append(_ milliseconds: Int64, separator: UInt8) {
        reserve(19)
        var end = self.end
        let fields = TimeText.fields(milliseconds)
        Self.put(date: fields, to: &end)
        end.put(separator)
        end.put(twoDigits: fields.hour)
        end.put(UInt8(ascii: ":"))
        end.put(twoDigits: fields.minute)
        end.put(UInt8(ascii: ":"))
        end.put(twoDigits: fields.second)
        advance(to: end)
    }

    @inline(__always)
    private static func put(date fields: TimeText.Fields, to end: inout UnsafeMutableRawPointer) {
        end.put(twoDigits: fields.year / 100)
        end.put(twoDigits: fields.year % 100)
        end.put(UInt8(ascii: "-"))
        end.put(twoDigits: fields.month)
        end.put(UInt8(ascii: "-"))
        end.put(twoDigits: fields.day)
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate mutating func put(twoDigits number: Int) {
        put(UInt8(truncatingIfNeeded: 48 + number / 10))
        put(UInt8(truncatingIfNeeded: 48 + number % 10))
    }
}
