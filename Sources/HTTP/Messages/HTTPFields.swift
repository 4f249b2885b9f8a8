/// Names and values in their original order: header fields, or the parameters of a query.
package struct HTTPFields: Sendable, ExpressibleByDictionaryLiteral {
    /// The pairs in their order in the request.
    package private(set) var pairs: [(name: String, value: String)] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The first value under a name, regardless of ASCII case (RFC 9110 §5.1). Setting replaces all values of that
    /// name; nil removes them.
    package subscript(name: String) -> String? {
        get { pairs.first { Self.same($0.name, name) }?.value }
        set {
            pairs.removeAll { Self.same($0.name, name) }
            if let newValue { pairs.append((name, newValue)) }
        }
    }

    /// All values under a name, regardless of ASCII case.
    package func all(_ name: String) -> [String] { pairs.filter { Self.same($0.name, name) }.map(\.value) }

    /// The first value under a name that is equal byte by byte, as for parameters of a query.
    package func exactly(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// Adds a pair and keeps others of the same name.
    package mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

    private static func same(_ left: String, _ right: String) -> Bool {
        let (a, b) = (left.utf8, right.utf8)
        return a.count == b.count && zip(a, b).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
