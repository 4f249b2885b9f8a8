import Bytes
import Database
import Inventory

extension Production {
    /// The only part of a risk report.
    func risk(
        _ facts: ScopeFacts, on connection: any Connection, into receiver: PartReceiver.Maker
    ) throws -> Produced {
        let risk = try RiskFacts.read(request.scope, updated: facts.updated, on: connection)
        var produced = try document(facts, word: "Risk", into: receiver) { destination in
            try RiskDocument(risk, facts, request.scope.kind).write(to: destination)
            return (risk.worstLibraries.count, [])
        }
        produced.basis = [risk.basis.sentence]
        return produced
    }
}

/// A risk report as pages: reports.md §15.3.
struct RiskDocument {
    let risk: RiskFacts
    private let scope: ScopeFacts
    let kind: ScopeKind

    init(_ risk: RiskFacts, _ scope: ScopeFacts, _ kind: ScopeKind) {
        self.risk = risk
        self.scope = scope
        self.kind = kind
    }

    func write(to destination: @escaping ByteSink.Destination) throws {
        let created = TimeText.rfc3339(scope.updated)
        let title = "Risk Report"
        var page = try DocumentPage(
            title: "\(title): \(scope.name)", footer: "\(title) · \(scope.name)", created: created,
            to: destination)
        try titlePage(&page, title, created)
        try summary(&page)
        try page.breakPage()
        try security(&page)
        if kind != .project { try groups(&page) }
        try licenses(&page)
        try policies(&page)
        try quality(&page)
        try trend(&page)
        try explanation(&page)
        try page.finish()
    }

    // MARK: Title

    private func titlePage(_ page: inout DocumentPage, _ title: String, _ created: String) throws {
        let (margin, width) = (DocumentPage.margin, page.width)
        page.canvas.fill(PDFRectangle(x: 0, y: 0, width: page.canvas.size.width, height: 250), DocumentPage.ink)
        page.canvas.outline(title)
        page.canvas.begin(.heading(1))
        page.canvas.draw(
            title, at: PDFPoint(margin, 96), .init(size: 34, isBold: true, width: width), color: .white)
        page.canvas.end()
        page.canvas.begin(.paragraph)
        page.canvas.draw(
            "Open-source risk and compliance", at: PDFPoint(margin, 146), .init(size: 13, width: width),
            color: .gray(0.85))
        page.canvas.end()
        let word = kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
        var rows: [(String, String)] = [(word, scope.name)]
        let words = ["Organization", "Product"]
        for (place, name) in scope.path.enumerated().reversed() { rows.append((words[min(place, 1)], name)) }
        rows.append(("State of", "\(created.prefix(10)) \(created.dropFirst(11).prefix(5)) UTC"))
        var y = 290.0
        for (label, value) in rows {
            page.canvas.begin(.paragraph)
            let text = page.canvas.shape(
                DocumentPage.composed(value), .init(size: 13, isBold: true, width: width - 90, maximumHeight: 60))
            let name = page.canvas.shape(label, .init(size: 9))
            page.canvas.draw(
                name, at: PDFPoint(margin, y + text.baseline - name.baseline), color: DocumentPage.gray)
            page.canvas.draw(text, at: PDFPoint(margin + 90, y), color: DocumentPage.ink)
            page.canvas.end()
            y += max(20, text.height) + 8
        }
        page.y = y + 20
        try page.figures([
            .init(value: "\(risk.libraries)", label: "libraries"),
            .init(value: said(open), label: "vulnerability alerts"),
            .init(value: said(risk.open[0] + risk.open[1]), label: "of them critical or high"),
            .init(value: said(risk.open[ShownSeverity.unrated.place]), label: "of them not rated"),
            .init(value: risk.knowsExploited ? said(risk.exploited) : "–", label: "of them exploited"),
            .init(value: hasPolicies ? "\(risk.violationCount)" : "–", label: "policy violations"),
        ])
        try page.paragraph(basis, color: DocumentPage.gray)
        if risk.libraries == 0 {
            try page.paragraph("Nothing has been imported here yet.")
        }
    }

    var open: Int { risk.open.reduce(0, +) }

    /// Whether any policy exists, or any violation was recorded.
    var hasPolicies: Bool { risk.policies > 0 || risk.violationCount > 0 }

    /// A number of vulnerabilities; a dash where none could be looked up.
    private func said(_ count: Int) -> String { count == 0 && !risk.basis.isAssessed ? "–" : "\(count)" }

    /// The basis of the numbers of vulnerabilities.
    var basis: String {
        risk.basis.sentence + (risk.basis.isAssessed ? "" : " Only what documents claim is known.")
    }

    // MARK: Sections

