package import Bytes

// DESIGN. `JSONWriter` does not fit: names come in the form that all trees share, each call passes the sink, and the two outer
// levels have an item on each line.

/// A tree as JSON (RFC 8259): compact, but each item of an outer list is on its own line, so that documents can be
/// compared.
package struct JSONTree: TreeWriter {
    private struct Level {
        let isList: Bool
        var isEmpty = true
    }
    private var levels: [Level] = []

    package init() {}

    /// Writes the comma, line break and key before a value.
    private mutating func lead(_ name: TreeName, to out: inout ByteSink) {
        guard let level = levels.last else { return }
        if !level.isEmpty { out.append(UInt8(ascii: ",")) }
        levels[levels.count - 1].isEmpty = false
        if levels.count <= 2 { out.append(UInt8(ascii: "\n")) }
        if !level.isList {
            out.append(UInt8(ascii: "\""))
            out.append(name.plain)
            out.append("\":")
        }
    }

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(UInt8(ascii: "{"))
        levels.append(Level(isList: false))
    }

    package mutating func endObject(to out: inout ByteSink) {
        levels.removeLast()
        out.append(UInt8(ascii: "}"))
        if levels.isEmpty { out.append(UInt8(ascii: "\n")) }
    }

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(UInt8(ascii: "["))
        levels.append(Level(isList: true))
    }

    package mutating func endList(to out: inout ByteSink) {
        levels.removeLast()
        out.append(UInt8(ascii: "]"))
    }

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(jsonString: value)
    }

    package mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(jsonNumber: value)
    }

    package mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(decimal: Int64(value))
    }

    package mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink) {
        lead(name, to: &out)
        out.append(value ? "true" : "false")
    }
}
