/// The objects that hold a document together: its pages, its outline, and its metadata.
struct PDFDocumentObjects: ~Copyable {
    private struct OutlineItem {
        let title: String
        let page: Int
        let y: Int
        let parent: Int
        var kids: [Int] = []
    }

    /// The pages below one node: readers search a tree of a few hundred nodes faster than a list of ten thousand
    /// pages.
    private static let pagesInNode = 64

    private let root: Int
    private let resources: Int
    private var nodes: [(number: Int, count: Int)] = []
    private var pages: [Int] = []
    private var outlineItems: [OutlineItem] = []
    /// The named places: the object of the page, its number, and the height on it.
    private var places: [String: (page: Int, number: Int, y: Int)] = [:]
    /// The object of the page being drawn.
    private(set) var page = 0

    init(_ objects: inout PDFObjects) {
        root = objects.reserve()
        resources = objects.reserve()
    }

    // MARK: Pages

    mutating func beginPage(_ objects: inout PDFObjects) { page = objects.reserve() }

    /// Writes the page. `key` is the page's key in the tree from marks to their elements.
    mutating func endPage(
        _ content: borrowing ByteSink, _ annotations: [Int], key: Int, _ objects: inout PDFObjects,
        to file: inout ByteSink
    ) throws(SinkError) {
        let stream = objects.reserve()
        try objects.stream(stream, "", content, to: &file)
        if pages.isEmpty { nodes.append((objects.reserve(), 0)) }
        pages.append(page)
        let node = nodes[nodes.count - 1].number
        objects.pack(page) { bytes in
            bytes.append("<</Type/Page/Parent")
            bytes.reference(node)
            bytes.append("/Contents")
            bytes.reference(stream)
            bytes.append("/StructParents ")
            bytes.decimal(key)
            bytes.append("/Tabs/S")
            if !annotations.isEmpty {
                bytes.append("/Annots[")
                for annotation in annotations { bytes.reference(annotation) }
                bytes.append("]")
            }
            bytes.append(">>")
        }
        if pages.count == Self.pagesInNode { endNode(&objects) }
        try objects.unload(all: false, to: &file)
    }

    private mutating func endNode(_ objects: inout PDFObjects) {
        guard !pages.isEmpty else { return }
        nodes[nodes.count - 1].count = pages.count
        objects.pack(nodes[nodes.count - 1].number) { bytes in
            bytes.append(raw: "<</Type/Pages/Parent \(root) 0 R/Count \(pages.count)/Kids[")
            for page in pages { bytes.reference(page) }
            bytes.append("]>>")
        }
        pages.removeAll(keepingCapacity: true)
    }

    /// The entries of a form's dictionary, including its box.
    func formEntries(width: Double, height: Double, below: Int = 0) -> String {
        "/Type /XObject /Subtype /Form /BBox [0 \(-below) \(width) \(height)] /Resources \(resources) 0 R"
    }

    // MARK: Outline

    mutating func outline(_ title: String, below parent: PDFCanvas.OutlineEntry, y: Int) -> PDFCanvas.OutlineEntry {
        outlineItems.append(OutlineItem(title: title, page: page, y: y, parent: parent.index))
        if parent.index >= 0 { outlineItems[parent.index].kids.append(outlineItems.count - 1) }
        return PDFCanvas.OutlineEntry(index: outlineItems.count - 1)
    }

    /// Writes the outline (ISO 32000-1, 12.3.3) and returns its number.
    private func writeOutline(_ objects: inout PDFObjects) -> Int? {
        guard !outlineItems.isEmpty else { return nil }
        let outline = objects.reserve(1 + outlineItems.count)
        let tops = outlineItems.indices.filter { outlineItems[$0].parent < 0 }
        // All entries are open.
        var below = [Int](repeating: 0, count: outlineItems.count)
        for index in outlineItems.indices.reversed() where outlineItems[index].parent >= 0 {
            below[outlineItems[index].parent] += 1 + below[index]
        }
        func number(_ index: Int?) -> Int { outline + 1 + (index ?? 0) }
        objects.pack(outline) { bytes in
            bytes.append(
                raw:
                    "<</Type/Outlines/First \(number(tops.first)) 0 R/Last \(number(tops.last)) 0 R/Count \(outlineItems.count)>>"
            )
        }
        for list in [tops] + outlineItems.map(\.kids) {
            for (place, index) in list.enumerated() {
                let item = outlineItems[index]
                objects.pack(number(index)) { bytes in
                    bytes.append("<</Title")
                    bytes.string(item.title)
                    bytes.append(raw: "/Parent \(item.parent < 0 ? outline : number(item.parent)) 0 R")
                    if place > 0 { bytes.append(raw: "/Prev \(number(list[place - 1])) 0 R") }
                    if place + 1 < list.count { bytes.append(raw: "/Next \(number(list[place + 1])) 0 R") }
                    if let first = item.kids.first, let last = item.kids.last {
                        bytes.append(
                            raw: "/First \(number(first)) 0 R/Last \(number(last)) 0 R/Count \(below[index])")
                    }
                    bytes.append(raw: "/Dest[\(item.page) 0 R/XYZ 0 ")
                    bytes.hundredths(item.y)
                    bytes.append(" null]>>")
                }
            }
        }
        return outline
    }

