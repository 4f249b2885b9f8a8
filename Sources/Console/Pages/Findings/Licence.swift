import Database
import Inventory
import Reports

extension Page {
    /// One licence: the facts about it, and its libraries and projects.
    static let licence = Page("licence", "", in: [.organization]) { visit in
        let word = visit.address.item
        let answer: Question.Answer
        do {
            var question = try Question(.license, word)
            answer = try visit.answer(to: &question)
        } catch is QuestionError {
            // The word is no licence, or the address has a cursor of another question.
            throw unknown(word)
        }
        // A person who sees no project with it must not learn that others have it.
        let isFirst = visit.query("after").isEmpty
        if answer.items.isEmpty, answer.next == nil, isFirst { throw unknown(word) }
        // A cursor of another page may also point after the first row; without a row here, the page says nothing
        // about the licence.
        let found =
            answer.items.isEmpty
            ? [] : try LicenseFacts.find(word, of: visit.scope.organization, on: visit.connection)
        return Content(found.first.map { $0.name.or($0.spdx) } ?? word) { html in
            for facts in found {
                html.section(found.count == 1 ? "What it is" : facts.spdx.or(facts.name)) { $0.about(facts) }
            }
            html.section("Libraries and projects that have it") { html in
                html.table("Where it is", ListColumn<Question.Item>.licensed(visit), answer.items)
                html.pager(visit.address, next: answer.next)
                html.export(visit, "licences", type: "OrgLicensesReport")
            }
        }
    }

    private static func unknown(_ word: String) -> any Error {
        LostPage("No project that you see has a library under the licence \(word).")
    }
}

extension ListColumn where Row == Question.Item {
    fileprivate static func licensed(_ visit: Visit) -> [ListColumn] {
        [
            .text("Library", \.library),
            ListColumn("Version") { item, html in
                guard let version = item.version else { return html.mark("not known", "quiet") }
                html.text(version)
            },
            ListColumn("Project") { item, html in html.link(Address(.project, item.projectToken), item.project) },
            .text("Product", isWide: true, \.product), .text("How", isWide: true, \.way),
        ]
    }
}

extension Question.Item {
    /// The way in which it was added, in words for people.
    fileprivate var way: String { path.map { $0.count == 1 ? "directly" : $0.joined(separator: " › ") } ?? "not known" }
}

extension HTML {
    fileprivate mutating func about(_ facts: LicenseFacts) {
        self.facts([
            ("Name", facts.name), ("SPDX identifier", facts.spdx.or("not on the SPDX list")),
            ("Kind", facts.family?.rawValue ?? "not known"),
            ("Copyright risk, from 0 to 100", facts.risk.map(String.init) ?? "not known"), ("Type", facts.type),
            ("Text", facts.hasText ? "known" : "not known: attribution lacks it"),
        ])
        if !facts.url.isEmpty { element("p") { $0.outside(facts.url, facts.url) } }
    }

    /// The names of licences, each as a link to its page.
    mutating func licences(_ names: [String], _ visit: Visit) {
        for (number, name) in names.enumerated() {
            if number > 0 { text(", ") }
            link(visit.inOrganization("licence", item: name), name)
        }
    }
}
