import Bytes
import Inventory

/// The facts about a project in an upload: mend-api.md §4.
extension AgentProject {
    /// The name of a project in its `coordinates`, with the version if there is one.
    static func name(_ json: inout JSONReader) throws(JSONError) -> String {
        guard try json.beginObjectUnlessNull() else { return "" }
        var (name, version) = ("", "")
        while try json.nextKey() {
            if json.keyEquals("artifactId") {
                name = try json.text()
            } else if json.keyEquals("version") || json.keyEquals("versionId") {
                let text = try json.text()
                if !text.isEmpty { version = text }
            } else {
                try json.skipValue()
            }
        }
        return name.isEmpty || version.isEmpty ? name : "\(name) - \(version)"
    }

    /// A list of `{tagKey, tagValue}`, or an object of values by key.
    static func tags(_ json: inout JSONReader) throws(JSONError) -> [Tag] {
        var tags: [Tag] = []
        func keep(_ key: String, _ value: String) {
            if !key.isEmpty, tags.count < 1000 { tags.append(.init(key: key, value: value)) }
        }
        switch try json.peek() {
        case .object:
            try json.beginObject()
            while try json.nextKey() {
                let key = json.key()
                for value in try json.texts() { keep(key, value) }
            }
        case .array:
            try json.beginArray()
            while try json.nextElement() {
                guard try json.beginObjectUnlessNull() else { continue }
                var (key, value) = ("", "")
                while try json.nextKey() {
                    if json.keyEquals("tagKey") {
                        key = try json.text()
                    } else if json.keyEquals("tagValue") {
                        value = try json.text()
                    } else {
                        try json.skipValue()
                    }
                }
                keep(key, value)
            }
        case .string, .number, .bool, .null: try json.skipValue()
        }
        return tags
    }
}
