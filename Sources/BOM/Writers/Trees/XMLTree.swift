package import Bytes
import Glibc

/// A tree as XML 1.0 in UTF-8, without blanks except a line for each item of an outer list. Characters that XML cannot express
/// become U+FFFD.
package struct XMLTree: TreeWriter {
    /// The open elements, lists and objects; lists and objects may have no element.
    private var levels: [StaticString] = []
    /// Whether the start tag of the innermost element still takes attributes.
    private var isTagOpen = false

    package init() {}

    private mutating func closeTag(to out: inout ByteSink) {
        guard isTagOpen else { return }
        out.append(UInt8(ascii: ">"))
        isTagOpen = false
    }

    private mutating func begin(_ name: StaticString, to out: inout ByteSink) {
        if levels.isEmpty { out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") }
        if name.utf8CodeUnitCount > 0 {
            closeTag(to: &out)
            if levels.count <= 2 { out.append(UInt8(ascii: "\n")) }
            out.append(UInt8(ascii: "<"))
            out.append(name)
            isTagOpen = true
        }
        levels.append(name)
    }

    private mutating func end(to out: inout ByteSink) {
        let name = levels.removeLast()
        guard name.utf8CodeUnitCount > 0 else { return }
        if isTagOpen {
            out.append("/>")
            isTagOpen = false
        } else {
            if levels.isEmpty { out.append(UInt8(ascii: "\n")) }
            endTag(name, to: &out)
        }
        if levels.isEmpty { out.append(UInt8(ascii: "\n")) }
    }

    private func endTag(_ name: StaticString, to out: inout ByteSink) {
        out.append("</")
        out.append(name)
        out.append(UInt8(ascii: ">"))
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) { begin(name.xml, to: &out) }
    package mutating func endObject(to out: inout ByteSink) { end(to: &out) }
    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) { begin(name.xml, to: &out) }
    package mutating func endList(to out: inout ByteSink) { end(to: &out) }

    package mutating func attribute(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        guard isTagOpen, name.xml.utf8CodeUnitCount > 0 else { return }
        out.append(UInt8(ascii: " "))
        out.append(name.xml)
        out.append("=\"")
        out.append(xmlAttribute: value)
        out.append(UInt8(ascii: "\""))
    }

    package mutating func attribute(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        attribute(name, String(value), to: &out)
    }

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        guard name.xml.utf8CodeUnitCount > 0 else { return }
        closeTag(to: &out)
        if levels.count <= 2 { out.append(UInt8(ascii: "\n")) }
        out.append(UInt8(ascii: "<"))
        out.append(name.xml)
        out.append(UInt8(ascii: ">"))
        out.append(xmlText: value)
        endTag(name.xml, to: &out)
    }

    package mutating func content(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        closeTag(to: &out)
        out.append(xmlText: value)
    }

    package mutating func reference(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        begin(name.xml, to: &out)
        attribute("ref", value, to: &out)
        end(to: &out)
    }

    package mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink) {
        field(name, Self.decimal(value), to: &out)
    }

    package mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        field(name, String(value), to: &out)
    }

    package mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink) {
        field(name, value ? "true" : "false", to: &out)
    }

    /// The form of `xs:decimal`, which has no exponent.
    private static func decimal(_ value: Double) -> String {
        let text = "\(value)"
        guard text.contains("e") else { return text }
        // At most 309 digits before the point.
        var digits = [CChar](repeating: 0, count: 400)
        let count = withVaList([value]) { vsnprintf(&digits, digits.count, "%.20f", $0) }
        return String(decoding: digits.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
