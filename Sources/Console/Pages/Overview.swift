import Database
import Reports

extension Page {
    /// What needs doing first in an organization, and its products.
    static let overview = Page("", "Overview", in: [.organization]) { visit in
        let counts = try SeverityCounts.read(visit.scope, on: visit.connection)
        let basis = try Basis.read(visit.scope, on: visit.connection)
        var list = ProductList(visit.scope)
        list.name = visit.query("name")
        list.isReversed = visit.query("sort") == "-name"
        list.after = visit.query("after")
        let products = try list.read(on: visit.connection)
        let worst = try ProjectList.worst("critical", in: visit.scope, limit: 10, on: visit.connection)
        let unusable =
            visit.scope.visibleProducts == nil
            ? try UnusablePattern.list(organization: visit.scope.organization, on: visit.connection) : []
        let feeds = try FeedState.all(on: visit.connection)
        return Content(visit.name) { html in
            // The first of them: a page is no report.
            for pattern in unusable.prefix(10) { html.element("p", ("class", "alert"), text: "\(pattern.text).") }
            html.section("Open alerts about vulnerabilities") { html in
                html.severities(counts) { _ in visit.here() }
                html.basis(basis)
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
            html.knowledge(feeds)
        }
    }

    /// A product and its projects.
    static let productOverview = Page("", "Overview", in: [.product]) { visit in
        let counts = try SeverityCounts.read(visit.scope, on: visit.connection)
        let basis = try Basis.read(visit.scope, on: visit.connection)
        var list = ProjectList(visit.scope)
        list.name = visit.query("name")
        list.isReversed = visit.query("sort") == "-name"
        list.after = visit.query("after")
        let projects = try list.read(on: visit.connection)
        return Content(visit.name) { html in
            html.section("Open alerts about vulnerabilities") { html in
                html.severities(counts) { _ in visit.here() }
                html.basis(basis)
            }
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

    /// A project: how it stands, and what that rests on.
    static let projectOverview = Page("", "Overview", in: [.project]) { visit in
        let counts = try SeverityCounts.read(visit.scope, on: visit.connection)
        let basis = try Basis.read(visit.scope, on: visit.connection)
        let vital = try ProjectVital.list(visit.scope, on: visit.connection).first
        return Content(visit.name) { html in
            html.section("Open alerts about vulnerabilities") { html in
                html.severities(counts) { _ in visit.here() }
                html.basis(basis)
                html.ecosystems(basis)
            }
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

    fileprivate mutating func products(_ rows: [ProductList.Row], _ sorted: Sorting) {
        var columns: [ListColumn<ProductList.Row>] = [
            ListColumn("Product", order: "name") { row, html in html.link(Address(.product, row.token), row.name) },
            .number("Projects", \.projects),
        ]
        columns += ListColumn<ProductList.Row>.counts(\.counts)
        columns.append(.time("Last updated", isWide: true, \.updated))
        table("Products", columns, rows, sorted: sorted)
    }

    /// Facts with their names; those that nobody knows are left out.
    mutating func facts(_ facts: [(name: String, value: String)]) {
        element("dl", ("class", "facts")) { html in
            for fact in facts where !fact.value.isEmpty {
                html.element("div") { html in
                    html.element("dt", text: fact.name)
                    html.element("dd", text: fact.value)
                }
            }
        }
    }

    /// A form that looks for names in the list of the page.
    mutating func search(_ visit: Visit, _ label: String) {
        filters(visit.address) { html in
            var field = Field("name", label)
            field.value = visit.query("name")
            field.type = "search"
            html.field(field)
        }
    }

    /// When each source of knowledge was looked at last; those that fail say so. The reasons are for operators.
    fileprivate mutating func knowledge(_ states: [FeedState]) {
        guard !states.isEmpty else { return }
        let words = states.map { state in
            "\(state.name) \(state.checked > 0 ? Words.time(state.checked) : "never")\(state.isFailing ? " (fails)" : "")"
        }
        hint("What is known was looked at: \(words.joined(separator: ", ")).")
    }
}

extension String {
    /// This text, or another one where it is empty.
    func or(_ other: String) -> String { isEmpty ? other : self }
}
