import Bytes
package import Database

/// How many alerts about vulnerabilities there were at the ends of the last days.
package struct SeverityTrend: Sendable, Equatable {
    /// The end of a day; the last one is now.
    package struct Point: Sendable, Equatable {
        /// The beginning of the day: milliseconds since 1970, UTC.
        package let day: Int64
        package let counts: SeverityCounts
    }

    /// Every day, the oldest first.
    package let points: [Point]

    /// Reads the trend of a scope up to a time. Projects that are gone are in none of its days.
    ///
    /// - Parameters:
    ///   - days: how many, 1 at least.
    ///   - now: the time of the last point, in milliseconds since 1970, UTC.
    ///   - current: the numbers of the scope in the same snapshot.
    package static func read(
        _ scope: Scope, days: Int, at now: Int64, current: SeverityCounts, on connection: any Connection
    ) throws -> SeverityTrend {
        let today = SeverityDays.day(of: max(now, 0))
        let first = max(today - Int64(days) + 1, 0)
        var changes: [Int64: [SeverityDays.Change]] = [:]
        for change in try SeverityDays.changes(in: scope, from: first + 1, on: connection) {
            changes[change.day, default: []].append(change)
        }
        // A clock that was set back leaves changes behind today.
        var counts = current
        for day in changes.keys where day > today { counts.undo(changes[day] ?? []) }
        var points: [Point] = []
        for day in (first...today).reversed() {
            points.append(Point(day: day * TimeText.day, counts: counts))
            counts.undo(changes[day] ?? [])
        }
        return SeverityTrend(points: points.reversed())
    }
}

extension SeverityCounts {
    /// Goes back to the numbers before these changes.
    fileprivate mutating func undo(_ changes: [SeverityDays.Change]) {
        for change in changes { add(change.severity, open: -change.open, ignored: -change.ignored) }
    }
}
