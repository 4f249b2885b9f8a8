import API
import Bytes
import Database
import Inventory
import Jobs
import Reports

extension Page {
    /// The most urgent work in an organization, and its products.
    static let overview = Page("", "Overview", in: [.organization]) { visit in
        let totals = try visit.totals()
        let (counts, basis) = (totals.counts, totals.basis)
        let trend = try visit.trend(to: counts)
        var list = ProductList(visit.scope)
        list.name = visit.query("name")
        list.isReversed = visit.query("sort") == "-name"
        list.after = visit.query("after")
        let products = try visit.products(list)
        let worst = totals.worst
        let unusable =
            visit.scope.visibleProducts == nil
            ? try UnusablePattern.list(organization: visit.scope.organization, on: visit.connection) : []
        let feeds = try FeedState.all(on: visit.connection)
        let todo = try Todo(visit, totals, feeds)
        return Content(visit.name) { html in
            // Only the first ones, because a page is not a report.
            for pattern in unusable.prefix(10) { html.element("p", ("class", "alert"), text: "\(pattern.text).") }
            html.element("div", ("class", "columns")) { html in
                html.element("div") { html in
                    html.section("What to do first") { html in html.todo(todo, visit) }
                    html.trendSection(trend)
                }
                html.section("Open alerts about vulnerabilities") { html in
                    html.severities(counts) { visit.here("vulnerabilities").with("severity", Severities.style($0)) }
                    html.basis(basis)
                    html.export(visit, "risk report", type: "RiskReport")
                }
            }
            if !worst.isEmpty {
                html.section("Projects with the most critical alerts") { html in
                    html.projects("Projects with the most critical alerts", worst, showsProduct: true)
                }
            }
            html.section("Products") { html in
                html.search(visit, "Part of the name")
                if products.rows.isEmpty {
                    return html.hint(
                        list.name.isEmpty ? "There are none yet: import an SBOM." : "No product has this in its name.")
                }
                html.products(products.rows, Sorting(current: visit.query("sort").or("name"), address: visit.address))
                html.pager(visit.address, next: products.next)
            }
        }
    }
}

/// The urgent work in an organization, the most urgent first.
private struct Todo {
    struct Line {
        let number: String
        /// The counted noun: singular for one.
        let text: String
        let address: Address
        /// Vulnerabilities.
        var names: [String] = []
    }

    /// The number at which counting stops.
    private static let limit = 100

    private(set) var lines: [Line] = []

    init(_ visit: Visit, _ totals: Totals, _ feeds: [FeedState]) throws {
        let (scope, connection) = (visit.scope, visit.connection)
        let (counts, violations) = (totals.counts, totals.violations)
        let exploited = try ShownVulnerability.exploited(in: scope, limit: Self.limit, on: connection)
        if !exploited.isEmpty {
            lines.append(
                Line(
                    number: Self.number(exploited.count),
                    text: exploited.count == 1
                        ? "vulnerability that is exploited:" : "vulnerabilities that are exploited:",
                    address: visit.here("vulnerabilities"), names: exploited.prefix(5).map(\.name)))
        }
        if counts["critical"] > 0 {
            lines.append(
                Line(
                    number: Words.number(counts["critical"]),
                    text: counts["critical"] == 1 ? "critical alert" : "critical alerts",
                    address: visit.here("alerts").with("severity", "critical")))
        }
        if violations > 0 {
            let type = AlertType.rejectedByPolicy.rawValue
            lines.append(
                Line(
                    number: violations == Totals.violationLimit ? "1000 +" : Words.number(violations),
                    text: violations == 1 ? "library that a policy rejects" : "libraries that a policy rejects",
                    address: visit.here("alerts").with("type", type)))
        }
        try addFailures(visit)
        let failing = feeds.filter { $0.isFailing }.count
        let old = feeds.filter { !$0.isFailing && $0.checked > 0 && visit.now - $0.checked > 7 * TimeText.day }.count
        for (count, one, many) in [
            (failing, "source of knowledge that fails", "sources of knowledge that fail"),
            (old, "source not looked at for a week", "sources not looked at for a week"),
        ] where count > 0 {
            lines.append(Line(number: "\(count)", text: count == 1 ? one : many, address: visit.here("knowledge")))
        }
    }

    /// Imports and reports of the last day that failed.
    private mutating func addFailures(_ visit: Visit) throws {
        let (queue, organization) = (visit.backend.queue, visit.scope.organization)
        let since = visit.now - TimeText.day
        let imports = try queue.finishedImports(
            organization: organization, since: since, limit: Self.limit, on: visit.connection)
        let reports = try queue.finishedReports(
            organization: organization, limit: Self.limit, on: visit.connection)
        for (polls, noun, page) in [
            (imports, "import", "imports"), (reports.filter { $0.job.modified > since }, "report", "reports"),
        ] {
            let failed = polls.filter { $0.job.state == .failed && visit.access.canSee($0.job) }.count
            let text = "\(failed == 1 ? noun : noun + "s") that failed since yesterday"
            if failed > 0 { lines.append(Line(number: "\(failed)", text: text, address: visit.here(page))) }
        }
    }

    private static func number(_ count: Int) -> String { count == limit ? "\(count) +" : "\(count)" }
}

extension HTML {
    fileprivate mutating func products(_ rows: [ProductList.Row], _ sorted: Sorting) {
        var columns: [ListColumn<ProductList.Row>] = [
            ListColumn("Product", order: "name") { row, html in html.link(Address(.product, row.token), row.name) },
            ListColumn("Projects", isNumber: true) { row, html in
                html.text(Words.number(row.projects))
                if row.projects > 0, !row.isAssessed { html.mark("not assessed", "bad") }
            },
        ]
        columns += ListColumn<ProductList.Row>.counts(\.counts)
        columns.append(.time("Last updated", isWide: true, \.updated))
        table("Products", columns, rows, sorted: sorted)
    }

    /// The urgent work in an organization, or a note that there is none.
    fileprivate mutating func todo(_ todo: Todo, _ visit: Visit) {
        if todo.lines.isEmpty { return hint("Nothing that is known needs doing now.") }
        element("ul", ("class", "todo")) { html in
            for line in todo.lines {
                html.element("li") { html in
                    html.element("strong", text: line.number)
                    html.element("span") { html in
                        html.link(line.address, line.text)
                        for name in line.names {
                            html.text(" ")
                            html.link(visit.inOrganization("vulnerability", item: name), name)
                        }
                    }
                }
            }
        }
    }
}
