import Bytes

// Lists, objects, booleans and times of a request, with the same tolerance as its texts.

extension RequestValue {
    /// A member of an object; nil when this is no object, or the member is absent, null or empty.
    subscript(key: String) -> RequestValue? {
        guard case .object(let members) = self, let field = members[key], !field.isAbsent else { return nil }
        return field
    }

    /// The values of a list; a single value is a list of one.
    var elements: [RequestValue] {
        switch self {
        case .list(let values): values
        case .null: []
        case .flag, .number, .text, .object: [self]
        }
    }

    /// Whether a member is an empty list, where that removes something.
    func isEmptyList(_ key: String) -> Bool {
        guard case .object(let members) = self else { return false }
        return members[key] == .list([])
    }

    /// The text of a member without blanks at its ends; nil when it is absent or of another kind.
    func text(_ key: String) -> String? {
        guard let word = self[key]?.word else { return nil }
        let text = word.trimmingBlanks()
        return text.isEmpty ? nil : text
    }
}

extension RequestValue {
    /// As JSON, with members in the order of their names; numbers are as they came. The word `errorCode` does not stand
    /// in it.
    var json: String {
        var json = Answer.writer()
        write(to: &json)
        return json.text
    }

    private func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .flag(let value): json.flag(value)
        case .number(let text): json.raw(text)
        case .text(let text): json.text(text)
        case .list(let values): json.array(values) { $1.write(to: &$0) }
        case .object(let members):
            json.object { json in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(named: key)
                    value.write(to: &json)
                }
            }
        }
    }
}

extension RequestValue {
    /// The time that a member says, in milliseconds since 1970; nil when it is absent. `name` is how errors call it.
    func time(_ key: String, of name: String) throws(APIError) -> Int64? {
        guard let text = text(key) else { return nil }
        guard let time = TimeText.milliseconds(text) else {
            throw .badValue(text, of: name, accepted: "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)")
        }
        return time
    }
}

extension Request {
    /// The most elements of a list: they are changed in one transaction, for which other writes wait.
    private static let listLimit = 10_000

    private func check(_ count: Int, of key: String) throws(APIError) {
        guard count <= Self.listLimit else {
            throw .badValue("\(count) values", of: key, accepted: "at most \(Self.listLimit) at a time")
        }
    }

    /// A list of objects; empty where there is none.
    func objects(_ key: String, accepted: String) throws(APIError) -> [RequestValue] {
        guard let field = self[key] else { return [] }
        guard case .list(let fields) = field else { throw .badValue(field.shown, of: key, accepted: accepted) }
        try check(fields.count, of: key)
        return fields
    }

    /// A list of texts that has to be there, or one text with commas. At least one.
    func texts(_ key: String, accepted: String) throws(APIError) -> [String] {
        guard let field = self[key] else { throw .missing(key, accepted: accepted) }
        var found: [String] = []
        for element in field.elements {
            guard let word = element.word else { throw .badValue("{…}", of: key, accepted: accepted) }
            if case .list = field {
                found.append(word.trimmingBlanks())
            } else {
                found += word.split(separator: ",").map { String($0).trimmingBlanks() }
            }
        }
        found.removeAll(where: \.isEmpty)
        guard !found.isEmpty else { throw .missing(key, accepted: accepted) }
        try check(found.count, of: key)
        return found
    }

    /// A boolean, as such or as text in any case.
    func flag(_ key: String, default value: Bool) throws(APIError) -> Bool {
        guard let word = self[key]?.word?.trimmingBlanks() else { return value }
        switch word.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .badValue(word, of: key, accepted: "true, false")
        }
    }

    /// A time in milliseconds since 1970, from `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss` (UTC).
    func timeIfAny(_ key: String) throws(APIError) -> Int64? {
        let accepted = "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)"
        guard let text = try textIfAny(key, accepted: accepted) else { return nil }
        guard let time = TimeText.milliseconds(text) else { throw .badValue(text, of: key, accepted: accepted) }
        return time
    }

    /// An object that has to be there.
    func object(_ key: String, accepted: String) throws(APIError) -> RequestValue {
        guard let field = self[key] else { throw .missing(key, accepted: accepted) }
        guard case .object = field else { throw .badValue(field.words.first ?? "[…]", of: key, accepted: accepted) }
        return field
    }

    /// The text of a member of an object that has to be there.
    func text(_ key: String, in object: RequestValue, of name: String, accepted: String) throws(APIError) -> String {
        guard let text = object.text(key) else { throw .missing("\(name).\(key)", accepted: accepted) }
        return text
    }
}
