import API
import Bytes
import Database
import Jobs
import Reports

// DESIGN. The fields of the form come from the definition of the report, so a new filter appears on the page without a change
// here. Typed values are passed to the call in the form of a script, and an error about a filter is shown beside its field.

extension Page {
    /// The form that requests one report of a place, with its formats and filters.
    static let report = Page("report", "", in: [.organization, .product, .project], submission: askForReport) { visit in
        let type = visit.typed("reportType", or: visit.query("reportType"))
        let found = Report.named(type, in: visit.place.kind)
        guard let report = found, visit.mayHave(report), let name = report.name.types[visit.place.kind] else {
            return Content("Ask for a report") { html in
                html.section("Which one?") { $0.reportChoice(visit) }
            }
        }
        let others = report.isComparison ? try visit.otherSides() : OtherSides()
        return Content(report.title) { html in
            html.section("What it is to hold") { html in
                if others.areMany { html.searchOtherSide(visit, name) }
                html.form(
                    to: visit.here("report"), button: "Make the report", style: "stack",
                    hidden: [("reportType", name)]
                ) { html in
                    var format = Field("format", "Format")
                    format.choices = report.formats.map { Choice($0.rawValue, $0.rawValue.uppercased()) }
                    format.value = visit.typed("format", or: visit.query("format"))
                    html.field(format, visit.problem)
                    for filter in report.filters { html.field(visit.field(of: filter, others.choices), visit.problem) }
                    guard visit.may(.member, with: .submit) else { return }
                    var cron = Field("cron", "Again and again")
                    cron.hint =
                        "Minute, hour, day, month, weekday: 30 6 * * MON-FRI is 6:30 on working days. Empty: once, now."
                    cron.value = visit.typed("cron")
                    html.field(cron, visit.problem)
                }
                html.hint("Empty fields ask for everything.")
            }
        }
    }

    private static let askForReport = Submission { sender in
        let (form, kind) = (sender.form, sender.place.kind)
        guard let report = Report.named(form["reportType"], in: kind) else {
            throw APIError.badValue(form["reportType"], of: "reportType", accepted: "the name of a report")
        }
        let request = form["cron"].isEmpty ? "generate\(kind.requestWord)ReportAsync" : "waybillAddSchedule"
        try await sender.call(request) { call in
            call.text("reportType", form["reportType"])
            if !form["cron"].isEmpty { call.text("cron", form["cron"]) }
            if !form["format"].isEmpty { call.text("format", form["format"]) }
            // People who use this form see no notes before the download, so a bill of materials has all levels.
            if form["filter-maxDepthLevel"].isEmpty {
                let wanted = ReportRequest.withAllLevels([:], of: form["reportType"], in: kind)
                for (key, values) in wanted { call.text(named: key, values.joined()) }
            }
            call.object("filter") { json in
                for filter in report.filters {
                    let value = form["filter-\(filter.key)"]
                    if value.isEmpty { continue }
                    if case .texts = filter.kind {
                        json.texts(named: filter.key, value.split(whereSeparator: \.isNewline).map(String.init))
                    } else {
                        json.text(named: filter.key, value)
                    }
                }
            }
        }
        return Address(sender.place, "reports")
    }
}

/// The other sides that a place can be compared with.
private struct OtherSides {
    /// The field with letters of the name.
    static let field = "otherName"
    /// The most entries that a person looks through.
    static let limit = 200

    var choices: [Choice] = []
    /// Whether there are more.
    var areMany = false
}

extension Visit {
    /// Whether the person may request a report; some are only for administrators.
    func mayHave(_ report: Report) -> Bool { !report.isTrail || access.allows(.administrator, inProduct: nil) }

    /// The possible other sides of a comparison: the other products, or the other projects of the product; the first ones by name that have
    /// the letters that the address asks for.
    fileprivate func otherSides() throws -> OtherSides {
        let scope = scope
        var sides = OtherSides()
        if place.kind == .project {
            var list = ProjectList(
                Scope(
                    kind: .product, organization: scope.organization, product: scope.product,
                    visibleProducts: scope.visibleProducts))
            list.name = query(OtherSides.field)
            let page = try list.read(on: connection)
            sides.choices = page.rows.map { Choice($0.token, $0.name) }
            sides.areMany = page.next != nil
        } else {
            let letters = query(OtherSides.field).lowercased()
            let found = try ProductVital.list(
                Scope(
                    kind: .organization, organization: scope.organization, visibleProducts: scope.visibleProducts),
                on: connection
            ).filter { letters.isEmpty || $0.name.lowercased().contains(letters) }
            sides.choices = found.prefix(OtherSides.limit).map { Choice($0.token, $0.name) }
            sides.areMany = found.count > OtherSides.limit
        }
        sides.choices.removeAll { $0.value == place.token }
        if !query(OtherSides.field).isEmpty { sides.areMany = true }
        return sides
    }

    /// The field of a filter.
    fileprivate func field(of filter: Filter, _ others: [Choice]) -> Field {
        var field = Field("filter-\(filter.key)", filter.key.words)
        field.hint = filter.meaning
        field.value = typed(field.name, or: query(filter.key))
        switch filter.kind {
        case .flag: field.choices = [Choice("", "as usual"), Choice("true", "yes"), Choice("false", "no")]
        case .choice(let words), .list(let words):
            field.choices = [Choice("", "all")] + words.map { Choice($0, $0) }
        case .time, .endTime: field.type = "date"
        case .integer: field.type = "number"
        case .texts:
            field.isLong = true
            field.hint += "; one on each line"
        case .names: field.hint += "; several with commas between"
        case .share, .text: break
        }
        if !others.isEmpty {
            field.choices = others
            // One that was chosen under other letters.
            let isKnown = others.contains { $0.value == field.value }
            if !isKnown, !field.value.isEmpty { field.choices.append(Choice(field.value, field.value)) }
        }
        return field
    }
}

extension HTML {
    /// A form that looks for the other side of a comparison by its name.
    ///
    /// - Parameter type: of the report.
    fileprivate mutating func searchOtherSide(_ visit: Visit, _ type: String) {
        filters(visit.address) { html in
            html.void("input", ("type", "hidden"), ("name", "reportType"), ("value", type))
            var name = Field(OtherSides.field, "Part of the name of the other one")
            name.type = "search"
            name.value = visit.query(name.name)
            html.field(name)
        }
    }

    /// The reports of the place, each as a link to its form.
    mutating func reportChoice(_ visit: Visit) {
        let found = Report.catalog.compactMap { report in
            report.name.types[visit.place.kind].map { (type: $0, report: report) }
        }
        let shown = found.filter { visit.mayHave($0.report) }.sorted {
            ($0.report.title, $0.type) < ($1.report.title, $1.type)
        }
        element("ul", ("class", "cards")) { html in
            for (type, report) in shown {
                html.element("li") { html in
                    html.link(visit.here("report").with("reportType", type), report.title)
                    html.element(
                        "span", ("class", "hint"),
                        text: report.formats.map { $0.rawValue.uppercased() }.joined(separator: ", "))
                }
            }
        }
    }
}

extension String {
    /// The key of a filter in words for people: `fromDate` becomes "From date".
    fileprivate var words: String {
        var text = ""
        for letter in self {
            if letter.isUppercase, !text.isEmpty, text.last?.isUppercase == false { text.append(" ") }
            text.append(letter)
        }
        let lowered = text.split(separator: " ").map { $0.allSatisfy(\.isUppercase) ? String($0) : $0.lowercased() }
            .joined(separator: " ")
        return lowered.prefix(1).uppercased() + lowered.dropFirst()
    }
}
