import Database
import Inventory
import Reports

extension Page {
    /// The most alerts of a project that are sorted by urgency; with more alerts, they come in the order of their
    /// creation.
    static let sortLimit: Int64 = 5000

    /// The vulnerabilities of a place: in a project by urgency, in wider places project by project.
    static let vulnerabilities = Page(
        "vulnerabilities", "Vulnerabilities", in: [.organization, .product, .project]
    ) { visit in
        let totals = try visit.totals()
        let (counts, basis) = (totals.counts, totals.basis)
        var list = AlertList(visit, type: .vulnerability)
        let isProject = visit.place.kind == .project
        list.isByWeight = isProject && counts.total + counts.ignored <= sortLimit
        let alerts = try list.read(on: visit.connection)
        return Content("Vulnerabilities") { html in
            html.section("Open alerts by severity") { html in
                html.severities(counts) { visit.here("vulnerabilities").with("severity", Severities.style($0)) }
                html.basis(basis)
            }
            html.section(list.isByWeight ? "What to do first" : "Project by project") { html in
                html.alertFilters(visit, withType: false)
                if alerts.rows.isEmpty {
                    html.hint(basis.isAssessed ? "None that was asked for." : "None that is known.")
                } else {
                    html.table(
                        "Vulnerabilities", ListColumn<AlertList.Row>.alerts(visit, showsProject: !isProject),
                        alerts.rows)
                }
                html.pager(visit.address, next: alerts.next)
                html.export(visit, list)
            }
        }
    }
}
