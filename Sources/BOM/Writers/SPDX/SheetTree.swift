package import Bytes

// DESIGN. A document of 50,000 packages has a million members, and is written once for each of three sheets. So a member is
// stored only if the sheet has a column for it. Comparing names finds the column, without a dictionary or a string.

/// An SPDX document as the rows of one sheet; members of other sheets are dropped. `SPDXWorkbook` joins the sheets.
package struct SheetTree: TreeWriter {
    /// The objects of a document whose members belong to a row, or to the sheet of the document itself.
    private enum Section {
        case document, creation, package, checksum, externalRef, relationship, license, other

        init(_ name: StaticString) {
            self =
                if name.equals("packages") {
                    .package
                } else if name.equals("checksums") {
                    .checksum
                } else if name.equals("externalRefs") {
                    .externalRef
                } else if name.equals("relationships") {
                    .relationship
                } else if name.equals("hasExtractedLicensingInfos") {
                    .license
                } else if name.equals("Document") {
                    .document
                } else if name.equals("creationInfo") {
                    .creation
                } else {
                    .other
                }
        }
    }

    /// The current sheet and its columns.
    private(set) var sheet = SPDXSheet.packageInfo
    private var columns: [SPDXSheet.Column] = []
    /// The number of rows including the heading; rows beyond the limit are only counted.
    private(set) var rows = 0
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

    /// Changes to a sheet and writes its heading.
    mutating func begin(_ sheet: SPDXSheet, _ version: SPDXVersion, to out: inout ByteSink) {
        self.sheet = sheet
        columns = sheet.columns(version)
        rows = 0
        losses = [:]
        rowSection =
            switch sheet {
            case .packageInfo: .package
            case .externalRefs: .externalRef
            case .relationships: .relationship
            case .extractedLicenses: .license
            case .documentInfo, .perFile, .annotations, .snippets: .other
            }
        row(style: " s=\"1\"", columns.map(\.title.description), to: &out)
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        let section = Section(name.plain)
        sections.append(section)
        if section == .package { packageID = "" }
        if section == rowSection {
            cells = Array(repeating: "", count: columns.count)
            nextColumn = 0
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

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {}
    package mutating func endList(to out: inout ByteSink) {}

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        guard let section = sections.last else { return }
        switch section {
        case rowSection where rowSection != .other: add(value, to: name.plain)
        case .document: head[name.plain.description] = value
        case .creation:
            if name.plain.equals("creators") { creators.append(value) } else { head[name.plain.description] = value }
        case .package: if sheet == .externalRefs, name.plain.equals("SPDXID") { packageID = value }
        case .checksum:
            if name.plain.equals("algorithm") {
                algorithm = value
            } else if name.plain.equals("checksumValue") {
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

    /// Several values of one member become the lines of a cell.
    private mutating func add(_ value: String, to name: StaticString) {
        guard let place = place(of: name) else { return }
        cells[place] = cells[place].isEmpty ? value : cells[place] + "\n" + value
    }

    private mutating func cell(_ name: StaticString) -> String { place(of: name).map { cells[$0] } ?? "" }

    /// The column of a member, if the sheet has one.
    private mutating func place(of name: StaticString) -> Int? {
        // Columns without known content have no member.
        if name.equals("") { return nil }
        for step in columns.indices {
            let place = (nextColumn + step) % columns.count
            if columns[place].member.equals(name) {
                nextColumn = place + 1
                return place
            }
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

extension StaticString {
    /// Whether both texts are equal.
    fileprivate func equals(_ other: StaticString) -> Bool {
        withUTF8Buffer { own in other.withUTF8Buffer { own.count == $0.count && own.elementsEqual($0) } }
    }
}
