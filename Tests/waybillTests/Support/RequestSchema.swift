import Foundation

/// A JSON schema of a request in the form of `GET /api/openapi.json`: the values that a test may use for each field.
struct RequestSchema {
    let members: [String: Any]
    private let values: [String: Any]

    /// - Parameter values: values for fields that need data of this installation, by their names.
    init(_ members: [String: Any], values: [String: Any] = [:]) {
        self.members = members
        self.values = values
    }

    /// A step to a value: the name of a member, or the first element of a list.
    enum Step: Hashable {
        case member(String)
        case first
    }

    /// A place in a request.
    struct Place {
        var path: [Step]
        let schema: [String: Any]

        var range: ClosedRange<Int64>? {
            guard schema["type"] as? String == "integer", let least = schema["minimum"] as? NSNumber,
                let most = schema["maximum"] as? NSNumber
            else { return nil }
            return least.int64Value...most.int64Value
        }

        /// The path in the form of errors: `policy.priority`, `policyIds[0]`.
        var name: String {
            path.reduce("") { text, step in
                switch step {
                case .member(let name): text.isEmpty ? name : "\(text).\(name)"
                case .first: "\(text)[0]"
                }
            }
        }
    }

    /// All places, containers before their members.
    var places: [Place] { Self.places(in: members, below: []) }

    private static func places(in schema: [String: Any], below path: [Step]) -> [Place] {
        var found: [Place] = path.isEmpty ? [] : [Place(path: path, schema: schema)]
        for (name, member) in (schema["properties"] as? [String: [String: Any]] ?? [:]).sorted(by: { $0.key < $1.key })
        {
            found += places(in: member, below: path + [.member(name)])
        }
        if let items = schema["items"] as? [String: Any] { found += places(in: items, below: path + [.first]) }
        return found
    }

    /// The number of different valid requests, which is that of the field with the most examples.
    var variants: Int { places.map { ($0.schema["examples"] as? [Any])?.count ?? 1 }.max() ?? 1 }

    /// A request with all required fields, and with words for the others. Numbers are the smallest accepted ones.
    func sample(_ variant: Int = 0) -> [String: Any] {
        Self.sample(members, named: "", variant, values) as? [String: Any] ?? [:]
    }

    private static func sample(
        _ schema: [String: Any], named name: String, _ variant: Int, _ values: [String: Any]
    ) -> Any {
        let words = schema["enum"] as? [String] ?? []
        // Of the reports, it requests the one of the narrowest scope whose filters have a number, in one of its
        // formats.
        let word = words.last { $0.hasSuffix("SBOMReport") || name == "format" && $0 == "json" }
        if let value = schema["const"] ?? values[name] ?? word ?? words.first { return value }
        if let examples = schema["examples"] as? [Any], !examples.isEmpty { return examples[variant % examples.count] }
        switch schema["type"] as? String {
        case "object":
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            let required = Set(schema["required"] as? [String] ?? [])
            // An object without required members is a filter; its words exclude nothing that a test checks. The request
            // itself has only required fields; an object in it is complete.
            let kept = properties.filter { key, member in
                name.isEmpty || required.isEmpty
                    ? required.contains(key) || member["enum"] != nil || member["pattern"] != nil : true
            }
            return Dictionary(
                uniqueKeysWithValues: kept.map { ($0.key, sample($0.value, named: $0.key, variant, values)) })
        case "array": return [sample(schema["items"] as? [String: Any] ?? [:], named: "", variant, values)]
        case "integer", "number": return schema["minimum"] ?? 0
        case "boolean": return false
        default: return (schema["description"] as? String)?.hasPrefix("yyyy") == true ? "2026-01-02" : "x"
        }
    }

    /// A request with this JSON text in a certain place.
    func request(_ variant: Int, with json: String, at place: Place) throws -> Data {
        // The writer would change numbers of JSON.
        let mark = "\u{1}here\u{1}"
        let body = Self.setting(mark, at: place.path[...], in: sample(variant))
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        return Data(text.replacingOccurrences(of: "\"\\u0001here\\u0001\"", with: json).utf8)
    }

    private static func setting(_ value: Any, at path: ArraySlice<Step>, in whole: Any?) -> Any {
        switch path.first {
        case nil: return value
        case .member(let name):
            var members = whole as? [String: Any] ?? [:]
            members[name] = setting(value, at: path.dropFirst(), in: members[name])
            return members
        case .first: return [setting(value, at: path.dropFirst(), in: (whole as? [Any])?.first)]
        }
    }
}
