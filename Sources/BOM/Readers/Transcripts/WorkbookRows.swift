import Bytes

// DESIGN. A sheet is read row by row as its XML comes. Texts that cells share are in a part of their own (ECMA-376-1,
// 18.4), which is held in memory up to a limit.

/// Reads the rows of a worksheet (ECMA-376-1, 18.3) from the events of an XML parser.
final class WorkbookRows: XMLHandler {
    private let shared: [[UInt8]]
    private let take: ([[UInt8]]) throws(JSONError) -> Void
    private(set) var failure: JSONError?
    private var row: [[UInt8]] = []
    private var path: [String] = []
    private var column = 0
    private var type = ""
    private var text: [UInt8] = []
    private var value: [UInt8] = []

    /// The most columns that are read; no sheet of SPDX has as many.
    private static let columns = 64

    /// `take` gets each row as the texts of its cells; absent cells are empty.
    init(shared: [[UInt8]], take: @escaping ([[UInt8]]) throws(JSONError) -> Void) {
        self.shared = shared
        self.take = take
    }

    func start(_ element: XMLElement) {
        let name = element.nameText
        path.append(name)
        switch name {
        case "row":
            row = []
            column = -1
        case "c":
            column = element.attribute("r").map(Self.column) ?? column + 1
            type = element.attribute("t") ?? "n"
            value = []
        case "v", "t": text.removeAll(keepingCapacity: true)
        default: break
        }
    }

    func text(_ piece: UnsafeRawBufferPointer) {
        guard let name = path.last, name == "v" || name == "t" else { return }
        text += piece
        if text.count > JSONReader.tokenLimit { failure = .tooLong(limit: JSONReader.tokenLimit, offset: 0) }
    }

    func end() {
        guard let name = path.popLast(), failure == nil else { return }
        switch name {
        case "v": value = text
        // Phonetic hints are not part of the cell's text.
        case "t" where path.last != "rPh": value += text
        case "c": endCell()
        case "row": endRow()
        default: break
        }
    }

    private func endCell() {
        guard column >= 0, column < Self.columns else { return }
        switch type {
        case "s":
            let index = Int(String(decoding: value, as: UTF8.self)) ?? -1
            guard shared.indices.contains(index) else {
                failure = .transcript("a cell names the shared text \(index), and there are \(shared.count)")
                return
            }
            value = shared[index]
        case "b": value = Array((value == [UInt8(ascii: "1")] ? "true" : "false").utf8)
        case "e": value = []
        default: value = WorkbookText.unescaped(value)
        }
        guard !value.isEmpty else { return }
        while row.count <= column { row.append([]) }
        row[column] = value
    }

    private func endRow() {
        do throws(JSONError) { try take(row) } catch { failure = error }
    }

    /// The number of a column, from 0, in a reference such as `AB12`.
    private static func column(_ reference: String) -> Int {
        var number = 0
        for letter in reference.utf8 {
            guard case UInt8(ascii: "A")...UInt8(ascii: "Z") = letter, number < 1 << 20 else { break }
            number = number * 26 + Int(letter - UInt8(ascii: "A")) + 1
        }
        return number - 1
    }
}

/// Reads the texts that cells share.
final class WorkbookText: XMLHandler {
    static let limit = 256 << 20
    private(set) var texts: [[UInt8]] = []
    private(set) var failure: JSONError?
    private var path: [String] = []
    private var text: [UInt8] = []
    private var held = 0

    func start(_ element: XMLElement) {
        let name = element.nameText
        path.append(name)
        if name == "si" { text = [] }
    }

    func text(_ piece: UnsafeRawBufferPointer) {
        guard path.last == "t", path.dropLast().last != "rPh" else { return }
        text += piece
        held += piece.count
        if held > Self.limit {
            failure = .transcript("the texts of the workbook take more than \(Self.limit >> 20) MiB")
        }
    }

    func end() {
        guard path.popLast() == "si" else { return }
        texts.append(Self.unescaped(text))
        held += 32
    }

    /// Replaces `_x000D_` and the like, which stand for characters that XML cannot express (ECMA-376-1, 22.9.2.19
    /// ST_Xstring).
    static func unescaped(_ text: [UInt8]) -> [UInt8] {
        guard text.count >= 7, text.contains(UInt8(ascii: "_")) else { return text }
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "_"), index + 6 < text.count, text[index + 1] == UInt8(ascii: "x"),
                text[index + 6] == UInt8(ascii: "_"),
                let code = UInt32(String(decoding: text[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            {
                out += Array(String(Character(scalar)).utf8)
                index += 7
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }
}

/// Reads the names of the sheets and the parts that relations refer to.
final class WorkbookParts: XMLHandler {
    private(set) var sheets: [(name: String, relation: String)] = []
    private(set) var targets: [String: String] = [:]
    private(set) var isFrom1904 = false

    func start(_ element: XMLElement) {
        switch element.nameText {
        case "sheet":
            let space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
            // Strict workbooks use another namespace for the same attribute.
            let strict = "http://purl.oclc.org/ooxml/officeDocument/relationships"
            let relation = element.attribute("id", namespace: space) ?? element.attribute("id", namespace: strict)
            if let name = element.attribute("name"), let relation { sheets.append((name, relation)) }
        case "Relationship":
            if let id = element.attribute("Id"), let target = element.attribute("Target") { targets[id] = target }
        case "workbookPr":
            isFrom1904 = ["1", "true"].contains(element.attribute("date1904") ?? "")
        default: break
        }
    }
    func text(_: UnsafeRawBufferPointer) {}
    func end() {}
}
