import Database
import Reports

extension Page {
    /// A product with its projects.
    static let productOverview = Page("", "Overview", in: [.product]) { visit in
        let totals = try visit.totals()
        let (counts, basis) = (totals.counts, totals.basis)
        let trend = try visit.trend(to: counts)
        var list = ProjectList(visit.scope)
        list.name = visit.query("name")
        list.isReversed = visit.query("sort") == "-name"
        list.after = visit.query("after")
        let projects = try list.read(on: visit.connection)
        return Content(visit.name) { html in
            html.section("Open alerts about vulnerabilities") { html in
                html.severities(counts) { visit.here("vulnerabilities").with("severity", Severities.style($0)) }
                html.basis(basis)
                html.export(visit, "risk report", type: "RiskReport")
            }
            html.trendSection(trend)
            html.section("Projects") { html in
                html.search(visit, "Part of the name")
                if projects.rows.isEmpty {
                    return html.hint(
                        list.name.isEmpty ? "There are none yet: import an SBOM." : "No project has this in its name.")
                }
                html.projects(
                    "Projects", projects.rows, showsProduct: false,
                    Sorting(current: visit.query("sort").or("name"), address: visit.address))
                html.pager(visit.address, next: projects.next)
            }
        }
    }
}
