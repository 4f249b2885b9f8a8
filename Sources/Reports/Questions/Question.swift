import Bytes
import Inventory

// DESIGN. There is one type of question: `GET /api/ask`, `waybill ask` and the console's search convert their fields into this
// value, and `answer(in:on:)` makes the rows. A question contains no tenant. The caller passes the scope with the connection,
// and every query joins it. Items come in the order of projects and, within a project, of the libraries' numbers
// (`library.key_id`). Both orders never change, so a page that begins after the last item neither repeats nor skips an item,
// even if imports happen in between.

/// A question about an inventory: where something is, how it got there, and what fixes it.
///
///     var question = try Question(.cve, "CVE-2021-44228")
///     question.filters.severities = ["critical"]
///     let answer = try database.snapshot { try question.answer(in: scope, on: $0) }
///     for item in answer.items { print(item.product, item.project, item.library, item.fix ?? "") }
///
/// A question consists of plain values, which are checked when it is made; errors are `QuestionError`.
package struct Question: Sendable, Equatable {
    /// The fields of a question; their names are the same on every door. A question has exactly one.
    package enum Field: String, Sendable, CaseIterable {
        /// A CVE, a GHSA, or any other name of a vulnerability.
        case cve
        /// A package URL: without a version, with one, or with a range (`pkg:npm/lodash@vers:npm/<4.17.21`).
        case purl
        /// Parts of a library's name, regardless of case.
        case library
        /// An SPDX identifier or a name of a licence.
        case license
        /// A SHA-1 or SHA-256 in hexadecimal.
        case digest
        /// A file's path, or the end of one.
        case path
        /// Free words. Their form may be one of the kinds above. Otherwise they are parts of a library's name or, if no
        /// library has such a name, of a project's name.
        case words = "q"

        /// The accepted values of the field, for messages.
        package var accepted: String {
            switch self {
            case .cve: "the name of a vulnerability, as CVE-2021-44228 or GHSA-jfh8-c2jp-5v3q"
            case .purl: "a package URL, as pkg:npm/lodash, pkg:npm/lodash@4.17.20 or pkg:npm/lodash@vers:npm/<4.17.21"
            case .library: "parts of a library's name, as log4j core"
            case .license: "an SPDX identifier or a name of a licence, as GPL-2.0-only"
            case .digest: "a SHA-1 or SHA-256, 40 or 64 hexadecimal characters"
            case .path: "the path of a file, or its end, as lib/log4j-core-2.14.1.jar"
            case .words: "free words: a vulnerability, a package URL, a digest, a licence, or parts of a library's name"
            }
        }
    }

    /// The filters of a question. The filters of a question. An item fits when its project fits and one vulnerability of
    /// its library fits `severities` and `isExploited`; in a question about a vulnerability, that vulnerability must fit.
    package struct Filters: Sendable, Equatable {
        /// Words of `severityWords`; empty for all.
        package var severities: [String] = []
        /// Whether a list (CISA KEV, EUVD) calls the vulnerability exploited; nil for both.
        package var isExploited: Bool?
        /// Names or tokens of products, regardless of case; empty for all.
        package var products: [String] = []
        /// Names or tokens of projects, regardless of case; empty for all.
        package var projects: [String] = []

        package init() {}

        /// The words of severities, the worst first.
        package static let severityWords = ["critical", "high", "medium", "low", "none"]
    }

    /// The longest text of a field, in bytes.
    package static let textLimit = 1000
    /// The most names in one filter.
    package static let filterLimit = 100
    /// The allowed numbers of items on a page.
    package static let limits = 1...1000
    /// The default number of items on a page.
    package static let usualLimit = 100

    /// The search field of the question.
    package let field: Field
    /// The text of the question, without surrounding blanks.
    package let text: String
    /// The meaning of the text; `.library` for free words of no other form.
    package let subject: Subject
    package var filters = Filters()
    /// The most items of the answer, within `limits`.
    package var limit = Question.usualLimit
    /// The beginning of the page: `Answer.next` of the previous page, or nil for the first page.
    package var cursor: String?

    /// Reads the value of a field.
    ///
    /// Throws `QuestionError.badValue` if the field does not accept the text.
    package init(_ field: Field, _ text: String) throws(QuestionError) {
        self.field = field
        self.text = text.trimmingBlanks()
        let isText = self.text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        guard !self.text.isEmpty, isText, self.text.utf8.count <= Self.textLimit else {
            throw .badValue(
                text, of: field.rawValue, accepted: "\(field.accepted); 1 to \(Self.textLimit) bytes of text")
        }
        guard let subject = Subject(field, self.text) else {
            throw .badValue(text, of: field.rawValue, accepted: field.accepted)
        }
        self.subject = subject
    }

    /// A page of an answer.
    package struct Answer: Sendable, Equatable {
        /// The items in the order of projects and of libraries' numbers. A page may have fewer items than the limit, even
        /// none, although `next` is present, because the work for a page is limited.
        package var items: [Item]
        /// The cursor of the next page; nil on the last page.
        package var next: String?

        package init(items: [Item] = [], next: String? = nil) {
            self.items = items
            self.next = next
        }
    }

    /// A library of a project that answers the question. Unknown values are nil.
    package struct Item: Sendable, Equatable {
        package let product: String
        package let project: String
        package let projectToken: String
        /// The name of the library, with its group or scope if there is one: `org.apache.logging.log4j:log4j-core`,
        /// `@babel/core`.
        package let library: String
        package let version: String?
        package let purl: String?
        /// The shortest path from the described component: a direct dependency first, the library itself last, each as
        /// `name@version`. Nil where no graph is known, no path leads to the library, or its graph is too large to search.
        package var path: [String]?
        /// Whether the project itself needs the library; nil where no graph is known.
        package let isDirect: Bool?
        /// The time when the library came into the project, in milliseconds since 1970, UTC.
        package let since: Int64?
        /// The smallest version that fixes the vulnerability of the question; in other questions, the smallest version
        /// without any known vulnerability.
        package let fix: String?
        /// The decision about the vulnerability of the question: a reason or state in CycloneDX's words, followed by a
        /// colon and the justification if there is one (`not_affected: code_not_reachable`).
        package let decision: String?
    }
}

extension Question.Item {
    /// An item of an answer from another server.
    package init(
        project: (product: String, name: String, token: String),
        library: (name: String, version: String?, purl: String?), path: [String]?, isDirect: Bool?, since: Int64?,
        verdict: (fix: String?, decision: String?)
    ) {
        self.init(
            product: project.product, project: project.name, projectToken: project.token, library: library.name,
            version: library.version, purl: library.purl, path: path, isDirect: isDirect, since: since,
            fix: verdict.fix, decision: verdict.decision)
    }
}

/// The reason why a question cannot be answered.
package enum QuestionError: Error, Equatable, CustomStringConvertible {
    /// A value that its field does not accept.
    case badValue(String, of: String, accepted: String)
    /// More libraries match than the limit allows.
    case tooWide(limit: Int)

    package var description: String {
        switch self {
        case .badValue(let value, let field, let accepted):
            "\(field) has the value \(value.count > 100 ? "\(value.prefix(100))…" : value); accepted: \(accepted)"
        case .tooWide(let limit):
            "the question fits more than \(limit) libraries; say more of the name, or a version"
        }
    }
}
