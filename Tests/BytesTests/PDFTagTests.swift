import Bytes
import Foundation
import Testing

/// The structure of a document (ISO 32000-1, 14.7 and 14.8), read in the way of a screen reader.
@Suite struct PDFTagTests {
    /// 400 rows on many pages, with links and scripts, and a second table.
    private static func document() throws -> PDFDocument {
        try PDFDocument { file in
            var table = try PDFTable(
                .init(title: "Inventory", scope: "Example", created: "2024-05-01T12:00:00Z", notes: ["A note."]),
                columns: [.init("Library"), .init("Size", .number), .init("Home", .link)])
            for row in 0..<400 {
                let name = row % 3 == 0 ? "مكتبة \(row)" : "library-\(row)"
                try table.row([name, row % 5 == 0 ? "" : "\(row)", "https://example.org/\(row)"], to: &file)
            }
            try table.nextTable("Second", columns: [.init("Other")], to: &file)
            try table.row(["नमस्ते"], to: &file)
            try table.finish(to: &file)
        }
    }

    @Test func theDocumentSaysWhatItIs() throws {
        let objects = try PDFObjectTree(Self.document())
        let catalog = try #require(objects.resolve(objects.trailer["/Root"]) as? [String: Any])
        #expect((catalog["/MarkInfo"] as? [String: Any])?["/Marked"] as? Bool == true)
        #expect(catalog["/Lang"] as? String == "u:en")
        #expect((catalog["/ViewerPreferences"] as? [String: Any])?["/DisplayDocTitle"] as? Bool == true)
        let information = objects.resolve(objects.trailer["/Info"]) as? [String: Any]
        #expect(information?["/Title"] as? String == "u:Inventory")
    }

    @Test func everyCellIsInARowAndEveryHeadingHasItsScope() throws {
        let objects = try PDFObjectTree(Self.document())
        let elements = try objects.elements()
        #expect(elements.filter { $0.role == "H1" }.count == 1)
        #expect(elements.filter { $0.role == "H2" }.count == 1)
        let tables = elements.filter { $0.role == "Table" }
        #expect(tables.count == 2)
        var rows: [String: Int] = [:]
        for element in elements {
            let parent = element.parentRole
            if !["H1", "H2", "P", "TD", "TH", "Link"].contains(element.role) { #expect(element.marks.isEmpty) }
            switch element.role {
            case "THead", "TBody": #expect(parent == "Table")
            case "TR": #expect(parent == "THead" || parent == "TBody")
            case "TD", "TH":
                #expect(parent == "TR")
                rows[element.parent, default: 0] += 1
                guard element.role == "TH" else { continue }
                let attributes = element.value["/A"] as? [String: Any]
                #expect(attributes?["/O"] as? String == "/Table" && attributes?["/Scope"] as? String == "/Column")
            case "Link": #expect(parent == "TD")
            case "H1", "H2", "P", "Table": #expect(parent == "Document")
            case "Document": #expect(parent.isEmpty)
            default: Issue.record("an element of the unknown kind \(element.role)")
            }
        }
        #expect(rows.values.filter { $0 == 3 }.count == 401)
        #expect(rows.values.filter { $0 == 1 }.count == 2)
        #expect(elements.filter { $0.role == "Link" }.count == 400)
    }

    @Test func everyMarkLeadsToItsElementAndBack() throws {
        let document = try Self.document()
        let objects = try PDFObjectTree(document)
        var owners: [String: String] = [:]
        for element in try objects.elements() {
            for mark in element.marks { owners["\(mark.page) \(mark.number)"] = element.reference }
            for annotation in element.annotations { owners[annotation] = element.reference }
        }
        let parents = try objects.parentTree()
        var marks = 0
        for page in objects.pages() {
            let key = try #require(page.value["/StructParents"] as? Int)
            for (number, element) in try #require(parents[key] as? [Any]).enumerated() where !(element is NSNull) {
                #expect(owners["\(page.reference) \(number)"] == element as? String)
                marks += 1
            }
            for annotation in page.value["/Annots"] as? [String] ?? [] {
                let value = objects.resolve(annotation) as? [String: Any]
                let key = try #require(value?["/StructParent"] as? Int)
                #expect(parents[key] as? String == owners[annotation])
                #expect((value?["/Contents"] as? String)?.hasPrefix("u:https://") == true)
            }
        }
        #expect(owners.count == marks + 400)
    }

