import Bytes

/// Repeating times in the five fields of crontab(5): minute, hour, day of the month, month, day of the week. Times are UTC.
///
/// A field is `*`, a number, a range `1-5`, a list `1,15` or steps `*/10`, `8-18/2`. Months and days have names (`JAN`, `MON`);
/// 0 and 7 mean Sunday. If both days are restricted, a time has to match only one of them. `@hourly`, `@daily`, `@weekly`,
/// `@monthly` and `@yearly` are short forms.
package struct CronExpression: Sendable, Equatable {
    package let text: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    /// Whether a time has to match only one of the two days.
    private let isEitherDay: Bool

    package static let accepted =
        "five fields of cron (minute hour day month weekday, UTC), as 30 6 * * MON-FRI, that name a day that exists"

    private static let shorts = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    /// Reads an expression; nil when it is malformed or its time never comes.
    package init?(_ text: String) {
        let fields = (Self.shorts[text.lowercased()] ?? text).split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5, let minutes = Self.set(fields[0], 0...59), let hours = Self.set(fields[1], 0...23),
            let days = Self.set(fields[2], 1...31), let months = Self.set(fields[3], 1...12, Self.monthNames, first: 1),
            var weekdays = Self.set(fields[4], 0...7, Self.dayNames, first: 0)
        else { return nil }
        if weekdays & 1 << 7 != 0 { weekdays |= 1 }
        self.text = text
        (self.minutes, self.hours, self.days, self.months, self.weekdays) = (minutes, hours, days, months, weekdays)
        isEitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        guard next(after: 0) != nil else { return nil }
    }

    /// The numbers in a field, as bits.
    private static func set(
        _ field: String, _ range: ClosedRange<Int>, _ names: [String] = [], first: Int = 0
    ) -> UInt64? {
        func digits(_ word: Substring, _ range: ClosedRange<Int>) -> Int? {
            word.utf8.allSatisfy { (48...57).contains($0) } ? NumberText.whole(word, in: range) : nil
        }
        func number(_ word: Substring) -> Int? {
            names.firstIndex(of: word.uppercased()).map { $0 + first } ?? digits(word, range)
        }
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let what = halves.first else { return nil }
            var step = 1
            if halves.count == 2 {
                guard let given = digits(halves[1], 1...range.upperBound) else { return nil }
                step = given
            }
            let ends = what.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let (low, high): (Int, Int)
            if what == "*" {
                (low, high) = (range.lowerBound, range.upperBound)
            } else if ends.count == 2, let from = number(ends[0]), let to = number(ends[1]), from <= to {
                (low, high) = (from, to)
            } else if ends.count == 1, let one = number(ends[0]) {
                (low, high) = (one, halves.count == 2 ? range.upperBound : one)
            } else {
                return nil
            }
            for number in stride(from: low, through: high, by: step) { bits |= 1 << UInt64(number) }
        }
        return bits
    }

    /// The first time after `time` (milliseconds since 1970); nil when there is none within 12 years. 29 February may be
    /// 8 years away, or longer together with a weekday.
    package func next(after time: Int64) -> Int64? {
        let (minute, day): (Int64, Int64) = (60_000, TimeText.day)
        let start = (time / minute + 1) * minute
        var date = start / day * day
        for _ in 0..<(366 * 12) {
            let fields = TimeText.fields(date)
            if matches(fields, weekday: Int((date / day + 4) % 7)) {
                for hour in 0..<24 where hours & 1 << UInt64(hour) != 0 {
                    for number in 0..<60 where minutes & 1 << UInt64(number) != 0 {
                        let found = date + Int64(hour) * 60 * minute + Int64(number) * minute
                        if found >= start { return found }
                    }
                }
            }
            date += day
        }
        return nil
    }

    private func matches(_ date: TimeText.Fields, weekday: Int) -> Bool {
        guard months & 1 << UInt64(date.month) != 0 else { return false }
        let isDay = days & 1 << UInt64(date.day) != 0
        let isWeekday = weekdays & 1 << UInt64(weekday) != 0
        return isEitherDay ? isDay || isWeekday : isDay && isWeekday
    }
}
