import Bytes
import Database
import Jobs
import Reports

/// The pages of the console as HTML.
enum ConsolePage {
    /// Rows shown of a list of products or projects; others are found by the search.
    static let rowLimit = 500
    /// Seconds after which a page with unfinished reports is asked for again.
    private static let refreshSeconds = 5

    // MARK: Signed out

    /// Asks for a key. `notice` says why the last one was not taken.
    static func entrance(notice: String?) -> [UInt8] {
        HTML.page(title: "Waybill") { html in
            html.element("main", ("class", "entrance")) { html in
                html.element("h1", text: "Waybill")
                html.notice(notice)
                html.form(to: .enter) { html in
                    html.element("label") { html in
                        html.text("User key")
                        html.void(
                            "input", ("type", "password"), ("name", "userKey"), ("required", "required"),
                            ("autocomplete", "current-password"), ("autofocus", "autofocus"))
                    }
                    html.element("button", text: "Sign in")
                }
                html.element(
                    "p", ("class", "hint"),
                    text: """
                        The key that `waybill init` or createUser showed: 64 hexadecimal characters. Scripts find the API \
                        at POST /api/v1.4, described at /api/openapi.json.
                        """)
            }
        }
    }

    /// Tells that something is not here, or could not be done.
    static func problem(_ text: String, back: ConsolePlace) -> [UInt8] {
        HTML.page(title: "Waybill") { html in
            html.element("main", ("class", "entrance")) { html in
                html.element("h1", text: "Waybill")
                html.notice(text)
                html.element("p") { $0.element("a", ("href", back.address), text: "Back") }
            }
        }
    }

    // MARK: Signed in

    /// What the place holds, and a form that asks for reports of it.
    static func place(_ view: ConsoleView, notice: String?) -> [UInt8] {
        let name = view.project?.name ?? view.product?.name ?? view.organizationName
        return HTML.page(title: "\(name) – Waybill") { html in
            header(view, at: .page, to: &html)
            html.element("main") { html in
                html.element("h1", text: name)
                html.notice(notice)
                // The first of them: a page is no report.
                for pattern in view.unusable.prefix(10) { html.notice("\(pattern.text).") }
                if let basis = view.basis { assessment(basis, to: &html) }
                request(view, to: &html)
                if view.product == nil {
                    list(view.products.map { ($0.id, $0.name, $0.updated) }, of: "Products", in: view, to: &html) {
                        view.place.product($0)
                    }
                    knowledge(view.knowledge, to: &html)
                } else if view.project == nil {
                    list(view.projects.map { ($0.id, $0.name, $0.updated) }, of: "Projects", in: view, to: &html) {
                        view.place.project($0)
                    }
                }
            }
        }
    }

    /// The reports of the organization. The page asks for itself again while one is not finished, so it has nothing to fill in.
    static func reports(_ lines: [ConsoleView.ReportLine], in view: ConsoleView) -> [UInt8] {
        let isWaiting = lines.contains { !$0.job.state.isFinal }
        let title = "Reports of \(view.organizationName)"
        return HTML.page(title: "\(title) – Waybill", refresh: isWaiting ? refreshSeconds : nil) { html in
            header(view, at: .reports, to: &html)
            html.element("main") { html in
                html.element("h1", text: title)
                if lines.isEmpty {
                    return html.element("p", ("class", "hint"), text: "Nobody has asked for one yet.")
                }
                html.element("table") { html in
                    html.head(["Report", "Of", "Format", "Asked for", "State", ""])
                    html.element("tbody") { html in
                        for report in lines { line(report, in: view, to: &html) }
                    }
                }
                html.element("p", ("class", "hint"), text: "Times are in UTC.")
            }
        }
    }

    /// Where the holder of a key is signed in, with a button each that ends it.
    static func sessions(_ sessions: [Sessions.Row], own: [UInt8], in view: ConsoleView) -> [UInt8] {
        let title = "Where you are signed in"
        return HTML.page(title: "\(title) – Waybill") { html in
            header(view, at: .sessions, to: &html)
            html.element("main") { html in
                html.element("h1", text: title)
                html.element("table") { html in
                    html.head(["From", "Browser", "Since", "Last used", ""])
                    html.element("tbody") { html in
                        for session in sessions {
                            html.element("tr") { html in
                                html.element("td", text: session.address)
                                html.element("td", text: session.browser)
                                html.element("td", text: TimeText.time(session.begun))
                                html.element("td", text: TimeText.time(session.used))
                                html.element("td") { html in
                                    if session.digest == own { return html.text("this one") }
                                    let hidden = view.place.fields + [("session", session.digest.hexadecimal)]
                                    html.form(to: .end, hidden: hidden) { $0.element("button", text: "End") }
                                }
                            }
                        }
                    }
                }
                html.element(
                    "p", ("class", "hint"),
                    text: """
                        Signed in with the same key. One ends after half an hour without use, after twelve hours, and \
                        with its key. Times are in UTC.
                        """)
            }
        }
    }

