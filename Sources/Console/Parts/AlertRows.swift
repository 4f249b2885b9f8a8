import Database
import Inventory
import Reports

extension ListColumn where Row == AlertList.Row {
    /// The columns of a list of alerts.
    ///
    /// - Parameter showsProject: whether alerts of several projects are listed.
    static func alerts(_ visit: Visit, showsProject: Bool) -> [ListColumn] {
        let subjects = [
            ListColumn("About") { row, html in
                if row.vulnerability.isEmpty { return html.text(row.words) }
                html.link(visit.inOrganization("vulnerability", item: row.vulnerability), row.vulnerability)
            },
            ListColumn("Severity") { row, html in
                if row.vulnerability.isEmpty { return }
                html.severity(row.severity)
                if row.isExploited { html.mark("exploited", "bad") }
            },
        ]
        return subjects + [library(visit)] + (showsProject ? [project] : []) + facts
    }

    /// The columns of a list of alerts about the vulnerability that the page names.
    static func places(_ visit: Visit) -> [ListColumn] { [project, library(visit)] + facts }

    private static var project: ListColumn {
        ListColumn("Project") { row, html in html.link(Address(.project, row.projectToken), row.projectName) }
    }

    private static func library(_ visit: Visit) -> ListColumn {
        ListColumn("Library") { row, html in
            html.link(visit.inOrganization("library", item: row.libraryUUID), row.library)
        }
    }

    private static var facts: [ListColumn] {
        [
            ListColumn("Fixed in") { row, html in
                if let fix = row.fix {
                    html.text(fix)
                } else if !row.vulnerability.isEmpty {
                    html.mark("none known", "quiet")
                }
            },
            .text("How", isWide: true) { row in
                switch row.directness {
                case .direct: "direct"
                case .transitive: "through others"
                case .unknown: ""
                }
            },
            ListColumn("State", isWide: true) { row, html in
                switch row.state {
                case .open: html.text("open")
                case .ignored: html.text(row.reason.isEmpty ? "ignored" : "ignored: \(row.reason.spaced)")
                case .resolved: html.text("resolved")
                }
            },
            .time("Since", isWide: true, \.created),
        ]
    }
}

extension AlertList.Row {
    /// The cause of an alert that is not about a vulnerability, in words for people.
    var words: String {
        let cause =
            switch AlertType(rawValue: type) {
            case .vulnerability: "Vulnerability"
            case .rejectedByPolicy: "Rejected by a policy"
            case .rejectedDeFacto: "Used although its request was rejected"
            case .multipleLicenses: "Several licences"
            case .multipleVersions: "Several versions in one project"
            case .newMajorVersion: "A new major version"
            case .newMinorVersion: "A new minor version"
            case .severeBug: "A severe bug"
            case nil: type
            }
        if description.isEmpty { return cause }
        return switch AlertType(rawValue: type) {
        case .rejectedByPolicy, .severeBug, .vulnerability, nil: "\(cause): \(description)"
        // Their descriptions are sentences that state the cause.
        case .rejectedDeFacto, .multipleLicenses, .multipleVersions, .newMajorVersion, .newMinorVersion: description
        }
    }
}

extension AlertType {
    /// The word in a menu.
    var menuWords: String {
        switch self {
        case .vulnerability: "Vulnerabilities"
        case .rejectedByPolicy: "Policy violations"
        case .rejectedDeFacto: "Rejected requests"
        case .multipleLicenses: "Several licences"
        case .multipleVersions: "Several versions"
        case .newMajorVersion: "New major versions"
        case .newMinorVersion: "New minor versions"
        case .severeBug: "Severe bugs"
        }
    }
}

extension AlertState {
    /// The spelling of the filter `status` of reports.
    fileprivate var filterWord: String {
        switch self {
        case .open: "active"
        case .ignored: "ignored"
        case .resolved: "resolved"
        }
    }