    @Test func nothingIsDrawnOutsideOfAMark() throws {
        var depth = 0
        var isInText = false
        var shown = 0
        for line in try Self.document().plain().split(whereSeparator: \.isNewline) {
            if line == "stream" || line.hasSuffix(" stream") { (depth, isInText) = (0, false) }
            if line.hasSuffix("BDC") || line.hasSuffix("BMC") { depth += 1 }
            if line == "EMC" { depth -= 1 }
            if line == "BT" { isInText = true }
            if line == "ET" { isInText = false }
            if line.hasSuffix("]TJ"), isInText {
                shown += 1
                // A form is a mark as a whole: the repeated heading and the total of pages.
                if depth == 0 { #expect(line.utf8.count < 200) }
            }
            #expect(depth >= 0 && depth <= 2)
        }
        #expect(shown > 1200)
    }

    @Test func anotherReaderFindsTheCells() throws {
        let text = try Self.document().read(by: "pdfinfo", ["-struct-text", "FILE"]).output
        for expected in [
            "Document", "H1", "\"Inventory\"", "Table", "TH", "\"library-1\"", "\"https://example.org/1\"",
        ] {
            #expect(text.contains(expected), "\(expected) is missing in \(text.prefix(2000))")
        }
    }
}

/// The objects of a document in qpdf's JSON.
private struct PDFObjectTree {
    struct Element {
        let reference: String
        let role: String
        let parent: String
        let parentRole: String
        let value: [String: Any]
        var marks: [(page: String, number: Int)] = []
        var annotations: [String] = []
    }

    private let objects: [String: Any]
    let trailer: [String: Any]

    init(_ document: PDFDocument) throws {
        let text = try document.read(by: "qpdf", ["--json=2", "--json-key=qpdf", "FILE"]).output
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let parts = try #require(json["qpdf"] as? [[String: Any]])
        objects = parts.last ?? [:]
        trailer = (objects["trailer"] as? [String: Any])?["value"] as? [String: Any] ?? [:]
    }

    /// The object of a reference; any other value unchanged.
    func resolve(_ value: Any?) -> Any? {
        guard let text = value as? String, text.hasSuffix(" R") else { return value }
        return (objects["obj:\(text)"] as? [String: Any])?["value"]
    }

    func pages() -> [(reference: String, value: [String: Any])] {
        objects.compactMap { key, object in
            guard let value = (object as? [String: Any])?["value"] as? [String: Any],
                value["/Type"] as? String == "/Page"
            else { return nil }
            return (String(key.dropFirst(4)), value)
        }
    }

    private func root() throws -> [String: Any] {
        let catalog = try #require(resolve(trailer["/Root"]) as? [String: Any])
        return try #require(resolve(catalog["/StructTreeRoot"]) as? [String: Any])
    }

    /// All elements, each after its parent; fails if an element does not name its parent.
    func elements() throws -> [Element] {
        let catalog = try #require(resolve(trailer["/Root"]) as? [String: Any])
        let start = try #require(catalog["/StructTreeRoot"] as? String)
        var found: [Element] = []
        var open = [(reference: try #require(try root()["/K"] as? String), parent: start, role: "")]
        while let (reference, parent, parentRole) = open.popLast() {
            let value = try #require(resolve(reference) as? [String: Any])
            let role = String(try #require(value["/S"] as? String).dropFirst())
            #expect(value["/P"] as? String == parent)
            var element = Element(
                reference: reference, role: role, parent: parent, parentRole: parentRole, value: value)
            for kid in value["/K"] as? [Any] ?? value["/K"].map({ [$0] }) ?? [] {
                if let number = kid as? Int {
                    element.marks.append((try #require(value["/Pg"] as? String), number))
                } else if let kid = kid as? [String: Any] {
                    element.annotations.append(try #require(kid["/Obj"] as? String))
                } else if let kid = kid as? String {
                    open.append((kid, reference, role))
                }
            }
            found.append(element)
        }
        return found
    }

    /// The targets of all keys in the tree from marks to elements.
    func parentTree() throws -> [Int: Any] {
        let tree = try #require(resolve(try root()["/ParentTree"]) as? [String: Any])
        var found: [Int: Any] = [:]
        for leaf in tree["/Kids"] as? [String] ?? [] {
            let leaf = try #require(resolve(leaf) as? [String: Any])
            let entries = try #require(leaf["/Nums"] as? [Any])
            for place in stride(from: 0, to: entries.count - 1, by: 2) {
                found[try #require(entries[place] as? Int)] = entries[place + 1]
            }
        }
        return found
    }
}
