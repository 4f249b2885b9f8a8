import Database
import Jobs
import Reports

extension Page {
    /// A project: its open alerts, and the basis of their numbers.
    static let projectOverview = Page("", "Overview", in: [.project]) { visit in
        let totals = try visit.totals()
        let (counts, basis) = (totals.counts, totals.basis)
        let trend = try visit.trend(to: counts)
        let vital = try ProjectVital.list(visit.scope, on: visit.connection).first
        return Content(visit.name) { html in
            html.section("Open alerts about vulnerabilities") { html in
                html.severities(counts) { visit.here("vulnerabilities").with("severity", Severities.style($0)) }
                html.basis(basis)
                html.ecosystems(basis)
                html.export(visit, "risk report", type: "RiskReport")
            }
            html.trendSection(trend)
            if let vital {
                html.section("Content") { html in
                    html.facts([
                        ("Components", Words.number(Int64(basis.libraries))),
                        ("Last upload", Words.time(vital.updated)), ("Uploaded by", vital.uploadedBy),
                        ("Uploaded with", vital.pluginName), ("Comment", vital.comment),
                    ])
                }
            }
        }
    }
}
