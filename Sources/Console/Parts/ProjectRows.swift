import Database
import Inventory
import Reports

extension HTML {
    /// A list of projects.
    mutating func projects(
        _ caption: String, _ rows: [ProjectList.Row], showsProduct: Bool, _ sorted: Sorting? = nil
    ) {
        var columns: [ListColumn<ProjectList.Row>] = [
            ListColumn("Project", order: "name") { row, html in html.link(Address(.project, row.token), row.name) }
        ]
        if showsProduct {
            columns.append(
                ListColumn("Product", isWide: true) { row, html in
                    html.link(Address(.product, row.productToken), row.product)
                })
        }
        columns.append(
            ListColumn("Components", isNumber: true) { row, html in
                guard let libraries = row.libraries else { return html.mark("no upload yet", "quiet") }
                html.text(Words.number(libraries))
                if !row.isAssessed { html.mark("not assessed", "bad") }
            })
        columns += ListColumn<ProjectList.Row>.counts(\.counts)
        columns.append(.time("Last updated", isWide: true, \.updated))
        table(caption, columns, rows, sorted: sorted)
    }
}