    /// Who did what in the organization.
    static func audit(_ records: [AuditRecord], in view: ConsoleView) -> [UInt8] {
        let title = "Audit trail of \(view.organizationName)"
        return HTML.page(title: "\(title) – Waybill") { html in
            header(view, at: .audit, to: &html)
            html.element("main") { html in
                html.element("h1", text: title)
                if records.isEmpty { return html.element("p", ("class", "hint"), text: "There is nothing before.") }
                html.element("table") { html in
                    html.head(["When", "Event", "Who", "From", "Request", "About", "Detail"])
                    html.element("tbody") { html in
                        for record in records {
                            html.element("tr") { html in
                                html.element("td", text: TimeText.time(record.time))
                                html.element("td", text: record.event.rawValue)
                                html.element("td", text: record.email)
                                html.element("td", text: record.origin.address)
                                html.element("td", text: record.origin.call)
                                html.element("td", text: record.subject)
                                html.element("td", text: record.detail)
                            }
                        }
                    }
                }
                if let last = records.last {
                    let cursor = AuditCursor(time: last.time, id: last.id).text
                    let address = view.place.address(of: .audit)
                    let next = address + (address.contains("?") ? "&" : "?") + "cursor=\(cursor)"
                    html.element("p") { $0.element("a", ("href", next), text: "Earlier") }
                }
                html.element("p", ("class", "hint"), text: "Times are in UTC.")
            }
        }
    }

    private static func header(_ view: ConsoleView, at path: ConsolePath, to html: inout HTML) {
        html.element("header") { html in
            html.element("nav") { html in
                for organization in view.organizations {
                    var place = ConsolePlace()
                    place.organization = organization.id
                    html.element(
                        "a", ("href", place.address),
                        ("class", organization.id == view.place.organization ? "here" : ""), text: organization.name)
                }
                if let product = view.product {
                    html.element("span", text: "›")
                    html.element("a", ("href", view.place.product(product.id).address), text: product.name)
                }
                if let project = view.project {
                    html.element("span", text: "›")
                    html.element("a", ("href", view.place.address), text: project.name)
                }
            }
            html.form(to: .leave) { html in
                html.element(
                    "a", ("href", view.place.address(of: .reports)), ("class", path == .reports ? "here" : ""),
                    text: "Reports")
                if view.seesAudit {
                    html.element(
                        "a", ("href", view.place.address(of: .audit)), ("class", path == .audit ? "here" : ""),
                        text: "Audit")
                }
                html.element(
                    "a", ("href", view.place.address(of: .sessions)), ("class", path == .sessions ? "here" : ""),
                    text: view.access.standing.email)
                html.element("button", text: "Sign out")
            }
        }
    }

    /// What was looked at for vulnerabilities.
    private static func assessment(_ basis: Basis, to html: inout HTML) {
        html.element("section") { html in
            html.element("h2", text: "Looked up in advisories")
            html.element("p", text: basis.sentence)
            if basis.ecosystems.isEmpty { return }
            html.element("table") { html in
                html.head(["Ecosystem", "Components", "Records", "Newest record", "Last looked at"])
                html.element("tbody") { html in
                    for ecosystem in basis.ecosystems.prefix(rowLimit) {
                        html.element("tr") { html in
                            html.element("td", text: ecosystem.name)
                            html.element("td", text: "\(ecosystem.libraries)")
                            html.element("td", text: "\(ecosystem.records)")
                            html.element("td", text: TimeText.time(ecosystem.newest))
                            html.element("td", text: ecosystem.read > 0 ? TimeText.time(ecosystem.read) : "")
                        }
                    }
                }
            }
        }
    }

    /// When each source of knowledge was looked at last, in a line; those that fail say so. The reasons are for operators.
    private static func knowledge(_ states: [FeedState], to html: inout HTML) {
        guard !states.isEmpty else { return }
        let words = states.map { state in
            "\(state.name) \(state.checked > 0 ? TimeText.time(state.checked) : "never")\(state.isFailing ? " (fails)" : "")"
        }
        html.element(
            "p", ("class", "hint"), text: "What is known was looked at (UTC): \(words.joined(separator: ", ")).")
    }

