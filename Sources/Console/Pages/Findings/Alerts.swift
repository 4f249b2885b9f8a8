import API
import Bytes
import Database
import Inventory
import Reports

extension Page {
    /// The alerts of a place, for choosing some of them. The next page makes the decision about the chosen ones.
    static let alerts = Page("alerts", "Alerts", in: [.organization, .product, .project]) { visit in
        let counts = try visit.totals().counts
        var list = AlertList(visit)
        let isProject = visit.place.kind == .project
        list.isByWeight = isProject && counts.total + counts.ignored <= sortLimit
        let alerts = try list.read(on: visit.connection)
        let mayDecide = visit.may(.member, with: .administer)
        return Content("Alerts") { html in
            html.section(list.isByWeight ? "What to do first" : "Project by project") { html in
                html.alertFilters(visit, withType: true)
                if alerts.rows.isEmpty { return html.hint("There are none that were asked for.") }
                let columns = ListColumn<AlertList.Row>.alerts(visit, showsProject: !isProject)
                if mayDecide {
                    html.choice(visit, alerts.rows, columns)
                } else {
                    html.table("Alerts", columns, alerts.rows)
                }
                html.pager(visit.address, next: alerts.next)
                html.export(visit, list)
            }
        }
    }
}

extension HTML {
    /// A table of alerts with a checkbox for each, and a button that leads to the decision.
    fileprivate mutating func choice(
        _ visit: Visit, _ rows: [AlertList.Row], _ columns: [ListColumn<AlertList.Row>]
    ) {
        let box = ListColumn<AlertList.Row>("Choose") { row, html in
            html.void(
                "input", ("type", "checkbox"), ("name", "alert"), ("value", row.uuid),
                ("aria-label", "Choose \(row.vulnerability.or(row.words)) in \(row.library), \(row.projectName)"))
        }
        element("form", ("method", "get"), ("action", visit.here("decide").path)) { html in
            var shown = columns
            shown.insert(box, at: 1)
            html.table("Alerts", shown, rows)
            html.element("p", ("class", "actions")) { html in
                html.element("button", ("class", "primary"), text: "Decide about the chosen")
            }
        }
    }
}
