import Bytes
import Database

// DESIGN. The list of urgent work has a row for each vulnerability of a library, with its fix and its places. Values that are
// equal in all rows of a report's scope are left out: a project's report does not show the project.

extension RiskDocument {
    func security(_ page: inout DocumentPage) throws {
        try page.section("Security")
        if open == 0 {
            return try page.paragraph(risk.basis.isAssessed ? "No vulnerability is open." : basis)
        }
        try severities(&page)
        try exploited(&page)
        if !risk.worstVulnerabilities.isEmpty {
            try page.subtitle(
                "Vulnerabilities that weigh most" + (risk.exploited > 0 ? ", the exploited ones apart" : ""))
            try vulnerabilities(&page, risk.worstVulnerabilities, isRated: true)
        }
        let unrated = risk.open[ShownSeverity.unrated.place]
        if !risk.unratedVulnerabilities.isEmpty {
            try page.subtitle("Not rated")
            try page.paragraph(
                "\(Self.count(unrated, "open alert is", "open alerts are")) about vulnerabilities that no source rates. Their weight is not known; some of them:",
                size: 8.5)
            try vulnerabilities(&page, risk.unratedVulnerabilities, isRated: false)
        }
        try libraries(&page)
    }

    /// Bars of the severities. Percentages are shares of the rated vulnerabilities; unrated ones are not among them.
    private func severities(_ page: inout DocumentPage) throws {
        try page.subtitle("Open alerts by severity")
        let unrated = risk.open[ShownSeverity.unrated.place]
        let rated = open - unrated
        try page.bars(
            shownSeverities.map { severity in
                let count = risk.open[severity.place]
                let share = rated > 0 ? " (\(DocumentPage.percent(Double(count) / Double(rated))))" : ""
                return .init(
                    label: severity.rawValue, parts: [(count, severity.color)],
                    note: severity == .unrated ? "\(count)" : "\(count)\(share)")
            }, labelShare: 0.14)
        guard unrated > 0 else { return }
        try page.paragraph("Shares are of the \(rated) alerts that are rated.", size: 8, color: DocumentPage.gray)
    }

    private func exploited(_ page: inout DocumentPage) throws {
        guard risk.knowsExploited else {
            return try page.paragraph(
                "Which vulnerabilities are exploited is not known here: no list (CISA KEV, EUVD) was imported.",
                size: 8.5)
        }
        guard risk.exploited > 0 else {
            return try page.paragraph(
                "No open alert is about a vulnerability that a list (CISA KEV, EUVD) calls exploited.")
        }
        try page.subtitle("Exploited: do these first")
        try vulnerabilities(&page, risk.exploitedVulnerabilities, isRated: true, isExploited: true)
    }

    /// A row for each vulnerability of a library.
    private func vulnerabilities(
        _ page: inout DocumentPage, _ list: [RiskFacts.WorstVulnerability], isRated: Bool, isExploited: Bool = false
    ) throws {
        var columns: [DocumentPage.Column] = [.init(title: "Vulnerability", share: 23)]
        if isRated {
            columns += [.init(title: "Severity", share: 13), .init(title: "Score", share: 8, isNumber: true)]
        }
        columns.append(
            isExploited ? .init(title: "Exploited since", share: 19) : .init(title: "EPSS", share: 8, isNumber: true))
        columns += [.init(title: "Library", share: 26), .init(title: "Fixed in", share: 14)]
        try page.table(
            columns + projectColumn(share: 22),
            list.map { found in
                var cells: [DocumentPage.Cell] = [.init(found.name, address: found.url)]
                if isRated {
                    cells += [
                        .init(found.severity.rawValue, mark: found.severity.color), .init(Self.score(found.score)),
                    ]
                }
                cells.append(
                    .init(
                        isExploited
                            ? found.exploitedSince.map { String(TimeText.date($0)) } ?? "yes"
                            : found.likelihood.map { DocumentPage.percent($0) } ?? ""))
                let more = found.versions > 1 ? " and \(found.versions - 1) more of its versions" : ""
                cells += [.init(found.library + more), .init(found.fix.isEmpty ? "not known" : found.fix)]
                return cells + projectCell(found.project, of: found.projects)
            })
    }

