extension TimeText {
    /// Reads `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` (UTC) or RFC 3339 (also with fractions and offsets); nil for another form
    /// or a day that does not exist. Fractions below a millisecond are dropped.
    package static func milliseconds(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { milliseconds(UnsafeRawBufferPointer($0)) }
    }

    /// As `milliseconds` of a text, from its UTF-8.
    package static func milliseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var reader = Reader(bytes: bytes)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), (1...12).contains(month), (1...length(of: month, in: year)).contains(day)
        else { return nil }
        var time = Int64(days(year, month, day)) * TimeText.day
        if reader.isAtEnd { return time }

        let isRFC = reader.take("T") || reader.take("t")
        guard isRFC || reader.take(" "), let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
            reader.take(":"), let second = reader.number(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        // RFC 3339 §5.6 allows a leap second, which counts as the first second of the next minute here.
        time += Int64((hour * 60 + minute) * 60 + second) * 1000
        if reader.isAtEnd { return isRFC ? nil : time }

        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            time += fraction
        }
        if reader.take("Z") || reader.take("z") { return reader.isAtEnd ? time : nil }
        let isEast = reader.take("+")
        guard isEast || reader.take("-"), let hours = reader.number(2), reader.take(":"),
            let minutes = reader.number(2), hours < 24, minutes < 60, reader.isAtEnd
        else { return nil }
        let offset = Int64(hours * 60 + minutes) * 60_000
        return isEast ? time - offset : time + offset
    }

    /// Days from 1970-01-01.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // The calculation starts one era earlier, so that the year 0000 needs no division of negative numbers.
        let shifted = (month > 2 ? year : year - 1) + 400
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return (era - 1) * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// A place in a text.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        /// Reads exactly `width` digits.
        mutating func number(_ width: Int) -> Int? {
            guard index + width <= bytes.count else { return nil }
            var value = 0
            for _ in 0..<width {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Reads the digits after the point, at least one, as milliseconds.
        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var unit: Int64 = 100
            guard index < bytes.count, let first = digit() else { return nil }
            value = Int64(first) * unit
            while index < bytes.count, let digit = digit() {
                unit /= 10
                value += Int64(digit) * unit
            }
            return value
        }

        private mutating func digit() -> Int? {
            guard (48...57).contains(bytes[index]) else { return nil }
            defer { index += 1 }
            return Int(bytes[index]) - 48
        }
    }
}
