import Bytes

// DESIGN. `JSONWriter` does not fit, because it writes members in the order of its calls. Here an array grows while other
// members do, too.

/// An object of a JSON form whose members come in the order of another syntax. Repeated members are collected until
/// the end.
struct JSONPart {
    private var members: [UInt8] = []
    private var arrays: [(key: String, elements: [UInt8])] = []

    var isEmpty: Bool { members.isEmpty && arrays.isEmpty }

    /// Bytes held.
    var count: Int { members.count + arrays.reduce(0) { $0 + $1.elements.count } }

    /// Adds a member whose value is JSON.
    mutating func add(_ key: String, json: [UInt8]) {
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        members += "\"\(key)\":".utf8
        members += json
    }

    mutating func add(_ key: String, _ text: [UInt8]) { add(key, json: Self.string(text)) }

    /// Adds an element to the array of a name.
    mutating func append(_ json: [UInt8], to key: String) {
        guard let index = arrays.firstIndex(where: { $0.key == key }) else {
            arrays.append((key, json))
            return
        }
        arrays[index].elements.append(UInt8(ascii: ","))
        arrays[index].elements += json
    }

    /// Removes the closing bracket of an array's last element, to add to the element.
    mutating func reopen(_ key: String, adding members: [UInt8]) {
        guard let index = arrays.firstIndex(where: { $0.key == key }), arrays[index].elements.last == UInt8(ascii: "}")
        else { return }
        arrays[index].elements.removeLast()
        arrays[index].elements.append(UInt8(ascii: ","))
        arrays[index].elements += members
        arrays[index].elements.append(UInt8(ascii: "}"))
    }

    /// The object.
    var json: [UInt8] {
        var json = [UInt8(ascii: "{")]
        json.reserveCapacity(count + 64)
        json += members
        for (key, elements) in arrays {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += "\"\(key)\":[".utf8
            json += elements
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    static func string(_ text: some Collection<UInt8>) -> [UInt8] {
        var sink = ByteSink()
        Array(text).withUnsafeBytes { sink.append(jsonString: $0) }
        return sink.bytes
    }

    /// An object of texts; empty texts are left out.
    static func object(_ members: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
        var part = JSONPart()
        for (key, text) in members where !text.isEmpty { part.add(key, text) }
        return part.json
    }
}