    private func libraries(_ page: inout DocumentPage) throws {
        try page.subtitle("Libraries with the most severe vulnerabilities")
        var columns: [DocumentPage.Column] = [.init(title: "Library", share: 27)]
        columns += projectColumn(share: 18)
        columns.append(.init(title: "Score", share: 8, isNumber: true))
        columns += severityColumns(share: 12)
        columns.append(.init(title: "Upgrade to", share: 14))
        try page.table(
            columns,
            risk.worstLibraries.map { library in
                var cells: [DocumentPage.Cell] = [.init(library.name, mark: Self.worst(library.counts).color)]
                cells += projectCell(library.project, of: library.projects)
                cells.append(.init(Self.score(library.score)))
                cells += numbers(library.counts)
                cells.append(.init(library.fix.isEmpty ? "not known" : library.fix))
                return cells
            })
        try page.more(risk.worstLibraries.count, of: risk.vulnerableLibraries, "vulnerable libraries")
    }

    /// The severities that are shown as numbers.
    private var shownSeverities: [ShownSeverity] {
        ShownSeverity.allCases.filter { $0 != .harmless || risk.open[$0.place] > 0 }
    }

    private func severityColumns(share: Double) -> [DocumentPage.Column] {
        shownSeverities.map { severity in
            DocumentPage.Column(title: severity.rawValue, share: severity == .low ? share - 3 : share, isNumber: true)
        }
    }

    private func numbers(_ counts: [Int]) -> [DocumentPage.Cell] {
        shownSeverities.map { counts[$0.place] }.map { DocumentPage.Cell($0 == 0 ? "–" : "\($0)") }
    }

    // MARK: Scopes

    /// The column of projects, or none where all rows belong to one project.
    func projectColumn(share: Double) -> [DocumentPage.Column] {
        kind == .project ? [] : [.init(title: "Project", share: share)]
    }

    func projectCell(_ name: String, of count: Int = 1) -> [DocumentPage.Cell] {
        kind == .project ? [] : [.init(count > 1 ? "\(name) and \(count - 1) more" : name)]
    }

    func groups(_ page: inout DocumentPage) throws {
        let what = kind == .organization ? "products" : "projects"
        let all = kind == .organization ? risk.products : risk.projects
        guard !risk.groups.isEmpty else { return }
        try page.section("How the \(what) compare")
        try page.legend(of: shownSeverities)
        try page.bars(
            risk.groups.map { group in
                .init(
                    label: group.name, parts: shownSeverities.map { (group.counts[$0.place], $0.color) },
                    note: "\(group.counts.reduce(0, +)) open")
            })
        var columns: [DocumentPage.Column] = [
            .init(title: what.prefix(1).uppercased() + String(what.dropFirst().dropLast()), share: 34),
            .init(title: "Libraries", share: 12, isNumber: true),
        ]
        columns += severityColumns(share: 11)
        columns.append(.init(title: "Violations", share: 13, isNumber: true))
        // The last row has the numbers of page 1.
        let whole = RiskFacts.GroupRisk(
            name: "All \(what)", libraries: risk.libraries, counts: risk.open, rejected: risk.violationCount)
        try page.table(
            columns,
            (risk.groups + [whole]).map { group in
                var cells: [DocumentPage.Cell] = [.init(group.name), .init("\(group.libraries)")]
                cells += numbers(group.counts)
                cells.append(.init(hasPolicies ? "\(group.rejected)" : "–"))
                return cells
            })
        try page.more(risk.groups.count, of: all, what)
        try page.paragraph(
            "A library that several \(what) have counts once in the last row.", size: 8, color: DocumentPage.gray)
    }
}
