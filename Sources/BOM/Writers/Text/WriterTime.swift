/// Times in the forms of documents.
enum WriterTime {
    /// `yyyy-MM-ddTHH:mm:ssZ` from an RFC 3339 time with fraction or offset, or from a date alone; nil for other
    /// texts.
    static func utc(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int? {
            guard from + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[from..<(from + count)] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int(byte) - 48
            }
            return value
        }
        func mark(_ index: Int, _ marks: String) -> Bool { index < bytes.count && marks.utf8.contains(bytes[index]) }
        guard let year = number(0, 4), mark(4, "-"), let month = number(5, 2), mark(7, "-"), let day = number(8, 2),
            (1...12).contains(month), day >= 1, day <= days(month, of: year)
        else { return nil }
        if bytes.count == 10 { return "\(text)T00:00:00Z" }
        guard mark(10, "Tt "), let hour = number(11, 2), mark(13, ":"), let minute = number(14, 2), mark(16, ":"),
            let second = number(17, 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        var index = 19
        if mark(index, ".") {
            index += 1
            let start = index
            while mark(index, "0123456789") { index += 1 }
            guard index > start else { return nil }
        }
        var offset = 0
        if mark(index, "Zz") {
            index += 1
        } else if mark(index, "+-") {
            guard let hours = number(index + 1, 2), mark(index + 3, ":"), let minutes = number(index + 4, 2),
                hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[index] == UInt8(ascii: "+") ? 1 : -1)
            index += 6
        }
        guard index == bytes.count else { return nil }
        return shifted(year, month, day, minutes: hour * 60 + minute - offset, second: min(second, 59))
    }

    private static func days(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// An offset is less than a day, so a step of one day is enough.
    private static func shifted(_ year: Int, _ month: Int, _ day: Int, minutes: Int, second: Int) -> String {
        var (year, month, day, minutes) = (year, month, day, minutes)
        if minutes < 0 {
            minutes += 1440
            day -= 1
            if day == 0 {
                month -= 1
                if month == 0 { (year, month) = (year - 1, 12) }
                day = days(month, of: year)
            }
        } else if minutes >= 1440 {
            minutes -= 1440
            day += 1
            if day > days(month, of: year) {
                (month, day) = (month + 1, 1)
                if month == 13 { (year, month) = (year + 1, 1) }
            }
        }
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(max(0, value))
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(minutes / 60, 2)):"
            + "\(digits(minutes % 60, 2)):\(digits(second, 2))Z"
    }
}
