package import Bytes
package import Database

/// endoflife.date's answer about one product (endoflife.date/docs/api/v1, products/{product}): `result.name`; of its
/// `identifiers` those of the type `purl`; and of each of its `releases` `name`, `releaseDate`, `eolFrom`, `isEol` and
/// `latest.name`. The earlier form is read, too: an array of cycles with `cycle`, `releaseDate`, `eol` and `latest`, which does
/// not name the product.
package struct ProductLifecycle: Sendable {
    package enum Fault: Error, CustomStringConvertible {
        case json(path: String, JSONError)
        case none(path: String)

        package var description: String {
            switch self {
            case .json(let path, let error): "\(path): \(error)"
            case .none(let path): "\(path) has no cycle of releases"
            }
        }
    }

    private static let limit = 10_000

    package private(set) var product: String
    package private(set) var purls: [String] = []
    package private(set) var cycles: [Lifecycles.Cycle] = []

    /// - Parameter product: the name of the product, used where the text has none.
    package init(path: String, product: String) throws(Fault) {
        self.product = product
        do {
            try JSONFile.read(path) { (json) throws(JSONError) in
                if try json.peek() == .array { return try releases(&json) }
                try Self.members(&json) { (key, json) throws(JSONError) in
                    if key == "result" { try result(&json) } else { try json.skipValue() }
                }
            }
        } catch {
            throw .json(path: path, error)
        }
        guard !cycles.isEmpty else { throw .none(path: path) }
    }

    /// Replaces the stored facts of the product.
    package func write(on connection: any Connection) throws {
        try Lifecycles.replace(product, cycles: cycles, purls: purls, on: connection)
    }

    private static func members(
        _ json: inout JSONReader, _ body: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try json.beginObject()
        while try json.nextKey() { try body(json.key(), &json) }
    }

    private mutating func result(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "name": product = try json.string()
            case "releases": try releases(&json)
            case "identifiers":
                try json.beginArray()
                while try json.nextElement() {
                    var (id, type) = ("", "")
                    try Self.members(&json) { (key, json) throws(JSONError) in
                        switch key {
                        case "id": id = try json.string()
                        case "type": type = try json.string()
                        default: try json.skipValue()
                        }
                    }
                    if type == "purl", purls.count < Self.limit { purls.append(id) }
                }
            default: try json.skipValue()
            }
        }
    }

    private mutating func releases(_ json: inout JSONReader) throws(JSONError) {
        try json.beginArray()
        while try json.nextElement() {
            var (name, latest, released, end): (String, String, Int64?, Int64?) = ("", "", nil, nil)
            var isOver: Bool?
            try Self.members(&json) { (key, json) throws(JSONError) in
                switch key {
                case "name", "cycle": name = try Self.text(&json)
                case "releaseDate": released = TimeText.milliseconds(try Self.text(&json))
                case "isEol": isOver = try Self.flag(&json)
                case "eolFrom": end = TimeText.milliseconds(try Self.text(&json))
                case "eol":
                    if try json.peek() == .string {
                        end = TimeText.milliseconds(try json.string())
                    } else {
                        isOver = try Self.flag(&json)
                    }
                case "latest":
                    if try json.peek() == .object {
                        try Self.members(&json) { (key, json) throws(JSONError) in
                            if key == "name" { latest = try Self.text(&json) } else { try json.skipValue() }
                        }
                    } else {
                        latest = try Self.text(&json)
                    }
                default: try json.skipValue()
                }
            }
            guard !name.isEmpty, cycles.count < Self.limit else { continue }
            var cycle = Lifecycles.Cycle(name: name)
            (cycle.released, cycle.end, cycle.isOver, cycle.latest) = (released, end, isOver, latest)
            cycles.append(cycle)
        }
    }

    /// A text; empty for any other value.
    private static func text(_ json: inout JSONReader) throws(JSONError) -> String {
        if try json.peek() == .string { return try json.string() }
        try json.skipValue()
        return ""
    }

    private static func flag(_ json: inout JSONReader) throws(JSONError) -> Bool? {
        if try json.peek() == .bool { return try json.bool() }
        try json.skipValue()
        return nil
    }
}
