// DESIGN. A tagged document (ISO 32000-1, 14.7 and 14.8) assigns each mark on a page to an element. It states the kind and
// the parent of each element, so that a reader can read it aloud or extract a table. An element is written when it ends; then
// only its number remains, in the list of its parent. So only open elements are kept: a table keeps a number for each page,
// because its rows are grouped by page. The tree from marks to their elements is written with each page.

/// The type of a part of a document.
package enum PDFRole: Sendable {
    case document
    /// Headings and paragraphs that belong together, on one page or more.
    case section
    /// A title; 1 is the title of the document.
    case heading(Int)
    case paragraph
    case table
    /// Rows of headings.
    case tableHead
    /// Rows of values.
    case tableBody
    case row
    /// The heading of a column.
    case columnHeading
    case cell
    case link
    /// A drawing with its description in words.
    case figure(String)

    /// The standard type (14.8.4) and its attributes.
    fileprivate func append(to bytes: inout ByteSink) {
        switch self {
        case .document: bytes.append("<</S/Document")
        case .heading(let level):
            bytes.append("<</S/H")
            bytes.decimal(min(max(level, 1), 6))
        case .figure(let words):
            bytes.append("<</S/Figure/Alt")
            bytes.string(words)
        case .columnHeading: bytes.append("<</S/TH/A<</O/Table/Scope/Column>>")
        case .section, .paragraph, .table, .tableHead, .tableBody, .row, .cell, .link:
            bytes.append("<</S/")
            bytes.append(name)
        }
    }

    /// The kind that determines how its elements are packed.
    fileprivate var kind: PDFObjects.Kind {
        switch self {
        case .cell: .cell
        case .row: .row
        case .link: .link
        case .document, .section, .heading, .paragraph, .table, .tableHead, .tableBody, .columnHeading, .figure: .other
        }
    }

    /// The name that marks on a page use for it.
    var name: StaticString {
        switch self {
        case .document: "Document"
        case .section: "Sect"
        case .heading(let level):
            switch level {
            case ...1: "H1"
            case 2: "H2"
            case 3: "H3"
            default: "H4"
            }
        case .paragraph: "P"
        case .table: "Table"
        case .tableHead: "THead"
        case .tableBody: "TBody"
        case .row: "TR"
        case .columnHeading: "TH"
        case .cell: "TD"
        case .link: "Link"
        case .figure: "Figure"
        }
    }
}

/// The tree of a document's elements while the document is written.
struct PDFStructure: ~Copyable {
    private enum Kid {
        case element(Int)
        /// A mark, by its number on its page.
        case mark(Int, page: Int)
        case annotation(Int, page: Int)
    }

    private struct Element {
        var role: PDFRole
        var number: Int
        var kids: [Kid] = []
    }

    private let root: Int
    private let document: Int
    private var elements: [Element]
    private var depth = 1
    /// The element of each mark of this page; 0 for unused numbers.
    private var marks: [Int] = []
    /// The number of the open row's first mark, and the position of the cell in the row.
    private var row: (first: Int, cell: Int)?
    /// The element of each annotation of this page.
    private var annotations: [Int] = []
    /// The key of this page in the tree from marks to elements; the keys of its annotations follow it.
    private var key = 0
    private var leaves: [Int] = []

    init(_ objects: inout PDFObjects) {
        root = objects.reserve()
        document = objects.reserve()
        elements = [Element(role: .document, number: document)]
    }

    /// The innermost open element; nil for the document itself, so that drawings belong to no element.
    var current: Int? { depth > 1 ? elements[depth - 1].number : nil }
    var currentRole: PDFRole { elements[depth - 1].role }

    /// Begins an element as part of the open one.
    mutating func begin(_ role: PDFRole, _ objects: inout PDFObjects) {
        let number = objects.reserve(role.kind)
        elements[depth - 1].kids.append(.element(number))
        if depth == elements.count {
            elements.append(Element(role: role, number: number))
        } else {
            elements[depth].role = role
            elements[depth].number = number
            elements[depth].kids.removeAll(keepingCapacity: true)
        }
        depth += 1
        switch role {
        case .row: row = ((marks.count + 9) / 10 * 10, -1)
        case .cell: row?.cell += 1
        case .document, .section, .heading, .paragraph, .table, .tableHead, .tableBody, .columnHeading, .link, .figure:
            break
        }
    }

    /// Assigns a mark of this page to the open element, and returns the mark's number.
    mutating func mark(page: Int) -> Int {
        // The last digit is the same for a column in each row, and the digits before it are the same within a row, so both
        // repeat in the page's content.
        if let row {
            while marks.count < row.first + row.cell { marks.append(0) }
        }
        elements[depth - 1].kids.append(.mark(marks.count, page: page))
        marks.append(elements[depth - 1].number)
        return marks.count - 1
    }