    private func summary(_ page: inout DocumentPage) throws {
        try page.section("Summary", keeping: 200)
        // The basis counts like the inventory: a library counts once in each project.
        let isShared = risk.basis.libraries > risk.libraries
        var words = Self.count(
            risk.libraries, isShared ? "different library" : "library",
            isShared ? "different libraries" : "libraries")
        switch kind {
        case .organization:
            words +=
                " in \(Self.count(risk.projects, "project", "projects")) of \(Self.count(risk.products, "product", "products"))"
        case .product: words += " in \(Self.count(risk.projects, "project", "projects"))"
        case .project: break
        }
        if isShared {
            words += "; counted in each project that has them, they are \(risk.basis.libraries) components"
        }
        if risk.basis.isAssessed || open + risk.ignored + risk.resolved > 0 {
            words += ". Alerts about vulnerabilities: \(open) open, \(risk.ignored) ignored, \(risk.resolved) resolved"
        }
        try page.paragraph("\(words).")
        let whole = risk.libraries
        guard whole > 0 else { return }
        if risk.basis.isAssessed || risk.vulnerableLibraries > 0 {
            try page.share(
                risk.vulnerableLibraries, of: whole,
                "\(risk.vulnerableLibraries) of \(whole) libraries have an open vulnerability.",
                color: ShownSeverity.high.color)
        }
        if hasPolicies {
            try page.share(
                risk.rejectedLibraries, of: whole, "\(risk.rejectedLibraries) of \(whole) libraries break a policy.",
                color: ShownSeverity.critical.color)
        }
        try page.share(
            risk.unlicensedLibraries, of: whole,
            "\(risk.unlicensedLibraries) of \(whole) libraries have no license that is known.", color: DocumentPage.ink)
    }

    private func licenses(_ page: inout DocumentPage) throws {
        try page.section("Licenses")
        guard !risk.licenses.isEmpty else { return try page.paragraph("No license is known.") }
        let families = risk.families
        try page.subtitle("Libraries by the family of their licenses, from the mildest to the strictest")
        let known = LicenseFamily.allCases.filter { families[$0] != nil }
        try page.bars(
            known.map { family in
                .init(
                    label: family.rawValue, parts: [(families[family] ?? 0, Self.color(of: family))],
                    note: "\(families[family] ?? 0)")
            }
                + (families[nil].map { [.init(label: "Not classified", parts: [($0, .gray(0.85))], note: "\($0)")] }
                    ?? []))
        try page.paragraph(
            "A library with licenses of several families counts in each of them.", size: 8, color: DocumentPage.gray)
        try page.subtitle("Most used")
        let shown = risk.licenses.prefix(RiskFacts.listLimit / 2)
        try page.table(
            [
                .init(title: "License", share: 36), .init(title: "Family", share: 30),
                .init(title: "Risk (0–100)", share: 14, isNumber: true),
                .init(title: "Libraries", share: 12, isNumber: true),
            ],
            shown.map { license in
                [
                    .init(Self.name(license)), .init(license.family?.rawValue ?? "not classified"),
                    .init(license.score.map { "\($0)" } ?? "–"), .init("\(license.libraries)"),
                ]
            })
        try page.more(shown.count, of: risk.licenses.count, "licenses")
        let strict = risk.licenses.filter { ($0.family?.riskLevel ?? 0) >= LicenseFamily.weakCopyleft.riskLevel }
            .prefix(RiskFacts.listLimit / 2)
        if !strict.isEmpty {
            try page.subtitle("Copyleft and restricted use")
            try page.table(
                [
                    .init(title: "License", share: 40), .init(title: "Family", share: 34),
                    .init(title: "Libraries", share: 14, isNumber: true),
                ],
                strict.map { [.init(Self.name($0)), .init($0.family?.rawValue ?? ""), .init("\($0.libraries)")] })
        }
    }

    private func policies(_ page: inout DocumentPage) throws {
        try page.section("Policy violations and other alerts")
        if !hasPolicies {
            try page.paragraph("No policy is defined here, so nothing can break one.")
        } else if risk.violations.isEmpty {
            try page.paragraph("No library breaks a policy.")
        } else {
            try page.table(
                [
                    .init(title: "Library", share: 34), .init(title: "Policy", share: 40),
                ] + projectColumn(share: 26),
                risk.violations.map { [.init($0.library), .init($0.description)] + projectCell($0.project) })
            try page.more(risk.violations.count, of: risk.violationCount, "violations")
        }
        guard !risk.others.isEmpty else { return }
        try page.subtitle("Open alerts of other types")
        try page.bars(
            risk.others.map { other in
                .init(
                    label: Self.readable(other.type),
                    parts: [(other.count, PDFColor(red: 0.45, green: 0.55, blue: 0.68))], note: "\(other.count)")
            }, labelShare: 0.38)
    }

