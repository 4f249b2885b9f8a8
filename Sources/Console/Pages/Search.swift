import API
import Bytes
import Database
import HTTP
import Inventory
import Reports

// DESIGN. The query of the page has the parameters of `GET /api/ask`, but for `after` in the place of `cursor`, and is read by the same code.

extension Page {
    /// One search: a vulnerability, package, library, licence, digest or path, with its places.
    static let search = Page("search", "", in: [.organization]) { visit in
        let asked = visit.query("q")
        var question: Question?
        var answer: Question.Answer?
        var wrong: Problem?
        if !asked.isEmpty {
            do {
                var wanted = try AskDesk.question(visit.address.asked)
                answer = try visit.answer(to: &wanted)
                question = wanted
            } catch let error as QuestionError {
                wrong = Problem(APIError(question: error))
            } catch let error as APIError {
                wrong = Problem(error)
            }
        }
        return Content("Search") { html in
            html.section("What are you looking for?") { $0.question(visit, wrong) }
            guard let question, let answer else { return }
            html.section("Where it is") { html in
                if case .vulnerability(let names) = question.subject, let name = names.last {
                    html.element("p") { html in
                        html.link(visit.inOrganization("vulnerability", item: name), "All about \(asked)")
                    }
                }
                if answer.items.isEmpty, answer.next == nil {
                    return html.hint("No project that you see has it.")
                }
                html.table("Where it is", itemColumns(visit), answer.items)
                html.pager(visit.address, next: answer.next)
                html.files(visit)
                html.report(of: question, visit)
            }
        }
    }

    /// The whole answer to the question of a search as a file.
    static let answer: Page = {
        var page = Page("answer", "", in: [.organization]) { _ in throw APIError.refused }
        page.fetch = { sender in
            try await sender.questions.file(
                sender.address.asked, inOrganization: sender.place.token, by: sender.keyDigest)
        }
        return page
    }()

    private static func itemColumns(_ visit: Visit) -> [ListColumn<Question.Item>] {
        let first = visit.address.with("after", "")
        return [
            ListColumn("Library") { item, html in
                guard let purl = item.purl else { return html.text(item.library) }
                html.link(visit.here("search").with("q", purl), item.library)
            },
            ListColumn("Version") { item, html in
                guard let version = item.version else { return html.mark("not known", "quiet") }
                html.text(version)
            },
            ListColumn("Project") { item, html in html.link(Address(.project, item.projectToken), item.project) },
            ListColumn("Product", isWide: true) { item, html in
                html.link(first.with("product", item.product), item.product)
            },
            ListColumn("How it got there", isWide: true) { item, html in
                guard let path = item.path else { return html.mark("not known", "quiet") }
                html.text(path.joined(separator: " › "))
            },
            .text("Fixed in") { $0.fix ?? "" }, .text("Decided", isWide: true) { ($0.decision ?? "").spaced },
            .time("Since", isWide: true) { $0.since ?? 0 },
        ]
    }
}

extension Address {
    /// The parameters of `GET /api/ask` in the query of a search; empty ones are left out.
    fileprivate var asked: HTTPFields {
        var fields = HTTPFields()
        for (name, parameter) in [
            ("q", "q"), ("severity", "severity"), ("exploited", "exploited"), ("product", "product"),
            ("project", "project"), ("after", "cursor"), ("format", "format"),
        ] {
            let value = query.first { $0.name == name }?.value.trimmingBlanks() ?? ""
            if !value.isEmpty { fields.append(parameter, value) }
        }
        return fields
    }
}

extension HTML {
    /// The form of a search.
    fileprivate mutating func question(_ visit: Visit, _ problem: Problem?) {
        // Errors that are about no field are about the question.
        let problem = problem.map { $0.field.isEmpty ? Problem("q", $0.text) : $0 }
        filters(visit.here("search")) { html in
            var question = Field("q", "Vulnerability, package URL, library, licence, digest or path")
            question.type = "search"
            question.value = visit.query("q")
            html.field(question, problem)
            var severity = Field("severity", "Severity")
            severity.choices = [Choice("", "all")] + Question.Filters.severityWords.map { Choice($0, $0) }
            severity.value = visit.query("severity")
            html.field(severity, problem)
            var exploited = Field("exploited", "Vulnerabilities")
            exploited.choices = [
                Choice("", "all"), Choice("true", "exploited ones"), Choice("false", "not exploited ones"),
            ]
            exploited.value = visit.query("exploited")
            html.field(exploited, problem)
            for (name, label) in [("product", "Product"), ("project", "Project")] {
                var place = Field(name, label)
                place.value = visit.query(name)
                html.field(place, problem)
            }
        }
        if visit.query("q").isEmpty {
            hint("For example CVE-2021-44228, log4j core, pkg:npm/lodash@4.17.20, GPL-3.0-only.")
        }
    }

    /// Links to the whole answer as a file.
    fileprivate mutating func files(_ visit: Visit) {
        var address = visit.here("answer")
        address.query = visit.address.query
        address = address.with("after", "")
        element("p", ("class", "export")) { html in
            html.text("Export the answer: ")
            for (number, format) in ["json", "ndjson", "csv"].enumerated() {
                if number > 0 { html.text(", ") }
                html.link(address.with("format", format), format.uppercased())
            }
        }
    }

    /// A link to the report that answers a question, with the question's filters.
    fileprivate mutating func report(of question: Question, _ visit: Visit) {
        func field(_ name: String, _ value: String) -> Address.Field { Address.Field(name: name, value: value) }
        let filters = [
            field("product", question.filters.products.joined(separator: "\n")),
            field("project", question.filters.projects.joined(separator: "\n")),
        ]
        switch question.subject {
        case .vulnerability:
            let severity = question.filters.severities.joined(separator: ",")
            export(
                visit, "a report of alerts about it", type: "OrgSecurityAlertsReport",
                filters + [field("cve", question.text), field("severity", severity)])
        case .package(let purl, _, _):
            export(
                visit, "a report of libraries with its name in theirs", type: "OrgInventoryReport",
                filters + [field("libraryPart", purl.name)])
        case .library(let parts, _):
            let longest = parts.max { $0.count < $1.count } ?? ""
            export(
                visit, "a report of libraries with “\(longest)” in their name", type: "OrgInventoryReport",
                filters + [field("libraryPart", longest)])
        case .license:
            export(
                visit, "a report of libraries under it", type: "OrgInventoryReport",
                filters + [field("license", question.text)])
        case .path:
            export(
                visit, "a report of files", type: "OrgSourceFileInventoryReport",
                filters + [field("pathPart", question.text)])
        // No report looks for a digest.
        case .digest: break
        }
    }
}

extension Visit {
    /// A page of the answer to a question, from the data that the person may see.
    func answer(to question: inout Question) throws -> Question.Answer {
        question.limit = ListPage<Question.Item>.size
        if !query("after").isEmpty { question.cursor = query("after") }
        try question.prepare(in: scope, of: backend.database)
        // A separate snapshot, which contains the rows that were just prepared.
        let (asked, scope) = (question, scope)
        return try backend.database.snapshot { try asked.answer(in: scope, on: $0) }
    }
}