    // MARK: Places

    /// When several heights get one name, the first keeps it.
    mutating func place(_ name: String, number: Int, y: Int) {
        if places[name] == nil { places[name] = (page, number, y) }
    }

    /// The page number of a place.
    func pageNumber(ofPlace name: String) -> Int? { places[name]?.number }

    /// Writes the places as a tree of one node (ISO 32000-1, 7.9.6 and 12.3.2.3) and returns its number.
    private func writePlaces(_ objects: inout PDFObjects) -> Int? {
        guard !places.isEmpty else { return nil }
        let number = objects.reserve()
        objects.pack(number) { bytes in
            bytes.append("<</Names[")
            for (name, place) in places.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                bytes.string(name)
                bytes.append(raw: "[\(place.page) 0 R/XYZ 0 ")
                bytes.hundredths(place.y)
                bytes.append(" null]")
            }
            bytes.append("]>>")
        }
        return number
    }

    // MARK: End

    /// Writes the objects at the end of a document. `forms` are the resources of kind form; `structure` is the root of the tree
    /// of elements.
    mutating func finish(
        _ end: PDFDocumentEnd, _ fonts: PDFFonts, _ objects: inout PDFObjects, to file: inout ByteSink
    ) throws(SinkError) {
        endNode(&objects)
        let count = nodes.reduce(0) { $0 + $1.count }
        objects.pack(root) { bytes in
            bytes.append(
                raw:
                    "<</Type/Pages/Count \(count)/MediaBox[0 0 \(end.size.width) \(end.size.height)]/Resources \(resources) 0 R/Kids["
            )
            for node in nodes { bytes.reference(node.number) }
            bytes.append("]>>")
        }
        var names = ""
        for face in fonts.faces where !face.codes.isEmpty {
            let first = objects.reserve(face.fonts.count)
            for (place, font) in face.fonts.enumerated() { names += " /F\(font) \(first + place) 0 R" }
            try objects.write(face, numbers: Array(first..<first + face.fonts.count), to: &file)
        }
        objects.pack(resources) { bytes in
            bytes.append(raw: "<< /Font <<\(names) >> /XObject <<\(end.forms) >> >>")
        }
        let information = writeInformation(end.description, &objects)
        let outline = writeOutline(&objects).map { "/Outlines \($0) 0 R" } ?? ""
        let places = writePlaces(&objects).map { "/Names<</Dests \($0) 0 R>>" } ?? ""
        let catalog = objects.reserve()
        objects.pack(catalog) { bytes in
            bytes.append(
                raw: """
                    <</Type/Catalog/Pages \(root) 0 R\(outline)\(places)/Lang(en)/MarkInfo<</Marked true>>\
                    /StructTreeRoot \(end.structure) 0 R/ViewerPreferences<</DisplayDocTitle true>>>>
                    """)
        }
        try objects.finish("/Root \(catalog) 0 R /Info \(information) 0 R", to: &file)
    }

    private func writeInformation(_ description: PDFCanvas.Description, _ objects: inout PDFObjects) -> Int {
        let number = objects.reserve()
        objects.pack(number) { bytes in
            bytes.append("<</Title")
            bytes.string(description.title)
            if let author = description.author {
                bytes.append("/Author")
                bytes.string(author)
            }
            bytes.append("/Creator")
            bytes.string(description.creator)
            bytes.append("/Producer")
            bytes.string(description.creator)
            let digits = description.created.filter { ("0"..."9").contains($0) }
            if digits.utf8.count == 14, description.created.hasSuffix("Z") {
                bytes.append(raw: "/CreationDate(D:\(digits)Z)")
            }
            bytes.append(">>")
        }
        return number
    }
}

/// The parts of a document's end.
struct PDFDocumentEnd {
    let description: PDFCanvas.Description
    /// The names and objects of forms, as resources.
    let forms: String
    /// The root of the tree of elements.
    let structure: Int
    let size: PDFCanvas.PageSize
}
