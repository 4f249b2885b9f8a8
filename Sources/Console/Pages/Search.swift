import API
import Bytes
import Database
import Reports

extension Page {
    /// One search: a vulnerability, package, library, licence, digest or path, and where it is.
    static let search = Page("search", "", in: [.organization]) { visit in
        let asked = visit.query("q")
        var answer: Question.Answer?
        var wrong: Problem?
        if !asked.isEmpty {
            do {
                var question = try Question(.words, asked)
                answer = try visit.answer(to: &question)
            } catch let error as QuestionError {
                wrong = Problem("q", error.words)
            }
        }
        return Content("Search") { html in
            html.section("What are you looking for?") { html in
                html.filters(visit.here("search")) { html in
                    var question = Field("q", "Vulnerability, package URL, library, licence, digest or path")
                    question.type = "search"
                    question.value = asked
                    html.field(question, wrong)
                    var severity = Field("severity", "Severity")
                    severity.choices =
                        [Choice("", "all")] + Question.Filters.severityWords.map { Choice($0, $0) }
                    severity.value = visit.query("severity")
                    html.field(severity)
                }
                if asked.isEmpty {
                    html.hint("For example CVE-2021-44228, log4j core, pkg:npm/lodash@4.17.20, GPL-3.0-only.")
                }
            }
            guard let answer else { return }
            html.section("Where it is") { html in
                if asked.uppercased().hasPrefix("CVE-") || asked.uppercased().hasPrefix("GHSA-") {
                    html.element("p") { html in
                        html.link(visit.inOrganization("vulnerability", item: asked.uppercased()), "All about \(asked)")
                    }
                }
                if answer.items.isEmpty, answer.next == nil {
                    return html.hint("No project that you see has it.")
                }
                html.table("Where it is", itemColumns, answer.items)
                html.pager(visit.address, next: answer.next)
            }
        }
    }

    private static var itemColumns: [ListColumn<Question.Item>] {
        [
            .text("Library", \.library), .text("Version") { $0.version ?? "not known" },
            ListColumn("Project") { item, html in html.link(Address(.project, item.projectToken), item.project) },
            .text("Product", isWide: true, \.product),
            ListColumn("How it got there", isWide: true) { item, html in
                guard let path = item.path else { return html.mark("not known", "quiet") }
                html.text(path.joined(separator: " › "))
            },
            .text("Fixed in") { $0.fix ?? "" }, .text("Decided", isWide: true) { ($0.decision ?? "").spaced },
            .time("Since", isWide: true) { $0.since ?? 0 },
        ]
    }
}

extension Visit {
    /// A page of the answer to a question, with the filters of the address, from the data that the person
    /// may see.
    func answer(to question: inout Question) throws -> Question.Answer {
        question.limit = ListPage<Question.Item>.size
        if Question.Filters.severityWords.contains(query("severity")) {
            question.filters.severities = [query("severity")]
        }
        if !query("after").isEmpty { question.cursor = query("after") }
        try question.prepare(in: scope, of: backend.database)
        // A snapshot of its own, which contains the rows that were just prepared.
        let (asked, scope) = (question, scope)
        return try backend.database.snapshot { try asked.answer(in: scope, on: $0) }
    }
}

extension QuestionError {
    /// For a person.
    fileprivate var words: String {
        switch self {
        case .badValue(let value, _, let accepted):
            "“\(value.prefix(100))” cannot be looked for. Accepted: \(accepted)."
        case .tooWide(let limit): "That fits more than \(limit) libraries; say more of what you look for."
        }
    }
}
