package import Bytes

/// An SPDX document as the rows of one sheet; members that belong to other sheets are dropped. `SPDXWorkbook` puts
/// sheets together.
package struct SheetTree: TreeWriter {
    /// The sheet that is written, and its columns.
    private(set) var sheet = SPDXSheet.packageInfo
    private var columns: [SPDXSheet.Column] = []
    /// Rows of the sheet, its heading included; beyond the limit they are counted only.
    private(set) var rows = 0
    /// The members of the document itself and of `creationInfo`, and the ids that it describes.
    private(set) var head: [String: String] = [:]
    private(set) var creators: [String] = []
    private(set) var described: [String] = []
    package private(set) var losses: [BOMLoss: Int] = [:]

    private var sections: [String] = []
    private var package: [String: String] = [:]
    private var item: [String: String] = [:]

    package init() {}

    /// Turns to a sheet and writes its heading.
    mutating func begin(_ sheet: SPDXSheet, _ version: SPDXVersion, to out: inout ByteSink) {
        self.sheet = sheet
        columns = sheet.columns(version)
        rows = 0
        losses = [:]
        row(style: " s=\"1\"", columns.map(\.title.description), to: &out)
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        let name = name.plain.description
        sections.append(name)
        if name == "packages" {
            package.removeAll(keepingCapacity: true)
        } else {
            item.removeAll(keepingCapacity: true)
        }
    }

    package mutating func endObject(to out: inout ByteSink) {
        switch sections.removeLast() {
        case "packages": if sheet == .packageInfo { row(package, to: &out) }
        case "checksums":
            add("\(item["algorithm"] ?? ""): \(item["checksumValue"] ?? "")", to: "checksums", of: &package)
        case "externalRefs":
            guard sheet == .externalRefs else { return }
            item["package"] = package["SPDXID"]
            // The Java tools write the categories like this in all versions.
            item["referenceCategory"] = item["referenceCategory"].map { String($0.map { $0 == "-" ? "_" : $0 }) }
            row(item, to: &out)
        case "relationships":
            if item["relationshipType"] == "DESCRIBES", let id = item["relatedSpdxElement"] { described.append(id) }
            if sheet == .relationships { row(item, to: &out) }
        case "hasExtractedLicensingInfos": if sheet == .extractedLicenses { row(item, to: &out) }
        default: break
        }
    }

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {}
    package mutating func endList(to out: inout ByteSink) {}

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        let name = name.plain.description
        switch sections.last {
        case "packages":
            add(value, to: name, of: &package)
        case "Document": head[name] = value
        case "creationInfo": if name == "creators" { creators.append(value) } else { head[name] = value }
        default: add(value, to: name, of: &item)
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

    /// Several values of one member are the lines of a cell.
    private func add(_ value: String, to name: String, of members: inout [String: String]) {
        if let before = members[name] { members[name] = before + "\n" + value } else { members[name] = value }
    }

    // MARK: - Rows

    /// Writes a row of members; one whose key cell would be empty or whose locator does not fit is left out.
    mutating func row(_ members: [String: String], to out: inout ByteSink) {
        if let locator = members["referenceLocator"], Self.isLong(locator) {
            losses[.longField, default: 0] += 1
            return
        }
        row(
            style: "",
            columns.map { column in
                let value = members[column.member] ?? ""
                guard column.member == "licenseDeclared" || column.member == "licenseConcluded", Self.isLong(value)
                else {
                    return value
                }
                losses[.longField, default: 0] += 1
                return "NOASSERTION"
            }, to: &out)
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
            // Inline strings are never formulas, whatever they begin with (ECMA-376 Part 1 §18.3.1.53).
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