    /// The report about all alerts in this state, without the word of its scope.
    fileprivate var reportWord: String {
        switch self {
        case .open: "AlertsReport"
        case .ignored: "IgnoreAlertsReport"
        case .resolved: "ResolvedAlertsReport"
        }
    }

    fileprivate var exportWords: String {
        switch self {
        case .open: "open alerts"
        case .ignored: "ignored alerts"
        case .resolved: "resolved alerts"
        }
    }
}

extension String {
    /// A word of the program in words for people: `not_affected` becomes "not affected".
    var spaced: String { replacing("_", with: " ").lowercased() }
}

extension AlertList {
    /// The list that an address asks for.
    init(_ visit: Visit, type: AlertType? = nil) {
        self.init(visit.scope)
        switch visit.query("state") {
        case "ignored": state = .ignored
        case "resolved": state = .resolved
        case "all": state = nil
        default: state = .open
        }
        if SeverityCounts.words.map(Severities.style).contains(visit.query("severity")) {
            severity = visit.query("severity") == "unrated" ? "" : visit.query("severity")
        }
        self.type = type ?? AlertType(rawValue: visit.query("type"))
        after = visit.query("after")
    }
}

extension Field {
    /// The states of alerts in a list, taken from its address.
    static func alertState(_ visit: Visit) -> Field {
        var state = Field("state", "State")
        state.choices = [
            Choice("", "open"), Choice("ignored", "ignored"), Choice("resolved", "resolved"), Choice("all", "all"),
        ]
        state.value = visit.query("state")
        return state
    }
}

extension HTML {
    /// The choices of a list of alerts.
    mutating func alertFilters(_ visit: Visit, withType: Bool) {
        filters(visit.address) { html in
            html.field(.alertState(visit))
            var severity = Field("severity", "Severity")
            severity.choices =
                [Choice("", "all")]
                + SeverityCounts.words.map { Choice(Severities.style($0), Severities.name($0).lowercased()) }
            severity.value = visit.query("severity")
            html.field(severity)
            guard withType else { return }
            var type = Field("type", "About")
            type.choices = [Choice("", "all")] + AlertType.allCases.map { Choice($0.rawValue, $0.menuWords) }
            type.value = visit.query("type")
            html.field(type)
        }
    }

    /// A link to the report behind a list.
    ///
    /// - Parameter filters: the filters of the list, by the report's keys; empty values are no filters.
    mutating func export(_ visit: Visit, _ title: String, type: String, _ filters: [Address.Field] = []) {
        guard let report = Report.named(type, in: visit.place.kind) else { return }
        var address = visit.here("report").with("reportType", type)
        for filter in filters where report.filters.contains(where: { $0.key == filter.name }) {
            address = address.with(filter.name, filter.value)
        }
        element("p", ("class", "export")) { html in html.link(address, "Export: \(title)") }
    }

    /// Links to the reports behind a list of alerts, with its filters. There is a report each for open, ignored and resolved
    /// alerts, and one for all alerts about vulnerabilities.
    mutating func export(_ visit: Visit, _ list: AlertList, about vulnerability: String = "") {
        let prefix = visit.place.kind.prefix
        var filters = [Address.Field(name: "severity", value: list.severity ?? "")]
        if !vulnerability.isEmpty { filters.append(Address.Field(name: "cve", value: vulnerability)) }
        if list.type == .vulnerability {
            filters.append(Address.Field(name: "status", value: list.state?.filterWord ?? ""))
            export(visit, "these alerts", type: "\(prefix)SecurityAlertsReport", filters)
        } else {
            filters.append(Address.Field(name: "alertType", value: list.type?.rawValue ?? ""))
            for state in list.state.map({ [$0] }) ?? [.open, .ignored, .resolved] {
                export(visit, state.exportWords, type: "\(prefix)\(state.reportWord)", filters)
            }
            if list.type != nil, list.state != .open { hint("Reports of what is not open are about all types.") }
        }
        if list.severity == "" { hint("Reports are not filtered by “not rated”.") }
    }
}
