import Database
import Inventory
import Reports

extension Page {
    /// The most alerts of a project that are sorted by what to do first; above it they come as they were raised.
    static let sortLimit: Int64 = 5000

    /// Vulnerabilities of a place: in a project what to do first, in wider places project by project.
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

    /// One vulnerability: the facts about it, and the projects that have it.
    static let vulnerability = Page("vulnerability", "", in: [.organization]) { visit in
        let found = try ShownVulnerability.find(visit.address.item, in: visit.scope, on: visit.connection)
        guard let facts = found else { throw unknown(visit.address.item) }
        var list = AlertList(visit, type: .vulnerability)
        list.vulnerability = facts.id
        list.severity = nil
        let alerts = try list.read(on: visit.connection)
        let limit: Int64 = 1001
        let projects = try AlertList.projects(
            havingOpen: facts.id, in: visit.scope, upTo: limit, on: visit.connection)
        let decisions = try Decisions.list(Decisions.Wanted(visit.scope), on: visit.connection)
            .filter { $0.decision.vulnerability == facts.name }
        return Content(facts.name) { html in
            html.section("What it is") { html in
                html.about(facts)
            }
            html.section(
                projects >= limit ? "Open in more than 1000 projects" : "Open in \(Words.count(projects, "project"))"
            ) { html in
                html.stateFilter(visit)
                if alerts.rows.isEmpty { return html.hint("No project that you see has it in this state.") }
                html.table("Where it is", ListColumn<AlertList.Row>.alerts(visit, showsProject: true), alerts.rows)
                html.pager(visit.address, next: alerts.next)
                html.export(visit, list, about: facts.name)
            }
            if !decisions.isEmpty {
                html.section("Decisions in force") { html in
                    html.decisions(decisions)
                }
            }
        }
    }

    private static func unknown(_ name: String) -> any Error { LostPage("No vulnerability is known here as \(name).") }
}

extension HTML {
    fileprivate mutating func about(_ facts: ShownVulnerability) {
        element("p") { html in
            html.severity(facts.severity)
            html.text(" ")
            for listing in facts.exploited {
                let since = listing.since.map { " since \(String(Words.time($0).prefix(10)))" } ?? ""
                html.mark("exploited\(since) (\(listing.list.uppercased()))", "bad")
                html.text(" ")
            }
        }
        if !facts.summary.isEmpty { element("p", ("class", "prose"), text: facts.summary) }
        if !facts.details.isEmpty, facts.details != facts.summary {
            element("details") { html in
                html.element("summary", text: "Description")
                html.element("p", ("class", "prose"), text: String(facts.details.prefix(20_000)))
            }
        }
        self.facts([
            ("Score", facts.score.map { "\($0 / 10).\($0 % 10) (CVSS \(facts.cvssVersion))" } ?? ""),
            ("Vector", facts.vector),
            (
                "Likely exploited within 30 days (EPSS)",
                facts.likelihood.map { "\($0 / 10_000).\($0 / 1000 % 10) %" } ?? ""
            ),
            ("Published", facts.published.map { $0 > 0 ? String(Words.time($0).prefix(10)) : "" } ?? ""),
            ("Last changed", facts.modified > 0 ? String(Words.time(facts.modified).prefix(10)) : ""),
            ("Also known as", facts.aliases.joined(separator: ", ")),
            ("Weaknesses", facts.weaknesses.joined(separator: ", ")),
        ])
        if !facts.url.isEmpty { element("p") { $0.outside(facts.url, facts.url) } }
    }

    fileprivate mutating func stateFilter(_ visit: Visit) {
        filters(visit.address) { html in
            html.field(.alertState(visit))
        }
    }

    /// Decisions that hold for many alerts.
    mutating func decisions(_ rows: [(decision: LastingDecision, alerts: Int64)]) {
        table(
            "Decisions",
            [
                ListColumn("About") { row, html in
                    html.text(
                        [row.decision.vulnerability, row.decision.libraryName].filter { !$0.isEmpty }
                            .joined(separator: " in "))
                },
                .text("Decided") { row in
                    row.decision.verdict.reason.map { "ignored: \($0.word.rawValue.spaced)" } ?? "open"
                },
                .text("For") { $0.decision.reach.rawValue.lowercased() },
                .number("Alerts") { $0.alerts },
                .text("Comment", isWide: true) { $0.decision.comments },
                .time("Decided at", isWide: true) { $0.decision.time },
                .time("Ends") { $0.decision.expires },
            ] as [ListColumn<(decision: LastingDecision, alerts: Int64)>], rows)
    }
}