    /// The form that asks for a report of the place.
    private static func request(_ view: ConsoleView, to html: inout HTML) {
        let kind = view.access.scope.kind
        let types = Report.catalog.compactMap { report in
            report.name.types[kind].map { (type: $0, title: report.title, formats: report.formats) }
        }
        html.element("section") { html in
            html.element("h2", text: "Ask for a report")
            html.form(to: .report, style: "row", hidden: view.place.fields) { html in
                html.element("label") { html in
                    html.text("Report")
                    html.element("select", ("name", "reportType")) { html in
                        for report in types.sorted(by: { ($0.title, $0.type) < ($1.title, $1.type) }) {
                            let formats = report.formats.map(\.rawValue).joined(separator: ", ")
                            html.element(
                                "option", ("value", report.type), text: "\(report.title) (\(formats))")
                        }
                    }
                }
                html.element("label") { html in
                    html.text("Format")
                    html.element("select", ("name", "format")) { html in
                        html.element("option", ("value", ""), text: "the report's own")
                        for format in Format.allCases {
                            html.element("option", ("value", format.rawValue), text: format.rawValue)
                        }
                    }
                }
                html.element("label", ("class", "wide")) { html in
                    html.text(#"Filter as JSON, such as {"fromDate": "2026-01-01"}"#)
                    html.void("input", ("name", "filter"), ("autocomplete", "off"), ("spellcheck", "false"))
                }
                html.element("button", text: "Submit")
            }
        }
    }

    /// A list of what the place holds, as far as it is searched for.
    private static func list(
        _ rows: [(id: Int64, name: String, updated: Int64)], of title: String, in view: ConsoleView,
        to html: inout HTML, place: (Int64) -> ConsolePlace
    ) {
        let wanted = view.place.search.lowercased()
        let found = wanted.isEmpty ? rows : rows.filter { $0.name.lowercased().contains(wanted) }
        html.element("section") { html in
            html.element("h2", text: title)
            if rows.isEmpty {
                return html.element(
                    "p", ("class", "hint"), text: "There are none yet: `waybill import sbom` makes them.")
            }
            html.element("form", ("method", "get"), ("action", ConsolePath.page.path), ("class", "row")) { html in
                for field in view.place.fields {
                    html.void("input", ("type", "hidden"), ("name", field.name), ("value", field.value))
                }
                html.element("label") { html in
                    html.text("Part of the name")
                    html.void("input", ("type", "search"), ("name", "search"), ("value", view.place.search))
                }
                html.element("button", text: "Search")
                let shown = min(found.count, rowLimit)
                html.element("span", ("class", "hint"), text: "\(shown) of \(rows.count)")
            }
            html.element("table") { html in
                html.head(["Name", "Last updated"])
                html.element("tbody") { html in
                    for row in found.prefix(rowLimit) {
                        html.element("tr") { html in
                            html.element("td") { $0.element("a", ("href", place(row.id).address), text: row.name) }
                            html.element("td", text: TimeText.time(row.updated))
                        }
                    }
                }
            }
        }
    }

    private static func line(_ report: ConsoleView.ReportLine, in view: ConsoleView, to html: inout HTML) {
        let job = report.job
        html.element("tr") { html in
            html.element("td", text: report.type)
            html.element("td", text: report.about)
            html.element("td", text: report.format)
            html.element("td", text: TimeText.time(job.created))
            html.element("td", ("class", job.state.rawValue.lowercased()), text: state(of: report.standing))
            html.element("td") { html in
                let hidden = view.place.fields + [("uuid", job.uuid)]
                switch job.state {
                case .success:
                    let query = "?organization=\(view.place.organization)"
                    html.element("a", ("href", ConsolePath.artifact(job.uuid).path + query), text: "Download")
                case .pending, .inProgress:
                    html.form(to: .cancel, hidden: hidden) { $0.element("button", text: "Cancel") }
                case .failed: break
                }
            }
        }
    }

    private static func state(of standing: Queue.Poll) -> String {
        let job = standing.job
        return switch job.state {
        case .pending where standing.uploadsAhead > 0: "PENDING: waits for \(standing.uploadsAhead) uploads"
        case .pending: "PENDING" + (job.waitingFor.map { ": waits for \($0)" } ?? "")
        case .inProgress: "IN_PROGRESS: \(job.rowsDone) rows"
        case .success: (["SUCCESS"] + standing.notes).joined(separator: "; ")
        case .failed: "FAILED: \(job.error)"
        }
    }
}

extension HTML {
    /// What a person should know about what they did last.
    fileprivate mutating func notice(_ text: String?) {
        guard let text else { return }
        element("p", ("class", "notice"), ("role", "alert"), text: text)
    }

    fileprivate mutating func head(_ titles: [String]) {
        element("thead") { html in
            html.element("tr") { html in for title in titles { html.element("th", text: title) } }
        }
    }
}
