import Bytes
import Reports

extension HTML {
    /// How open alerts became more or fewer: a bar for each day, and the numbers in words and as a table. Omitted for a place
    /// that never had an alert.
    mutating func trendSection(_ trend: SeverityTrend) {
        let most = trend.points.map(\.counts.total).max() ?? 0
        guard let first = trend.points.first, let last = trend.points.last, most > 0 else { return }
        section("Open alerts of the last \(trend.points.count) days") { $0.trend(trend, from: first, to: last, most) }
    }

    private mutating func trend(
        _ trend: SeverityTrend, from first: SeverityTrend.Point, to last: SeverityTrend.Point, _ most: Int64
    ) {
        let from = Self.date(first.day)
        let words =
            "\(Words.number(first.counts.total)) open alerts at the end of \(from), at most \(Words.number(most)), "
            + "\(Words.number(last.counts.total)) today"
        element(
            "svg", ("class", "trend"), ("role", "img"), ("aria-label", words),
            ("viewBox", "0 0 \(trend.points.count * 10) 100"), ("preserveAspectRatio", "none")
        ) { html in
            html.element("title", text: words)
            for (place, point) in trend.points.enumerated() { html.day(point.counts, at: place * 10, most) }
        }
        element("p", ("class", "ends")) { html in
            html.element("span", text: "\(from): \(Words.number(first.counts.total))")
            html.element("span", text: Self.change(from: first.counts, to: last.counts))
            html.element("span", text: "today: \(Words.number(last.counts.total))")
        }
        element("details") { html in
            html.element("summary", text: "The numbers of each day")
            html.table(
                "Open alerts at the end of each day", ListColumn<SeverityTrend.Point>.days, trend.points.reversed())
        }
    }

    /// The bar of a day: the worst severity at the bottom.
    private mutating func day(_ counts: SeverityCounts, at left: Int, _ most: Int64) {
        var top = 100.0
        for word in SeverityCounts.words where counts[word] > 0 {
            let height = Double(counts[word]) / Double(most) * 100
            top -= height
            element(
                "rect", ("class", Severities.style(word)), ("x", "\(left)"), ("y", Self.tenths(max(top, 0))),
                ("width", "8"), ("height", Self.tenths(height)), text: "")
        }
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func change(from first: SeverityCounts, to last: SeverityCounts) -> String {
        func words(_ change: Int64, _ noun: String) -> String {
            change == 0
                ? "as many \(noun)"
                : "\(Words.number(abs(change))) \(change > 0 ? "more" : "fewer") \(noun)"
        }
        let critical = last["critical"] - first["critical"]
        let all = words(last.total - first.total, "in all")
        return critical == 0 ? all : "\(all), \(words(critical, "critical"))"
    }

    fileprivate static func date(_ time: Int64) -> String { String(Words.time(time).prefix(10)) }
}

extension ListColumn where Row == SeverityTrend.Point {
    fileprivate static var days: [ListColumn] {
        var columns: [ListColumn<Row>] = [
            .text("Day") { HTML.date($0.day) }, .number("Open") { $0.counts.total },
        ]
        for word in ["critical", "high", "medium", "low", ""] {
            columns.append(.number(Severities.name(word), isWide: word == "low" || word == "") { $0.counts[word] })
        }
        columns.append(.number("Ignored", isWide: true) { $0.counts.ignored })
        return columns
    }
}
