import Bytes
import Jobs
import Testing

/// Times of crontab(5).
struct CronExpressionTests {
    /// 2026-01-02 03:04:05, a Friday.
    private static let start: Int64 = 1_767_323_045_000

    @Test(arguments: [
        ("* * * * *", ["2026-01-02 03:05:00", "2026-01-02 03:06:00"]),
        ("4 3 * * *", ["2026-01-03 03:04:00", "2026-01-04 03:04:00"]),
        ("*/20 5 * * *", ["2026-01-02 05:00:00", "2026-01-02 05:20:00", "2026-01-02 05:40:00", "2026-01-03 05:00:00"]),
        ("30 6 * * MON-FRI", ["2026-01-02 06:30:00", "2026-01-05 06:30:00"]),
        ("0 0 31 * *", ["2026-01-31 00:00:00", "2026-03-31 00:00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("0 12 1,15 * *", ["2026-01-15 12:00:00", "2026-02-01 12:00:00"]),
        // If both days are restricted, one of them must match.
        ("0 0 13 * fri", ["2026-01-09 00:00:00", "2026-01-13 00:00:00", "2026-01-16 00:00:00"]),
        // `*/2` is no restriction (crontab(5)): both must match.
        ("0 0 */2 * sun", ["2026-01-11 00:00:00", "2026-01-25 00:00:00"]),
        ("0 0 * * 7", ["2026-01-04 00:00:00"]), ("@weekly", ["2026-01-04 00:00:00"]),
        ("@Monthly", ["2026-02-01 00:00:00"]), ("10-14/2 3 2 JAN *", ["2026-01-02 03:10:00", "2026-01-02 03:12:00"]),
        ("50/5 23 * dec *", ["2026-12-01 23:50:00", "2026-12-01 23:55:00", "2026-12-02 23:50:00"]),
    ])
    func next(text: String, times: [String]) throws {
        let cron = try #require(CronExpression(text))
        var time = Self.start
        for expected in times {
            time = try #require(cron.next(after: time))
            #expect(TimeText.time(time) == expected)
        }
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *",
        "*/0 * * * *", "*/x * * * *", "a * * * *", "1,,2 * * * *", "-1 * * * *", "1- * * * *", "@often", "0 0 30 2 *",
        "0 0 31 FEB,APR *", "+1 * * * *", "* * * MON *",
    ])
    func refused(text: String) { #expect(CronExpression(text) == nil) }
}
