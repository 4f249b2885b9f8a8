import Database
import Inventory

/// A library in an attribution.
struct AttributedLibrary {
    /// The place of a licence text.
    enum TextKey: Hashable {
        /// On the SPDX list, under the identifier of a licence or an exception.
        case listed(String)
        /// A text from documents of the organization, by its digest.
        case own(String)
    }

    /// A licence that binds the library.
    struct License {
        let name: String
        /// The identifier of the SPDX list, with an exception; empty where the list has no such licence.
        let spdx: String
        let url: String
        let isCopyleft: Bool
        /// The texts of the licence: the document's own text; without one, the list's text and the text of its
        /// exception.
        let keys: [TextKey]
        /// The identifier of the licence on the list, without an exception, or empty.
        let base: String
        /// The whole text, with the copyright lines of the library in the places of its template. Empty where no text is known,
        /// and where the texts stand in an appendix.
        var text = ""
        /// The numbers of its texts in the appendix; empty where there is no appendix.
        var numbers: [Int] = []
        /// Whether the text is missing, wholly or in part.
        var lacksText = false

        /// The name, followed by the identifier where the identifier adds something.
        var label: String { spdx.isEmpty || spdx == name ? name : "\(name) (\(spdx))" }

        /// - Parameter start: the first of the cells `AttributionQueries.licenseCells`.
        init(_ rows: borrowing RowBuffer, at start: Int) {
            name = rows.string(start)
            spdx = rows.string(start + 1)
            url = rows.string(start + 2)
            base = rows.string(start + 3)
            let (exception, digest) = (rows.string(start + 4), rows.string(start + 5))
            isCopyleft = ["PARTIAL", "FULL"].contains(rows.string(start + 6))
            if !digest.isEmpty {
                keys = [.own(digest)]
            } else {
                keys = [base, exception].filter { !$0.isEmpty }.map(TextKey.listed)
            }
        }

        /// Whether the list has a text for each part of the licence. An exception that the list does not know has
        /// none.
        var hasKeyForEachPart: Bool {
            if case .own? = keys.first { return true }
            return !base.isEmpty && (keys.count == 2 || !spdx.contains(" WITH "))
        }
    }

    /// A line about the holder of the copyright, and the source of this line.
    struct CopyrightLine {
        let text: String
        let source: String
    }

    /// The project of this entry, and the library's position in the project.
    let projectID: Int64
    let position: Int64
    let product: String
    let project: String
    let filename: String
    let name: String
    let version: String
    let homepage: String
    /// The address for a download, or empty.
    let downloadLocation: String
    let notice: String
    /// The source of the notice, or empty.
    let noticeReference: String
    let key: Int64
    let author: String
    /// The expression in effect before any choice; empty where no licence is known.
    let expression: String
    /// The licences that bind the library.
    var licenses: [License] = []
    var copyrights: [CopyrightLine] = []
    /// A person's decision about its licences; nil without one.
    var decision: AttributedDecision?
    /// The value of the wanted custom attribute.
    var attribute: String?

    /// The copyright lines, grouped by source.
    var copyrightsBySource: [(source: String, lines: [String])] {
        var found: [(source: String, lines: [String])] = []
        for line in copyrights {
            if found.last?.source != line.source { found.append((line.source, [])) }
            found[found.count - 1].lines.append(line.text)
        }
        return found
    }

    var hasChoice: Bool { expression.contains(" OR ") }
    /// The expression before the decision, if a licence was chosen among several or replaced another.
    var offer: String? {
        if let decision { return decision.found.isEmpty ? "no license found" : decision.found }
        return hasChoice ? expression : nil
    }
    var isCopyleft: Bool { licenses.contains(where: \.isCopyleft) }

    /// The licences in one line.
    var licenseLine: String {
        licenses.isEmpty ? "No known license" : licenses.map(\.label).joined(separator: ", ")
    }

    /// - Parameter start: the first of the cells `AttributionQueries.libraryCells`.
    init(_ rows: borrowing RowBuffer, at start: Int) {
        projectID = rows.integer(start)
        position = rows.integer(start + 1)
        product = rows.string(start + 2)
        project = rows.string(start + 3)
        filename = rows.string(start + 4)
        name = rows.string(start + 5)
        version = rows.string(start + 6)
        homepage = rows.string(start + 7)
        downloadLocation = rows.string(start + 8)
        notice = rows.string(start + 9)
        noticeReference = rows.string(start + 10)
        key = rows.integer(start + 11)
        author = rows.string(start + 12)
        expression = rows.string(start + 13)
    }
}
