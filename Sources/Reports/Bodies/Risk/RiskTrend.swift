import Bytes
import Database

extension RiskFacts {
    /// Reads the last two dozen days on which the inventory changed, with the state at the end of each day.
    mutating func readTrend(_ scope: Scope, until updated: Int64, on connection: any Connection) throws {
        let length = TimeText.day
        var days: [(day: Int64, change: Int)] = []
        try connection.each(
            """
            \(scope.clause) SELECT e.at / \(length), sum(CASE WHEN e.change = 'ADDED' THEN 1 ELSE -1 END)
            FROM scope s JOIN inventory_event e ON e.project = s.project GROUP BY 1 ORDER BY 1
            """
        ) { days.append(($0.integer(0), Int($0.integer(1)))) }
        var libraries = 0
        var points: [TrendPoint] = []
        for (day, change) in days {
            libraries += change
            points.append(TrendPoint(day: (day + 1) * length, libraries: libraries))
        }
        // Later changes, such as those by an advisory, appear on the day of the report. So the last values equal
        // those of page 1.
        let last = (updated / length + 1) * length
        if let newest = points.last, newest.day < last { points.append(TrendPoint(day: last, libraries: libraries)) }
        points = Array(points.suffix(24))
        guard let first = points.first else { return }
        var changes: [Int64: Int] = [:]
        let stored = try SeverityDays.changes(in: scope, from: SeverityDays.day(of: first.day), on: connection)
        for change in stored { changes[change.day, default: 0] += Int(change.open + change.ignored) }
        var alerts = open.reduce(0, +) + ignored
        points[points.count - 1].alerts = alerts
        var later = changes.sorted { $0.key < $1.key }
        for place in points.indices.reversed().dropFirst() {
            while let change = later.last, change.key >= SeverityDays.day(of: points[place].day) {
                alerts -= change.value
                later.removeLast()
            }
            points[place].alerts = alerts
        }
        trend = points
    }
}
