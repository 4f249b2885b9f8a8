extension PDFTable {
    /// The content above the first table, and the metadata of the document.
    package struct Heading: Sendable {
        package var title: String
        /// One line below the title that names the organization, product or project.
        package var scope: String
        /// ISO 8601 in UTC, `2024-05-01T12:00:00Z`; printed, and used as the document's date of creation.
        package var created: String
        /// Further lines, which readers need for all of the content.
        package var notes: [String] = []
        /// Counts above the first table.
        package var figures: [PDFFigure] = []
        package var author: String?

        package init(
            title: String, scope: String, created: String, notes: [String] = [], figures: [PDFFigure] = [],
            author: String? = nil
        ) {
            self.notes = notes
            self.figures = figures
            self.title = title
            self.scope = scope
            self.created = created
            self.author = author
        }
    }

    package struct Column: Sendable {
        package enum Kind: Sendable, Equatable {
            case text
            /// Right-aligned.
            case number
            /// An address; a link when it is http or https.
            case link
            /// A text with the address that it links to, in the colour of links or as plain text.
            case linked(isColored: Bool)
            /// A word, with a coloured square in front if the word is one of these.
            case marked([PDFMark])

            var takesAddress: Bool {
                switch self {
                case .linked: true
                case .text, .number, .link, .marked: false
                }
            }

            var isMarked: Bool {
                switch self {
                case .marked: true
                case .text, .number, .link, .linked: false
                }
            }
        }
        package var title: String
        package var kind: Kind
        /// The column's share of the width that remains after all minimum widths; usually 1.
        package var weight: Double
        /// Whether each change of its value from row to row becomes an entry of the outline. True for at most one
        /// column.
        package var isOutlined: Bool

        package init(_ title: String, _ kind: Kind = .text, weight: Double = 1, isOutlined: Bool = false) {
            self.title = title
            self.kind = kind
            self.weight = weight
            self.isOutlined = isOutlined
        }
    }
}

/// A word and its colour.
package struct PDFMark: Sendable, Equatable {
    let word: [UInt8]
    let color: PDFColor

    package init(_ word: String, _ color: PDFColor) {
        self.word = Array(word.utf8)
        self.color = color
    }
}