    /// Assigns an annotation to the open element, and returns its key; nil when no element is open.
    mutating func annotate(_ number: Int, page: Int) -> Int? {
        guard depth > 1 else { return nil }
        elements[depth - 1].kids.append(.annotation(number, page: page))
        annotations.append(elements[depth - 1].number)
        return key + annotations.count
    }

    /// Ends the element that is open.
    mutating func end(_ objects: inout PDFObjects) {
        assert(depth > 1, "an element ends that was not begun")
        guard depth > 1 else { return }
        depth -= 1
        if case .row = elements[depth].role { row = nil }
        write(depth, parent: elements[depth - 1].number, &objects)
    }

    private func write(_ index: Int, parent: Int, _ objects: inout PDFObjects) {
        let kind = elements[index].role.kind
        objects.pack(elements[index].number, kind) { write(index, parent, isAligned: kind != .other, to: &$0) }
    }

    private func write(_ index: Int, _ parent: Int, isAligned: Bool, to bytes: inout ByteSink) {
        elements[index].role.append(to: &bytes)
        bytes.append("/P")
        bytes.reference(parent, isAligned)
        var ownPage: Int?
        for kid in elements[index].kids {
            if case .mark(_, let page) = kid {
                ownPage = page
                bytes.append("/Pg")
                bytes.reference(page, isAligned)
                break
            }
        }
        let count = elements[index].kids.count
        if count > 0 {
            bytes.append(count == 1 ? "/K" : "/K[")
            for kid in elements[index].kids { Self.append(kid, ownPage, isAligned, to: &bytes) }
            if count > 1 { bytes.append("]") }
        }
        bytes.append(">>")
    }

    @inline(__always)
    private static func append(_ kid: Kid, _ ownPage: Int?, _ isAligned: Bool, to bytes: inout ByteSink) {
        switch kid {
        case .element(let number): bytes.reference(number, isAligned)
        case .mark(let mark, let page):
            if page != ownPage {
                bytes.append("<</Type/MCR/Pg")
                bytes.reference(page)
                bytes.append("/MCID")
            }
            bytes.append(UInt8(ascii: " "))
            if isAligned { bytes.aligned(mark, 5) } else { bytes.decimal(mark) }
            if page != ownPage { bytes.append(">>") }
        case .annotation(let number, let page):
            bytes.append("<</Type/OBJR/Pg")
            bytes.reference(page, isAligned)
            bytes.append("/Obj")
            bytes.reference(number, isAligned)
            bytes.append(">>")
        }
    }

    /// Writes the tree from this page's marks to their elements, and returns the page's key in the tree.
    mutating func endPage(_ objects: inout PDFObjects) -> Int {
        let leaf = objects.reserve(.leaf)
        leaves.append(leaf)
        objects.pack(leaf, .leaf) { bytes in
            let start = bytes.held
            bytes.append("<</Limits[")
            bytes.decimal(key)
            bytes.append(" ")
            bytes.decimal(key + annotations.count)
            bytes.append("]/Nums[")
            bytes.decimal(key)
            bytes.append("[")
            // References one below the other, each in a row of its own.
            bytes.fill(
                to: start + (bytes.held - start + PDFObjects.referenceLength - 1) / PDFObjects.referenceLength
                    * PDFObjects.referenceLength)
            for element in marks {
                if element == 0 { bytes.append("         null") } else { bytes.reference(element, true) }
            }
            bytes.append("]")
            for (place, element) in annotations.enumerated() {
                bytes.append(" ")
                bytes.decimal(key + 1 + place)
                bytes.reference(element)
            }
            bytes.append("]>>")
        }
        defer {
            key += 1 + annotations.count
            marks.removeAll(keepingCapacity: true)
            annotations.removeAll(keepingCapacity: true)
        }
        return key
    }

    /// Ends the document, and returns the number of the tree's root.
    mutating func finish(_ objects: inout PDFObjects) -> Int {
        while depth > 1 { end(&objects) }
        write(0, parent: root, &objects)
        let tree = objects.reserve()
        objects.pack(tree) { bytes in
            bytes.append("<</Kids[")
            for leaf in leaves { bytes.reference(leaf) }
            bytes.append("]>>")
        }
        objects.pack(root) { bytes in
            bytes.append("<</Type/StructTreeRoot/K")
            bytes.reference(document)
            bytes.append("/ParentTree")
            bytes.reference(tree)
            bytes.append("/ParentTreeNextKey ")
            bytes.decimal(key)
            bytes.append(">>")
        }
        return root
    }
}