    private func quality(_ page: inout DocumentPage) throws {
        try page.section("Quality")
        try page.paragraph(
            "\(Self.count(risk.severeBugLibraries, "library has", "libraries have")) an open bug that is severe.")
        try outdated(&page)
        guard !risk.oldest.isEmpty else {
            return try page.paragraph("When the libraries were released is not known here.")
        }
        try page.subtitle("Oldest releases in use")
        try page.table(
            [
                .init(title: "Library", share: 50), .init(title: "Released", share: 16),
            ] + projectColumn(share: 34),
            risk.oldest.map { [.init($0.name), .init($0.released)] + projectCell($0.project) })
        try page.paragraph(
            "The release date of \(risk.datedLibraries) of \(risk.libraries) libraries is known.", size: 8,
            color: DocumentPage.gray)
    }

    private func outdated(_ page: inout DocumentPage) throws {
        guard !risk.outdated.isEmpty else {
            return try page.paragraph("No newer version of a library is known here.")
        }
        try page.paragraph(
            "Of \(Self.count(risk.outdatedLibraries, "library", "libraries")) a newer version is known.")
        try page.subtitle("Furthest behind")
        func date(_ time: Int64?) -> String { time.map { String(TimeText.date($0)) } ?? "" }
        try page.table(
            [
                .init(title: "Library", share: 32), .init(title: "Released", share: 13),
                .init(title: "Newest", share: 16), .init(title: "Released", share: 13),
                .init(title: "Between", share: 10, isNumber: true),
            ] + projectColumn(share: 22),
            risk.outdated.map { library in
                [
                    .init(library.name), .init(date(library.published)), .init(library.newest),
                    .init(date(library.newestPublished)), .init(String(library.between)),
                ] + projectCell(library.project)
            })
    }

    private func trend(_ page: inout DocumentPage) throws {
        try page.section("Vulnerability alerts not resolved and libraries, day by day", keeping: 60)
        guard risk.trend.count > 1 else {
            return try page.paragraph(
                "The content changed on one day only so far; a trend shows from the second day of imports on.")
        }
        try page.paragraph(
            """
            At the end of each day on which an import changed the content, and at the time of this report: \
            \(open + risk.ignored) alerts about vulnerabilities are not resolved then, which is \(open) open and \(risk.ignored) \
            ignored. A library counts in each project that has it.
            """, size: 8.5)
        // The value is the end of a day, so the day shown is the one before.
        let days = risk.trend.map { String(TimeText.rfc3339($0.day - 1).prefix(10)) }
        try page.lines(
            days: days, ("Vulnerability alerts, open and ignored", risk.trend.map(\.alerts)),
            ("Libraries, in each project (dashed)", risk.trend.map(\.libraries)))
    }

    private func explanation(_ page: inout DocumentPage) throws {
        try page.section("How to read this", keeping: 60)
        try page.paragraph(
            """
            Severities are those of the newest version of CVSS that rates a vulnerability, or the word of its advisory. \
            An alert is one vulnerability of one library in one project. Ignored alerts are not counted as open. \
            Lists begin with what to do first: what is exploited (CISA KEV, EUVD), then by EPSS, the probability of \
            exploitation within 30 days, times severity. Where neither is said, no list names the vulnerability. What nobody \
            rates has no place in that order and stands apart. “Fixed in” is the smallest version that leaves the vulnerability \
            behind, “Upgrade to” the smallest that leaves all known vulnerabilities of the library behind. \
            A library with several licenses counts for each of them. Risk scores of licenses follow their families.
            """, size: 8.5, color: DocumentPage.gray)
    }

    // MARK: Words

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// Two licences may share a name, such as a licence alone and the same licence with later versions.
    private static func name(_ license: RiskFacts.LicenseCount) -> String {
        license.isListed && license.spdx != license.name ? "\(license.name) (\(license.spdx))" : license.name
    }

    /// A type in readable words: `NEW_MAJOR_VERSION` becomes `New major version`.
    private static func readable(_ type: String) -> String {
        let words = type.replacing("_", with: " ").lowercased()
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    static func score(_ score: Double?) -> String {
        guard let score else { return "–" }
        // CVSS scores range from 0 to 10 (§5 of the specification of 3.1). A row with another score is shown at the
        // nearer end.
        let tenths = Int((min(max(score, 0), 10) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func worst(_ counts: [Int]) -> ShownSeverity {
        ShownSeverity.allCases.first { counts[$0.place] > 0 } ?? .unrated
    }

    private static func color(of family: LicenseFamily) -> PDFColor {
        // Colours from light to dark with rising risk.
        let level = 1 - Double(family.riskLevel - 1) / 7
        return PDFColor(red: 0.15 + 0.62 * level, green: 0.25 + 0.60 * level, blue: 0.42 + 0.50 * level)
    }
}
