package import Bytes

/// A tree as YAML 1.1 and 1.2: block style, every text in double quotes, so that no version becomes a number and no text a
/// date.
package struct YAMLTree: TreeWriter {
    private struct Level {
        let isList: Bool
        let indent: Int
        /// Whether the first member follows the dash of a list.
        let isInline: Bool
        var isEmpty = true
    }
    private var levels: [Level] = []

    package init() {}

    /// Writes the line break, blanks and key or dash before a value.
    private mutating func lead(_ name: TreeName, to out: inout ByteSink) {
        guard let level = levels.last else { return }
        if level.isEmpty {
            levels[levels.count - 1].isEmpty = false
            if levels.count > 1 { out.append(level.isInline ? UInt8(ascii: " ") : UInt8(ascii: "\n")) }
        }
        if !(level.isEmpty && level.isInline) { for _ in 0..<level.indent { out.append(UInt8(ascii: " ")) } }
        if level.isList {
            out.append(UInt8(ascii: "-"))
        } else {
            out.append(name.plain)
            out.append(UInt8(ascii: ":"))
        }
    }

    private mutating func begin(_ name: TreeName, isList: Bool, to out: inout ByteSink) {
        lead(name, to: &out)
        let parent = levels.last
        // A list has the same depth as its key.
        let indent = parent.map { $0.isList || !isList ? $0.indent + 2 : $0.indent } ?? 0
        levels.append(Level(isList: isList, indent: indent, isInline: parent?.isList ?? false))
    }

    private mutating func end(_ empty: StaticString, to out: inout ByteSink) {
        if levels.removeLast().isEmpty { out.append(empty) }
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        begin(name, isList: false, to: &out)
    }
    package mutating func endObject(to out: inout ByteSink) { end(" {}\n", to: &out) }
    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) { begin(name, isList: true, to: &out) }
    package mutating func endList(to out: inout ByteSink) { end(" []\n", to: &out) }

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(UInt8(ascii: " "))
        YAMLText.append(value, to: &out)
        out.append(UInt8(ascii: "\n"))
    }

    package mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(UInt8(ascii: " "))
        out.append(jsonNumber: value)
        out.append(UInt8(ascii: "\n"))
    }

    package mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(raw: " \(value)\n")
    }

    package mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(value ? " true\n" : " false\n")
    }
}

/// Texts in double quotes (YAML 1.2.2 §7.3.1): a JSON string, with further escapes for characters that YAML 1.1 takes for a
/// line break (§4.2 there) or does not allow (§5.1).
enum YAMLText {
    static func append(_ text: String, to out: inout ByteSink) {
        guard needsCare(text) else { return out.append(jsonString: text) }
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            if isSpecial(scalar) || scalar.value < 32 {
                let digits = String(scalar.value, radix: 16)
                out.append(raw: "\\u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits)
            } else {
                if scalar == "\"" || scalar == "\\" { out.append(UInt8(ascii: "\\")) }
                out.append(raw: String(Character(scalar)))
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7f...0x9f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff: true
        default: false
        }
    }

    /// Whether the text may contain such a character; all begin with one of these bytes.
    private static func needsCare(_ text: String) -> Bool {
        text.utf8.contains { $0 == 0x7f || $0 == 0xc2 || $0 == 0xe2 || $0 == 0xef }
            && text.unicodeScalars.contains(where: isSpecial)
    }
}
