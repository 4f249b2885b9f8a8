package import Bytes
import Synchronization

// DESIGN. A document of 50,000 packages has a million members. A member is stored only if the sheet has a column for it. Comparing
// names finds the column, without a dictionary or a string.

/// The place in a stream of bytes where the relationships' sheet begins. The tree that writes the bytes sets it, and the destination
/// that passes them on looks at it.
final class SheetTurn: Sendable {
    private let place = Atomic<Int>(.max)

    /// The number of bytes before the place; the greatest number until it is known.
    var position: Int {
        get { place.load(ordering: .relaxed) }
        set { place.store(newValue, ordering: .relaxed) }
    }
}

/// An SPDX document as the rows of one sheet; members of other sheets are dropped. `SPDXWorkbook` joins the sheets.
package struct SheetTree: TreeWriter {
    /// The objects of a document whose members belong to a row, or to the sheet of the document itself.
    private enum Section {
        case document, creation, package, checksum, externalRef, relationship, license, other

        init(_ name: StaticString) {
            self =
                if name.isSame(as: "packages") {
                    .package
                } else if name.isSame(as: "checksums") {
                    .checksum
                } else if name.isSame(as: "externalRefs") {
                    .externalRef
                } else if name.isSame(as: "relationships") {
                    .relationship
                } else if name.isSame(as: "hasExtractedLicensingInfos") {
                    .license
                } else if name.isSame(as: "Document") {
                    .document
                } else if name.isSame(as: "creationInfo") {
                    .creation
                } else {
                    .other
                }
        }
    }

    /// The current sheet and its columns.
    private(set) var sheet = SPDXSheet.packageInfo
    private var version = SPDXVersion.v23
    private var columns: [SPDXSheet.Column] = []
    /// The number of rows including the heading; rows beyond the limit are only counted.
    private var rows = 0
    /// The first sheet with more rows than it can hold, and their number.
    private(set) var excess: (sheet: SPDXSheet, rows: Int)?
    /// Where the sheet of the packages ends and that of the relationships follows; nil where no sheet follows.
    private var turn: SheetTurn?
    /// The members of the document itself and of `creationInfo`, and the ids of the described elements; complete after the
    /// relationships.
    private(set) var head: [String: String] = [:]
    private(set) var creators: [String] = []
    private(set) var described: [String] = []
    package private(set) var losses: [BOMLoss: Int] = [:]

    private var sections: [Section] = []
    /// The object whose members are the cells of a row.
    private var rowSection = Section.package
    /// The current row, with a cell for each column.
    private var cells: [String] = []
    /// The column after the last one found, because members come roughly in the order of the columns.
    private var nextColumn = 0
    /// The id of the package around an external reference.
    private var packageID = ""
    private var algorithm = ""
    private var checksum = ""

    package init() {}

    /// Begins a sheet and writes its heading.
    ///
    /// - Parameter turn: for the sheet of the packages, if the relationships' sheet follows in the same stream.
    mutating func begin(
        _ sheet: SPDXSheet, _ version: SPDXVersion, turn: SheetTurn? = nil, to out: inout ByteSink
    ) {
        self.sheet = sheet
        self.version = version
        self.turn = turn
        columns = sheet.columns(version)
        rows = 0
        rowSection =
            switch sheet {
            case .packageInfo: .package
            case .externalRefs: .externalRef
            case .relationships: .relationship
            case .extractedLicenses: .license
            case .documentInfo, .perFile, .annotations, .snippets: .other
            }
        out.append(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView
            """)
        if sheet == .documentInfo { out.append(" tabSelected=\"1\"") }
        out.append(
            """
             workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>\
            </sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="
            """)
        out.append(decimal: Int64(columns.count))
        out.append("\" width=\"26\" customWidth=\"1\"/></cols><sheetData>")
        row(style: " s=\"1\"", columns.map(\.title.description), to: &out)
    }

    /// Ends the sheet.
    mutating func end(to out: inout ByteSink) {
        out.append("</sheetData></worksheet>")
        if rows > SPDXSheet.rowLimit, excess == nil { excess = (sheet, rows) }
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        let section = Section(name.plain)
        sections.append(section)
        if section == .package { packageID = "" }
        if section == rowSection {
            clearCells()
        } else if section == .checksum {
            (algorithm, checksum) = ("", "")
        }
    }

    package mutating func endObject(to out: inout ByteSink) {
        let section = sections.removeLast()
        if section == .checksum, sheet == .packageInfo { add("\(algorithm): \(checksum)", to: "checksums") }
        guard section == rowSection, section != .other else { return }
        if section == .externalRef {
            add(packageID, to: "package")
            // The Java tools use this spelling of the categories in all versions.
            if let place = place(of: "referenceCategory") {
                let letters = cells[place].utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
                cells[place] = String(decoding: letters, as: UTF8.self)
            }
        }
        if section == .relationship, cell("relationshipType") == "DESCRIBES" {
            let id = cell("relatedSpdxElement")
            if !id.isEmpty { described.append(id) }
        }
        finishRow(to: &out)
    }

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {
        guard let turn, name.plain.isSame(as: "relationships") else { return }
        end(to: &out)
        turn.position = out.count
        begin(.relationships, version, to: &out)
    }

    package mutating func endList(to out: inout ByteSink) {}

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        guard let section = sections.last else { return }
        switch section {
        case rowSection where rowSection != .other: add(value, to: name.plain)
        case .document: head[name.plain.description] = value
        case .creation:
            if name.plain.isSame(as: "creators") {
                creators.append(value)
            } else {
                head[name.plain.description] = value
            }
        case .package: if sheet == .externalRefs, name.plain.isSame(as: "SPDXID") { packageID = value }
        case .checksum:
            if name.plain.isSame(as: "algorithm") {
                algorithm = value
            } else if name.plain.isSame(as: "checksumValue") {
                checksum = value
            }
        case .externalRef, .relationship, .license, .other: break
        }
    }

    package mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink) {
        field(name, "\(value)", to: &out)
    }

    package mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        field(name, String(value), to: &out)
    }

    package mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink) {
        field(name, value ? "true" : "false", to: &out)
    }

    // MARK: - Cells

    private mutating func clearCells() {
        nextColumn = 0
        if cells.count != columns.count {
            cells = Array(repeating: "", count: columns.count)
            return
        }
        for place in cells.indices where !cells[place].isEmpty { cells[place] = "" }
    }

    /// Several values of one member become the lines of a cell.
    private mutating func add(_ value: String, to name: StaticString) {
        guard let place = place(of: name) else { return }
        cells[place] = cells[place].isEmpty ? value : cells[place] + "\n" + value
    }

    private mutating func cell(_ name: StaticString) -> String { place(of: name).map { cells[$0] } ?? "" }

    /// The column of a member, if the sheet has one.
    private mutating func place(of name: StaticString) -> Int? {
        // Columns without known content have no member.
        if name.utf8CodeUnitCount == 0 { return nil }
        for place in columns[nextColumn...].indices where columns[place].member.isSame(as: name) {
            nextColumn = place + 1
            return place
        }
        for place in 0..<nextColumn where columns[place].member.isSame(as: name) {
            nextColumn = place + 1
            return place
        }
        return nil
    }

    // MARK: - Rows

    /// Writes a row of members; cells of other columns stay empty.
    mutating func row(_ members: [String: String], to out: inout ByteSink) {
        cells = columns.map { members[$0.member.description] ?? "" }
        finishRow(to: &out)
    }

    /// Writes the cells; a row whose locator is too long is left out.
    private mutating func finishRow(to out: inout ByteSink) {
        if sheet == .externalRefs, Self.isLong(cell("referenceLocator")) {
            losses[.longField, default: 0] += 1
            return
        }
        if sheet == .packageInfo {
            for name in ["licenseDeclared", "licenseConcluded"] as [StaticString] {
                guard let place = place(of: name), Self.isLong(cells[place]) else { continue }
                losses[.longField, default: 0] += 1
                cells[place] = "NOASSERTION"
            }
        }
        row(style: "", cells, to: &out)
    }

    /// UTF-8 has at least as many bytes as UTF-16 has units.
    private static func isLong(_ text: String) -> Bool {
        text.utf8.count > ByteSink.sheetTextLimit && text.utf16.count > ByteSink.sheetTextLimit
    }

    private mutating func row(style: StaticString, _ values: [String], to out: inout ByteSink) {
        rows += 1
        guard rows <= SPDXSheet.rowLimit else { return }
        out.append("<row>")
        for var value in values {
            guard !value.isEmpty else {
                out.append("<c/>")
                continue
            }
            // Inline strings are never formulas, even with a leading `=` (ECMA-376 Part 1 §18.3.1.53).
            out.append("<c")
            out.append(style)
            out.append(" t=\"inlineStr\"><is><t xml:space=\"preserve\">")
            if value.withUTF8({ out.append(sheetText: UnsafeRawBufferPointer($0)) }) {
                losses[.longCell, default: 0] += 1
            }
            out.append("</t></is></c>")
        }
        out.append("</row>\n")
    }
}
