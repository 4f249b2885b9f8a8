import Database
import Inventory
import Reports

extension Page {
    /// The licences of a project.
    static let licences = Page("licences", "Licences", in: [.project]) { visit in
        let list = try LicenseUse.read(visit.scope, on: visit.connection)
        return Content("Licences") { html in
            html.section("Licences in effect") { html in
                if list.unknown > 0 {
                    html.element("p", ("class", "basis weak")) {
                        $0.text(
                            "\(Words.count(list.unknown, "component")) \(list.unknown == 1 ? "has" : "have") no known licence."
                        )
                    }
                }
                if list.rows.isEmpty { return html.hint("No licence is known.") }
                html.table(
                    "Licences",
                    [
                        ListColumn("Licence") { row, html in
                            html.link(visit.inOrganization("licence", item: row.spdx.or(row.name)), row.name)
                        },
                        .text("SPDX", \.spdx),
                        ListColumn("Kind") { row, html in
                            guard let family = row.family else { return html.mark("not known", "quiet") }
                            html.text(family.rawValue)
                        },
                        .text("Type", isWide: true, \.type),
                        .number("Components", \.libraries),
                    ] as [ListColumn<LicenseUse.Row>], list.rows)
                if list.rows.count == LicenseUse.limit { html.hint("More licences are in the report.") }
                html.export(visit, "licences", type: "ProjectLicensesReport")
                html.export(visit, "due diligence", type: "ProjectDueDiligenceReport")
            }
        }
    }
}
