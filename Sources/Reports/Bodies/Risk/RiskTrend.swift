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
        for place in points.indices {
            let end = points[place].day
            points[place].alerts = Int(
                try connection.integer(
                    """
                    \(scope.clause) SELECT count(*) FROM scope s JOIN alert a ON a.project = s.project
                    WHERE a.type = 'SECURITY_VULNERABILITY' AND a.created_at < \(end)
                        AND (a.resolved_at = 0 OR a.resolved_at >= \(end))
                    """) ?? 0)
        }
        if !points.isEmpty { points[points.count - 1].alerts = open.reduce(0, +) + ignored }
        trend = points
    }
}
